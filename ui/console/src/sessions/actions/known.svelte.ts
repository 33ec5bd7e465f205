import type { LiveSummary } from '$bindings/LiveSummary';
import type { SessionActions } from '$bindings/SessionActions';
import { ask, type Host } from '$shared/host';
import { untrack } from 'svelte';

/** What the engine says can be done about a session; asked again with every step of it, while `wanted`. */
export function knownActions(
  host: Host,
  summary: () => LiveSummary,
  wanted: () => boolean = () => true,
): { readonly value: SessionActions | null } {
  let value = $state.raw<SessionActions | null>(null);
  const about = $derived(wanted() ? `${summary().id} ${summary().seq} ${summary().status}` : null);
  $effect(() => {
    const asked = about;
    if (asked === null) return;
    const id = untrack(() => summary().id);
    ask(host, { op: 'sessionActions', id }, 'sessionActions').then(
      (answer) => {
        if (about === asked) value = answer;
      },
      // The list knows enough; whoever chooses something is told what is wrong then.
      () => (value = null),
    );
  });
  return {
    get value() {
      return value;
    },
  };
}
