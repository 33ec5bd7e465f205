import type { ApplicationView } from '$bindings/ApplicationView';
import type { ConsoleProblem } from '$bindings/ConsoleProblem';
import type { ConsoleReply } from '$bindings/ConsoleReply';
import type { ConsoleRequest } from '$bindings/ConsoleRequest';
import type { CustomUiView } from '$bindings/CustomUiView';
import type { DesktopEvent } from '$bindings/DesktopEvent';
import type { InboxMessage } from '$bindings/InboxMessage';
import type { LiveBatch } from '$bindings/LiveBatch';
import type { LiveDetail } from '$bindings/LiveDetail';
import type { Status } from '$bindings/Status';
import type { UserDraft } from '$bindings/UserDraft';
import type { Host } from './host';
import {
  exampleApplications,
  exampleBrowsers,
  exampleExperience,
  examplePhrases,
  exampleProfileFields,
  customUiView,
  exampleSettings,
  exampleUsers,
} from './host.memory.data';
import { memoryActions } from './host.memory.actions';
import { memoryConnectors } from './host.memory.connectors';
import { memoryDesktop } from './host.memory.desktop';
import { logoutTests } from './host.memory.logout';
import { memoryPreview } from './host.memory.preview';
import { codeMessage, exampleMessages, memoryInbox } from './host.memory.messages';
import { memoryOrganizations } from './host.memory.organizations';
import { examplePerson, memoryPeople } from './host.memory.people';
import { memoryPlayground } from './host.memory.playground';
import { exampleSessions, finishedSession, machineSession, waitingSession } from './host.memory.sessions';
import { memorySettings } from './host.memory.settings';
import { exampleKeys, exampleWire } from './host.memory.wire';

export interface MemoryOptions {
  /** The clock, in milliseconds. */
  now?: number;
  /** This many more sessions, for long lists. */
  many?: number;
  /** No sessions and messages at all. */
  empty?: boolean;
  /** This many more messages, for long lists. */
  manyMessages?: number;
  /** This many more people, for long lists. */
  manyPeople?: number;
  portTaken?: boolean;
  /** As a page in an ordinary browser, without a desktop around it. */
  plain?: boolean;
  /** Ids of the sessions that came with the demo data. */
  examples?: string[];
}

/** The host of tests and of the development page. Everything lives in memory; nothing is served. */
export interface MemoryHost extends Host {
  /** Every request, in order. */
  readonly requests: ConsoleRequest[];
  /** Every address that was to be opened. */
  readonly opened: string[];
  /** Every file that was to be kept, as name and text. */
  readonly saved: Array<{ name: string; text: string }>;
  /** The browsers that were chosen for it. */
  readonly openedIn: string[];
  /** Sends a batch to whoever watches. */
  emit(batch: Partial<LiveBatch>): void;
  /** A new session appears in the stream; answers its id. */
  newSession(): string;
  /** A message with a code appears in the stream. */
  newMessage(part?: Partial<InboxMessage>): InboxMessage;
  /** A request of a session comes, and waits if the session is paused. */
  holdRequest(id: string, what: string): void;
  /** The desktop asks something of the page. */
  ask(event: DesktopEvent): void;
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
  for (let index = 0; index < (options.manyPeople ?? 0); index++) {
    users.push(examplePerson(`many${index}`, `Person ${index}`, now, { username: `person${index}` }));
  }
  const people = memoryPeople({ now, users: () => users, replace: (next) => ((users = next), changed()) });
  const program = memorySettings({ now, changed: () => changed(), sessions: () => sessions.length });
  const playground = memoryPlayground({
    now,
    applications: () => applications,
    live: () => sessions[0]?.summary.id ?? null,
  });
  const providers = memoryConnectors({
    now,
    experience: () => experience,
    changed: () => changed(),
    startRun: playground.start,
  });
  const organizations = memoryOrganizations(now, options.empty ?? false);
  const acts = memoryActions({
    now: () => options.now ?? Date.now(),
    sessions,
    users: () => users,
    emit: (batch) => emit(batch),
  });
  const desktop = memoryDesktop();
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
    const known = users.find((user) => user.id === id) ?? examplePerson(id, '', now, { hasPassword: false });
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

