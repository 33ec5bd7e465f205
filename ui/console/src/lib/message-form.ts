import type { ConsoleProblem } from '$bindings/ConsoleProblem';
import type { MessageSettingsDraft } from '$bindings/MessageSettingsDraft';
import type { SmtpSecurity } from '$bindings/SmtpSecurity';
import { nullable } from './fields';

/** Where messages go, as texts in a form. The mail server's password goes in and never comes out. */
export interface MessageForm {
  inbox: boolean;
  useSmtp: boolean;
  host: string;
  port: string;
  security: SmtpSecurity;
  username: string;
  /** Empty: as it is. */
  password: string;
  hasPassword: boolean;
  removePassword: boolean;
  from: string;
  file: string;
  webhook: string;
}

/** The fields that the form shows problems at. */
export const MESSAGE_PATHS = [
  'smtp.host',
  'smtp.port',
  'smtp.username',
  'smtp.password',
  'smtp.from',
  'file',
  'webhook',
] as const;

export const SECURITIES: ReadonlyArray<{ value: SmtpSecurity; name: string }> = [
  { value: 'none', name: 'None (a server on this computer)' },
  { value: 'starttls', name: 'STARTTLS' },
  { value: 'tls', name: 'TLS' },
];

export function toMessageForm({ inbox, smtp, file, webhook }: MessageSettingsDraft): MessageForm {
  return {
    inbox,
    useSmtp: smtp !== null,
    // What Mailpit and its like listen on.
    host: smtp?.host ?? 'localhost',
    port: String(smtp?.port ?? 1025),
    security: smtp?.security ?? 'none',
    username: smtp?.username ?? '',
    password: '',
    hasPassword: smtp?.hasPassword ?? false,
    removePassword: false,
    from: smtp?.from ?? 'Vestibule <no-reply@example.test>',
    file: file ?? '',
    webhook: webhook ?? '',
  };
}

/** Throws a {@link ConsoleProblem} for what would not even reach the engine's own checks. */
export function toMessageSettings(form: MessageForm): MessageSettingsDraft {
  return {
    inbox: form.inbox,
    smtp: form.useSmtp
      ? {
          host: form.host.trim(),
          port: wholeNumber(form.port, 65_535, 'smtp.port', 'Write a port from 1 to 65535, such as 1025.'),
          security: form.security,
          username: nullable(form.username),
          password: form.removePassword ? '' : form.password === '' ? null : form.password,
          hasPassword: form.hasPassword,
          from: form.from.trim(),
        }
      : null,
    file: nullable(form.file),
    webhook: nullable(form.webhook),
  };
}

/** The whole number from 1 to `most` that a field holds. */
export function wholeNumber(text: string, most: number, field: string, message: string): number {
  const value = /^\d{1,9}$/.test(text.trim()) ? Number(text.trim()) : 0;
  if (value >= 1 && value <= most) return value;
  const problem: ConsoleProblem = { code: 'form.not_a_number', message, field };
  throw problem;
}
