import type { ApplicationView } from '$bindings/ApplicationView';
import type { ConnectorView } from '$bindings/ConnectorView';
import type { CustomPhrases } from '$bindings/CustomPhrases';
import type { CustomProfileField } from '$bindings/CustomProfileField';
import type { ExperienceDraft } from '$bindings/ExperienceDraft';
import type { ExperiencePreview } from '$bindings/ExperiencePreview';

/** What else is stored. */
interface Stored {
  applications: readonly ApplicationView[];
  connectors: readonly ConnectorView[];
  fields: readonly CustomProfileField[];
  phrases: readonly CustomPhrases[];
}

const FILES = import.meta.glob<Record<string, string>>('../experience/src/phrases/*.json', { import: 'default' });

/** The languages of the pages. */
export const LANGUAGES: readonly string[] = Object.keys(FILES).map((file) => file.replace(/^.*\/|\.json$/g, ''));

async function spoken({ language, phrases, signInExperience }: ExperienceDraft, custom: readonly CustomPhrases[]) {
  const tag = language || signInExperience.languageInfo.fallbackLanguage;
  const load = FILES[`../experience/src/phrases/${tag}.json`];
  const own = phrases?.languageTag === tag ? phrases : custom.find((one) => one.languageTag === tag);
  const words = { ...(tag === 'en' ? {} : await load?.()), ...own?.phrases };
  return { tag, dir: tag === 'ar' ? 'rtl' : 'ltr', phrases: words };
}

/** The data of the hosted pages, near enough to what the engine makes of a draft. */
export async function memoryPreview(draft: ExperienceDraft, stored: Stored): Promise<ExperiencePreview> {
  const row = structuredClone(draft.signInExperience);
  const app = stored.applications.find(({ id }) => id === draft.application);
  const brand = app?.signInExperience ?? {};
  if (brand.primaryColor) row.color.primaryColor = brand.primaryColor;
  if (brand.darkPrimaryColor) row.color.darkPrimaryColor = brand.darkPrimaryColor;
  const colour = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i;
  const replaces = (method: 'EmailVerificationCode' | 'PhoneVerificationCode') =>
    row.forgotPasswordMethods?.includes(method) ?? true;
  const problem = (['primaryColor', 'darkPrimaryColor'] as const)
    .filter((name) => !colour.test(draft.signInExperience.color[name]))
    .map((name) => ({
      code: 'guard.invalid_input',
      message: 'Is not a colour. Write # and three or six hexadecimal digits, such as #5d34f2.',
      field: `color.${name}`,
    }))[0];
  const asked = row.signUpProfileFields;
  const data = {
    page: 'experience',
    issuer: 'http://localhost:3001/oidc',
    demoUrl: '/demo-app?start=1',
    application: app
      ? { id: app.id, name: app.name, ...brand, host: 'localhost:3000', isThirdParty: app.isThirdParty }
      : null,
    signInExperience: {
      ...row,
      socialConnectors: row.socialSignInConnectorTargets.flatMap((target) =>
        stored.connectors
          .filter((one) => one.target === target)
          .map(({ id, name, logo, logoDark }) => ({ id, target, name: { en: name }, logo, logoDark })),
      ),
      ssoConnectors: stored.connectors
        .filter((one) => row.singleSignOnEnabled && one.enterprise && one.domains.length > 0)
        .map(({ id, name, displayName, logo }) => ({ id, connectorName: displayName ?? name, logo })),
      forgotPassword: { email: replaces('EmailVerificationCode'), phone: replaces('PhoneVerificationCode') },
      customProfileFields: asked
        ? asked.flatMap(({ name }) => stored.fields.filter((field) => field.name === name))
        : stored.fields,
    },
    developmentSignIn: null,
    customCss: Boolean(row.customCss),
    messages: { inbox: { email: false, phone: false } },
    language: await spoken(draft, stored.phrases),
  };
  return { data, css: row.customCss ?? '', problem: problem ?? null };
}
