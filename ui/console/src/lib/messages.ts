import type { InboxMessage } from '$bindings/InboxMessage';
import type { LiveStatus } from '$bindings/LiveStatus';
import type { TemplateType } from '$bindings/TemplateType';
import { duration } from './format';

/** Messages to people, in words. Times are in **milliseconds**. */

/** With a code in it, and without. */
const PURPOSES: Record<TemplateType, readonly [string, string]> = {
  SignIn: ['Sign-in code', 'Sign-in'],
  Register: ['Registration code', 'Registration'],
  ForgotPassword: ['Code for a new password', 'New password'],
  Generic: ['Verification code', 'Message'],
  OrganizationInvitation: ['Code of an invitation', 'Invitation to an organization'],
  UserPermissionValidation: ['Code to confirm who it is', 'Confirmation of who it is'],
  BindNewIdentifier: ['Code for a new address or number', 'New address or number'],
  MfaVerification: ['Second-factor code', 'Second factor'],
  BindMfa: ['Code to set up a second factor', 'Second factor set up'],
};

/** What a message is for: `Sign-in code`, `Invitation to an organization`. */
export function purpose(message: Pick<InboxMessage, 'template' | 'code'>): string {
  return PURPOSES[message.template][message.code === null ? 1 : 0];
}

/** `e-mail` or `text`. */
export const channelName = (message: Pick<InboxMessage, 'channel'>): string =>
  message.channel === 'email' ? 'e-mail' : 'text';

/** Where a code is split to be read: two halves, when there are enough signs for it. */
export function halves(code: string): string[] {
  if (code.length < 6 || code.length > 10) return [code];
  const middle = Math.ceil(code.length / 2);
  return [code.slice(0, middle), code.slice(middle)];
}

/** `9:05`, from an hour on `2 h 5 min`. Rounds up, so that `0:00` is never shown. */
export function countdown(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  if (seconds >= 3600) return duration(ms);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

export interface Validity {
  tone: 'ok' | 'warn' | 'plain';
  text: string;
  works: boolean;
}

/** The last stretch, in which one should hurry. */
const LAST = 60_000;

/**
 * Whether a code or link still works, as far as the window knows. `replaced`: a newer code of the same sign-in went out.
 * `status` is the state of the sign-in that asked for it.
 */
export function validity(
  message: InboxMessage,
  now: number,
  replaced: boolean,
  status: LiveStatus | null,
): Validity | null {
  if (message.code === null && message.link === null) return null;
  if (message.validUntil !== null && message.validUntil <= now) return { tone: 'plain', text: 'expired', works: false };
  if (replaced) return { tone: 'plain', text: 'replaced by a newer one', works: false };
  if (message.code !== null && (status === 'done' || status === 'expired')) {
    return { tone: 'plain', text: 'sign-in is over', works: false };
  }
  if (message.validUntil === null) return { tone: 'ok', text: 'works', works: true };
  const left = message.validUntil - now;
  return { tone: left <= LAST ? 'warn' : 'ok', text: `works for ${countdown(left)}`, works: true };
}

/** The messages whose code is worth nothing any more, because a newer one of the same sign-in and channel went out. */
export function replacedIds(messages: readonly InboxMessage[]): Set<string> {
  const newest = new Set<string>();
  const replaced = new Set<string>();
  for (const message of messages) {
    if (message.code === null || message.live === null) continue;
    const key = `${message.live} ${message.channel}`;
    if (newest.has(key)) replaced.add(message.id);
    else newest.add(key);
  }
  return replaced;
}

/** Whether every word of the search occurs somewhere in the message. */
export function matchesSearch(message: InboxMessage, search: string): boolean {
  const texts = [
    message.to,
    message.subject,
    message.text,
    message.code,
    message.link,
    message.application,
    purpose(message),
    channelName(message),
    ...message.deliveries.map((delivery) => delivery.to),
  ];
  const hay = texts
    .filter((text) => text !== null)
    .join('\n')
    .toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => hay.includes(word));
}

/** What a screen reader says of messages that arrived, newest first or not. */
export function announce(messages: readonly InboxMessage[]): string {
  const [only] = messages;
  if (messages.length !== 1 || !only) return `${messages.length} new messages in the Inbox.`;
  // Digit by digit, so that it is not read as one large number.
  if (only.code !== null) return `Code for ${only.to}: ${[...only.code].join(' ')}.`;
  return `New ${channelName(only)} to ${only.to}: ${only.subject || purpose(only)}.`;
}
