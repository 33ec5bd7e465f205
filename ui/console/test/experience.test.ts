import type { CustomProfileField } from '$bindings/CustomProfileField';
import type { SignInExperience } from '$bindings/SignInExperience';
import { memoryHost, type MemoryHost } from '$shared/host.memory';
import { exampleExperience, exampleProfileFields } from '$shared/host.memory.data';
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import App from '../src/App.svelte';
import { complete, tabOf, toRow } from '../src/lib/experience-form';
import { isRequired, toField, toFieldForm } from '../src/lib/profile-field-form';

describe('the row', () => {
  it('has its lists, and is sent without rows that were left empty', () => {
    const sparse = exampleExperience();
    Reflect.deleteProperty(sparse.signUp, 'secondaryIdentifiers');
    sparse.emailBlocklistPolicy = {} as SignInExperience['emailBlocklistPolicy'];
    const form = complete(sparse);
    expect(form).toEqual(exampleExperience());
    form.passwordPolicy.rejects.words = ['', ' acme '];
    form.emailBlocklistPolicy.customBlocklist = ['@a.test', ''];
    form.branding.logoUrl = ' ';
    form.termsOfUseUrl = '';
    const row = toRow(form);
    expect(row.passwordPolicy.rejects.words).toEqual(['acme']);
    expect(row.emailBlocklistPolicy.customBlocklist).toEqual(['@a.test']);
    expect([row.branding, row.termsOfUseUrl]).toEqual([{}, null]);
  });

  it.each([
    ['signUp.identifiers.0', 'methods'],
    ['color.primaryColor', 'branding'],
    ['passwordExpiration.enabled', 'password'],
    ['emailBlocklistPolicy.customBlocklist.0', 'codes'],
    ['mfa.policy', 'mfa'],
    ['signUpProfileFields.0.name', 'fields'],
    ['languageInfo.fallbackLanguage', 'languages'],
    ['customContent./sign-in', 'css'],
  ])('%s is shown under %s', (field, tab) => expect(tabOf(field)).toBe(tab));
});

describe('the form of a profile field', () => {
  it('gives back the field it was made from', () => {
    for (const field of exampleProfileFields()) expect(toField(toFieldForm(field), field)).toEqual(field);
  });

  it('sends only what belongs to the type', () => {
    const form = toFieldForm(null);
    Object.assign(form, { name: ' size ', type: 'Select', required: true });
    Object.assign(form.rules, { maxLength: 4, options: 's = Small\n\nl' });
    expect(toField(form, null)).toEqual({
      name: 'size',
      type: 'Select',
      label: '',
      required: true,
      config: { options: [{ value: 's', label: 'Small' }, { value: 'l' }] },
      sieOrder: 0,
    });
    form.type = 'Fullname';
    const parts = toField(form, null)
      .config.parts?.filter((part) => part.enabled)
      .map((part) => part.name);
    expect(parts).toEqual(['givenName', 'familyName']);
  });
});

describe('the parts of a name or an address', () => {
  const field: CustomProfileField = {
    name: 'fullname',
    type: 'Fullname',
    label: 'Name',
    required: false,
    config: {
      parts: [
        { name: 'familyName', type: 'Text', enabled: true, required: true, config: { maxLength: 40 } },
        { name: 'givenName', type: 'Text', enabled: false, required: false, label: 'First', config: {} },
      ],
    },
    sieOrder: 3,
  };

  it('keep their order and what they accept; those not configured come last and are off', () => {
    const form = toFieldForm(field);
    expect(form.parts.Fullname.map(({ name, enabled }) => [name, enabled])).toEqual([
      ['familyName', true],
      ['givenName', false],
      ['middleName', false],
    ]);
    const parts = toField(form, field).config.parts;
    expect(parts?.slice(0, 2)).toEqual(field.config.parts);
    expect(isRequired(field)).toBe(true);
  });

  it('are not required while they are off, nor as a checkbox', () => {
    const form = toFieldForm(field);
    const [family] = form.parts.Fullname;
    if (family) family.type = 'Checkbox';
    const sent = toField(form, field).config.parts?.[0];
    expect(sent).toMatchObject({ type: 'Checkbox', required: false, config: { defaultValue: 'false' } });
    expect(sent?.config).not.toHaveProperty('maxLength');
  });
});

