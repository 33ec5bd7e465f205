import { describe, expect, it } from 'vitest';
import { COMMANDS, OWN_KEYS } from '../src/lib/commands';
import { ariaKeys, isTyping, keyText, strokeOf } from '../src/lib/keys';
import { PAGE_INFO } from '../src/lib/pages';
import { PAGES } from '../src/lib/router.svelte';

const event = (key: string, more: KeyboardEventInit & { altGraph?: boolean } = {}) => {
  const made = new KeyboardEvent('keydown', { key, ...more });
  Object.defineProperty(made, 'getModifierState', { value: (name: string) => name === 'AltGraph' && more.altGraph });
  return made;
};

describe('keys', () => {
  it('names what was pressed, on a Mac and elsewhere', () => {
    expect(strokeOf(event('k', { ctrlKey: true }), false)).toBe('mod+k');
    expect(strokeOf(event('k', { metaKey: true }), true)).toBe('mod+k');
    expect(strokeOf(event('k', { ctrlKey: true }), true)).toBe('other+k');
    expect(strokeOf(event('K', { ctrlKey: true, shiftKey: true }), false)).toBe('mod+shift+k');
    expect(strokeOf(event('?', { shiftKey: true }), false)).toBe('?');
    expect(strokeOf(event('Tab', { shiftKey: true }), false)).toBe('shift+Tab');
  });

  it('goes by the place of the key where the layout writes something else', () => {
    expect(strokeOf(event('&', { ctrlKey: true, code: 'Digit1' }), false)).toBe('mod+1');
    expect(strokeOf(event('л', { ctrlKey: true, code: 'KeyK' }), false)).toBe('mod+k');
    expect(strokeOf(event('п', { code: 'KeyG' }), false)).toBe('g');
  });

  it('leaves characters alone that are written with AltGr', () => {
    expect(strokeOf(event('@', { ctrlKey: true, altKey: true, altGraph: true }), false)).toBe('@');
  });

  it('says them as they are printed', () => {
    expect(keyText('mod+shift+Enter', false)).toBe('Ctrl+Shift+Enter');
    expect(keyText('g s', false)).toBe('G then S');
    expect(keyText('mod+k', true)).toBe('⌘ K');
    expect(ariaKeys(['g s', 'mod+1'], false)).toBe('Control+1');
    expect(ariaKeys(['g s'], false)).toBeUndefined();
  });

  it('knows where keys write', () => {
    const made = (tag: string, type?: string) => Object.assign(document.createElement(tag), type ? { type } : {});
    expect([made('input'), made('textarea'), made('select'), made('input', 'search')].every(isTyping)).toBe(true);
    expect([made('button'), made('input', 'checkbox'), made('div'), null].some(isTyping)).toBe(false);
  });
});

describe('the registry', () => {
  it('gives every page a command and a letter of its own', () => {
    expect(new Set(PAGES.map((page) => PAGE_INFO[page].letter)).size).toBe(PAGES.length);
    for (const page of PAGES) expect(COMMANDS.some((command) => command.id === `go.${page}`)).toBe(true);
  });

  it('has no id twice, no key twice on one page, and no key that begins another', () => {
    expect(new Set(COMMANDS.map(({ id }) => id)).size).toBe(COMMANDS.length);
    for (const page of PAGES) {
      const here = [...COMMANDS, ...OWN_KEYS]
        .filter((one) => (one.page ?? page) === page)
        .flatMap((one) => one.keys ?? []);
      expect(new Set(here).size, `keys on ${page}`).toBe(here.length);
      for (const keys of here) {
        expect(
          here.some((other) => other.startsWith(`${keys} `)),
          `${keys} on ${page} begins another`,
        ).toBe(false);
      }
    }
  });

  it('can carry every command out', () => {
    for (const command of COMMANDS) expect(command.run ?? command.page, command.id).toBeDefined();
  });
});
