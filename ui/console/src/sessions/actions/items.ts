import type { LiveSummary } from '$bindings/LiveSummary';
import type { SessionActions } from '$bindings/SessionActions';
import CircleX from '@lucide/svelte/icons/circle-x';
import Copy from '@lucide/svelte/icons/copy';
import Hourglass from '@lucide/svelte/icons/hourglass';
import Link from '@lucide/svelte/icons/link';
import Pause from '@lucide/svelte/icons/pause';
import Play from '@lucide/svelte/icons/play';
import RotateCcw from '@lucide/svelte/icons/rotate-ccw';
import StepForward from '@lucide/svelte/icons/step-forward';
import UserCheck from '@lucide/svelte/icons/user-check';
import { copy, type Console } from '../../lib/console';
import type { MenuItem } from '../../parts/Menu.svelte';
import { acting, copyRequest, order } from './acting.svelte';

/** A line of the menu; `key` also works while the session is shown and nobody types. */
export type ActionItem = Omit<MenuItem, 'onselect'> & { key: string; onselect: () => void };

/**
 * Everything that can be done about a session. Until the engine has said more, what the list knows has to do: whoever
 * chooses something that can't be done is told why then.
 */
export function actionItems(console: Console, summary: LiveSummary, known: SessionActions | null): ActionItem[] {
  const { id, appName } = summary;
  const application = appName || 'the application';
  const run = (request: Parameters<typeof order>[1]) => () => void order(console, request);
  const nothing = known ? known.noEnd : summary.status === 'waiting' ? null : 'Nothing waits for a person here.';
  const items: ActionItem[] = [
    {
      label: 'Copy URL',
      hint: 'The authorization request, as received',
      key: 'Shift+U',
      icon: Copy,
      onselect: () => void copyRequest(console, id),
    },
  ];
  if (known?.page) {
    const page = known.page;
    items.push({
      label: 'Copy page URL',
      hint: 'Works in the browser that began the sign-in',
      key: 'Shift+L',
      icon: Link,
      onselect: () => void copy(console.toasts, page, 'the URL of the page'),
    });
  }
  items.push({
    label: 'Replay with changes…',
    key: 'Shift+R',
    icon: RotateCcw,
    onselect: () => acting.ask('replay', id),
  });
  if (known?.waitsFor === 'consent') {
    items.push({
      label: 'Give consent',
      hint: `As ${summary.userName ?? 'the person'}, for ${application}`,
      key: 'Shift+C',
      icon: UserCheck,
      separated: true,
      onselect: run({ op: 'allowConsent', id }),
    });
  } else {
    const why = known ? known.noContinue : nothing;
    items.push({
      label: 'Continue as…',
      hint: why ?? undefined,
      disabled: why !== null,
      key: 'Shift+C',
      icon: UserCheck,
      separated: true,
      onselect: () => acting.ask('continue', id),
    });
  }
  const failing = { disabled: nothing !== null, danger: nothing === null };
  items.push(
    { label: 'Fail as…', ...failing, key: 'Shift+F', icon: CircleX, onselect: () => acting.ask('fail', id) },
    { label: 'Expire…', ...failing, key: 'Shift+X', icon: Hourglass, onselect: () => acting.ask('expire', id) },
  );
  if (summary.pause) {
    items.push({
      label: 'Release',
      hint: 'The requests go on; nothing waits any more',
      key: 'Shift+P',
      icon: Play,
      separated: true,
      onselect: run({ op: 'releaseSession', id, again: false }),
    });
    if (summary.pause.held.length > 0) {
      items.push({
        label: 'Release one step',
        hint: 'The request after it waits again',
        key: 'Shift+O',
        icon: StepForward,
        onselect: run({ op: 'releaseSession', id, again: true }),
      });
    }
  } else {
    const why = known?.noPause ?? null;
    items.push({
      label: 'Pause',
      hint: why ?? 'The next request waits until you release it',
      disabled: why !== null,
      key: 'Shift+P',
      icon: Pause,
      separated: true,
      onselect: run({ op: 'pauseSession', id }),
    });
  }
  return items;
}
