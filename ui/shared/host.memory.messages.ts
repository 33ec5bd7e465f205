import type { ConsoleProblem } from '$bindings/ConsoleProblem';
import type { ConsoleReply } from '$bindings/ConsoleReply';
import type { ConsoleRequest } from '$bindings/ConsoleRequest';
import type { InboxMessage } from '$bindings/InboxMessage';
import type { MessageSettingsDraft } from '$bindings/MessageSettingsDraft';

/** Messages to people in the memory host: an Inbox, where messages go, and one-time tokens. */

/** A message with a code, written at `at`. */
export function codeMessage(id: string, at: number, part: Partial<InboxMessage> = {}): InboxMessage {
  const { application = 'Bookstore', code = '482913' } = part;
  return {
    id,
    channel: 'email',
    to: 'alice@example.test',
    template: 'SignIn',
    subject: `Your ${application} code`,
    text: `Your code to sign in to ${application} is ${code}. It works for 10 minutes. If you did not ask for it, ignore this message.`,
    code,
    link: null,
    live: null,
    application,
    deliveries: [],
    createdAt: at,
    validUntil: at + 600_000,
    ...part,
  };
}

/** One of each kind, newest first. `now` is the moment at which they are looked at. */
export function exampleMessages(now: number): InboxMessage[] {
  return [
    codeMessage('msg_waiting', now - 14_000, { live: 'lv_waiting' }),
    codeMessage('msg_replaced', now - 95_000, { live: 'lv_waiting', code: '017754' }),
    codeMessage('msg_text', now - 548_000, {
      channel: 'sms',
      to: '4915112345678',
      template: 'MfaVerification',
      application: 'Mobile demo',
      code: '903377',
      text: 'Your code to confirm that it is you at Mobile demo is 903377. It works for 10 minutes. If you did not ask for it, ignore this message.',
      deliveries: [{ to: 'http://localhost:4000/messages', problem: null }],
    }),
    {
      ...codeMessage('msg_invitation', now - 1_500_000, { application: null, code: null }),
      to: 'carol@example.test',
      template: 'OrganizationInvitation',
      subject: 'An invitation to Acme',
      text: 'Alice Archer invites you to join Acme.\nOpen the link to accept.',
      link: 'http://localhost:3000/invitations/7d1f0c?one_time_token=Zt5bQ2mK8xR1',
      validUntil: now + 85_000_000,
    },
    codeMessage('msg_expired', now - 4_000_000, {
      to: 'bob@example.test',
      template: 'ForgotPassword',
      application: 'Admin SPA',
      code: '220846',
      text: 'Your code to set a new password for Admin SPA is 220846. It works for 10 minutes. If you did not ask for it, ignore this message.',
      deliveries: [
        { to: '/home/you/messages.jsonl', problem: null },
        {
          to: 'localhost:1025',
          problem: 'nothing answers there. Start the mail server, or switch it off in Settings.',
        },
      ],
    }),
  ];
}

export interface MemoryInbox {
  answer(request: MessageRequest): ConsoleReply;
  add(message: InboxMessage): void;
}

type MessageOp = 'inbox' | 'clearInbox' | 'messageSettings' | 'updateMessageSettings' | 'createOneTimeToken';
export type MessageRequest = Extract<ConsoleRequest, { op: MessageOp }>;

export function memoryInbox(first: InboxMessage[], now: number): MemoryInbox {
  let messages = first;
  let settings: MessageSettingsDraft = { inbox: true, smtp: null, file: null, webhook: null };
  let made = 0;

  function refuse(field: string, message: string): never {
    const problem: ConsoleProblem = { code: 'guard.invalid_input', message, field };
    throw problem;
  }

  return {
    add(message) {
      messages = [message, ...messages.filter((other) => other.id !== message.id)];
    },
    answer(request) {
      switch (request.op) {
        case 'inbox':
          return { reply: 'inbox', value: messages.slice(0, request.limit) };
        case 'clearInbox': {
          const count = messages.length;
          messages = [];
          return { reply: 'done', value: `Threw away ${count} messages.` };
        }
        case 'messageSettings':
          return { reply: 'messageSettings', value: settings };
        case 'updateMessageSettings': {
          const { smtp, file } = request.settings;
          if (smtp && !/^[^\s/]+$/.test(smtp.host)) {
            refuse('smtp.host', 'Is not the name of a mail server. Write one such as localhost or smtp.example.test.');
          }
          if (file !== null && !file.startsWith('/')) {
            refuse('file', 'Must be a whole path, such as /home/you/messages.jsonl.');
          }
          const had = settings.smtp?.hasPassword ?? false;
          settings = {
            ...request.settings,
            smtp: smtp && {
              ...smtp,
              password: null,
              hasPassword: smtp.password === null ? had : smtp.password !== '',
            },
          };
          return { reply: 'messageSettings', value: settings };
        }
        case 'createOneTimeToken': {
          if (!request.email.includes('@')) {
            refuse('email', 'Is not an e-mail address. Write one such as alice@example.test.');
          }
          const token = `Zt5bQ2mK8xR1vN7cW4hJ9sD3fG6aLp${++made}`;
          const query = new URLSearchParams({ one_time_token: token, login_hint: request.email });
          return {
            reply: 'oneTimeToken',
            value: {
              id: `ott${made}`,
              token,
              email: request.email,
              link: `http://localhost:3001/demo-app?${query}`,
              expiresAt: now + (request.expiresIn ?? 600) * 1000,
            },
          };
        }
      }
    },
  };
}
