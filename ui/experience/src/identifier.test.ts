import { describe, expect, it } from 'vitest';
import type { IdentifierType } from './data';
import { filterIdentifiers, inNamedOrder, inputmodeOf, isUsername, recognise, type Recognised } from './identifier';

const ALL: IdentifierType[] = ['username', 'email', 'phone'];
const is = (type: IdentifierType, value: string): Recognised => ({ identifier: { type, value } });

describe('recognise', () => {
  it.each<[string, IdentifierType[], Recognised]>([
    ['alice', ALL, is('username', 'alice')],
    ['  alice ', ALL, is('username', 'alice')],
    ['alice@example.test', ALL, is('email', 'alice@example.test')],
    ['+49 170 123-4567', ALL, is('phone', '491701234567')],
    ['1234567', ALL, is('phone', '1234567')],
    ['123456', ALL, is('username', '123456')],
    ['(030) 1234567', ALL, is('username', '(030) 1234567')],
    ['', ALL, { problem: 'empty' }],
    ['   ', ALL, { problem: 'empty' }],
    ['alice@', ALL, { problem: 'email' }],
    ['@home', ['email'], { problem: 'email' }],
    // Only what is enabled is recognised.
    ['alice@example.test', ['username'], is('username', 'alice@example.test')],
    ['1234567', ['username', 'email'], is('username', '1234567')],
    ['alice', ['email'], { problem: 'email' }],
    ['alice', ['phone'], { problem: 'phone' }],
    ['123456', ['phone'], { problem: 'phone' }],
    ['alice', ['email', 'phone'], { problem: 'emailOrPhone' }],
  ])('%j among %j', (text, enabled, expected) => {
    expect(recognise(text, enabled)).toEqual(expected);
  });
});

describe('filterIdentifiers (sheet 2.4)', () => {
  it.each<[IdentifierType[], string | null, IdentifierType[]]>([
    [ALL, null, ALL],
    [ALL, '', ALL],
    [ALL, 'email', ['email']],
    [ALL, 'phone email', ['email', 'phone']],
    [ALL, 'fax email', ['email']],
    [ALL, 'fax', ALL],
    [ALL, 'Email', ALL],
    [['username'], 'email', ['username']],
    [['username', 'email'], 'email phone', ['email']],
    [[], 'email', []],
  ])('%j with %j leaves %j', (enabled, parameter, expected) => {
    expect(filterIdentifiers(enabled, parameter)).toEqual(expected);
  });
});

it.each([
  [['email'], 'email'],
  [['phone'], 'tel'],
  [['username'], 'text'],
  [['email', 'phone'], 'text'],
] as [IdentifierType[], string][])('%j are typed with the keyboard for %s', (enabled, mode) => {
  expect(inputmodeOf(enabled)).toBe(mode);
});

it('names identifiers in one order, whatever the configured order is', () => {
  expect(inNamedOrder(['phone', 'username', 'email'])).toEqual(['email', 'username', 'phone']);
});

describe('isUsername (sheet 4.8)', () => {
  it.each(['alice', '_a', 'A1_b', 'a'.repeat(128)])('accepts %j', (name) => expect(isUsername(name)).toBe(true));
  it.each(['', '1a', 'a b', 'a-b', 'a@b', 'ä', 'a'.repeat(129)])('refuses %j', (name) =>
    expect(isUsername(name)).toBe(false),
  );
});
