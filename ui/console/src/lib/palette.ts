import type { ApplicationView } from '$bindings/ApplicationView';
import type { ConnectorView } from '$bindings/ConnectorView';
import type { LiveSummary } from '$bindings/LiveSummary';
import type { UserView } from '$bindings/UserView';
import { ask } from '$shared/host';
import { typeName } from './application-form';
import { GROUPS, type Group, type Item } from './commands';
import type { Console } from './console';
import { matches, parseFilter } from './filter';
import { listTime } from './format';
import { fuzzyNamed } from './fuzzy';

/** What the palette shows of an item. */
export interface Hit {
  item: Item;
  /** Places of the characters of the name that were found. */
  at: number[];
  score: number;
}
export interface HitGroup {
  name: Group;
  hits: Hit[];
}

/** Most of one group while something is typed. */
const MOST = 8;
/** Most of one group while nothing is typed: the beginning of what there is. */
const MOST_IDLE = 5;
/** Sessions that are offered while nothing is typed. */
const NEWEST = 4;
/** What a recent choice is worth more. */
const RECENT_BONUS = 6;
/** Groups of which nothing is shown until something is typed: there may be thousands. */
const TYPED_ONLY: ReadonlySet<Group> = new Set(['Applications', 'People', 'Connectors', 'Settings']);

/** What fits the query, best groups first; with nothing typed what was chosen lately, and then what there is. */
export function arrange(query: string, items: readonly Item[], recent: readonly string[]): HitGroup[] {
  const text = query.trim();
  const groups = new Map<Group, Hit[]>(GROUPS.map((name) => [name, []]));
  if (text === '') {
    const known = new Map(items.map((item) => [item.id, item]));
    for (const id of recent) {
      const item = known.get(id);
      if (item) groups.get('Recent')?.push({ item, at: [], score: 0 });
    }
    for (const item of items) {
      const hits = groups.get(item.group);
      const most = item.group === 'Go to' ? Infinity : MOST_IDLE;
      if (TYPED_ONLY.has(item.group) || recent.includes(item.id) || !hits || hits.length >= most) continue;
      hits.push({ item, at: [], score: 0 });
    }
    return [...groups].map(([name, hits]) => ({ name, hits })).filter(({ hits }) => hits.length > 0);
  }
  for (const item of items) {
    // Sessions were found by their text already, and stay the newest first.
    const found =
      item.group === 'Sessions'
        ? { score: 0, at: [] }
        : fuzzyNamed(text, item.name, `${item.detail ?? ''} ${item.words ?? ''}`);
    if (!found) continue;
    const bonus = recent.includes(item.id) ? RECENT_BONUS : 0;
    groups.get(item.group)?.push({ item, at: found.at, score: found.score + bonus });
  }
  return [...groups]
    .map(([name, hits]) => ({
      name,
      hits: (name === 'Sessions' ? hits : hits.sort((a, b) => b.score - a.score)).slice(0, MOST),
    }))
    .filter(({ hits }) => hits.length > 0)
    .sort((a, b) => (b.hits[0]?.score ?? 0) - (a.hits[0]?.score ?? 0));
}

/** The newest sessions that pass the query, read as the filter of the sessions page. */
export function sessionItems({ feed, clock }: Console, query: string): Item[] {
  const filter = parseFilter(query.trim(), clock.now);
  const most = query.trim() === '' ? NEWEST : MOST;
  const items: Item[] = [];
  for (const id of [...feed.waiting, ...feed.shown]) {
    if (items.length >= most) break;
    const summary = feed.summaries.get(id);
    if (summary && matches(filter, summary)) items.push(sessionItem(summary, clock.now));
  }
  return items;
}

function sessionItem(summary: LiveSummary, now: number): Item {
  return {
    id: `session:${summary.id}`,
    name: [summary.appName || 'Unknown app', summary.outcome].filter(Boolean).join(' · '),
    detail: [summary.userName ?? summary.headline, listTime(summary.startedAt, now)].filter(Boolean).join(' · '),
    group: 'Sessions',
    run: ({ router }) => router.go('sessions', summary.id),
  };
}

/** Applications and connectors, which are few. What cannot be read is not offered; its page says why. */
export async function configuredItems({ host }: Console): Promise<Item[]> {
  const [applications, connectors] = await Promise.all([
    ask(host, { op: 'applications' }, 'applications').catch(() => []),
    ask(host, { op: 'connectors' }, 'connectors').then(
      (list) => list.connectors,
      () => [],
    ),
  ]);
  return [...applications.map(applicationItem), ...connectors.map(connectorItem)];
}

/** People whom the engine finds for the query. */
export async function peopleItems({ host }: Console, query: string): Promise<Item[]> {
  const list = await ask(host, { op: 'users', search: query.trim(), limit: MOST }, 'users').catch(() => null);
  return (list?.users ?? []).map(personItem);
}

function applicationItem(application: ApplicationView): Item {
  return {
    id: `application:${application.id}`,
    name: application.name,
    detail: typeName(application.type),
    words: application.id,
    group: 'Applications',
    run: ({ router }) => router.go('applications', application.id),
  };
}

function connectorItem(connector: ConnectorView): Item {
  return {
    id: `connector:${connector.id}`,
    name: connector.name,
    detail: connector.enterprise ? 'Enterprise SSO' : 'Social',
    words: `${connector.target ?? ''} ${connector.connectorId} ${connector.domains.join(' ')}`,
    group: 'Connectors',
    run: ({ router }) => router.go(connector.enterprise ? 'enterprise-sso' : 'connectors', connector.id),
  };
}

function personItem(user: UserView): Item {
  const name = user.name ?? user.username ?? user.primaryEmail ?? user.primaryPhone ?? user.id;
  return {
    id: `person:${user.id}`,
    name,
    detail:
      [user.username, user.primaryEmail, user.primaryPhone].filter((text) => text !== null && text !== name)[0] ?? '',
    words: [user.username, user.primaryEmail, user.primaryPhone, user.id].filter(Boolean).join(' '),
    group: 'People',
    run: ({ router }) => router.go('people', user.id),
  };
}
