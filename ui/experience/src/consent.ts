import type { Key, Translate } from './language';

/** What `GET /api/interaction/consent` answers (sheet 1.11), as far as the page shows it. */
export interface ConsentInfo {
  application: {
    id: string;
    name: string;
    displayName?: string | null;
    termsOfUseUrl?: string | null;
    privacyPolicyUrl?: string | null;
  };
  user: {
    id: string;
    name?: string | null;
    username?: string | null;
    primaryEmail?: string | null;
    primaryPhone?: string | null;
  };
  missingOIDCScope?: string[];
  /** What the server says about scopes; used for those that have no phrase here. */
  scopeDescriptions?: Readonly<Record<string, string>>;
  missingResourceScopes?: {
    resource: { id: string; name: string; indicator: string };
    scopes: { id: string; name: string; description?: string | null }[];
  }[];
  /** Organizations of the person: those chosen are where the application may act. Only with the scope for them. */
  organizations?: {
    id: string;
    name: string;
    missingResourceScopes?: ConsentInfo['missingResourceScopes'];
  }[];
  /** Where the person goes afterwards; Cancel goes there as well, without OAuth parameters. A device has no such place. */
  redirectUri?: string;
  /** Whether Cancel answers the application with `access_denied` (strict and duende dialects, and devices). */
  cancelAborts?: boolean;
}

const SCOPES: Readonly<Record<string, Key>> = {
  profile: 'scope.profile',
  email: 'scope.email',
  phone: 'scope.phone',
  address: 'scope.address',
  custom_data: 'scope.custom_data',
  identities: 'scope.identities',
  roles: 'scope.roles',
  'urn:logto:scope:organizations': 'scope.organizations',
  'urn:logto:scope:organization_roles': 'scope.organization_roles',
  'urn:logto:scope:sessions': 'scope.sessions',
  'urn:logto:scope:trusted_devices': 'scope.trusted_devices',
};

export interface ScopeGroup {
  title: string;
  /** The indicator of the resource. */
  note?: string;
  /** In plain words when there are any, with the scope's own name. */
  scopes: { name: string; text: string }[];
}

/** What is asked for: first what concerns the person, then one group for each resource. */
export function scopeGroups(
  {
    missingOIDCScope = [],
    scopeDescriptions = {},
    missingResourceScopes = [],
  }: Pick<ConsentInfo, 'missingOIDCScope' | 'scopeDescriptions' | 'missingResourceScopes'>,
  t: Translate,
): ScopeGroup[] {
  const about = missingOIDCScope
    .filter((name) => name !== 'openid' && name !== 'offline_access')
    .map((name) => ({ name, text: SCOPES[name] ? t(SCOPES[name]) : scopeDescriptions[name] || name }));
  return [
    ...(about.length > 0 ? [{ title: t('consent.about'), scopes: about }] : []),
    ...missingResourceScopes.map(({ resource, scopes }) => ({
      title: resource.name,
      note: resource.indicator,
      scopes: scopes.map(({ name, description }) => ({ name, text: description || name })),
    })),
  ];
}

/** The name the person knows their account by. */
export const personName = ({ id, name, username, primaryEmail, primaryPhone }: ConsentInfo['user']): string =>
  name || username || primaryEmail || primaryPhone || id;

/** The host of an address, or its scheme for addresses of installed apps. */
export function hostOf(address: string): string {
  try {
    const { host, protocol } = new URL(address);
    return /^https?:$/.test(protocol) ? host : protocol.replace(/:$/, '');
  } catch {
    return '';
  }
}
