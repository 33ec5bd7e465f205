import type { FullAutoFill } from 'svelte/elements';
import type { FieldConfig, FieldPart, ProfileField } from './data';
import type { ExtraValues } from './flow';
import type { Translate } from './language';

/** A field or a part of one, as it is shown: one input each. */
export interface Asked {
  /** The names of the parts an `Address` or `Fullname` has are members of its object; other fields stand alone. */
  path: readonly string[];
  id: string;
  label: string;
  description: string;
  type: FieldPart['type'];
  required: boolean;
  config: FieldConfig;
  autocomplete: FullAutoFill;
}

/** Names that browsers know how to fill in (sheet 7.1: user columns and the profile's members). */
const FILL: Readonly<Record<string, FullAutoFill>> = {
  name: 'name',
  givenName: 'given-name',
  middleName: 'additional-name',
  familyName: 'family-name',
  nickname: 'nickname',
  birthdate: 'bday',
  website: 'url',
  gender: 'sex',
  formatted: 'street-address',
  streetAddress: 'street-address',
  locality: 'address-level2',
  region: 'address-level1',
  postalCode: 'postal-code',
  country: 'country-name',
};

/** Words of our own for the parts, which configurations often leave without a label. */
const PART_KEYS = [
  'givenName',
  'middleName',
  'familyName',
  'formatted',
  'streetAddress',
  'locality',
  'region',
  'postalCode',
  'country',
] as const;

function labelOf(t: Translate, name: string, label: string | undefined): string {
  if (label) return label;
  const known = PART_KEYS.find((key) => key === name);
  return known ? t(`extra.${known}`) : name;
}

function asked(t: Translate, path: readonly string[], part: FieldPart): Asked {
  const { name, type, label, description = '', required = false, config = {} } = part;
  return {
    path,
    id: `extra-${path.join('-')}`,
    label: labelOf(t, name, label),
    description,
    type,
    required,
    config,
    autocomplete: FILL[name] ?? 'off',
  };
}

/** The inputs a custom profile field takes. */
export function inputsOf(t: Translate, field: ProfileField): Asked[] {
  const { type, name } = field;
  if (type !== 'Address' && type !== 'Fullname') return [asked(t, [name], { ...field, type })];
  return (field.config?.parts ?? [])
    .filter((part) => part.enabled !== false)
    .map((part) => asked(t, [name, part.name], part));
}

/** What stands in an input before anybody typed. */
export const initialValue = ({ type, config }: Asked): string =>
  type === 'Checkbox' ? String(config.defaultValue === 'true') : (config.defaultValue ?? '');

const isUrl = (text: string): boolean => {
  try {
    return /^https?:$/.test(new URL(text).protocol);
  } catch {
    return false;
  }
};

/** A configured expression that does not compile is the server's to judge. */
function matches(format: string, text: string): boolean {
  try {
    return new RegExp(format).test(text);
  } catch {
    return true;
  }
}

function numberProblem(t: Translate, { minValue: min, maxValue: max }: FieldConfig, text: string): string {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) return t('extra.number');
  if (min !== undefined && number < Number(min)) return t('extra.tooSmall', { min });
  return max !== undefined && number > Number(max) ? t('extra.tooLarge', { max }) : '';
}

/** What is wrong with what was typed, or nothing (sheet 5.7). */
export function problemOf(t: Translate, { type, required, config, label }: Asked, typed: string): string {
  const text = typed.trim();
  if (type === 'Checkbox') return required && typed !== 'true' ? t('extra.tick') : '';
  if (text === '') return required ? t(type === 'Select' ? 'extra.choose' : 'extra.required', { label }) : '';
  const { minLength: min, maxLength: max, format } = config;
  switch (type) {
    case 'Number':
      return numberProblem(t, config, text);
    case 'Url':
      return isUrl(text) ? '' : t('extra.url');
    case 'Regex':
      return format && !matches(format, text) ? t('extra.format') : '';
    case 'Date':
      return Number.isNaN(Date.parse(text)) ? t('extra.date') : '';
    default:
      if (min !== undefined && text.length < Number(min)) return t('extra.tooShort', { count: Number(min) });
      return max !== undefined && text.length > Number(max) ? t('extra.tooLong', { count: Number(max) }) : '';
  }
}

/** A date as the field wants it written; ISO unless the field names another order. */
function dateText(iso: string, { format, customFormat }: FieldConfig): string {
  const [year = '', month = '', day = ''] = iso.split('-');
  const wanted = format === 'custom' ? customFormat : format;
  if (!wanted || !/y{4}/i.test(wanted)) return iso;
  return wanted.replace(/y{4}/i, year).replace(/M{2}/, month).replace(/d{2}/i, day);
}

/** The values as the Experience API takes them (sheet 4.5): what was left empty is left out. */
export function valuesOf(inputs: readonly Asked[], typed: Readonly<Record<string, string>>): ExtraValues {
  const values: Record<string, unknown> = {};
  for (const { path, id, type, config } of inputs) {
    const text = (typed[id] ?? '').trim();
    if (text === '') continue;
    const value =
      type === 'Number'
        ? Number(text)
        : type === 'Checkbox'
          ? text === 'true'
          : type === 'Date'
            ? dateText(text, config)
            : text;
    const [name = '', part] = path;
    if (part === undefined) values[name] = value;
    else values[name] = { ...(values[name] as object | undefined), [part]: value };
  }
  return values;
}
