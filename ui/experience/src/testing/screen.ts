import { cleanup, render, screen } from '@testing-library/svelte';
import Pages from '../App.svelte';
import { fakeApp } from './fake';

/** Shows the pages at a path, with a provider behind them. */
export function open(options: Parameters<typeof fakeApp>[0] = {}) {
  cleanup();
  const made = fakeApp(options);
  render(Pages, { app: made.app });
  return made;
}

export const heading = (): string => screen.getByRole('heading', { level: 1 }).textContent ?? '';
export const field = (name: string | RegExp): HTMLInputElement => screen.getByLabelText(name, { selector: 'input' });
export const button = (name: string | RegExp): HTMLButtonElement => screen.getByRole('button', { name });
export const link = (name: string | RegExp): HTMLAnchorElement => screen.getByRole('link', { name });

/** The text that describes a field to those who cannot see where it stands. */
export const descriptionOf = (element: HTMLElement): string =>
  (element.getAttribute('aria-describedby') ?? '')
    .split(' ')
    .map((id) => document.getElementById(id)?.textContent?.trim() ?? '')
    .join(' ');
