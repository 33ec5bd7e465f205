import type { IdentifierType } from './data';

/** An identifier as the Experience API takes it. */
export interface Identifier {
  type: IdentifierType;
  value: string;
}

export type IdentifierProblem = 'empty' | 'email' | 'phone' | 'emailOrPhone';
export type Recognised = { identifier: Identifier } | { problem: IdentifierProblem };

/** The order in which identifiers are named in labels. */
const NAMED: readonly IdentifierType[] = ['email', 'username', 'phone'];
const KNOWN: readonly string[] = NAMED;

const PHONE = /^[\d+\s-]+$/;
const digitsOf = (text: string): string => text.replace(/\D/g, '');
const isPhone = (text: string): boolean => PHONE.test(text) && digitsOf(text).length >= 7;
const isEmail = (text: string): boolean => /^[^\s@]+@[^\s@]+$/.test(text);

/** How the enabled identifiers are typed on a phone. */
export function inputmodeOf(enabled: readonly IdentifierType[]): 'text' | 'email' | 'tel' {
  if (enabled.length !== 1) return 'text';
  return enabled[0] === 'email' ? 'email' : enabled[0] === 'phone' ? 'tel' : 'text';
}

/**
 * The `identifier` parameter applied to the enabled identifiers (sheet 2.4): unknown words are dropped, and when nothing
 * enabled is left, all enabled ones stay.
 */
export function filterIdentifiers(enabled: readonly IdentifierType[], parameter: string | null): IdentifierType[] {
  const asked = (parameter ?? '').split(' ').filter((word) => KNOWN.includes(word));
  const both = enabled.filter((one) => asked.includes(one));
  return [...(both.length > 0 ? both : enabled)];
}

/** The identifiers in the order a label names them. */
export const inNamedOrder = (enabled: readonly IdentifierType[]): IdentifierType[] =>
  NAMED.filter((one) => enabled.includes(one));

/** Recognises which of the enabled identifiers the text is. */
export function recognise(text: string, enabled: readonly IdentifierType[]): Recognised {
  const value = text.trim();
  const may = (type: IdentifierType): boolean => enabled.includes(type);
  if (value === '') return { problem: 'empty' };
  if (may('email') && value.includes('@')) {
    return isEmail(value) ? { identifier: { type: 'email', value } } : { problem: 'email' };
  }
  if (may('phone') && isPhone(value)) return { identifier: { type: 'phone', value: digitsOf(value) } };
  if (may('username')) return { identifier: { type: 'username', value } };
  if (may('email') && may('phone')) return { problem: 'emailOrPhone' };
  return { problem: may('phone') ? 'phone' : 'email' };
}

/** Whether a new username has an acceptable form (sheet 4.8). */
export const isUsername = (text: string): boolean => /^[A-Z_a-z]\w{0,127}$/.test(text);