describe('the page', () => {
  let host: MemoryHost;
  beforeEach(async () => {
    location.hash = '#/sign-in-experience';
    host = memoryHost({ now: 1_800_000_000_000 });
    render(App, { host });
    await screen.findByRole('tab', { name: 'Branding' });
  });
  afterEach(() => {
    cleanup();
    location.hash = '';
  });
  const open = (name: string) => fireEvent.click(screen.getByRole('tab', { name }));
  const sent = () => {
    const last = host.requests.filter((request) => request.op === 'updateSignInExperience').at(-1);
    return last?.op === 'updateSignInExperience' ? last.signInExperience : undefined;
  };

  it('saves what was changed under several tabs at once', async () => {
    await open('Password');
    await fireEvent.input(screen.getByLabelText('Shortest'), { target: { value: '12' } });
    await fireEvent.click(screen.getByLabelText('A code by e-mail'));
    await open('Second factors');
    await fireEvent.click(screen.getByLabelText('Backup codes'));
    await fireEvent.click(screen.getByLabelText('Authenticator app'));
    await open('Sign-up and sign-in');
    await fireEvent.click(screen.getByLabelText('E-mail or phone'));
    await fireEvent.click(screen.getByRole('button', { name: 'Save changes' }));
    await screen.findByText('Saved. The next page load shows it.');
    const row = sent();
    expect(row?.passwordPolicy.length.min).toBe(12);
    expect(row?.forgotPasswordMethods).toEqual(['EmailVerificationCode']);
    expect(row?.mfa.factors).toEqual(['Totp', 'BackupCode']);
    expect(row?.signUp.secondaryIdentifiers).toEqual([{ identifier: 'emailOrPhone', verify: true }]);
  });

  it('goes to the field that is wrong', async () => {
    await fireEvent.input(screen.getByLabelText('Terms of use'), { target: { value: 'https://a.test/' } });
    const message = 'Must be 60 to 3600 seconds.';
    host.refuseNext({ code: 'guard.invalid_input', message, field: 'verificationCodePolicy.expirationDuration' });
    await fireEvent.click(screen.getByRole('button', { name: 'Save changes' }));
    const field = await screen.findByLabelText('Valid for seconds');
    await waitFor(() => expect(document.activeElement).toBe(field));
    expect(screen.getAllByText(message)).toHaveLength(1);
    expect(screen.getByRole('tab', { name: 'Codes and lockout' }).getAttribute('aria-selected')).toBe('true');
  });

  it('orders, adds and deletes profile fields', async () => {
    await open('Profile fields');
    await fireEvent.click(await screen.findByRole('button', { name: 'Move Shirt size up' }));
    expect(host.requests).toContainEqual({ op: 'orderCustomProfileFields', names: ['shirt', 'nickname'] });
    await fireEvent.click(screen.getByRole('button', { name: 'Add profile field' }));
    await fireEvent.input(screen.getByLabelText('Name'), { target: { value: 'desk' } });
    await fireEvent.click(screen.getByRole('button', { name: 'Save' }));
    await screen.findByRole('button', { name: 'desk' });
    await fireEvent.click(screen.getByRole('button', { name: 'Delete desk' }));
    await fireEvent.click(screen.getByRole('button', { name: 'Delete field' }));
    await waitFor(() => expect(screen.queryByRole('button', { name: 'desk' })).toBeNull());
  });

  it('puts parts in an order, says what they accept, and shows the part that is wrong', async () => {
    await open('Profile fields');
    await fireEvent.click(await screen.findByRole('button', { name: 'Add profile field' }));
    const dialog = within(screen.getByRole('dialog'));
    await fireEvent.input(dialog.getByLabelText('Name'), { target: { value: 'fullname' } });
    await fireEvent.change(dialog.getByLabelText('Type'), { target: { value: 'Fullname' } });
    await fireEvent.click(dialog.getByRole('button', { name: 'Move Family name up' }));
    await fireEvent.click(dialog.getByRole('checkbox', { name: /^Required ?: Given name$/ }));
    await fireEvent.click(dialog.getByRole('button', { name: 'Details of Given name' }));
    await fireEvent.input(dialog.getAllByLabelText('Longest')[0] as HTMLElement, { target: { value: '40' } });
    const message = 'Must not be more than maxLength.';
    host.refuseNext({ code: 'guard.invalid_input', message, field: 'config.parts.1.config.minLength' });
    await fireEvent.click(dialog.getByRole('button', { name: 'Save' }));
    await dialog.findByText(message);
    expect(dialog.getByRole('button', { name: 'Details of Family name' }).getAttribute('aria-expanded')).toBe('true');
    await fireEvent.click(dialog.getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    const made = host.requests.flatMap((one) => (one.op === 'createCustomProfileField' ? [one.field] : [])).at(-1);
    expect(made?.config.parts?.map(({ name, enabled, required }) => [name, enabled, required])).toEqual([
      ['givenName', true, true],
      ['familyName', true, false],
      ['middleName', false, false],
    ]);
    expect(made?.config.parts?.[0]?.config).toEqual({ maxLength: 40 });
  });

  it('keeps words of the operator’s own by language', async () => {
    await open('Languages');
    await screen.findByText('With words of your own: de.');
    await fireEvent.input(screen.getByLabelText('Language'), { target: { value: 'de' } });
    await fireEvent.input(await screen.findByLabelText('Phrase 1'), { target: { value: 'Rein da' } });
    await fireEvent.click(screen.getByRole('button', { name: 'Save phrases' }));
    await waitFor(() =>
      expect(host.requests).toContainEqual({
        op: 'updateCustomPhrases',
        custom: { languageTag: 'de', phrases: { 'signIn.submit': 'Rein da' } },
      }),
    );
  });
});
