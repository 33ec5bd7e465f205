import type { Key } from './language';

/** Letters of a user code (RFC 8628 section 6.1), without its dash. */
export const LETTERS = 8;

/** The letters of what was typed or pasted, as a device shows them. */
export const lettersOf = (text: string): string =>
  text
    .replace(/[^a-z0-9]/gi, '')
    .toUpperCase()
    .slice(0, LETTERS);

/** With the dash, which nobody has to type. */
export function withDash(letters: string): string {
  const half = LETTERS / 2;
  return letters.length > half ? `${letters.slice(0, half)}-${letters.slice(half)}` : letters;
}

/** What `/oidc/device` says is wrong, by the names of Logto's engine; one of ours for too many tries. */
const PROBLEMS: Readonly<Record<string, Key>> = {
  NoCodeError: 'device.required',
  NotFoundError: 'device.wrong',
  ExpiredError: 'device.expired',
  AlreadyUsedError: 'device.used',
  InvalidRequest: 'device.stale',
  TooManyAttemptsError: 'device.locked',
};

/** How things stand at an address of ours. */
export interface Standing {
  /** The person declined. */
  denied: boolean;
  /** What is wrong with the code. */
  wrong: Key | undefined;
  /** What was typed. */
  typed: string;
}

/** Reads where `/oidc/device` sends the browser, or where it is. */
export function standing(address: URL): Standing {
  const error = address.pathname === '/device' ? address.searchParams.get('error') : null;
  const denied = error === 'AbortedError';
  return {
    denied,
    wrong: error === null || denied ? undefined : (PROBLEMS[error] ?? 'error.otherSilent'),
    typed: lettersOf(address.searchParams.get('input_code') ?? ''),
  };
}

/** The secret of the form, which is in a cookie so that no address holds it. */
export const xsrfOf = (cookies: string): string => /(?:^|;\s*)_logto_device_flow_xsrf=([^;]*)/.exec(cookies)?.[1] ?? '';
