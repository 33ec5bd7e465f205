import type { ConsentInfo } from '$experience/consent';
import type { PageData } from '$experience/data';
import type { Given } from '$experience/grants';

/** The person of the preview. */
export const PERSON = {
  name: 'Alice Archer',
  username: 'alice',
  email: 'alice@example.test',
  phone: '+1 201 555 0123',
};
/** What the pages are told when they are done. */
export const DONE = 'preview:done';
const VERIFIED = { verificationId: 'preview' };
const DAY = 86_400_000;

type Answer = [status: number, body?: unknown];
type Rule = readonly [method: string, path: RegExp, answer: (data: PageData, path: string) => Answer];

/** A picture that looks like a code to scan and is none. */
export function sampleQrCode(): string {
  const size = 25;
  const corner = (x: number, y: number): boolean => {
    const [dx, dy] = [Math.abs(x - 3), Math.abs(y - 3)];
    const ring = Math.max(dx, dy);
    return ring !== 2 && ring <= 3;
  };
  const dark = (x: number, y: number): boolean => {
    const [fx, fy] = [x > 12 ? size - 1 - x : x, y > 12 ? size - 1 - y : y];
    const marked = fx < 8 && fy < 8 && !(x > 12 && y > 12);
    return marked ? corner(fx, fy) : (x * 7 + y * 13 + ((x * y) % 11) * 5) % 3 === 0;
  };
  const cells = Array.from({ length: size * size }, (_, at) => [at % size, Math.floor(at / size)] as const);
  const path = cells.flatMap(([x, y]) => (dark(x, y) ? [`M${x + 2} ${y + 2}h1v1h-1z`] : [])).join('');
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 29 29"><path fill="#fff" d="M0 0h29v29H0z"/><path d="${path}"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

const appOf = ({ application }: PageData) => application ?? { id: 'preview', name: 'Your application' };

const READ = {
  resource: { id: 'books', name: 'Books', indicator: 'https://api.example.test' },
  scopes: [{ id: 'read', name: 'read:books', description: 'See your books' }],
};

function consent(data: PageData): ConsentInfo {
  return {
    application: appOf(data),
    user: { id: 'alice', name: PERSON.name },
    missingOIDCScope: ['openid', 'profile', 'email'],
    missingResourceScopes: [READ],
    redirectUri: `http://${data.application?.host ?? 'localhost:3000'}/callback`,
  };
}

function grants(data: PageData): Given {
  const { id, name } = appOf(data);
  const now = Date.now();
  return {
    user: { id: 'alice', name: PERSON.name },
    grants: [
      {
        id: 'preview',
        application: { id, name },
        openidScopes: ['openid', 'profile', 'offline_access'],
        scopeDescriptions: {},
        resourceScopes: [READ],
        createdAt: now - 3 * DAY,
        expiresAt: now + 11 * DAY,
      },
    ],
  };
}

const RULES: readonly Rule[] = [
  ['GET', /^\/api\/interaction\/consent$/, (data) => [200, consent(data)]],
  ['GET', /^\/api\/grants$/, (data) => [200, grants(data)]],
  [
    'GET',
    /\/sso-connectors\?/,
    ({ signInExperience }) => [200, { connectorIds: signInExperience.ssoConnectors.map(({ id }) => id) }],
  ],
  // Nobody is asked for a passkey of theirs by a preview.
  [
    'POST',
    /web-authn|sign-in-passkey/,
    () => [400, { code: 'preview.passkey', message: 'A preview asks for no passkey.' }],
  ],
  ['POST', /\/totp\/secret$/, () => [200, { ...VERIFIED, secret: 'JBSWY3DPEHPK3PXP', secretQrCode: sampleQrCode() }]],
  [
    'POST',
    /\/backup-code\/generate$/,
    () => [
      200,
      {
        ...VERIFIED,
        codes: Array.from({ length: 10 }, (_, n) => `${(n * 7919 + 48_271) % 99_991}`.padStart(10, '3a9f')),
      },
    ],
  ],
  ['POST', /\/authorization-uri$/, () => [200, { ...VERIFIED, authorizationUri: 'preview:provider' }]],
  ['POST', /\/(submit|consent|abort|device)$/, () => [200, { redirectTo: DONE }]],
  ['POST', /\/verification\//, () => [200, VERIFIED]],
];

/** A provider that takes everything as right. */
export function previewFetch(data: PageData): typeof globalThis.fetch {
  return async (input, init) => {
    const path = String(input);
    const method = init?.method ?? 'GET';
    const rule = RULES.find(([verb, pattern]) => verb === method && pattern.test(path));
    const [status, body] = rule ? rule[2](data, path) : [204];
    return new Response(body === undefined ? null : JSON.stringify(body), { status });
  };
}
