import type { CustomProfileField } from '$bindings/CustomProfileField';
import type { ProfileFieldPart } from '$bindings/ProfileFieldPart';
import type { ProfileFieldRules } from '$bindings/ProfileFieldRules';
import type { ProfileFieldType } from '$bindings/ProfileFieldType';

type Composite = 'Address' | 'Fullname';

/** Types that take one value. */
export const SIMPLE_TYPES: ReadonlyArray<{ value: ProfileFieldType; name: string }> = [
  { value: 'Text', name: 'Text' },
  { value: 'Number', name: 'Number' },
  { value: 'Date', name: 'Date' },
  { value: 'Checkbox', name: 'Checkbox' },
  { value: 'Select', name: 'Choice' },
  { value: 'Url', name: 'Web address' },
  { value: 'Regex', name: 'Text with a pattern' },
];

export const FIELD_TYPES: typeof SIMPLE_TYPES = [
  ...SIMPLE_TYPES,
  { value: 'Address', name: 'Address in parts' },
  { value: 'Fullname', name: 'Name in parts' },
];

export const DATE_FORMATS = [
  { value: '', name: 'Usual (yyyy-MM-dd)' },
  { value: 'yyyy-MM-dd', name: 'yyyy-MM-dd' },
  { value: 'MM/dd/yyyy', name: 'MM/dd/yyyy' },
  { value: 'dd/MM/yyyy', name: 'dd/MM/yyyy' },
  { value: 'custom', name: 'In another way' },
];

/** Names of the parts (sheet 5.7), and what the pages call those without a label. */
const PARTS: Readonly<Record<Composite, ReadonlyArray<{ name: string; title: string; usual: boolean }>>> = {
  Address: [
    { name: 'streetAddress', title: 'Street and number', usual: true },
    { name: 'locality', title: 'City', usual: true },
    { name: 'region', title: 'State or region', usual: true },
    { name: 'postalCode', title: 'Postal code', usual: true },
    { name: 'country', title: 'Country', usual: true },
    { name: 'formatted', title: 'Full address', usual: false },
  ],
  Fullname: [
    { name: 'givenName', title: 'Given name', usual: true },
    { name: 'middleName', title: 'Middle name', usual: false },
    { name: 'familyName', title: 'Family name', usual: true },
  ],
};

export const isComposite = (type: ProfileFieldType): type is Composite => type === 'Address' || type === 'Fullname';

/** A part by the name that people know it by. */
export const partTitle = (name: string): string =>
  [...PARTS.Address, ...PARTS.Fullname].find((part) => part.name === name)?.title ?? name;

/** What may be typed into a field or a part of one. Members of other types stay, so that a type can be tried out. */
export interface RulesForm {
  placeholder: string;
  minLength: number | undefined;
  maxLength: number | undefined;
  minValue: number | undefined;
  maxValue: number | undefined;
  /** Of a date. */
  format: string;
  customFormat: string;
  pattern: string;
  /** One a line: `value = label`. */
  options: string;
  ticked: boolean;
}

/** A part of an address or a name. */
export interface PartForm {
  name: string;
  enabled: boolean;
  required: boolean;
  type: ProfileFieldType;
  label: string;
  description: string;
  rules: RulesForm;
}

/** What the dialog edits of a profile field. */
export interface FieldForm {
  name: string;
  type: ProfileFieldType;
  label: string;
  description: string;
  required: boolean;
  rules: RulesForm;
  /** In the order they are asked for. */
  parts: Record<Composite, PartForm[]>;
}

function toRulesForm(type: ProfileFieldType, rules: ProfileFieldRules): RulesForm {
  return {
    placeholder: rules.placeholder ?? '',
    minLength: rules.minLength,
    maxLength: rules.maxLength,
    minValue: rules.minValue,
    maxValue: rules.maxValue,
    format: type === 'Date' ? (rules.format ?? '') : '',
    customFormat: rules.customFormat ?? '',
    pattern: type === 'Regex' ? (rules.format ?? '') : '',
    options: (rules.options ?? []).map(({ value, label }) => (label ? `${value} = ${label}` : value)).join('\n'),
    ticked: rules.defaultValue === 'true',
  };
}

