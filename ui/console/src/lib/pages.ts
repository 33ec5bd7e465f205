import type { Keys } from './keys';
import { PAGES, type Page } from './router.svelte';

export interface PageInfo {
  name: string;
  /** Where the navigation has it; without a group it stands at the bottom. */
  group: 'Watch' | 'Try' | 'Configure' | null;
  /** The key after `g`. */
  letter: string;
  /** What somebody may call it as well. */
  words: string;
}

/** What a page is called, everywhere in the window. A new page needs its name in `PAGES` and its line here. */
export const PAGE_INFO: Readonly<Record<Page, PageInfo>> = {
  sessions: { name: 'Sessions', group: 'Watch', letter: 's', words: 'live sign-ins watch requests flows' },
  inbox: { name: 'Inbox', group: 'Watch', letter: 'i', words: 'messages e-mails texts sms codes' },
  playground: { name: 'Playground', group: 'Try', letter: 'p', words: 'try test client authorization request' },
  applications: { name: 'Applications', group: 'Configure', letter: 'a', words: 'apps clients redirect secret' },
  people: { name: 'People', group: 'Configure', letter: 'u', words: 'users accounts persons' },
  organizations: { name: 'Organizations', group: 'Configure', letter: 't', words: 'tenants companies teams members' },
  'sign-in-experience': {
    name: 'Sign-in experience',
    group: 'Configure',
    letter: 'e',
    words: 'branding methods pages login',
  },
  connectors: { name: 'Connectors', group: 'Configure', letter: 'c', words: 'social providers google github' },
  'enterprise-sso': {
    name: 'Enterprise SSO',
    group: 'Configure',
    letter: 'o',
    words: 'saml oidc single sign-on domains companies',
  },
  keys: { name: 'Keys', group: 'Configure', letter: 'x', words: 'signing jwks rotate certificates' },
  settings: { name: 'Settings', group: null, letter: ',', words: 'preferences options configure' },
};

/** The keys that go to a page: `g` and its letter, and Ctrl with its place among the first nine. */
export function pageKeys(page: Page): Keys[] {
  const place = PAGES.filter((one) => PAGE_INFO[one].group !== null).indexOf(page) + 1;
  const keys = [`g ${PAGE_INFO[page].letter}`];
  if (place >= 1 && place <= 9) keys.push(`mod+${place}`);
  if (page === 'settings') keys.unshift('mod+,');
  return keys;
}
