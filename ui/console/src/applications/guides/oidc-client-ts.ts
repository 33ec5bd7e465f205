import { lines, issuerPitfall, type Guide } from './guide';

export const oidcClientTs: Guide = {
  id: 'oidc-client-ts',
  name: 'oidc-client-ts',
  about: 'For any single-page application; react-oidc-context is built on it',
  words: 'browser javascript typescript spa react angular svelte',
  suits: ['SPA'],
  origin: 'http://localhost:5173',
  callback: '/callback',
  afterSignOut: '/',
  steps: (v) => [
    { title: 'Install', code: 'npm install oidc-client-ts' },
    {
      title: 'Environment',
      file: '.env.local',
      code: lines(`VITE_AUTHORITY=${v.issuer}`, `VITE_CLIENT_ID=${v.clientId}`),
    },
    {
      title: 'Manager',
      file: 'src/auth.ts',
      code: lines(
        `import { UserManager, WebStorageStateStore } from 'oidc-client-ts';`,
        ``,
        `export const users = new UserManager({`,
        `  authority: import.meta.env.VITE_AUTHORITY,`,
        `  client_id: import.meta.env.VITE_CLIENT_ID,`,
        `  redirect_uri: '${v.redirectUri}',`,
        `  post_logout_redirect_uri: '${v.postLogoutRedirectUri}',`,
        `  scope: 'openid profile email offline_access',`,
        `  prompt: 'consent',`,
        `  userStore: new WebStorageStateStore({ store: window.localStorage }),`,
        `});`,
      ),
    },
    {
      title: 'Sign in, come back, sign out',
      file: 'src/main.ts',
      code: lines(
        `import { users } from './auth';`,
        ``,
        `if (window.location.pathname === '/callback') {`,
        `  await users.signinRedirectCallback();`,
        `  window.history.replaceState(null, '', '/');`,
        `}`,
        `const person = await users.getUser();`,
        `if (person) console.log(person.profile.name);`,
        `else await users.signinRedirect({ extraQueryParams: { first_screen: 'register' } });`,
        `// await users.signoutRedirect();`,
      ),
    },
  ],
  pitfalls: (v) => [
    `“No matching state found in storage” means that the callback ran twice, or on another origin than the sign-in.`,
    `Silent renewal with a refresh token needs \`offline_access\` together with \`prompt=consent\`; without one it falls back to a hidden frame.`,
    `Token calls come from the page, so its origin counts (CORS). The origins of the redirect URIs are allowed by themselves.`,
    issuerPitfall(v),
  ],
};
