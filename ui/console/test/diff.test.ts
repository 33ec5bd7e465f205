import { describe, expect, it } from 'vitest';
import { describeDiff, diffChars } from '../src/lib/diff';

describe('the character diff', () => {
  it('rebuilds both texts', () => {
    const received = 'https://localhost:3000/cb?x=1';
    const registered = 'http://localhost:3001/callback';
    const parts = diffChars(received, registered);
    const join = (without: string) =>
      parts
        .filter((part) => part.kind !== without)
        .map((part) => part.text)
        .join('');
    expect(join('onlyRegistered')).toBe(received);
    expect(join('onlyReceived')).toBe(registered);
  });

  it.each([
    ['http://a/cb/', 'http://a/cb', 'A slash was received and is not registered.'],
    ['http://a/cb', 'http://a/cb/', 'A slash is registered and was not received.'],
    ['https://a/cb', 'http://a/cb', '“s” was received and is not registered.'],
    ['http://a:3000', 'http://a:3001', '“0” was received where “1” is registered.'],
    ['http://a', 'http://a', 'Both are the same.'],
  ])('says the difference of %s and %s in words', (received, registered, words) => {
    expect(describeDiff(diffChars(received, registered))).toBe(words);
  });

  it('keeps characters outside the basic plane whole', () => {
    expect(diffChars('a😀', 'a😁')).toEqual([
      { kind: 'same', text: 'a' },
      { kind: 'onlyReceived', text: '😀' },
      { kind: 'onlyRegistered', text: '😁' },
    ]);
  });
});
