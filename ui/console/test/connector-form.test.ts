import type { ConnectorView } from '$bindings/ConnectorView';
import type { FactoryView } from '$bindings/FactoryView';
import type { LiveSummary } from '$bindings/LiveSummary';
import type { PlaygroundRun } from '$bindings/PlaygroundRun';
import { ask } from '$shared/host';
import { memoryHost } from '$shared/host.memory';
import { FACTORIES } from '$shared/host.memory.connectors';
import { describe, expect, it } from 'vitest';
import { toAccountDraft, toAccountForm } from '../src/lib/account-form';
import { connectorPaths, simulatedDraft, toConnectorDraft, toConnectorForm } from '../src/lib/connector-form';
import { canHappen, FAILURES, failureName } from '../src/lib/failures';
import { inkOn } from '../src/lib/preview';
import { sessionOfRun, verdict } from '../src/lib/test-run';
import { summary } from './summaries';

const factory = (id: string): FactoryView => {
  const found = FACTORIES.find((one) => one.id === id);
  if (!found) throw new Error(id);
  return found;
};
async function stored(id: string): Promise<ConnectorView> {
  const { connectors } = await ask(memoryHost(), { op: 'connectors' }, 'connectors');
  const found = connectors.find((one) => one.id === id);
  if (!found) throw new Error(id);
  return found;
}

describe('the form of a connector', () => {
  it('gives back the connector it was made from, and does not name secrets that stay', async () => {
    for (const id of ['g00gle', 'intranet', 'acme', 'globex']) {
      const view = await stored(id);
      const draft = toConnectorDraft(toConnectorForm(factory(view.connectorId), view), factory(view.connectorId), view);
      expect(draft).toEqual({
        connectorId: view.connectorId,
        enterprise: view.enterprise,
        target: view.target,
        name: view.name,
        names: view.names,
        logo: view.logo,
        logoDark: view.logoDark,
        displayName: view.displayName,
        domains: view.domains,
        syncProfile: view.syncProfile,
        enableTokenStorage: view.enableTokenStorage,
        idpInitiatedAuth: view.idpInitiatedAuth,
        simulation: view.simulation,
        config: view.config,
      });
      expect(draft.config).not.toHaveProperty('clientSecret');
    }
  });

  it('sends each kind of field as the configuration has it, and leaves out what is empty', () => {
    const oidc = factory('oidc');
    const form = toConnectorForm(oidc, null);
    Object.assign(form, { name: ' Acme ', target: 'acme', names: [{ name: 'de', value: 'Akme' }] });
    form.config = {
      ...form.config,
      clientId: ' shop ',
      clientSecret: '',
      pkce: false,
      'idTokenVerificationConfig.issuer': ['https://a.test', ' '],
      'idTokenVerificationConfig.clockTolerance': '5',
      'idTokenVerificationConfig.crit': [{ name: 'b64', value: 'true' }],
      customConfig: [
        { name: 'tenant', value: 'blue' },
        { name: '', value: 'nothing' },
      ],
    };
    const draft = toConnectorDraft(form, oidc, null);
    expect(draft.config).toEqual({
      clientId: 'shop',
      pkce: false,
      idTokenVerificationConfig: { issuer: ['https://a.test'], clockTolerance: 5, crit: { b64: true } },
      customConfig: { tenant: 'blue' },
    });
    expect([draft.name, draft.names, draft.simulation]).toEqual(['Acme', { de: 'Akme' }, null]);
    form.config['idTokenVerificationConfig.clockTolerance'] = 'five';
    expect(toConnectorDraft(form, oidc, null).config).toMatchObject({
      idTokenVerificationConfig: { clockTolerance: 'five' },
    });
    expect(connectorPaths(form, oidc)).toEqual(
      expect.arrayContaining(['target', 'names.de', 'config.clientId', 'config.customConfig.tenant']),
    );
  });

  it('makes simulated ones that work at once, beside those that are there', async () => {
    const others = (await ask(memoryHost(), { op: 'connectors' }, 'connectors')).connectors;
    expect(simulatedDraft(factory('apple-universal'), others)).toMatchObject({ target: 'apple', name: 'Apple' });
    expect(simulatedDraft(factory('oidc'), others)).toMatchObject({ target: 'oidc', name: 'OpenID Connect' });
    const taken = { ...(others[0] as ConnectorView), target: 'oidc', name: 'OpenID Connect' };
    expect(simulatedDraft(factory('oidc'), [...others, taken])).toMatchObject({
      target: 'oidc-2',
      name: 'OpenID Connect 2',
    });
    const okta = simulatedDraft(factory('Okta'), others);
    expect(okta).toMatchObject({ target: null, name: 'Acme Okta 2', domains: ['acme2.test'], config: {} });
    expect(okta.simulation).toEqual({ failure: null, next: null });
  });
});

