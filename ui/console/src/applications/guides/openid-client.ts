import { lines, type Guide, type GuideStep, type GuideValues } from './guide';

export const openidClient: Guide = {
  id: 'openid-client',
  name: 'openid-client 6',
  about: 'The strict one for Node.js, Deno and Bun',
  words: 'node javascript typescript device flow client credentials',
  suits: ['Traditional', 'Native', 'MachineToMachine'],
  origin: 'http://localhost:3000',
  callback: '/callback',
  afterSignOut: '/',
  steps: (v) => [
    { title: 'Install', code: 'npm install openid-client' },
    {
      title: 'Environment',
      file: '.env',
      code: lines(`ISSUER=${v.issuer}`, `CLIENT_ID=${v.clientId}`, !v.isPublic && `CLIENT_SECRET=${v.secret}`),
    },
    {
      title: 'Configuration',
      file: 'oidc.mjs, started with node --env-file=.env',
      code: lines(
        `import * as client from 'openid-client';`,
        ``,
        `const { ISSUER, CLIENT_ID${v.isPublic ? '' : ', CLIENT_SECRET'} } = process.env;`,
        v.isPublic
          ? `export const config = await client.discovery(new URL(ISSUER), CLIENT_ID, undefined, client.None(), {`
          : `export const config = await client.discovery(new URL(ISSUER), CLIENT_ID, CLIENT_SECRET, undefined, {`,
        `  execute: [client.allowInsecureRequests], // the provider speaks http here`,
        `});`,
      ),
    },
    ...way(v),
  ],
  pitfalls: (v) => [
    `It refuses http unless \`allowInsecureRequests\` is set, with OAUTH_HTTP_REQUEST_FORBIDDEN.`,
    v.machine
      ? `Without \`resource\` the access token is opaque and good for nothing but introspection.`
      : `What it expects of the answer has to be handed in: without \`expectedState\` and \`pkceCodeVerifier\` a right answer is refused.`,
    `The algorithm of ID tokens (${v.alg}) is taken from discovery; don’t set another one in the client metadata.`,
  ],
};

function way(v: GuideValues): GuideStep[] {
  if (v.machine) {
    return [
      {
        title: 'Get a token',
        file: 'job.mjs',
        code: lines(
          `import * as client from 'openid-client';`,
          `import { config } from './oidc.mjs';`,
          ``,
          `const tokens = await client.clientCredentialsGrant(config, {});`,
          `console.log(tokens.access_token, tokens.expires_in);`,
        ),
      },
    ];
  }
  if (v.deviceFlow) {
    return [
      {
        title: 'Show a code, then wait',
        file: 'device.mjs',
        code: lines(
          `import * as client from 'openid-client';`,
          `import { config } from './oidc.mjs';`,
          ``,
          `const begun = await client.initiateDeviceAuthorization(config, { scope: 'openid profile offline_access' });`,
          `console.log(\`Open \${begun.verification_uri} and type \${begun.user_code}\`);`,
          `const tokens = await client.pollDeviceAuthorizationGrant(config, begun);`,
          `console.log(tokens.claims());`,
        ),
      },
    ];
  }
  return [
    {
      title: 'Begin',
      file: 'where the person clicks “Sign in”',
      code: lines(
        `const verifier = client.randomPKCECodeVerifier();`,
        `const state = client.randomState();`,
        `// Keep both in the person’s session.`,
        `const url = client.buildAuthorizationUrl(config, {`,
        `  redirect_uri: '${v.redirectUri}',`,
        `  scope: 'openid profile email',`,
        `  code_challenge: await client.calculatePKCECodeChallenge(verifier),`,
        `  code_challenge_method: 'S256',`,
        `  state,`,
        `});`,
      ),
    },
    {
      title: 'Come back',
      file: `the handler of ${new URL(v.redirectUri).pathname}`,
      code: lines(
        `const tokens = await client.authorizationCodeGrant(config, currentUrl, {`,
        `  pkceCodeVerifier: verifier,`,
        `  expectedState: state,`,
        `});`,
        `const claims = tokens.claims();`,
        `const person = await client.fetchUserInfo(config, tokens.access_token, claims.sub);`,
      ),
    },
  ];
}