function toPartForm(name: string, enabled: boolean, part: ProfileFieldPart | undefined): PartForm {
  const type = part?.type ?? 'Text';
  return {
    name,
    enabled,
    required: part?.required ?? false,
    type,
    label: part?.label ?? '',
    description: part?.description ?? '',
    rules: toRulesForm(type, part?.config ?? {}),
  };
}

/** The parts there are, first those that are configured, in their order. */
function toPartForms(type: Composite, field: CustomProfileField | null): PartForm[] {
  if (field?.type !== type) return PARTS[type].map(({ name, usual }) => toPartForm(name, usual, undefined));
  const configured = field.config.parts ?? [];
  const others = PARTS[type].filter(({ name }) => configured.every((part) => part.name !== name));
  return [
    ...configured.map((part) => toPartForm(part.name, part.enabled, part)),
    ...others.map(({ name }) => toPartForm(name, false, undefined)),
  ];
}

export function toFieldForm(field: CustomProfileField | null): FieldForm {
  const type = field?.type ?? 'Text';
  return {
    name: field?.name ?? '',
    type,
    label: field?.label ?? '',
    description: field?.description ?? '',
    required: field?.required ?? false,
    rules: toRulesForm(type, field?.config ?? {}),
    parts: { Address: toPartForms('Address', field), Fullname: toPartForms('Fullname', field) },
  };
}

function toOptions(text: string): NonNullable<ProfileFieldRules['options']> {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => {
    const [value = '', ...label] = line.split('=').map((half) => half.trim());
    return label.length > 0 ? { value, label: label.join('=') } : { value };
  });
}

/** The rules that belong to a type. `known` is what was there, for what no form shows. */
function toRules(type: ProfileFieldType, form: RulesForm, known: ProfileFieldRules | undefined): ProfileFieldRules {
  const rules: ProfileFieldRules = {};
  const put = <K extends keyof ProfileFieldRules>(key: K, value: ProfileFieldRules[K] | undefined) => {
    if (value !== undefined && value !== '') rules[key] = value;
  };
  if (type === 'Checkbox') {
    put('defaultValue', String(form.ticked));
    return rules;
  }
  put('placeholder', form.placeholder.trim());
  if (type === 'Text') {
    put('minLength', form.minLength);
    put('maxLength', form.maxLength);
  }
  if (type === 'Number') {
    put('minValue', form.minValue);
    put('maxValue', form.maxValue);
  }
  if (type === 'Date') put('format', form.format);
  if (type === 'Date' && form.format === 'custom') put('customFormat', form.customFormat.trim());
  if (type === 'Regex') put('format', form.pattern.trim());
  if (type === 'Select') put('options', toOptions(form.options));
  put('defaultValue', known?.defaultValue);
  return rules;
}

function toPart(form: PartForm, field: CustomProfileField | null, of: Composite): ProfileFieldPart {
  const stored = field?.type === of ? field.config.parts?.find((part) => part.name === form.name) : undefined;
  const [label, description] = [form.label.trim(), form.description.trim()];
  return {
    name: form.name,
    type: form.type,
    enabled: form.enabled,
    required: form.enabled && form.type !== 'Checkbox' && form.required,
    ...(label === '' ? {} : { label }),
    ...(description === '' ? {} : { description }),
    config: toRules(form.type, form.rules, stored?.type === form.type ? stored.config : undefined),
  };
}

/** The field to send. */
export function toField(form: FieldForm, field: CustomProfileField | null): CustomProfileField {
  const { type } = form;
  const description = form.description.trim();
  return {
    name: form.name.trim(),
    type,
    label: form.label.trim(),
    ...(description === '' ? {} : { description }),
    required: type !== 'Checkbox' && !isComposite(type) && form.required,
    config: isComposite(type)
      ? { parts: form.parts[type].map((part) => toPart(part, field, type)) }
      : toRules(type, form.rules, field?.type === type ? field.config : undefined),
    sieOrder: field?.sieOrder ?? 0,
  };
}

/** Whether it, or a part of it, must be filled in. */
export const isRequired = ({ type, required, config }: CustomProfileField): boolean =>
  required || (isComposite(type) && (config.parts ?? []).some((part) => part.enabled && part.required));
