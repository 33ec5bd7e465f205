import { scopeGroups, type ConsentInfo, type ScopeGroup } from './consent';
import type { Translate } from './language';

/** What `GET /api/grants` answers. */
export interface Given {
  user: { id: string; name: string };
  grants: Grant[];
}

export interface Grant {
  id: string;
  application: { id: string; name: string; logoUrl?: string };
  openidScopes: string[];
  scopeDescriptions: Readonly<Record<string, string>>;
  resourceScopes: NonNullable<ConsentInfo['missingResourceScopes']>;
  /** Milliseconds since the Unix epoch. */
  createdAt: number;
  expiresAt: number;
}

/** What a grant holds, in the words of the consent page. */
export const grantGroups = ({ openidScopes, scopeDescriptions, resourceScopes }: Grant, t: Translate): ScopeGroup[] =>
  scopeGroups({ missingOIDCScope: openidScopes, scopeDescriptions, missingResourceScopes: resourceScopes }, t);

/** Whether the app's tokens outlive signing out. */
export const keepsSignedIn = ({ openidScopes }: Grant): boolean => openidScopes.includes('offline_access');

export const dayOf = (moment: number, language: string): string =>
  new Date(moment).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' });
