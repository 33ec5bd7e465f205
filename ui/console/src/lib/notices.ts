import type { ConnectorView } from '$bindings/ConnectorView';
import type { CustomUiView } from '$bindings/CustomUiView';
import { failureName } from './failures';
import { href } from './router.svelte';

/** Something that makes this provider behave unlike a usual one, and that nobody should forget. */
export interface Notice {
  id: string;
  text: string;
  /** What the person should know before following the link. */
  title: string;
  tone: 'info' | 'warn' | 'bad';
  href: string;
}

/** What is worth a word beside the status, the loudest first. */
export function notices(ownPages: CustomUiView | null, connectors: readonly ConnectorView[]): Notice[] {
  const result: Notice[] = [];
  const failing = connectors.flatMap(({ id, name, enterprise, simulation }) => {
    const failure = simulation?.failure ?? simulation?.next ?? null;
    return failure === null ? [] : [{ id, name, enterprise, failure, once: simulation?.failure === null }];
  });
  const [first] = failing;
  if (first) {
    const page = first.enterprise ? 'enterprise-sso' : 'connectors';
    result.push({
      id: 'failing',
      text: failing.length === 1 ? `${first.name} fails on purpose` : `${failing.length} providers fail on purpose`,
      title: failing
        .map(({ name, failure, once }) => `${name}: ${failureName(failure)}${once ? ' (next sign-in only)' : ''}`)
        .join('\n'),
      tone: 'warn',
      href: failing.length === 1 ? href(page, first.id, 'test') : href(page),
    });
  }
  if (ownPages) {
    result.push({
      id: 'pages',
      text: ownPages.problem === null ? 'Your own pages' : 'Your own pages fail',
      title: ownPages.problem ?? 'Sign-in pages come from you, not from Vestibule.',
      tone: ownPages.problem === null ? 'info' : 'bad',
      href: href('sign-in-experience', 'pages'),
    });
  }
  const order = { bad: 0, warn: 1, info: 2 };
  return result.sort((a, b) => order[a.tone] - order[b.tone]);
}
