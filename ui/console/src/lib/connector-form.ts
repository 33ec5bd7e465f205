import type { ConfigField } from '$bindings/ConfigField';
import type { ConnectorDraft } from '$bindings/ConnectorDraft';
import type { ConnectorView } from '$bindings/ConnectorView';
import type { ConsoleProblem } from '$bindings/ConsoleProblem';
import type { FactoryView } from '$bindings/FactoryView';
import type { IdpInitiatedAuth } from '$bindings/IdpInitiatedAuth';
import { nullable } from './fields';

export interface Pair {
  name: string;
  value: string;
}
/** What a control of the configuration holds. `null` in a secret keeps the one that is there. */
export type ConfigValue = string | boolean | null | string[] | Pair[];

/** Where sign-ins lead that begin at an enterprise provider, as the page edits it. */
export interface StartForm {
  allowed: boolean;
  application: string;
  /** Whether Vestibule makes the authorization request for the application. */
  automatic: boolean;
  address: string;
  redirectUri: string;
  parameters: Pair[];
}

/** What the page of a connector edits. */
export interface ConnectorForm {
  name: string;
  target: string;
  /** The name in other languages. */
  names: Pair[];
  logo: string;
  logoDark: string;
  displayName: string;
  domains: string[];
  syncProfile: boolean;
  enableTokenStorage: boolean;
  /** Where sign-ins lead that begin at the provider. */
  start: StartForm;
  simulated: boolean;
  /** By dotted path of the field. */
  config: Record<string, ConfigValue>;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value at a dotted path. */
export const valueAt = (config: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((value, member) => (isObject(value) ? value[member] : undefined), config);

const text = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');
const texts = (value: unknown) => (Array.isArray(value) ? value.map(text) : text(value) === '' ? [] : [text(value)]);
const pairs = (value: unknown): Pair[] =>
  isObject(value) ? Object.entries(value).map(([name, member]) => ({ name, value: String(member) })) : [];

/** What a field's control holds, from what is configured. */
export function configValue(field: ConfigField, value: unknown, hasSecret: boolean): ConfigValue {
  switch (field.kind) {
    case 'secret':
    case 'secretLines':
      return hasSecret ? null : '';
    case 'switch':
      return typeof value === 'boolean' ? value : null;
    case 'list':
    case 'choices':
      return texts(value);
    case 'map':
    case 'switchMap':
      return pairs(value);
    default:
      return text(value);
  }
}

/** The configuration in the controls of a factory's fields. */
export function configForm(
  factory: FactoryView,
  config: unknown,
  secrets: readonly string[],
): Record<string, ConfigValue> {
  return Object.fromEntries(
    factory.fields.map((field) => [
      field.key,
      configValue(field, valueAt(config, field.key), secrets.includes(field.key)),
    ]),
  );
}

export function toConnectorForm(factory: FactoryView, view: ConnectorView | null): ConnectorForm {
  return {
    name: view?.name ?? (factory.isStandard || factory.enterprise ? '' : factory.name),
    target: view?.target ?? factory.target,
    names: pairs(view?.names),
    logo: view?.logo ?? '',
    logoDark: view?.logoDark ?? '',
    displayName: view?.displayName ?? '',
    domains: view ? [...view.domains] : factory.enterprise ? [''] : [],
    syncProfile: view?.syncProfile ?? false,
    enableTokenStorage: view?.enableTokenStorage ?? false,
    start: toStartForm(view?.idpInitiatedAuth ?? null),
    simulated: view !== null && view.simulation !== null,
    config: configForm(factory, view?.config, view?.secrets ?? []),
  };
}

function toStartForm(auth: IdpInitiatedAuth | null): StartForm {
  return {
    allowed: auth !== null,
    application: auth?.defaultApplicationId ?? '',
    automatic: auth?.autoSendAuthorizationRequest ?? false,
    address: auth?.clientIdpInitiatedAuthCallbackUri ?? '',
    redirectUri: auth?.redirectUri ?? '',
    parameters: pairs(auth?.authParameters),
  };
}

/** What belongs to the other way of beginning stays, so that going back and forth loses nothing. */
function toStart(start: StartForm): IdpInitiatedAuth | null {
  if (!start.allowed) return null;
  const parameters = start.parameters.map(({ name, value }) => [name.trim(), value.trim()] as const);
  return {
    defaultApplicationId: start.application,
    clientIdpInitiatedAuthCallbackUri: nullable(start.address),
    autoSendAuthorizationRequest: start.automatic,
    redirectUri: nullable(start.redirectUri),
    authParameters: Object.fromEntries(parameters.filter(([name]) => name !== '')),
  };
}

function sentValue(field: ConfigField, value: ConfigValue | undefined, hadSecret: boolean): unknown {
  if (Array.isArray(value)) {
    if (field.kind === 'map' || field.kind === 'switchMap') {
      const rows = (value as Pair[]).filter((row) => row.name.trim() !== '');
      const entries = rows.map(({ name, value: given }) => [
        name.trim(),
        field.kind === 'map' ? given : given === 'true',
      ]);
      return entries.length > 0 ? Object.fromEntries(entries) : undefined;
    }
    const given = (value as string[]).map((one) => one.trim()).filter((one) => one !== '');
    return given.length > 0 ? given : undefined;
  }
  if (typeof value === 'boolean') return value;
  // A secret that was emptied is removed; one that was left alone is not sent.
  if (field.kind === 'secret' || field.kind === 'secretLines') {
    return value === '' && !hadSecret ? undefined : (value ?? undefined);
  }
  const trimmed = (value ?? '').trim();
  if (trimmed === '') return undefined;
  // What is no number is sent as it is: the refusal names the field.
  if (field.kind === 'number') return /^\d+$/.test(trimmed) ? Number(trimmed) : trimmed;
  return trimmed;
}

/** The configuration as it is sent: Logto's members, without what was left empty. */
export function toConfig(
  factory: FactoryView,
  form: Record<string, ConfigValue>,
  secrets: readonly string[],
): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  for (const field of factory.fields) {
    const value = sentValue(field, form[field.key], secrets.includes(field.key));
    if (value === undefined) continue;
    const path = field.key.split('.');
    const last = path.pop() ?? '';
    let place = config;
    for (const member of path) place = (place[member] ??= {}) as Record<string, unknown>;
    place[last] = value;
  }
  return config;
}

export function toConnectorDraft(
  form: ConnectorForm,
  factory: FactoryView,
  view: ConnectorView | null,
): ConnectorDraft {
  const names = form.names.map(({ name, value }) => [name.trim(), value.trim()]).filter(([name]) => name !== '');
  return {
    connectorId: factory.id,
    enterprise: factory.enterprise,
    target: factory.enterprise ? null : nullable(form.target),
    name: form.name.trim(),
    names: Object.fromEntries(names),
    logo: nullable(form.logo),
    logoDark: nullable(form.logoDark),
    displayName: factory.enterprise ? nullable(form.displayName) : null,
    domains: form.domains.map((domain) => domain.trim()).filter((domain) => domain !== ''),
    syncProfile: form.syncProfile,
    enableTokenStorage: form.enableTokenStorage,
    idpInitiatedAuth: toStart(form.start),
    simulation: form.simulated ? (view?.simulation ?? { failure: null, next: null }) : null,
    config: toConfig(factory, form.config, view?.secrets ?? []),
  };
}

/** A simulated connector that works at once: names and targets that are free, and a domain for an enterprise one. */
export function simulatedDraft(factory: FactoryView, others: readonly ConnectorView[]): ConnectorDraft {
  const free = (wanted: string, taken: (text: string) => boolean, joint: string) => {
    if (!taken(wanted)) return wanted;
    let n = 2;
    while (taken(`${wanted}${joint}${n}`)) n++;
    return `${wanted}${joint}${n}`;
  };
  const form = { ...toConnectorForm(factory, null), simulated: true };
  if (factory.isStandard) {
    form.target = free(factory.id, (target) => others.some((other) => other.target === target), '-');
    form.name = free(factory.name, (name) => others.some((other) => other.name === name), ' ');
  }
  if (factory.enterprise) {
    const base = `Acme ${factory.name === 'OpenID Connect' ? 'SSO' : factory.name}`;
    form.name = free(base, (name) => others.some((other) => other.enterprise && other.name === name), ' ');
    const domain = (n: number) => (n < 2 ? 'acme.test' : `acme${n}.test`);
    let n = 1;
    while (others.some((other) => other.domains.includes(domain(n)))) n++;
    form.domains = [domain(n)];
  }
  return toConnectorDraft(form, factory, null);
}

/** The dotted paths for which the page has a place. */
export function connectorPaths(form: ConnectorForm, factory: FactoryView): string[] {
  const own = ['name', 'target', 'logo', 'logoDark'];
  const social = form.names.map(({ name }) => `names.${name.trim()}`);
  const enterprise = ['displayName', 'domains', ...form.domains.map((_, index) => `domains.${index}`)];
  const start = form.start.allowed ? startPaths(form.start) : [];
  const config = factory.fields.flatMap(({ key }) => {
    const value = form.config[key];
    const rows = Array.isArray(value) ? value.map((row, i) => (typeof row === 'string' ? i : row.name.trim())) : [];
    return [`config.${key}`, ...rows.map((row) => `config.${key}.${row}`)];
  });
  return [...own, ...(factory.enterprise ? [...enterprise, ...start] : social), ...config];
}

/** The fields that are seen of a start at the provider. */
function startPaths({ automatic, parameters }: StartForm): string[] {
  const members = automatic
    ? ['redirectUri', ...parameters.map(({ name }) => `authParameters.${name.trim()}`)]
    : ['clientIdpInitiatedAuthCallbackUri'];
  return ['defaultApplicationId', 'autoSendAuthorizationRequest', ...members].map((one) => `idpInitiatedAuth.${one}`);
}

/** Whether a problem is about a field that is folded away. */
export const isAdvanced = (problem: ConsoleProblem | null, factory: FactoryView): boolean =>
  factory.fields.some(
    ({ key, advanced }) =>
      advanced && (problem?.field === `config.${key}` || problem?.field?.startsWith(`config.${key}.`)),
  );
