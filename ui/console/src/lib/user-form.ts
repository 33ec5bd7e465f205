import type { Address } from '$bindings/Address';
import type { Profile } from '$bindings/Profile';
import type { UserDraft } from '$bindings/UserDraft';
import type { UserView } from '$bindings/UserView';
import { nullable, optional } from './fields';

type Texts<T> = { [Member in keyof Required<T>]: string };

/** What is edited of a person; every member is a text, and empty is absent. */
export interface UserForm {
  name: string;
  username: string;
  primaryEmail: string;
  primaryPhone: string;
  avatar: string;
  /** Only for a new person. */
  password: string;
  profile: Texts<Omit<Profile, 'address'>>;
  address: Texts<Address>;
}

/** The plain claims of a profile, in the order of the form. */
export const PROFILE_FIELDS = [
  { member: 'givenName', label: 'Given name' },
  { member: 'familyName', label: 'Family name' },
  { member: 'middleName', label: 'Middle name' },
  { member: 'nickname', label: 'Nickname' },
  { member: 'preferredUsername', label: 'Preferred username' },
  { member: 'gender', label: 'Gender' },
  { member: 'birthdate', label: 'Birthdate', placeholder: '1990-02-28' },
  { member: 'zoneinfo', label: 'Time zone', placeholder: 'Europe/Stockholm' },
  { member: 'locale', label: 'Locale', placeholder: 'sv-SE' },
  { member: 'website', label: 'Website', placeholder: 'https://…' },
  { member: 'profile', label: 'Profile page', placeholder: 'https://…' },
] as const satisfies ReadonlyArray<{ member: keyof UserForm['profile']; label: string; placeholder?: string }>;

export const ADDRESS_FIELDS = [
  { member: 'streetAddress', label: 'Street address' },
  { member: 'locality', label: 'Locality' },
  { member: 'region', label: 'Region' },
  { member: 'postalCode', label: 'Postal code' },
  { member: 'country', label: 'Country' },
] as const satisfies ReadonlyArray<{ member: keyof Address; label: string }>;

export function toUserForm(user: UserView | null): UserForm {
  const profile = Object.fromEntries(
    PROFILE_FIELDS.map(({ member }) => [member, user?.profile[member] ?? '']),
  ) as UserForm['profile'];
  const address = Object.fromEntries(
    ADDRESS_FIELDS.map(({ member }) => [member, user?.profile.address?.[member] ?? '']),
  ) as UserForm['address'];
  return {
    name: user?.name ?? '',
    username: user?.username ?? '',
    primaryEmail: user?.primaryEmail ?? '',
    primaryPhone: user?.primaryPhone ?? '',
    avatar: user?.avatar ?? '',
    password: '',
    profile,
    address: { ...address, formatted: user?.profile.address?.formatted ?? '' },
  };
}

/** The members of a form that say something. */
function filled<T extends object>(texts: Texts<T>): Partial<T> {
  const members = Object.entries(texts as Record<string, string>).flatMap(([member, text]) => {
    const value = optional(text);
    return value === undefined ? [] : [[member, value] as const];
  });
  return Object.fromEntries(members) as Partial<T>;
}

/** The draft to send; custom data and password stay as they are. An empty password leaves what is there. */
export function toUserDraft(form: UserForm, user: UserView | null): UserDraft {
  const address = filled<Address>(form.address);
  const profile: Profile = filled<Omit<Profile, 'address'>>(form.profile);
  if (Object.keys(address).length > 0) profile.address = address;
  return {
    username: nullable(form.username),
    primaryEmail: nullable(form.primaryEmail),
    primaryPhone: nullable(form.primaryPhone),
    name: nullable(form.name),
    avatar: nullable(form.avatar),
    password: form.password === '' ? null : form.password,
    profile,
    customData: user?.customData ?? {},
  };
}

/** The dotted paths for which the forms have a place. */
export const USER_PATHS = ['name', 'username', 'primaryEmail', 'primaryPhone', 'avatar', 'password'];

/** What a list calls a person. */
export const nameOf = (user: UserView): string =>
  user.name ?? user.username ?? user.primaryEmail ?? user.primaryPhone ?? user.id;
