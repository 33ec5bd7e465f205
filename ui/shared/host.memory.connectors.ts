import type { ConfigField } from '$bindings/ConfigField';
import type { ConnectorCatalogue } from '$bindings/ConnectorCatalogue';
import type { ConnectorDraft } from '$bindings/ConnectorDraft';
import type { ConnectorList } from '$bindings/ConnectorList';
import type { ConnectorView } from '$bindings/ConnectorView';
import type { ConsoleProblem } from '$bindings/ConsoleProblem';
import type { ConsoleReply } from '$bindings/ConsoleReply';
import type { ConsoleRequest } from '$bindings/ConsoleRequest';
import type { FactoryView } from '$bindings/FactoryView';
import type { Obstacle } from '$bindings/Obstacle';
import type { SignInExperience } from '$bindings/SignInExperience';
import type { SimulatedAccount } from '$bindings/SimulatedAccount';

/** Connectors of tests and of the development page: a part of the catalogue, and the rules that pages depend on. */

const ENDPOINT = 'http://localhost:3001';
const SECRETS = ['clientSecret', 'privateKey'];

const field = (key: string, label: string, part: Partial<ConfigField> = {}): ConfigField => ({
  key,
  label,
  kind: 'text',
  required: false,
  placeholder: '',
  help: '',
  options: [],
  advanced: false,
  ...part,
});
const CLIENT = [
  field('clientId', 'Client ID', { required: true }),
  field('clientSecret', 'Client secret', { kind: 'secret', required: true }),
];
const SCOPE = field('scope', 'Scope', { help: 'Separated by spaces.', placeholder: 'openid profile email' });
const TRUST = field('trustUnverifiedEmail', 'Trust unverified e-mail addresses', {
  kind: 'switch',
  advanced: true,
  help: 'Takes an address as verified when the provider does not say.',
});
const PKCE = field('pkce', 'Send a code challenge (PKCE)', {
  kind: 'switch',
  help: 'Filled in from the discovery document. Logto never sends one.',
});
const OIDC = [
  field('authorizationEndpoint', 'Authorization endpoint', { kind: 'url', required: true }),
  field('tokenEndpoint', 'Token endpoint', { kind: 'url', required: true }),
  ...CLIENT,
  SCOPE,
  field('tokenEndpointAuthMethod', 'Client authentication', {
    kind: 'choice',
    options: ['client_secret_post', 'client_secret_basic', 'client_secret_jwt'],
    placeholder: 'client_secret_post',
  }),
  PKCE,
  field('idTokenVerificationConfig.jwksUri', 'Key set address', { kind: 'url', required: true }),
  field('idTokenVerificationConfig.issuer', 'Issuer', {
    kind: 'list',
    help: 'Any issuer is accepted where none is given, as in Logto.',
  }),
  field('idTokenVerificationConfig.clockTolerance', 'Clock tolerance in seconds', { kind: 'number', advanced: true }),
  field('idTokenVerificationConfig.crit', 'Critical headers', { kind: 'switchMap', advanced: true }),
  field('customConfig', 'Further parameters', {
    kind: 'map',
    advanced: true,
    help: 'Sent with the authorization request and the token request.',
  }),
  TRUST,
];

function factory(id: string, name: string, part: Partial<FactoryView>): FactoryView {
  return {
    id,
    name,
    description: `${name} accounts.`,
    enterprise: false,
    shape: 'oidc',
    isStandard: false,
    target: '',
    issuesIdTokens: true,
    hasUserEndpoint: false,
    storesTokens: true,
    fields: [...CLIENT, SCOPE],
    callback: '',
    entityId: null,
    guide: [],
    ...part,
  };
}
const social = (id: string, name: string, part: Partial<FactoryView>) =>
  factory(`${id}-universal`, name, {
    target: id,
    issuesIdTokens: false,
    hasUserEndpoint: true,
    storesTokens: false,
    guide: [
      `On ${name}, register an application.`,
      'Set its callback address to {callback}.',
      'Create a client secret and copy it with the client ID into the form.',
    ],
    ...part,
  });
