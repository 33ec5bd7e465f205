import type { ConsoleRequest } from '$bindings/ConsoleRequest';
import { memoryHost, type MemoryHost } from '$shared/host.memory';
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import App from '../src/App.svelte';

let host: MemoryHost;
beforeEach(() => {
  host = memoryHost({ now: 1_800_000_000_000 });
});
afterEach(() => {
  cleanup();
  window.location.hash = '';
});

function open(hash: string) {
  window.location.hash = hash;
  render(App, { host });
}
const last = <O extends ConsoleRequest['op']>(op: O) =>
  host.requests.filter((request): request is Extract<ConsoleRequest, { op: O }> => request.op === op).at(-1);
const click = (name: string | RegExp) => fireEvent.click(screen.getByRole('button', { name }));

describe('the list', () => {
  it('orders and switches what the sign-in page shows, and the preview follows', async () => {
    open('#/connectors');
    await screen.findByRole('link', { name: 'Google' });
    const buttons = () =>
      Array.from(document.querySelectorAll('.ways .button'), (button) =>
        (button.querySelector('.clip') ?? button).textContent.trim(),
      );
    await waitFor(() => expect(buttons()).toEqual(['Google', 'GitHub', 'Single sign-on']));
    expect(screen.getByRole('button', { name: 'Move Google up' })).toHaveProperty('disabled', true);
    await click('Move GitHub up');
    await waitFor(() => expect(buttons()).toEqual(['GitHub', 'Google', 'Single sign-on']));
    expect(last('offerTargets')?.targets).toEqual(['github', 'google']);
    await fireEvent.keyDown(screen.getByRole('link', { name: 'Google' }), { key: 'ArrowUp', altKey: true });
    await waitFor(() => expect(last('offerTargets')?.targets).toEqual(['google', 'github']));
    await fireEvent.click(await screen.findByRole('switch', { name: 'Intranet on the sign-in page' }));
    await waitFor(() => expect(buttons()).toEqual(['Google', 'GitHub', 'Intranet', 'Single sign-on']));
    await waitFor(() =>
      expect(screen.getByRole('switch', { name: 'Google on the sign-in page' })).toHaveProperty('disabled', false),
    );
    await fireEvent.click(screen.getByRole('switch', { name: 'Google on the sign-in page' }));
    await waitFor(() => expect(last('offerTargets')?.targets).toEqual(['github', 'intranet']));
  });

  it('switches single sign-on for everybody', async () => {
    open('#/enterprise-sso');
    await screen.findByRole('link', { name: 'Acme Okta' });
    screen.getByText('acme.test, acme.example');
    await fireEvent.click(screen.getByRole('switch', { name: 'Single sign-on' }));
    await screen.findByText(/nobody is sent to these providers/);
    expect(last('setSingleSignOn')).toEqual({ op: 'setSingleSignOn', enabled: false });
  });

  it('says so when a connector is gone', async () => {
    open('#/connectors/gone');
    await screen.findByText('That connector does not exist any more.');
  });
});

