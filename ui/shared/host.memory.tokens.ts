import type { TokenView } from '$bindings/TokenView';

/** The tokens that the example person gets, issued at `at` (milliseconds). */
export function aliceTokens(at: number, audience: string): TokenView[] {
  const iat = Math.floor(at / 1000);
  return [
    {
      name: 'id_token',
      format: 'JWT',
      header: { alg: 'ES384', typ: 'JWT', kid: 'h1Vq3nTz8' },
      claims: {
        iss: 'http://localhost:3001/oidc',
        sub: 'a1ice0archer',
        aud: audience,
        iat,
        exp: iat + 3600,
        nonce: 'n-0S6_WzA2Mj',
        at_hash: 'y7Rk3mWc1pQ',
        name: 'Alice Archer',
        picture: null,
        username: 'alice',
        updated_at: at - 86_400_000,
        email: 'alice@example.test',
        email_verified: true,
      },
      provenance: [
        { claim: 'sub', note: 'the person’s id' },
        { claim: 'nonce', note: 'sent in the authorization request' },
        { claim: 'name', note: 'scope `profile`' },
        { claim: 'picture', note: 'scope `profile`; the person has none, Logto sends `null`' },
        { claim: 'updated_at', note: 'scope `profile`; milliseconds, as Logto sends it' },
        { claim: 'email', note: 'scope `email`' },
        { claim: 'email_verified', note: 'true because a primary e-mail is set' },
      ],
      absent: [
        { claim: 'auth_time', note: '`max_age` was not sent' },
        { claim: 'phone_number', note: 'scope `phone` was not asked for' },
        { claim: 'roles', note: 'scope `roles` was not asked for' },
      ],
      expiresAt: at + 3_600_000,
    },
    {
      name: 'access_token',
      format: 'opaque',
      claims: { client_id: audience, scope: 'openid offline_access profile email', iat, exp: iat + 3600 },
      provenance: [{ claim: 'scope', note: 'as asked for and granted' }],
      absent: [
        { claim: 'aud', note: 'no `resource` was asked for, so the token is opaque and only good for userinfo' },
      ],
      expiresAt: at + 3_600_000,
    },
    {
      name: 'refresh_token',
      format: 'opaque',
      claims: { client_id: audience, iat, exp: iat + 1_209_600 },
      provenance: [{ claim: 'exp', note: '14 days, the default of Logto' }],
      absent: [],
      expiresAt: at + 1_209_600_000,
    },
  ];
}