const enterprise = (id: string, name: string, description: string) =>
  factory(id, name, {
    description,
    enterprise: true,
    shape: 'enterpriseOidc',
    hasUserEndpoint: true,
    fields: [
      ...CLIENT,
      field('issuer', 'Issuer', {
        kind: 'url',
        required: true,
        help: 'Its discovery document is read when you save and at each sign-in.',
      }),
      SCOPE,
      TRUST,
      { ...PKCE, advanced: true },
    ],
    guide: [
      'Register a client at the company’s provider, with the redirect URI {callback}.',
      'Copy its issuer, the client ID and the client secret into the form, and add the company’s mail domains.',
    ],
  });

export const FACTORIES: readonly FactoryView[] = [
  social('google', 'Google', {
    shape: 'google',
    description: 'Google accounts, by OpenID Connect.',
    issuesIdTokens: true,
    hasUserEndpoint: false,
    storesTokens: true,
    fields: [
      ...CLIENT,
      SCOPE,
      field('prompts', 'Prompts', { kind: 'choices', options: ['none', 'consent', 'select_account'] }),
    ],
  }),
  social('github', 'GitHub', {
    shape: 'gitHub',
    description: 'GitHub accounts, by OAuth 2.0 and GitHub’s user endpoint.',
    storesTokens: true,
  }),
  social('apple', 'Apple', {
    shape: 'apple',
    description: 'Apple accounts. Apple tells a name only at the first sign-in.',
    fields: [
      field('clientId', 'Client ID', { required: true, help: 'The Services ID.' }),
      field('privateKey', 'Private key', { kind: 'secretLines', required: true }),
    ],
  }),
  social('facebook', 'Facebook', { shape: 'facebook' }),
  social('azuread', 'Microsoft', { shape: 'microsoft', issuesIdTokens: true, hasUserEndpoint: false }),
  social('discord', 'Discord', { shape: 'discord' }),
  social('gitlab', 'GitLab', { shape: 'gitLab' }),
  social('linkedin', 'LinkedIn', { shape: 'linkedIn' }),
  social('slack', 'Slack', { shape: 'slack' }),
  social('x', 'X', { shape: 'x' }),
  factory('oidc', 'OpenID Connect', {
    description: 'Any OpenID Connect provider, under a target of your own.',
    isStandard: true,
    fields: OIDC,
    guide: [
      'Register a client at the provider, with the redirect URI {callback}.',
      'Fill the form from the provider’s issuer, then add the client ID and the client secret.',
    ],
  }),
  enterprise('OIDC', 'OpenID Connect', 'Any company’s OpenID Connect provider.'),
  enterprise('AzureAdOidc', 'Microsoft Entra', 'A company’s Microsoft Entra, by OpenID Connect.'),
  enterprise('GoogleWorkspace', 'Google Workspace', 'A company’s Google Workspace.'),
  enterprise('Okta', 'Okta', 'A company’s Okta.'),
  factory('SAML', 'SAML', {
    description: 'Any company’s SAML 2.0 identity provider.',
    enterprise: true,
    shape: 'saml',
    issuesIdTokens: false,
    storesTokens: false,
    fields: [
      field('metadataUrl', 'Metadata address', { kind: 'url' }),
      field('metadata', 'Metadata', { kind: 'lines' }),
      field('attributeMapping.email', 'Attribute with the e-mail address', { placeholder: 'email' }),
    ],
    guide: [
      'Add an application with the reply address {callback} and the entity ID {entityId}.',
      'Copy the address of its metadata into the form, and add the company’s mail domains.',
    ],
  }),
];

/** What the provider of a connector is told of us. */
function told(one: FactoryView | undefined, id: string): Pick<FactoryView, 'callback' | 'entityId' | 'guide'> {
  const saml = one?.shape === 'saml';
  const callback = saml ? `${ENDPOINT}/api/authn/single-sign-on/saml/${id}` : `${ENDPOINT}/callback/${id}`;
  const entityId = saml ? `${ENDPOINT}/enterprise-sso/${id}` : null;
  const steps = one?.guide ?? [];
  const guide = steps.map((step) => step.replace('{callback}', callback).replace('{entityId}', entityId ?? ''));
  return { callback, entityId, guide };
}

