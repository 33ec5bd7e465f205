import type { ApplicationView } from '$bindings/ApplicationView';
import type { ConsoleReply } from '$bindings/ConsoleReply';
import type { ConsoleRequest } from '$bindings/ConsoleRequest';

type Request = Extract<ConsoleRequest, { op: 'applicationSessions' | 'testBackchannelLogout' }>;

/** Back-channel logout of the memory host: an application that forgot to let the provider in. */
export function logoutTests(request: Request, application: ApplicationView, now: number): ConsoleReply {
  if (request.op === 'applicationSessions') {
    return {
      reply: 'applicationSessions',
      value: [{ sid: 'pY4n1KcQ8mWv', sub: 'a1ice0archer', name: 'Alice Archer', loginAt: now - 31_000 }],
    };
  }
  const iat = Math.floor(now / 1000);
  return {
    reply: 'backchannelTest',
    value: {
      uri: application.oidcClientMetadata.backchannelLogoutUri ?? '',
      token: 'eyJhbGciOiJFUzM4NCIsInR5cCI6ImxvZ291dCtqd3QifQ.eyJpc3MiOiJodHRwOi8vbG9jYWxob3N0OjMwMDEvb2lkYyJ9.c2ln',
      header: { alg: 'ES384', typ: 'logout+jwt', kid: 'h1Vq3nTz8' },
      claims: {
        iss: 'http://localhost:3001/oidc',
        aud: application.id,
        sub: request.subject.sub || 'made-up-person',
        iat,
        exp: iat + 120,
        jti: 'f0o1b2a3r4',
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      },
      status: 302,
      headers: [['location', '/login']],
      body: '',
      millis: 14,
      accepted: false,
      summary: 'It redirected to /login (302). Logout tokens are not sent on.',
      advice: [
        'A sign-in guard or middleware stands in front of the route. Let this one path through: the provider has no session with the application.',
      ],
    },
  };
}
