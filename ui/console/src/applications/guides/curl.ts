import { lines, type Guide, type GuideStep, type GuideValues } from './guide';

export const curl: Guide = {
  id: 'curl',
  name: 'curl',
  about: 'By hand, step by step, to see what goes over the wire',
  words: 'shell bash http',
  suits: ['Traditional', 'SPA', 'Native', 'MachineToMachine'],
  origin: 'http://localhost:3000',
  callback: '/callback',
  afterSignOut: null,
  steps: (v) => (v.machine ? machine(v) : v.deviceFlow ? device(v) : code(v)),
  pitfalls: (v) =>
    v.machine
      ? [
          `Id and secret go into the header form-encoded (RFC 6749 2.3.1); \`-u\` does not encode them, which matters only for other signs than letters, digits, \`-\`, \`.\` and \`_\`.`,
          `Without \`resource\` the access token is opaque; for a JWT name an API resource.`,
        ]
      : v.deviceFlow
        ? [
            `Asking more often than \`interval\` says is answered with slow_down, and the wait grows by 5 seconds (RFC 8628 3.5).`,
          ]
        : [
            `A code lives for 60 seconds and works once. A second try also revokes what the first one got.`,
            `\`redirect_uri\` has to be the same in both requests, character by character.`,
          ],
};

const variables = (v: GuideValues): GuideStep => ({
  title: 'Variables',
  file: 'in the shell',
  code: lines(
    `ISSUER='${v.issuer}'`,
    `CLIENT_ID='${v.clientId}'`,
    !v.isPublic && `CLIENT_SECRET='${v.secret}'`,
    !v.machine && !v.deviceFlow && `REDIRECT_URI='${v.redirectUri}'`,
  ),
});

const machine = (v: GuideValues): GuideStep[] => [
  variables(v),
  {
    title: 'Get a token',
    code: lines(`curl "$ISSUER/token" \\`, `  -u "$CLIENT_ID:$CLIENT_SECRET" \\`, `  -d grant_type=client_credentials`),
  },
  {
    title: 'Ask what it is worth',
    code: lines(
      `curl "$ISSUER/token/introspection" \\`,
      `  -u "$CLIENT_ID:$CLIENT_SECRET" \\`,
      `  -d token="$ACCESS_TOKEN"`,
    ),
  },
];

const device = (v: GuideValues): GuideStep[] => [
  variables(v),
  {
    title: 'Begin, and show user_code and verification_uri',
    code: lines(
      `curl "$ISSUER/device/auth" \\`,
      `  -d client_id="$CLIENT_ID" \\`,
      `  -d scope='openid profile offline_access'`,
    ),
  },
  {
    title: 'Ask every 5 seconds, until it is no longer authorization_pending',
    code: lines(
      `curl "$ISSUER/token" \\`,
      `  -d client_id="$CLIENT_ID" \\`,
      `  -d grant_type=urn:ietf:params:oauth:grant-type:device_code \\`,
      `  -d device_code="$DEVICE_CODE"`,
    ),
  },
];

const code = (v: GuideValues): GuideStep[] => [
  variables(v),
  {
    title: 'Make a PKCE pair',
    code: lines(
      `VERIFIER=$(openssl rand -base64 48 | tr '+/' '-_' | tr -d '=')`,
      `CHALLENGE=$(printf %s "$VERIFIER" | openssl dgst -sha256 -binary | openssl base64 | tr '+/' '-_' | tr -d '=')`,
    ),
  },
  {
    title: 'Open in a browser',
    code: `echo "$ISSUER/auth?client_id=$CLIENT_ID&redirect_uri=$REDIRECT_URI&response_type=code&scope=openid%20profile%20email&code_challenge=$CHALLENGE&code_challenge_method=S256"`,
  },
  {
    title: 'Redeem the code from the address bar',
    code: lines(
      `curl "$ISSUER/token" \\`,
      v.isPublic ? `  -d client_id="$CLIENT_ID" \\` : `  -u "$CLIENT_ID:$CLIENT_SECRET" \\`,
      `  -d grant_type=authorization_code \\`,
      `  -d code="$CODE" -d code_verifier="$VERIFIER" \\`,
      `  --data-urlencode redirect_uri="$REDIRECT_URI"`,
    ),
  },
  { title: 'Who is it', code: lines(`curl "$ISSUER/me" \\`, `  -H "Authorization: Bearer $ACCESS_TOKEN"`) },
];