  function answer(
    request: Exclude<ConsoleRequest, { op: 'previewSignInExperience' }>,
  ): ConsoleReply | Promise<ConsoleReply> {
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
        if (!step?.wire) return { reply: 'wire', value: null };
        return exampleWire(step, request.reveal).then((value) => ({ reply: 'wire', value }));
      }
      case 'jwks':
        return exampleKeys().then((value) => ({ reply: 'jwks', value }));
      case 'clearSessions':
        sessions.length = 0;
        return done('Forgot all sessions.');
      case 'sessionActions':
      case 'continueAs':
      case 'allowConsent':
      case 'failAs':
      case 'expireSession':
      case 'pauseSession':
      case 'releaseSession':
        return acts.answer(request);
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
        users.filter((user) => user.id === request.id).forEach((user) => people.remember(user));
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
      case 'people':
      case 'person':
      case 'setPassword':
      case 'removeFactor':
      case 'addTotp':
      case 'totpCode':
      case 'backupCodes':
      case 'newBackupCodes':
      case 'personAccess':
      case 'endBrowserSession':
      case 'revokeGrant':
      case 'restoreUser':
      case 'makeUpPeople':
      case 'deleteMadeUpPeople':
      case 'personas':
      case 'createPersonas':
        return people.answer(request);
      case 'signingKeys':
      case 'announceKey':
      case 'rotateKey':
      case 'retireKey':
      case 'retention':
      case 'setRetention':
      case 'data':
      case 'plantDemoData':
      case 'removeDemoData':
      case 'startOver':
      case 'undoStartOver':
        return program.answer(request);
      case 'playgroundStart':
      case 'playgroundPreview':
      case 'playgroundRun':
      case 'playgroundUse':
        return playground.answer(request);
      case 'applicationSessions':
      case 'testBackchannelLogout':
        return logoutTests(request, find(request.id), now);
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
      case 'organizations':
      case 'saveOrganization':
      case 'deleteOrganization':
      case 'saveOrganizationRole':
      case 'deleteOrganizationRole':
      case 'saveOrganizationScope':
      case 'deleteOrganizationScope':
        return organizations(request);
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
        changed();
        return { reply: 'customProfileFields', value: fields };
      case 'updateCustomProfileField':
        fields = fields.map((field) => (field.name === request.name ? request.field : field));
        changed();
        return { reply: 'customProfileFields', value: fields };
      case 'deleteCustomProfileField':
        fields = fields.filter((field) => field.name !== request.name);
        changed();
        return { reply: 'customProfileFields', value: fields };
      case 'orderCustomProfileFields':
        fields = request.names.flatMap((name) => fields.filter((field) => field.name === name));
        changed();
        return { reply: 'customProfileFields', value: fields };
      case 'phrases':
        return { reply: 'phrases', value: phrases };
      case 'updateCustomPhrases': {
        const others = phrases.custom.filter((one) => one.languageTag !== request.custom.languageTag);
        const left = Object.keys(request.custom.phrases).length > 0 ? [...others, request.custom] : others;
        phrases = { ...phrases, custom: left };
        changed();
        return { reply: 'phrases', value: phrases };
      }
    }
  }

  return {
    requests: [],
    opened: [],
    saved: [],
    openedIn: [],
    async call(request) {
      // The request crosses a process boundary in the real window: only plain data survives.
      const plain = structuredClone(request);
      this.requests.push(plain);
      // Asked again and again while somebody types: a refusal is meant for what they do.
      if (plain.op === 'previewSignInExperience') {
        const stored = { applications, connectors: providers.connectors(), fields, phrases: phrases.custom };
        return { reply: 'experiencePreview', value: await memoryPreview(plain.draft, stored) };
      }
      if (refusal) {
        const thrown = refusal;
        refusal = null;
        throw thrown;
      }
      const reply = answer(plain);
      // A promise only where there is something to wait for: tests count on an answer at once.
      return structuredClone(reply instanceof Promise ? await reply : reply);
    },
    watch(onBatch) {
      watchers.add(onBatch);
      return () => watchers.delete(onBatch);
    },
    async openExternal(url, browser) {
      this.opened.push(url);
      if (browser !== undefined) this.openedIn.push(browser);
    },
    browsers: async () => exampleBrowsers,
    async saveFile(name, text) {
      this.saved.push({ name, text });
      return `~/Downloads/${name}`;
    },
    ...(options.plain ? {} : { desktop: desktop.host }),
    ask: desktop.ask,
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
    holdRequest: acts.hold,
    refuseNext(next) {
      refusal = next;
    },
  };
}

function problem(code: string, message: string, field: string | null = null): ConsoleProblem {
  return { code, message, field };
}