describe('failures', () => {
  it('are offered where they can happen', () => {
    const all = FAILURES.flatMap(({ failures }) => failures.map(({ value }) => value));
    expect(new Set(all).size).toBe(19);
    expect(all.filter((failure) => !canHappen(failure, factory('google-universal')))).toEqual(['userEndpoint401']);
    expect(all.filter((failure) => !canHappen(failure, factory('discord-universal')))).toHaveLength(6);
    expect(failureName('slow')).toBe('Every answer takes three seconds');
    // SAML has neither tokens nor endpoints that are called, and assertions that can be wrong.
    const saml = factory('SAML');
    expect(all.filter((failure) => !canHappen(failure, saml))).toEqual([
      'noAnswer',
      'slow',
      'tokenEndpoint500',
      'malformedJson',
      'userEndpoint401',
      'unverifiedEmail',
    ]);
    expect(failureName('wrongAudience', saml)).toBe('The assertion is for another service provider');
    expect(failureName('noEmail', saml)).toBe('No e-mail address');
  });
});

describe('a simulated account', () => {
  it('is sent with its id, and its claims as JSON', () => {
    const form = toAccountForm(null);
    Object.assign(form, { name: ' Ada ', email: '', claims: '{"hd": "acme.test"}' });
    expect(toAccountDraft(form, null, 'g00gle')).toEqual({
      id: null,
      connectorId: 'g00gle',
      sub: null,
      name: 'Ada',
      email: null,
      emailVerified: true,
      phone: null,
      avatar: null,
      claims: { hd: 'acme.test' },
      failure: null,
    });
    form.claims = '[]';
    expect(() => toAccountDraft(form, null, 'g00gle')).toThrow(expect.objectContaining({ field: 'claims' }));
  });
});

describe('a test', () => {
  const run: PlaygroundRun = {
    id: 'r',
    url: 'http://localhost:3001/oidc/auth',
    clientId: 'demo-app',
    redirectUri: 'http://localhost:3001/demo-app',
    own: true,
    stepByStep: false,
    startedAt: 1000,
    callback: null,
    checks: [],
    tokens: null,
    idTokenClaims: null,
    userinfo: null,
    introspection: null,
    calls: [],
    revoked: false,
    signOutUrl: null,
    signedOut: false,
    problem: null,
    live: null,
  };
  const session = (id: string, startedAt: number, chip: string, part: Partial<LiveSummary> = {}) =>
    summary({ id, startedAt, chips: [{ text: chip, logto: true }], ...part });

  it('is followed in the session that it began', async () => {
    const connector = await stored('g00gle');
    const sessions = [
      session('before', 500, 'direct_sign_in=social:google'),
      session('other', 1100, 'direct_sign_in=social:github'),
      session('mine', 1200, 'direct_sign_in=social:google'),
      session('later', 1300, 'direct_sign_in=social:google'),
    ];
    expect(sessionOfRun(run, connector, sessions)).toBe('mine');
    expect(sessionOfRun({ ...run, live: 'told' }, connector, sessions)).toBe('told');
    expect(sessionOfRun(run, await stored('acme'), sessions)).toBeNull();
  });

  it('ends in a sentence', () => {
    const failed = session('s', 1, '', { status: 'failed', headline: 'Google refused the code' });
    expect(verdict(run, null).tone).toBe('wait');
    expect(verdict(run, failed)).toMatchObject({ tone: 'bad', detail: 'Google refused the code' });
    expect(verdict({ ...run, problem: 'The provider answered `access_denied`.' }, failed).tone).toBe('bad');
    const done = verdict({ ...run, callback: [] }, session('s', 1, '', { userName: 'Ada Adler' }));
    expect(done).toMatchObject({ tone: 'ok', detail: 'Ada Adler is signed in, and the client has its tokens.' });
  });
});

it.each([
  ['#5d34f2', '#ffffff'],
  ['#ffd400', '#000000'],
  ['#fff', '#000000'],
  ['#000', '#ffffff'],
])('the ink on %s is %s', (color, ink) => expect(inkOn(color)).toBe(ink));
