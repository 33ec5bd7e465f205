import type { UserDraft } from '$bindings/UserDraft';
import type { UserView } from '$bindings/UserView';
import type { Profile } from '$bindings/Profile';
import { nullable, optional, parseObject } from './fields';

/** What the dialog edits of a person. */
export interface UserForm {
  name: string;
  username: string;
  primaryEmail: string;
  primaryPhone: string;
  avatar: string;
  password: string;
  givenName: string;
  familyName: string;
  nickname: string;
  locale: string;
  /** JSON. */
  customData: string;
}

export function toUserForm(user: UserView | null): UserForm {
  return {
    name: user?.name ?? '',
    username: user?.username ?? '',
    primaryEmail: user?.primaryEmail ?? '',
    primaryPhone: user?.primaryPhone ?? '',
    avatar: user?.avatar ?? '',
    password: '',
    givenName: user?.profile.givenName ?? '',
    familyName: user?.profile.familyName ?? '',
    nickname: user?.profile.nickname ?? '',
    locale: user?.profile.locale ?? '',
    customData: JSON.stringify(user?.customData ?? {}, null, 2),
  };
}

/** The draft to send, or what is wrong with the custom data. An empty password leaves what is there. */
export function toUserDraft(form: UserForm, user: UserView | null): UserDraft {
  const profile: Profile = { ...user?.profile };
  for (const name of ['givenName', 'familyName', 'nickname', 'locale'] as const) {
    const value = optional(form[name]);
    if (value === undefined) delete profile[name];
    else profile[name] = value;
  }
  return {
    username: nullable(form.username),
    primaryEmail: nullable(form.primaryEmail),
    primaryPhone: nullable(form.primaryPhone),
    name: nullable(form.name),
    avatar: nullable(form.avatar),
    password: form.password === '' ? null : form.password,
    profile,
    customData: parseObject(
      form.customData,
      'customData',
      'Custom data must be a JSON object, such as {"plan": "free"}.',
    ),
  };
}

/** The dotted paths for which the dialog has a place. */
export const USER_PATHS = [
  'name',
  'username',
  'primaryEmail',
  'primaryPhone',
  'avatar',
  'password',
  'customData',
  'profile.givenName',
  'profile.familyName',
  'profile.nickname',
  'profile.locale',
];
