import type { CustomProfileField } from '$bindings/CustomProfileField';
import type { ProfileFieldConfig } from '$bindings/ProfileFieldConfig';
import type { ProfileFieldType } from '$bindings/ProfileFieldType';

export const FIELD_TYPES: ReadonlyArray<{ value: ProfileFieldType; name: string }> = [
  { value: 'Text', name: 'Text' },
  { value: 'Number', name: 'Number' },
  { value: 'Date', name: 'Date' },
  { value: 'Checkbox', name: 'Checkbox' },
  { value: 'Select', name: 'Choice' },
  { value: 'Url', name: 'Web address' },
  { value: 'Regex', name: 'Text with a pattern' },
  { value: 'Address', name: 'Address in parts' },
  { value: 'Fullname', name: 'Name in parts' },
];

const PARTS: Readonly<Partial<Record<ProfileFieldType, readonly string[]>>> = {
  Address: ['streetAddress', 'locality', 'region', 'postalCode', 'country', 'formatted'],
  Fullname: ['givenName', 'middleName', 'familyName'],
};

/** What the dialog edits of a profile field. */
export interface FieldForm {
  name: string;
  type: ProfileFieldType;
  label: string;
  description: string;
  placeholder: string;
  required: boolean;
  minLength: number | undefined;
  maxLength: number | undefined;
  minValue: number | undefined;
  maxValue: number | undefined;
  format: string;
  /** One a line: `value = label`. */
  options: string;
  ticked: boolean;
  readonly parts: Array<{ name: string; enabled: boolean; required: boolean }>;
}

export function toFieldForm(field: CustomProfileField | null): FieldForm {
  const config: ProfileFieldConfig = field?.config ?? {};
  const kept = Object.fromEntries(
    (['Address', 'Fullname'] as const).map((type) => [
      type,
      (PARTS[type] ?? []).map((name) => {
        const part = field?.type === type ? config.parts?.find((one) => one.name === name) : undefined;
        const enabled = part ? part.enabled : field?.type !== type && name !== 'formatted' && name !== 'middleName';
        return { name, enabled, required: part?.required ?? false };
      }),
    ]),
  );
  return {
    name: field?.name ?? '',
    type: field?.type ?? 'Text',
    label: field?.label ?? '',
    description: field?.description ?? '',
    placeholder: config.placeholder ?? '',
    required: field?.required ?? false,
    minLength: config.minLength,
    maxLength: config.maxLength,
    minValue: config.minValue,
    maxValue: config.maxValue,
    format: config.format ?? '',
    options: (config.options ?? []).map(({ value, label }) => (label ? `${value} = ${label}` : value)).join('\n'),
    ticked: config.defaultValue === 'true',
    get parts() {
      return kept[this.type] ?? [];
    },
  };
}

/** The field to send. Parts keep what the dialog does not show of them. */
export function toField(form: FieldForm, field: CustomProfileField | null): CustomProfileField {
  const config: ProfileFieldConfig = {};
  const put = <K extends keyof ProfileFieldConfig>(key: K, value: ProfileFieldConfig[K] | undefined) => {
    if (value !== undefined && value !== '') config[key] = value;
  };
  const { type } = form;
  const composite = type === 'Address' || type === 'Fullname';
  if (!composite && type !== 'Checkbox') put('placeholder', form.placeholder.trim());
  if (type === 'Text') {
    put('minLength', form.minLength);
    put('maxLength', form.maxLength);
  }
  if (type === 'Number') {
    put('minValue', form.minValue);
    put('maxValue', form.maxValue);
  }
  if (type === 'Date' || type === 'Regex') put('format', form.format.trim());
  if (type === 'Date' && config.format === 'custom') put('customFormat', field?.config.customFormat);
  if (type === 'Checkbox') put('defaultValue', String(form.ticked));
  if (type === 'Select') {
    put(
      'options',
      form.options
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => {
          const [value = '', ...label] = line.split('=').map((text) => text.trim());
          return label.length > 0 ? { value, label: label.join('=') } : { value };
        }),
    );
  }
  if (composite) {
    put(
      'parts',
      form.parts.map(({ name, enabled, required }) => {
        const known = field?.type === type ? field.config.parts?.find((part) => part.name === name) : undefined;
        return { type: 'Text' as const, config: {}, ...known, name, enabled, required: enabled && required };
      }),
    );
  }
  return {
    name: form.name.trim(),
    type,
    label: form.label.trim(),
    ...(form.description.trim() === '' ? {} : { description: form.description.trim() }),
    required: type !== 'Checkbox' && !composite && form.required,
    config,
    sieOrder: field?.sieOrder ?? 0,
  };
}