/** Where an enterprise provider begins a sign-in. */
function startOf({ id, enterprise, connectorId, simulation, config }: Stored): string | null {
  const issuer = simulation ? `${ENDPOINT}/simulated/${id}` : config['issuer'];
  if (!enterprise || connectorId === 'SAML' || typeof issuer !== 'string') return null;
  return `${ENDPOINT}/api/authn/single-sign-on/oidc/${id}?${new URLSearchParams({ iss: issuer })}`;
}

interface Stored extends ConnectorDraft {
  id: string;
  createdAt: number;
}

const draft = (connectorId: string, part: Partial<ConnectorDraft>): ConnectorDraft => ({
  connectorId,
  enterprise: false,
  target: null,
  name: '',
  names: {},
  logo: null,
  logoDark: null,
  displayName: null,
  domains: [],
  syncProfile: false,
  enableTokenStorage: false,
  idpInitiatedAuth: null,
  simulation: { failure: null, next: null },
  config: {},
  ...part,
});

function exampleConnectors(now: number): Stored[] {
  const stored = (id: string, one: ConnectorDraft): Stored => ({ id, createdAt: now - 3_600_000, ...one });
  return [
    stored('g00gle', draft('google-universal', { target: 'google', name: 'Google' })),
    stored('g1thub', draft('github-universal', { target: 'github', name: 'GitHub' })),
    stored(
      'intranet',
      draft('oidc', {
        target: 'intranet',
        name: 'Intranet',
        simulation: null,
        config: {
          authorizationEndpoint: 'https://login.intranet.test/auth',
          tokenEndpoint: 'https://login.intranet.test/token',
          clientId: 'vestibule',
          clientSecret: 'intranet-secret',
          idTokenVerificationConfig: { jwksUri: 'https://login.intranet.test/jwks', clockTolerance: 5 },
          customConfig: { tenant: 'blue' },
        },
      }),
    ),
    stored(
      'acme',
      draft('Okta', {
        enterprise: true,
        name: 'Acme Okta',
        displayName: 'Acme',
        domains: ['acme.test', 'acme.example'],
      }),
    ),
    stored('globex', draft('OIDC', { enterprise: true, name: 'Globex', domains: [] })),
  ];
}

const account = (id: string, connectorId: string, name: string, now: number, part: Partial<SimulatedAccount> = {}) => ({
  id,
  connectorId,
  sub: `10${id.length}83${name.length}0482`,
  name,
  email: `${name.split(' ')[0]?.toLowerCase()}@gmail.test`,
  emailVerified: true,
  phone: null,
  avatar: null,
  claims: {},
  failure: null,
  known: false,
  createdAt: now,
  ...part,
});

/** What the rest of the memory host lends. */
export interface Surroundings {
  now: number;
  experience: () => SignInExperience;
  changed: () => void;
  startRun: (params: Array<[string, string]>) => ConsoleReply;
}

type ConnectorRequest = Extract<
  ConsoleRequest,
  {
    op:
      | 'connectors'
      | 'connectorFactories'
      | 'createConnector'
      | 'updateConnector'
      | 'deleteConnector'
      | 'revealConnectorSecrets'
      | 'offerTargets'
      | 'setSingleSignOn'
      | 'discoverIssuer'
      | 'testConnector'
      | 'simulatedAccounts'
      | 'saveSimulatedAccount'
      | 'deleteSimulatedAccount'
      | 'makeUpSimulatedAccount'
      | 'setSimulation';
  }
>;

const problem = (code: string, message: string, at: string | null = null): ConsoleProblem => ({
  code,
  message,
  field: at,
});

