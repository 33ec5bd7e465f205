import type { ApplicationView } from '$bindings/ApplicationView';
import type { ConsoleProblem } from '$bindings/ConsoleProblem';
import type { ConsoleReply } from '$bindings/ConsoleReply';
import type { ConsoleRequest } from '$bindings/ConsoleRequest';
import type { CustomUiView } from '$bindings/CustomUiView';
import type { InboxMessage } from '$bindings/InboxMessage';
import type { LiveBatch } from '$bindings/LiveBatch';
import type { LiveDetail } from '$bindings/LiveDetail';
import type { PlaygroundRun } from '$bindings/PlaygroundRun';
import type { Status } from '$bindings/Status';
import type { UserDraft } from '$bindings/UserDraft';
import type { Wire } from '$bindings/Wire';
import type { Host } from './host';
import {
  exampleApplications,
  exampleExperience,
  examplePhrases,
  exampleProfileFields,
  customUiView,
  exampleSettings,
  exampleUsers,
} from './host.memory.data';
import { memoryConnectors } from './host.memory.connectors';
import { codeMessage, exampleMessages, memoryInbox } from './host.memory.messages';
import { exampleSessions, finishedSession, machineSession, waitingSession } from './host.memory.sessions';
import { aliceTokens } from './host.memory.tokens';

export interface MemoryOptions {
  /** The clock, in milliseconds. */
  now?: number;
  /** This many more sessions, for long lists. */
  many?: number;
  /** No sessions and messages at all. */
  empty?: boolean;
  /** This many more messages, for long lists. */
  manyMessages?: number;
  portTaken?: boolean;
  /** Ids of the sessions that came with the demo data. */
  examples?: string[];
}

/** The host of tests and of the development page. Everything lives in memory; nothing is served. */
export interface MemoryHost extends Host {
  /** Every request, in order. */
  readonly requests: ConsoleRequest[];
  /** Every address that was to be opened. */
  readonly opened: string[];
  /** Sends a batch to whoever watches. */
  emit(batch: Partial<LiveBatch>): void;
  /** A new session appears in the stream; answers its id. */
  newSession(): string;
  /** A message with a code appears in the stream. */
  newMessage(part?: Partial<InboxMessage>): InboxMessage;
  /** The next call is refused with this problem. */
  refuseNext(problem: ConsoleProblem): void;
}

