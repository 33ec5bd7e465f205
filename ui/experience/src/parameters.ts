/** The query members the pages read (sheet 2.3). */
export interface Parameters {
  appId: string;
  organizationId: string;
  uiLocales: string;
  loginHint: string;
  identifier: string | null;
  fallback: string | null;
  oneTimeToken: string;
  /** What came back from a provider, on its callback page. */
  callback: Readonly<Record<string, string>>;
  /** What the server found wrong with a one-time token (sheet 2.6). */
  errorMessage: string;
}

const REMOVED = ['organization_id', 'ui_locales'] as const;
type Stored = 'app_id' | (typeof REMOVED)[number];

/**
 * Done once when a page loads (sheet 2.3): `app_id`, `organization_id` and `ui_locales` go to the session storage, the last
 * two leave the visible address, and an address with a query but without them clears what was stored before.
 */
export function takeParameters(page: Pick<Window, 'location' | 'history' | 'sessionStorage'>): Parameters {
  const { location, history, sessionStorage } = page;
  // What a provider sends back is for one page only, and its names are not ours.
  const back = location.pathname.startsWith('/callback/');
  const search = back ? '' : location.search;
  const query = new URLSearchParams(search);
  const stored = (name: Stored): string => {
    const sent = query.get(name);
    if (sent) sessionStorage.setItem(name, sent);
    else if (name !== 'app_id' && search !== '') sessionStorage.removeItem(name);
    return sessionStorage.getItem(name) ?? '';
  };
  const taken: Parameters = {
    appId: stored('app_id'),
    organizationId: stored('organization_id'),
    uiLocales: stored('ui_locales'),
    loginHint: query.get('login_hint') ?? '',
    identifier: query.get('identifier'),
    fallback: query.get('fallback'),
    oneTimeToken: query.get('one_time_token') ?? '',
    errorMessage: query.get('errorMessage') ?? '',
    callback: back ? Object.fromEntries(new URLSearchParams(location.search)) : {},
  };
  // A code works once and for this page; nobody needs it in the history.
  if (back && location.search !== '') history.replaceState(history.state, '', location.pathname);
  if (REMOVED.some((name) => query.has(name))) {
    for (const name of REMOVED) query.delete(name);
    const rest = query.toString();
    history.replaceState(history.state, '', location.pathname + (rest && `?${rest}`) + location.hash);
  }
  return taken;
}
