import { describe, expect, it } from 'vitest';
import { codeMessage, exampleMessages } from '$shared/host.memory.messages';
import { toMessageForm, toMessageSettings, wholeNumber } from '../src/lib/message-form';
import { announce, countdown, halves, matchesSearch, purpose, replacedIds, validity } from '../src/lib/messages';

const NOW = 1_800_000_000_000;

describe('a message in words', () => {
  it('says what it is for, with a code and without', () => {
    expect(purpose({ template: 'SignIn', code: '1' })).toBe('Sign-in code');
    expect(purpose({ template: 'OrganizationInvitation', code: null })).toBe('Invitation to an organization');
  });

  it('splits a code where it is read, and leaves others whole', () => {
    expect(halves('482913')).toEqual(['482', '913']);
    expect(halves('1234567')).toEqual(['1234', '567']);
    expect(halves('4829')).toEqual(['4829']);
  });

  it('counts down to the second and never shows nothing', () => {
    expect(countdown(600_000)).toBe('10:00');
    expect(countdown(545_001)).toBe('9:06');
    expect(countdown(400)).toBe('0:01');
    expect(countdown(7_500_000)).toBe('2 h 5 min');
  });

  it('announces a code digit by digit, and many messages by their number', () => {
    const one = codeMessage('a', NOW);
    expect(announce([one])).toBe('Code for alice@example.test: 4 8 2 9 1 3.');
    expect(announce([{ ...one, code: null, channel: 'sms', subject: '', to: '49151' }])).toBe(
      'New text to 49151: Sign-in.',
    );
    expect(announce([one, one])).toBe('2 new messages in the Inbox.');
  });
});

describe('whether a code still works', () => {
  const message = codeMessage('a', NOW, { live: 'lv1' });
  const text = (now: number, replaced = false, status: Parameters<typeof validity>[3] = 'waiting') =>
    validity(message, now, replaced, status)?.text;

  it('counts down, hurries in the last minute, and ends at the moment itself', () => {
    expect(validity(message, NOW, false, 'waiting')).toEqual({ tone: 'ok', text: 'works for 10:00', works: true });
    expect(validity(message, NOW + 541_000, false, null)).toEqual({
      tone: 'warn',
      text: 'works for 0:59',
      works: true,
    });
    expect(text(NOW + 599_999)).toBe('works for 0:01');
    expect(text(NOW + 600_000)).toBe('expired');
  });

  it('ends with a newer code, and with the sign-in', () => {
    expect(text(NOW, true)).toBe('replaced by a newer one');
    expect(text(NOW, false, 'done')).toBe('sign-in is over');
    expect(text(NOW, false, 'attention')).toBe('works for 10:00');
    expect(text(NOW + 600_000, true, 'done')).toBe('expired');
  });

  it('is nothing to tell of a message without code and link', () => {
    expect(validity({ ...message, code: null }, NOW, false, null)).toBeNull();
    expect(validity({ ...message, code: null, link: 'http://x.test', validUntil: null }, NOW, false, 'done')).toEqual({
      tone: 'ok',
      text: 'works',
      works: true,
    });
  });

  it('knows the replaced ones by session and channel', () => {
    const code = (id: string, live: string | null, channel: 'email' | 'sms' = 'email') =>
      codeMessage(id, NOW, { live, channel });
    const list = [
      code('newest', 'lv1'),
      code('text', 'lv1', 'sms'),
      code('older', 'lv1'),
      code('other', 'lv2'),
      code('x', null),
      code('y', null),
    ];
    expect([...replacedIds(list)]).toEqual(['older']);
  });
});

describe('the search', () => {
  const found = (search: string) =>
    exampleMessages(NOW)
      .filter((message) => matchesSearch(message, search))
      .map((message) => message.id);

  it('finds recipients, codes, purposes, applications and where they were sent on to', () => {
    expect(found('carol')).toEqual(['msg_invitation']);
    expect(found('903377')).toEqual(['msg_text']);
    expect(found('NEW password')).toEqual(['msg_expired']);
    expect(found('alice bookstore')).toEqual(['msg_waiting', 'msg_replaced']);
    expect(found('localhost:1025')).toEqual(['msg_expired']);
    expect(found('nobody')).toEqual([]);
  });
});

describe('the form of where messages go', () => {
  const draft = {
    inbox: true,
    smtp: {
      host: 'smtp.example.test',
      port: 587,
      security: 'starttls' as const,
      username: 'me',
      password: null,
      hasPassword: true,
      from: 'a@b.test',
    },
    file: null,
    webhook: 'http://localhost:4000/',
  };

  it('gives back what it was given', () => {
    expect(toMessageSettings(toMessageForm(draft))).toEqual(draft);
    const off = { inbox: false, smtp: null, file: '/tmp/x', webhook: null };
    expect(toMessageSettings(toMessageForm(off))).toEqual(off);
  });

  it('leaves, replaces or removes the password', () => {
    const password = (part: object) => toMessageSettings({ ...toMessageForm(draft), ...part }).smtp?.password;
    expect(password({})).toBeNull();
    expect(password({ password: ' s3cret ' })).toBe(' s3cret ');
    expect(password({ removePassword: true, password: 'typed before' })).toBe('');
  });

  it('names the field of a port that is none, because the engine could not even read it', () => {
    for (const port of ['', '0', '65536', '1e3', '25.5', '-1']) {
      expect(() => toMessageSettings({ ...toMessageForm(draft), port })).toThrow(
        expect.objectContaining({ field: 'smtp.port' }),
      );
    }
    expect(wholeNumber(' 25 ', 65_535, 'port', '')).toBe(25);
  });
});