export function memoryHost(options: MemoryOptions = {}): MemoryHost {
  const now = options.now ?? Date.now();
  const sessions: LiveDetail[] = options.empty ? [] : exampleSessions(now);
  for (let index = 0; index < (options.many ?? 0); index++) {
    const make = index % 3 === 0 ? finishedSession : machineSession;
    sessions.push(make(now - 700_000 - index * 1000, `lv_many_${index}`));
  }
  const applications = exampleApplications(now);
  let users = exampleUsers(now);
  let settings = exampleSettings();
  let experience = exampleExperience();
  let fields = exampleProfileFields();
  let phrases = examplePhrases();
  let ownPages: CustomUiView | null = null;
  const messages = options.empty ? [] : exampleMessages(now);
  for (let index = 0; index < (options.manyMessages ?? 0); index++) {
    messages.push(codeMessage(`msg_many_${index}`, now - 5_000_000 - index * 60_000, { to: `p${index}@example.test` }));
  }
  const mail = memoryInbox(messages, now);
  const providers = memoryConnectors({ now, experience: () => experience, changed: () => changed(), startRun });
  const runs = new Map<string, PlaygroundRun>();
  const watchers = new Set<(batch: LiveBatch) => void>();
  let refusal: ConsoleProblem | null = null;
  let made = 0;
  let serving: Status['serving'] = options.portTaken
    ? { state: 'portTaken', port: 3001, owner: 'node (pid 4242)', suggestion: 3002 }
    : { state: 'serving', endpoint: 'http://localhost:3001', issuer: 'http://localhost:3001/oidc', port: 3001 };

  const emit: MemoryHost['emit'] = (batch) => {
    for (const watcher of watchers) {
      watcher({ events: [], missed: 0, configurationChanged: false, messages: [], ...batch });
    }
  };
  const changed = () => emit({ configurationChanged: true });
  const done = (value: string): ConsoleReply => ({ reply: 'done', value });

  function find(id: string): ApplicationView {
    const found = applications.find((application) => application.id === id);
    if (!found) throw problem('application.not_found', 'This application was deleted meanwhile.');
    return found;
  }

  function reveal(application: ApplicationView): ConsoleReply {
    const value = application.secrets.map((secret, index) => ({
      ...secret,
      value: `s3cr3t${index}vQ8mT1xZ5kR9wB2nY7`,
    }));
    return { reply: 'secrets', value };
  }

  function status(): ConsoleReply {
    return {
      reply: 'status',
      value: {
        serving,
        version: '0.1.0',
        dataDir: '~/.local/share/vestibule',
        keyCustody: 'OS keychain',
        notice: null,
        examples: sessions.map(({ summary }) => summary.id).filter((id) => options.examples?.includes(id)),
        applications: applications.length,
        users: users.length,
        demoPassword: 'vestibule-demo',
      },
    };
  }

  function person(id: string, draft: UserDraft): ConsoleReply {
    const taken = users.some((user) => user.id !== id && user.username !== null && user.username === draft.username);
    if (taken)
      throw problem(
        'user.username_already_in_use',
        'Another person has this username. Choose another one.',
        'username',
      );
    const { password, ...rest } = draft;
    const known = users.find((user) => user.id === id) ?? {
      id,
      isSuspended: false,
      hasPassword: false,
      identities: [],
      ssoIdentities: [],
      mfaVerifications: [],
      roles: [],
      lastSignInAt: null,
      createdAt: now,
      demoNote: null,
    };
    const user = {
      ...known,
      ...rest,
      updatedAt: now,
      hasPassword: password === null ? known.hasPassword : password !== '',
    };
    users = [...users.filter((other) => other.id !== id), user];
    changed();
    return { reply: 'user', value: user };
  }

  function unlink(request: Extract<ConsoleRequest, { op: 'unlinkIdentity' | 'unlinkSsoIdentity' }>): ConsoleReply {
    const user = users.find(({ id }) => id === request.userId);
    if (!user) throw problem('entity.not_found', 'This person was deleted meanwhile.');
    const changedUser =
      request.op === 'unlinkIdentity'
        ? { ...user, identities: user.identities.filter(({ target }) => target !== request.target) }
        : { ...user, ssoIdentities: user.ssoIdentities.filter(({ identityId }) => identityId !== request.identityId) };
    users = users.map((other) => (other === user ? changedUser : other));
    changed();
    return { reply: 'user', value: changedUser };
  }

  function answer(request: ConsoleRequest): ConsoleReply {
    switch (request.op) {
      case 'status':
        return status();
      case 'usePort':
        serving = {
          state: 'serving',
          endpoint: `http://localhost:${request.port}`,
          issuer: `http://localhost:${request.port}/oidc`,
          port: request.port,
        };
        return status();
      case 'sessions':
        return { reply: 'sessions', value: sessions.slice(0, request.limit).map((detail) => detail.summary) };
      case 'session':
        return { reply: 'session', value: sessions.find((detail) => detail.summary.id === request.id) ?? null };
      case 'wire': {
        const detail = sessions.find((candidate) => candidate.summary.id === request.id);
        const step = detail?.steps.find((candidate) => candidate.seq === request.seq);
        return {
          reply: 'wire',
          value: step?.wire ? wire(step.seq, step.method, step.path, step.status, request.reveal) : null,
        };
      }
      case 'clearSessions':
        sessions.length = 0;
        return done('Forgot all sessions.');
      case 'removeExamples':
        sessions.splice(
          0,
          sessions.length,
          ...sessions.filter(({ summary }) => !options.examples?.includes(summary.id)),
        );
        changed();
        return done('Removed the examples. Your own sessions will appear here.');
      case 'repair': {
        if (request.repair.kind === 'offerConnector') {
          experience.socialSignInConnectorTargets.push(request.repair.target);
          changed();
          return done(`${request.repair.target} is shown on the sign-in pages. Start the sign-in again.`);
        }
        const application = find(request.repair.appId);
        if (request.repair.kind === 'registerRedirectUri') {
          application.oidcClientMetadata.redirectUris.push(request.repair.uri);
        }
        changed();
        return done(`Registered with ${application.name}. Try the sign-in again.`);
      }
      case 'applications':
        return { reply: 'applications', value: structuredClone(applications) };
      case 'createApplication':
      case 'updateApplication': {
        request.application.oidcClientMetadata.redirectUris.forEach((uri, index) => {
          if (!URL.canParse(uri)) {
            const field = `oidcClientMetadata.redirectUris.${index}`;
            throw problem(
              'guard.invalid_input',
              'This is not an absolute URI. Write it with its scheme, such as http://localhost:3000/callback.',
              field,
            );
          }
        });
        const id = request.op === 'updateApplication' ? request.id : `app${++made}`.padEnd(21, '0');
        const known = applications.find((application) => application.id === id);
        const fresh = structuredClone(request.application);
        if (known) Object.assign(known, fresh);
        else applications.push({ id, builtIn: false, createdAt: now, secrets: [], ...fresh });
        changed();
        return { reply: 'application', value: structuredClone(find(id)) };
      }
      case 'deleteApplication':
        applications.splice(applications.indexOf(find(request.id)), 1);
        changed();
        return done('Deleted the application, its grants and tokens.');
      case 'revealSecrets':
        return reveal(find(request.id));
      case 'addSecret': {
        const application = find(request.id);
        application.secrets.push({ name: request.name, value: null, createdAt: now, expiresAt: request.expiresAt });
        return reveal(application);
      }
      case 'deleteSecret': {
        const application = find(request.id);
        application.secrets = application.secrets.filter((secret) => secret.name !== request.name);
        return reveal(application);
      }
      case 'users': {
        const needle = request.search.toLowerCase();
        const found = users.filter((user) =>
          [user.name, user.username, user.primaryEmail, user.primaryPhone, user.id].some((text) =>
            text?.toLowerCase().includes(needle),
          ),
        );
        return { reply: 'users', value: { users: found.slice(0, request.limit), total: found.length } };
      }
      case 'createUser':
        return person(`new0person${++made}`, request.user);
      case 'updateUser':
        return person(request.id, request.user);
      case 'deleteUser':
        users = users.filter((user) => user.id !== request.id);
        changed();
        return done('Deleted the person with their sessions and grants.');
      case 'setSuspended': {
        users = users.map((user) => (user.id === request.id ? { ...user, isSuspended: request.suspended } : user));
        const user = users.find((candidate) => candidate.id === request.id);
        if (!user) throw problem('entity.not_found', 'This person was deleted meanwhile.');
        changed();
        return { reply: 'user', value: user };
      }
      case 'playgroundStart':
        return startRun(request.params);
      case 'playgroundRun':
        return { reply: 'playground', value: finishRun(request.id) };
      case 'playgroundUse': {
        const run = finishRun(request.id);
        if (run && request.action === 'userinfo') run.userinfo = { sub: 'a1ice0archer', name: 'Alice Archer' };
        return { reply: 'playground', value: run };
      }
      case 'settings':
        return { reply: 'settings', value: structuredClone(settings) };
      case 'updateSettings':
        settings = structuredClone(request.settings);
        return { reply: 'settings', value: structuredClone(settings) };
      case 'customUi':
        return { reply: 'customUi', value: ownPages };
      case 'setCustomUiFolder':
      case 'importCustomUi':
      case 'setCustomUiDevServer':
      case 'removeCustomUi':
        ownPages = customUiView(request);
        changed();
        return { reply: 'customUi', value: ownPages };
      case 'inbox':
      case 'clearInbox':
      case 'messageSettings':
      case 'updateMessageSettings':
      case 'createOneTimeToken':
        return mail.answer(request);
      case 'signInExperience':
        return { reply: 'signInExperience', value: structuredClone(experience) };
      case 'updateSignInExperience':
        experience = structuredClone(request.signInExperience);
        return { reply: 'signInExperience', value: structuredClone(experience) };
      case 'connectors':
      case 'connectorFactories':
      case 'createConnector':
      case 'updateConnector':
      case 'deleteConnector':
      case 'revealConnectorSecrets':
      case 'offerTargets':
      case 'setSingleSignOn':
      case 'discoverIssuer':
      case 'testConnector':
      case 'simulatedAccounts':
      case 'saveSimulatedAccount':
      case 'deleteSimulatedAccount':
      case 'makeUpSimulatedAccount':
      case 'setSimulation':
        return providers.answer(request);
      case 'unlinkIdentity':
      case 'unlinkSsoIdentity':
        return unlink(request);
      case 'customProfileFields':
        return { reply: 'customProfileFields', value: fields };
      case 'createCustomProfileField':
        fields = [...fields, { ...request.field, sieOrder: fields.length + 1 }];
        return { reply: 'customProfileFields', value: fields };
      case 'updateCustomProfileField':
        fields = fields.map((field) => (field.name === request.name ? request.field : field));
        return { reply: 'customProfileFields', value: fields };
      case 'deleteCustomProfileField':
        fields = fields.filter((field) => field.name !== request.name);
        return { reply: 'customProfileFields', value: fields };
      case 'orderCustomProfileFields':
        fields = request.names.flatMap((name) => fields.filter((field) => field.name === name));
        return { reply: 'customProfileFields', value: fields };
      case 'phrases':
        return { reply: 'phrases', value: phrases };
      case 'updateCustomPhrases': {
        const others = phrases.custom.filter((one) => one.languageTag !== request.custom.languageTag);
        const left = Object.keys(request.custom.phrases).length > 0 ? [...others, request.custom] : others;
        phrases = { ...phrases, custom: left };
        return { reply: 'phrases', value: phrases };
      }
    }
  }

  function startRun(params: Array<[string, string]>): ConsoleReply {
    const id = `run${++made}`;
    const query = new URLSearchParams([['client_id', 'playground'], ['response_type', 'code'], ...params]);
    const url = `http://localhost:3001/oidc/auth?${query}`;
    runs.set(id, {
      id,
      url,
      startedAt: now,
      callback: null,
      tokens: null,
      idTokenClaims: null,
      userinfo: null,
      problem: null,
      live: null,
    });
    return { reply: 'playground', value: runs.get(id) ?? null };
  }

  /** The person of the memory host signs in between two questions. */
  function finishRun(id: string): PlaygroundRun | null {
    const run = runs.get(id);
    if (!run) return null;
    run.callback ??= [
      ['code', 'Zt5b…redacted'],
      ['state', 'bG9jYWw'],
      ['iss', 'http://localhost:3001/oidc'],
    ];
    run.idTokenClaims ??= aliceTokens(now, 'playground')[0]?.claims ?? null;
    run.tokens ??= {
      access_token: 'opaque…',
      id_token: 'eyJhbGciOi…',
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'openid profile',
    };
    run.live = sessions[0]?.summary.id ?? null;
    return { ...run };
  }

  return {
    requests: [],
    opened: [],
    async call(request) {
      // The request crosses a process boundary in the real window: only plain data survives.
      const plain = structuredClone(request);
      this.requests.push(plain);
      if (refusal) {
        const thrown = refusal;
        refusal = null;
        throw thrown;
      }
      return structuredClone(answer(plain));
    },
    watch(onBatch) {
      watchers.add(onBatch);
      return () => watchers.delete(onBatch);
    },
    async openExternal(url) {
      this.opened.push(url);
    },
    emit,
    newSession() {
      const detail = waitingSession(Date.now(), `lv_new_${++made}`);
      sessions.unshift(detail);
      emit({ events: detail.steps.map((step) => ({ summary: detail.summary, step })) });
      return detail.summary.id;
    },
    newMessage(part = {}) {
      const message = codeMessage(`msg_new_${++made}`, options.now ?? Date.now(), part);
      mail.add(message);
      emit({ messages: [message] });
      return message;
    },
    refuseNext(next) {
      refusal = next;
    },
  };
}

function problem(code: string, message: string, field: string | null = null): ConsoleProblem {
  return { code, message, field };
}

function wire(seq: number, method: string, path: string, status: number, reveal: boolean): Wire {
  const secret = reveal ? 'Basic azN2OWJvb2tzdG9yZTpzZWNyZXQ=' : '••••';
  const post = method === 'POST';
  return {
    seq,
    requestLine: `${method} ${path} HTTP/1.1`,
    requestHeaders: [
      ['host', 'localhost:3001'],
      ['user-agent', 'Chromium'],
      ...(post ? ([['authorization', secret]] as Array<[string, string]>) : []),
    ],
    requestBody: post ? 'grant_type=authorization_code&code=••••' : '',
    statusLine: `${status} ${status === 303 ? 'See Other' : 'OK'}`,
    responseHeaders: [['cache-control', 'no-store']],
    responseBody: post ? '{"token_type":"Bearer","expires_in":3600}' : '',
    curl: `curl -X ${method} http://localhost:3001${path}`,
    redacted: post && !reveal ? ['authorization', 'code'] : [],
  };
}