export function memoryConnectors({ now, experience, changed, startRun }: Surroundings) {
  let connectors = exampleConnectors(now);
  let accounts: SimulatedAccount[] = [
    account('ada', 'g00gle', 'Ada Adler', now),
    account('ben', 'g00gle', 'Ben Brook', now, { failure: 'accessDenied' }),
    account('cleo', 'g00gle', 'Cleo Crane', now, { emailVerified: false }),
  ];
  let made = 0;

  const find = (id: string): Stored => {
    const found = connectors.find((connector) => connector.id === id);
    if (!found) throw problem('entity.not_found', 'This connector was deleted meanwhile.');
    return found;
  };
  const factoryOf = (one: ConnectorDraft) =>
    FACTORIES.find(({ id, enterprise: kind }) => id === one.connectorId && kind === one.enterprise);

  function missing(one: ConnectorDraft): ConfigField | undefined {
    const value = (key: string) =>
      key.split('.').reduce<unknown>((at, member) => (at as Record<string, unknown> | undefined)?.[member], one.config);
    return one.simulation ? undefined : factoryOf(one)?.fields.find(({ key, required }) => required && !value(key));
  }

  function view(stored: Stored): ConnectorView {
    const config = { ...stored.config };
    const secrets = SECRETS.filter((member) => member in config);
    for (const member of secrets) delete config[member];
    const lacking = missing(stored);
    const obstacles: Obstacle[] = [];
    if (lacking) {
      obstacles.push({
        kind: 'misconfigured',
        field: `config.${lacking.key}`,
        message: `Is missing: ${lacking.label}.`,
      });
    }
    if (stored.enterprise) {
      if (!experience().singleSignOnEnabled) obstacles.push({ kind: 'singleSignOnOff' });
      if (stored.domains.length === 0) obstacles.push({ kind: 'noDomain' });
    } else if (!experience().socialSignInConnectorTargets.includes(stored.target ?? '')) {
      obstacles.push({ kind: 'notOffered' });
    }
    return {
      ...stored,
      config,
      secrets,
      ...told(factoryOf(stored), stored.id),
      initiateLoginUri: startOf(stored),
      simulatedAt: stored.simulation ? `${ENDPOINT}/simulated/${stored.id}` : null,
      obstacles,
    };
  }

  function list(): ConnectorList {
    const targets = experience().socialSignInConnectorTargets;
    const place = ({ target }: Stored) => (targets.includes(target ?? '') ? targets.indexOf(target ?? '') : 99);
    const sorted = [...connectors].sort((a, b) => Number(a.enterprise) - Number(b.enterprise) || place(a) - place(b));
    return { connectors: sorted.map(view), targets, singleSignOnEnabled: experience().singleSignOnEnabled };
  }

  function catalogue(): ConnectorCatalogue {
    const id = `new${++made}`.padEnd(21, '0');
    return { id, factories: FACTORIES.map((one) => ({ ...one, ...told(one, id) })) };
  }

  function save(id: string, given: ConnectorDraft, before: Stored | null): ConsoleReply {
    const one = structuredClone(given);
    if (one.target === '' || (factoryOf(one)?.isStandard && one.target === null)) {
      throw problem('connector.should_specify_target', 'Is missing. Give the key of this provider.', 'target');
    }
    if (connectors.some((other) => other.id !== id && !one.enterprise && other.target === one.target)) {
      throw problem('connector.multiple_target_with_same_platform', 'A target has one connector.', 'target');
    }
    const publicDomain = one.domains.findIndex((domain) => domain === 'gmail.com');
    if (publicDomain >= 0) {
      const message = 'Anybody can have an address at gmail.com, so it is no company’s domain.';
      throw problem('single_sign_on.forbidden_domains', message, `domains.${publicDomain}`);
    }
    for (const member of SECRETS) {
      const kept = before?.config[member];
      if (!(member in one.config) && kept !== undefined) one.config[member] = kept;
      if (one.config[member] === '') delete one.config[member];
    }
    if (one.idpInitiatedAuth?.defaultApplicationId === '') {
      const message = 'Is missing. Choose the application that these sign-ins are for.';
      throw problem('guard.invalid_input', message, 'idpInitiatedAuth.defaultApplicationId');
    }
    const lacking = missing(one);
    if (lacking) throw problem('connector.invalid_config', `Is missing: ${lacking.label}.`, `config.${lacking.key}`);
    const stored: Stored = { ...one, id, createdAt: before?.createdAt ?? now };
    connectors = before ? connectors.map((other) => (other.id === id ? stored : other)) : [...connectors, stored];
    changed();
    return { reply: 'connector', value: view(stored) };
  }

  const accountsOf = (connectorId: string): ConsoleReply => ({
    reply: 'simulatedAccounts',
    value: accounts.filter((one) => one.connectorId === connectorId),
  });
  const all = (): ConsoleReply => ({ reply: 'connectors', value: list() });

  function answer(request: ConnectorRequest): ConsoleReply {
    switch (request.op) {
      case 'connectors':
        return all();
      case 'connectorFactories':
        return { reply: 'connectorFactories', value: catalogue() };
      case 'createConnector': {
        const reply = save(request.id ?? `new${++made}`.padEnd(21, '0'), request.connector, null);
        const { target } = request.connector;
        if (request.offer && target !== null) experience().socialSignInConnectorTargets.push(target);
        if (request.offer && target === null) experience().singleSignOnEnabled = true;
        return reply.reply === 'connector' ? { reply: 'connector', value: view(find(reply.value.id)) } : reply;
      }
      case 'updateConnector':
        return save(request.id, request.connector, find(request.id));
      case 'deleteConnector': {
        const gone = find(request.id);
        connectors = connectors.filter((connector) => connector !== gone);
        accounts = accounts.filter(({ connectorId }) => connectorId !== gone.id);
        const row = experience();
        row.socialSignInConnectorTargets = row.socialSignInConnectorTargets.filter((target) => target !== gone.target);
        changed();
        return { reply: 'done', value: `Deleted ${gone.name}. People keep the identities they have linked.` };
      }
      case 'revealConnectorSecrets': {
        const { config } = find(request.id);
        const opened = SECRETS.filter((member) => member in config).map((member) => [member, String(config[member])]);
        return { reply: 'connectorSecrets', value: Object.fromEntries(opened) };
      }
      case 'offerTargets':
        experience().socialSignInConnectorTargets = request.targets;
        return all();
      case 'setSingleSignOn':
        experience().singleSignOnEnabled = request.enabled;
        return all();
      case 'discoverIssuer':
        return {
          reply: 'discoveredIssuer',
          value: {
            issuer: request.issuer,
            announcesPkce: true,
            config: {
              authorizationEndpoint: `${request.issuer}/auth`,
              tokenEndpoint: `${request.issuer}/token`,
              tokenEndpointAuthMethod: 'client_secret_basic',
              idTokenVerificationConfig: { jwksUri: `${request.issuer}/jwks`, issuer: [request.issuer] },
              pkce: true,
            },
          },
        };
      case 'testConnector': {
        const { target, id } = find(request.id);
        return startRun([
          ['prompt', 'login'],
          ['direct_sign_in', target === null ? `sso:${id}` : `social:${target}`],
        ]);
      }
      case 'simulatedAccounts':
        return accountsOf(request.connectorId);
      case 'saveSimulatedAccount': {
        const { id, sub, ...rest } = request.account;
        if (rest.name === '') throw problem('guard.invalid_input', 'Is empty. Give a name.', 'name');
        const known = accounts.find((one) => one.id === id);
        const fresh = account(id ?? `made${++made}`, rest.connectorId, rest.name, now, known);
        const saved = { ...fresh, ...rest, sub: sub ?? fresh.sub };
        accounts = known ? accounts.map((one) => (one === known ? saved : one)) : [...accounts, saved];
        return accountsOf(rest.connectorId);
      }
      case 'deleteSimulatedAccount': {
        const gone = accounts.find(({ id }) => id === request.id);
        accounts = accounts.filter((one) => one !== gone);
        return accountsOf(gone?.connectorId ?? '');
      }
      case 'makeUpSimulatedAccount':
        accounts = [...accounts, account(`made${++made}`, request.connectorId, 'Dora Dahl', now)];
        return accountsOf(request.connectorId);
      case 'setSimulation':
        find(request.connectorId).simulation = request.simulation;
        changed();
        return accountsOf(request.connectorId);
    }
  }

  return { answer, connectors: () => list().connectors };
}
