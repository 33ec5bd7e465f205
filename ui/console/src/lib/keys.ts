/**
 * Keys are written as `mod+k`, `?`, `g s` (one after the other), `mod+Enter`. `mod` is Command on a Mac and Ctrl
 * elsewhere. Shift is written only together with `mod`; alone it already shows in the character (`?`).
 */
export type Keys = string;

export const isMac = (): boolean => /mac/i.test(window.navigator.platform);

/** The key of an event as it is written in {@link Keys}. */
export function strokeOf(event: KeyboardEvent, mac = isMac()): string {
  // AltGr writes characters; systems report it as Ctrl and Alt together.
  const writes = event.getModifierState('AltGraph');
  const mod = mac ? event.metaKey : event.ctrlKey && !writes;
  const other = (mac ? event.ctrlKey : event.metaKey) || (event.altKey && !writes);
  let key = event.key;
  // Other scripts and layouts: the key's place on the keyboard counts.
  if (mod && /^Digit\d$/.test(event.code)) key = event.code.slice(5);
  else if (/^Key[A-Z]$/.test(event.code) && key.length === 1 && key > '\x7f') key = event.code.slice(3).toLowerCase();
  if (mod && key.length === 1) key = key.toLowerCase();
  const shift = event.shiftKey && (mod || key.length > 1);
  return `${other ? 'other+' : ''}${mod ? 'mod+' : ''}${shift ? 'shift+' : ''}${key}`;
}

/** Whether keys write where the event happens. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement)
    return true;
  return (
    target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'submit', 'range'].includes(target.type)
  );
}

const NAMES: Readonly<Record<string, string>> = {
  mod: 'Ctrl',
  shift: 'Shift',
  Enter: 'Enter',
  Escape: 'Esc',
  ArrowUp: '↑',
  ArrowDown: '↓',
};
const MAC_NAMES: Readonly<Record<string, string>> = { ...NAMES, mod: '⌘', shift: '⇧', Enter: '↩' };

/** What is printed on the keys: `[['Ctrl', 'K']]`, or `[['G'], ['S']]` one after the other. */
export function keyNames(keys: Keys, mac = isMac()): string[][] {
  const names = mac ? MAC_NAMES : NAMES;
  return keys.split(' ').map((stroke) => {
    const parts = stroke === '+' ? ['+'] : stroke.split('+');
    return parts.map((part) => names[part] ?? (part.length === 1 ? part.toUpperCase() : part));
  });
}

/** In words, for tooltips and screen readers: `Ctrl+K`, `G then S`. */
export function keyText(keys: Keys, mac = isMac()): string {
  return keyNames(keys, mac)
    .map((stroke) => stroke.join(mac && stroke.length > 1 ? ' ' : '+'))
    .join(' then ');
}

/** For `aria-keyshortcuts`, which knows no keys one after the other. */
export function ariaKeys(keys: readonly Keys[], mac = isMac()): string | undefined {
  const spelled = keys
    .filter((one) => !one.includes(' '))
    .map((one) => one.replace('mod', mac ? 'Meta' : 'Control').replace('shift', 'Shift'));
  return spelled.length > 0 ? spelled.join(' ') : undefined;
}