describe('adding', () => {
  it('is one click for a simulated one', async () => {
    open('#/connectors');
    await waitFor(() =>
      expect(screen.getByRole('button', { name: 'Add connector' })).toHaveProperty('disabled', false),
    );
    await click('Add connector');
    const dialog = within(await screen.findByRole('dialog'));
    expect(dialog.getByRole('link', { name: /^Added.*Google/ })).toBeTruthy();
    await fireEvent.input(dialog.getByLabelText('Search connectors'), { target: { value: 'app' } });
    await fireEvent.click(dialog.getByRole('button', { name: 'Add simulated Apple' }));
    await screen.findByRole('heading', { name: /^Apple/ });
    expect(last('createConnector')).toMatchObject({
      offer: true,
      connector: { connectorId: 'apple-universal', target: 'apple', simulation: { failure: null, next: null } },
    });
    expect(window.location.hash).toMatch(/^#\/connectors\/new/);
  });

  it('finds enterprise ones too, and gives them a name and a domain', async () => {
    open('#/connectors');
    await waitFor(() =>
      expect(screen.getByRole('button', { name: 'Add connector' })).toHaveProperty('disabled', false),
    );
    await click('Add connector');
    const dialog = within(await screen.findByRole('dialog'));
    await fireEvent.click(dialog.getByRole('radio', { name: 'Enterprise SSO' }));
    await fireEvent.click(dialog.getByRole('button', { name: 'Add simulated Microsoft Entra' }));
    await screen.findByRole('heading', { name: /^Acme Microsoft Entra/ });
    expect(last('createConnector')?.connector).toMatchObject({ enterprise: true, domains: ['acme2.test'] });
    expect(window.location.hash).toMatch(/^#\/enterprise-sso\//);
  });

  it('of a real one has the callback address beside the form, fills it from the issuer, and shows what is wrong', async () => {
    open('#/connectors/%2B/oidc');
    await screen.findByRole('heading', { name: 'Add OpenID Connect' });
    const guide = within(screen.getByRole('complementary', { name: 'Set up at the provider' }));
    expect(guide.getByText(/^http:\/\/localhost:3001\/callback\/new/)).toBeTruthy();
    await fireEvent.input(screen.getByLabelText('Name'), { target: { value: 'Contoso' } });
    await click('Add connector');
    const target = screen.getByLabelText('Target');
    await waitFor(() => expect(document.activeElement).toBe(target));
    screen.getByText('Is missing. Give the key of this provider.');
    await fireEvent.input(target, { target: { value: 'contoso' } });
    await fireEvent.input(screen.getByLabelText('Fill from issuer'), {
      target: { value: 'https://login.contoso.test' },
    });
    await click('Fill in');
    await screen.findByText(/It announces PKCE/);
    expect(screen.getByLabelText('Token endpoint')).toHaveProperty('value', 'https://login.contoso.test/token');
    await fireEvent.input(screen.getByLabelText('Client ID'), { target: { value: 'shop' } });
    await fireEvent.input(screen.getByLabelText('Client secret'), { target: { value: 's3cret' } });
    await click('Add connector');
    await screen.findByRole('heading', { name: /^Contoso/ });
    expect(last('createConnector')?.connector).toMatchObject({
      target: 'contoso',
      simulation: null,
      config: { clientId: 'shop', clientSecret: 's3cret', pkce: true, tokenEndpointAuthMethod: 'client_secret_basic' },
    });
  });

  it('of a SAML provider has entity ID, reply address and metadata to copy, and takes pasted metadata', async () => {
    open('#/enterprise-sso/%2B/SAML');
    await screen.findByRole('heading', { name: 'Add SAML' });
    const guide = within(screen.getByRole('complementary', { name: 'Set up at the provider' }));
    guide.getByText(/^http:\/\/localhost:3001\/enterprise-sso\/new/);
    guide.getByText(/\/api\/authn\/single-sign-on\/saml\/new\d+0*$/);
    guide.getByText(/\/api\/authn\/single-sign-on\/saml\/new\d+0*\/metadata$/);
    guide.getByText('the entity ID below');
    await fireEvent.input(screen.getByLabelText('Name'), { target: { value: 'Contoso' } });
    const metadata = screen.getByLabelText('Metadata (optional)');
    expect(metadata.tagName).toBe('TEXTAREA');
    await fireEvent.input(metadata, { target: { value: '<EntityDescriptor>\n</EntityDescriptor>' } });
    await click('Add connector');
    await screen.findByRole('heading', { name: /^Contoso/ });
    expect(last('createConnector')?.connector).toMatchObject({
      connectorId: 'SAML',
      enterprise: true,
      config: { metadata: '<EntityDescriptor>\n</EntityDescriptor>' },
    });
  });
});

describe('a connector', () => {
  it('keeps its secret unless it is replaced, and shows it on request', async () => {
    open('#/connectors/intranet');
    const secret = await screen.findByLabelText('Client secret: kept, hidden');
    await click('Show Client secret');
    await waitFor(() => expect(secret).toHaveProperty('value', 'intranet-secret'));
    await fireEvent.input(screen.getByLabelText('Client ID'), { target: { value: 'other' } });
    await click('Save changes');
    await screen.findByText('Saved Intranet.');
    expect(last('updateConnector')?.connector.config).not.toHaveProperty('clientSecret');
    await click('Replace Client secret');
    await fireEvent.input(screen.getByLabelText('Client secret'), { target: { value: 'new' } });
    await click('Save changes');
    await waitFor(() => expect(last('updateConnector')?.connector.config).toMatchObject({ clientSecret: 'new' }));
  });

  it('unfolds what is wrong among the settings that are folded away', async () => {
    open('#/connectors/intranet');
    await fireEvent.input(await screen.findByLabelText('Client ID'), { target: { value: 'other' } });
    const fold = screen.getByText(/^More settings/).closest('details');
    expect(fold?.open).toBe(false);
    host.refuseNext({
      code: 'connector.invalid_config',
      message: 'Is no number.',
      field: 'config.idTokenVerificationConfig.clockTolerance',
    });
    await click('Save changes');
    const field = await screen.findByLabelText('Clock tolerance in seconds');
    await waitFor(() => expect(field.getAttribute('aria-invalid')).toBe('true'));
    expect(fold?.open).toBe(true);
  });

  it('refuses a public mail domain at its field', async () => {
    open('#/enterprise-sso/acme');
    await fireEvent.input(await screen.findByLabelText('domain 2'), { target: { value: 'gmail.com' } });
    await click('Save changes');
    await screen.findByText(/Anybody can have an address at gmail.com/);
    expect(screen.getByLabelText('domain 2').getAttribute('aria-invalid')).toBe('true');
  });

  it('says where sign-ins lead that begin at a company’s provider', async () => {
    open('#/enterprise-sso/acme');
    await fireEvent.click(await screen.findByLabelText('Take them'));
    screen.getByText(/single-sign-on\/oidc\/acme\?iss=http/);
    await click('Save changes');
    await screen.findByText(/Choose the application/);
    const application = screen.getByLabelText('Application');
    expect(application.getAttribute('aria-invalid')).toBe('true');
    await screen.findByRole('option', { name: 'Bookstore' });
    await fireEvent.change(application, { target: { value: 'k3v9q0c1xw7t5n2m8b4zs' } });
    await screen.findByText(/It has to be at http:\/\/localhost:3000/);
    const address = screen.getByLabelText('Address where the application begins');
    await fireEvent.input(address, { target: { value: ' http://localhost:3000/start ' } });
    await click('Save changes');
    const whole = {
      defaultApplicationId: 'k3v9q0c1xw7t5n2m8b4zs',
      clientIdpInitiatedAuthCallbackUri: 'http://localhost:3000/start',
      autoSendAuthorizationRequest: false,
      redirectUri: null,
      authParameters: {},
    };
    await waitFor(() => expect(last('updateConnector')?.connector.idpInitiatedAuth).toEqual(whole));
    await fireEvent.click(await screen.findByRole('button', { name: 'Begin a sign-in here' }));
    expect(host.opened.at(-1)).toMatch(/\/oidc\/acme\?iss=/);
    await fireEvent.click(screen.getByLabelText(/^Vestibule begins for it/));
    await click('Add parameter');
    await fireEvent.input(screen.getByLabelText('parameter 1: name'), { target: { value: 'scope' } });
    await fireEvent.input(screen.getByLabelText('parameter 1: value'), { target: { value: 'openid email' } });
    await click('Save changes');
    const automatic = { autoSendAuthorizationRequest: true, authParameters: { scope: 'openid email' } };
    await waitFor(() =>
      expect(last('updateConnector')?.connector.idpInitiatedAuth).toEqual({ ...whole, ...automatic }),
    );
    await fireEvent.click(screen.getByLabelText('Take them'));
    await click('Save changes');
    await waitFor(() => expect(last('updateConnector')?.connector.idpInitiatedAuth).toBeNull());
  });

  it('is deleted after a question that says what goes and what stays', async () => {
    open('#/connectors/g00gle');
    await fireEvent.click(await screen.findByRole('button', { name: 'Delete connector' }));
    const dialog = within(await screen.findByRole('dialog'));
    dialog.getByText(/Identities of people stay/);
    await fireEvent.click(dialog.getByRole('button', { name: 'Delete connector' }));
    await screen.findByRole('heading', { name: 'Connectors' });
    expect(last('deleteConnector')?.id).toBe('g00gle');
    await waitFor(() => expect(screen.queryByRole('link', { name: 'Google' })).toBeNull());
  });
});

describe('simulated accounts', () => {
  it('are made up, added, edited and deleted', async () => {
    open('#/connectors/g00gle/accounts');
    await screen.findByRole('button', { name: 'Ada Adler' });
    screen.getByText('The person cancels', { selector: '.chip span' });
    await click('Make one up');
    await screen.findByRole('button', { name: 'Dora Dahl' });
    await click('Add account');
    const dialog = within(await screen.findByRole('dialog'));
    await fireEvent.click(dialog.getByRole('button', { name: 'Add account' }));
    await dialog.findByText('Is empty. Give a name.');
    await fireEvent.input(dialog.getByLabelText('Name'), { target: { value: 'Egon Eck' } });
    await fireEvent.change(dialog.getByLabelText('What its sign-ins do'), { target: { value: 'badSignature' } });
    await fireEvent.click(dialog.getByRole('button', { name: 'Add account' }));
    await screen.findByRole('button', { name: 'Egon Eck' });
    expect(last('saveSimulatedAccount')?.account).toMatchObject({
      id: null,
      name: 'Egon Eck',
      failure: 'badSignature',
    });
    await click('Delete Egon Eck');
    await click('Delete account');
    await waitFor(() => expect(screen.queryByRole('button', { name: 'Egon Eck' })).toBeNull());
  });

  it('arm one failure for the next sign-in, which is shown until it is spent or disarmed', async () => {
    open('#/connectors/g00gle/accounts');
    const next = await screen.findByLabelText('Fail the next sign-in with');
    expect(within(next).queryByRole('option', { name: 'The user endpoint answers 401' })).toBeNull();
    await fireEvent.change(next, { target: { value: 'wrongNonce' } });
    await screen.findByText(/^Armed for the next sign-in: The ID token carries another nonce/);
    expect(last('setSimulation')?.simulation).toEqual({ failure: null, next: 'wrongNonce' });
    await click('Disarm');
    await waitFor(() => expect(screen.queryByText(/^Armed for the next sign-in/)).toBeNull());
  });
});

describe('the test', () => {
  it('goes straight to the connector in the browser, and tells how it ended', async () => {
    open('#/connectors/g00gle/test');
    await fireEvent.click(await screen.findByRole('button', { name: 'Test sign-in' }));
    await waitFor(() => expect(host.opened.at(-1)).toContain('direct_sign_in=social%3Agoogle'));
    host.emit({});
    await screen.findByText('The sign-in works.');
    await screen.findByRole('region', { name: 'Sequence' });
    screen.getByRole('link', { name: 'See it as a session' });
  });

  it('says beforehand what is in the way, and repairs it', async () => {
    open('#/connectors/intranet/test');
    await screen.findByText(/^The sign-in page does not show it/);
    expect(screen.getByRole('button', { name: 'Test sign-in' })).toHaveProperty('disabled', true);
    await click('Show on the sign-in page');
    await waitFor(() => expect(screen.getByRole('button', { name: 'Test sign-in' })).toHaveProperty('disabled', false));
    expect(last('offerTargets')?.targets).toEqual(['google', 'github', 'intranet']);
  });

  it('sends whoever has no domain to the set-up', async () => {
    open('#/enterprise-sso/globex/test');
    await fireEvent.click(await screen.findByRole('button', { name: 'Add a domain' }));
    await screen.findByLabelText('Name');
    expect(window.location.hash).toBe('#/enterprise-sso/globex/setup');
  });
});

describe('identities of a person', () => {
  it('are shown and unlinked, unless nothing else signs the person in', async () => {
    open('#/people/erin0ericson/identities');
    await screen.findByText('110248495921238986420');
    await click('Unlink google');
    await click('Unlink now google');
    await waitFor(() => expect(screen.queryByText('110248495921238986420')).toBeNull());
    const refusal = 'Nothing else could sign Erin Ericson in.';
    host.refuseNext({ code: 'user.last_sign_in_method_required', message: refusal, field: null });
    await click('Unlink Acme');
    await click('Unlink now Acme');
    await screen.findByText(refusal);
    screen.getByText('00u1erin');
  });
});
