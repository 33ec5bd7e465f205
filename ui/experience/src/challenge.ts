import type { InteractionEvent } from './flow';
import type { Identifier } from './identifier';

/** The flows that have a code page (sheet 5.8). */
export type CodeFlow = 'sign-in' | 'register' | 'continue' | 'forgot-password';

/** A code that was sent. */
export interface Challenge {
  flow: CodeFlow;
  identifier: Identifier;
  /** The address or number as it was typed. */
  typed: string;
  verificationId: string;
  /** When, in milliseconds. */
  sentAt: number;
  /** Set once the code was right, so that a later step can be tried again without it. */
  verified: string | undefined;
}

export const EVENTS: Readonly<Record<Exclude<CodeFlow, 'continue'>, InteractionEvent>> = {
  'sign-in': 'SignIn',
  register: 'Register',
  'forgot-password': 'ForgotPassword',
};

/** How long to wait before another code may be sent, in seconds. */
export const RESEND_AFTER = 60;
/** How many digits a code has (sheet 4.7). */
export const CODE_LENGTH = 6;

/** The digits of what was typed or pasted: codes are often copied with spaces and dashes, and in digits of other scripts. */
export const codeDigits = (text: string): string =>
  [...text.normalize('NFKC')].map(asciiDigit).join('').slice(0, CODE_LENGTH);

/** The decimal digits of Arabic and Persian keyboards begin at these points; others come out of NFKC. */
const ZEROS = [0x30, 0x0660, 0x06f0];

function asciiDigit(letter: string): string {
  const point = letter.codePointAt(0) ?? 0;
  const zero = ZEROS.find((one) => point >= one && point <= one + 9);
  return zero === undefined ? '' : String(point - zero);
}
