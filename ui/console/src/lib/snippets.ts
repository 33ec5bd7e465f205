import type { ApplicationView } from '$bindings/ApplicationView';
import type { SigningAlg } from '$bindings/SigningAlg';
import { isDeviceFlow } from './application-form';

export interface Snippet {
  id: string;
  name: string;
  text: string;
}

/** Ready to paste: this application's values in the words of three clients. Secrets are left to fill in. */
export function snippets(application: ApplicationView, issuer: string, providerAlg: SigningAlg): Snippet[] {
  const redirect = application.oidcClientMetadata.redirectUris[0] ?? 'http://localhost:3000/callback';
  const secret = application.type === 'Traditional' || application.type === 'MachineToMachine';
  const algorithm = application.customClientMetadata.signingAlg ?? providerAlg;
  const machine: Snippet = {
    id: 'curl',
    name: 'curl',
    text: `curl ${issuer}/token \\\n  -u "${application.id}:$CLIENT_SECRET" \\\n  -d grant_type=client_credentials`,
  };
  if (application.type === 'MachineToMachine') return [machine];

  if (isDeviceFlow(application)) return deviceSnippets(application.id, issuer);

  const lines = (...parts: Array<string | false>) => parts.filter((part) => part !== false).join('\n');
  return [
    {
      id: 'authjs',
      name: 'Auth.js v5',
      text: lines(
        `import NextAuth from 'next-auth';`,
        ``,
        `export const { handlers, auth, signIn, signOut } = NextAuth({`,
        `  providers: [`,
        `    {`,
        `      id: 'vestibule',`,
        `      name: 'Vestibule',`,
        `      type: 'oidc',`,
        `      issuer: '${issuer}',`,
        `      clientId: '${application.id}',`,
        secret && `      clientSecret: process.env.CLIENT_SECRET,`,
        `      authorization: { params: { scope: 'openid profile email' } },`,
        `      client: { id_token_signed_response_alg: '${algorithm}'${secret ? '' : `, token_endpoint_auth_method: 'none'`} },`,
        `    },`,
        `  ],`,
        `});`,
      ),
    },
    {
      id: 'openid-client',
      name: 'openid-client',
      text: lines(
        `import * as client from 'openid-client';`,
        ``,
        `const config = await client.discovery(`,
        `  new URL('${issuer}'),`,
        `  '${application.id}',`,
        secret ? `  process.env.CLIENT_SECRET,` : `  undefined,`,
        secret ? `  undefined,` : `  client.None(),`,
        `  { execute: [client.allowInsecureRequests] },`,
        `);`,
        `const verifier = client.randomPKCECodeVerifier();`,
        `const url = client.buildAuthorizationUrl(config, {`,
        `  redirect_uri: '${redirect}',`,
        `  scope: 'openid profile email',`,
        `  code_challenge: await client.calculatePKCECodeChallenge(verifier),`,
        `  code_challenge_method: 'S256',`,
        `});`,
      ),
    },
    {
      id: 'curl',
      name: 'curl',
      text: lines(
        `# exchange the code from the callback`,
        `curl ${issuer}/token \\`,
        secret ? `  -u "${application.id}:$CLIENT_SECRET" \\` : `  -d client_id=${application.id} \\`,
        `  -d grant_type=authorization_code \\`,
        `  -d code="$CODE" -d code_verifier="$VERIFIER" \\`,
        `  --data-urlencode redirect_uri=${redirect}`,
      ),
    },
  ];
}

/** A device begins, shows the code, and asks until its person has answered (RFC 8628). */
const deviceSnippets = (id: string, issuer: string): Snippet[] => [
  {
    id: 'curl',
    name: 'curl',
    text: [
      `# 1. begin; show the person user_code and verification_uri`,
      `curl ${issuer}/device/auth \\`,
      `  -d client_id=${id} \\`,
      `  -d scope="openid profile offline_access"`,
      ``,
      `# 2. ask every 5 seconds, until it is no longer authorization_pending`,
      `curl ${issuer}/token \\`,
      `  -d client_id=${id} \\`,
      `  -d grant_type=urn:ietf:params:oauth:grant-type:device_code \\`,
      `  -d device_code="$DEVICE_CODE"`,
    ].join('\n'),
  },
  {
    id: 'openid-client',
    name: 'openid-client',
    text: [
      `import * as client from 'openid-client';`,
      ``,
      `const config = await client.discovery(new URL('${issuer}'), '${id}', undefined, client.None(), {`,
      `  execute: [client.allowInsecureRequests],`,
      `});`,
      `const begun = await client.initiateDeviceAuthorization(config, { scope: 'openid profile offline_access' });`,
      `console.log(\`Open \${begun.verification_uri} and type \${begun.user_code}\`);`,
      `const tokens = await client.pollDeviceAuthorizationGrant(config, begun);`,
    ].join('\n'),
  },
];
