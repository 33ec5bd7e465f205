import type { Wire } from '$bindings/Wire';

/**
 * What leaves the machine in a file. Three nets, one behind the other:
 * 1. The engine's own replacement (`reveal: false`) comes first.
 * 2. Everything is copied member by member: only what is named here gets into a file, of headers only those that are known
 *    to be harmless, of bodies only what can be read; whatever bears the name of a secret is replaced.
 * 3. The secrets that were on the wire ({@link secretsIn}) are looked for in every text that is left.
 */
export const MASK = '••••';
/** What stands in the place of a token's signature: without it nobody accepts the token. */
const NO_SIGNATURE = 'signature-removed';

/** What the nets know, and whom they tell. */
export interface Net {
  /** Values that are secret wherever they stand; the longest first, because one may hold another. */
  secrets: readonly string[];
  /** Told of everything that is replaced: what it was called, and the value. */
  seen: (what: string, value: string) => void;
}

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Names, without case and punctuation, whose values are secret. */
const SECRET_NAMES = words(`
  code codes usercode devicecode inputcode codeverifier verificationcode backupcode authorization
  proxyauthorization cookie setcookie dpop apikey xapikey privatekey key samlresponse samlrequest assertion
  clientassertion signature credential credentials jwt otp totp passcode pin csrf xsrf session sessionid pass pwd
  d k
`);
/** Parts of names that make a value secret. */
const SECRET_PARTS = ['password', 'passwd', 'secret', 'token', 'apikey', 'privatekey', 'csrf', 'xsrf'];
/** Names that only look like it. */
const HARMLESS_NAMES = words(`
  tokentype tokentypehint tokenendpoint tokenendpointauthmethod clientassertiontype idtokensigningalg
  idtokensignedresponsealg accesstokenttl refreshtokenttl rotaterefreshtoken alwaysissuerefreshtoken haspassword
  passwordpolicy
`);

/** Headers whose values may leave; of all others only the name does. */
const HARMLESS_HEADERS = words(`
  accept accept-encoding accept-language access-control-allow-credentials access-control-allow-headers
  access-control-allow-methods access-control-allow-origin access-control-expose-headers access-control-max-age
  access-control-request-headers access-control-request-method allow cache-control connection content-encoding
  content-language content-length content-security-policy content-type date dnt expires host keep-alive
  logto-app-id origin pragma priority referrer-policy sec-ch-ua sec-ch-ua-mobile sec-ch-ua-platform sec-fetch-dest
  sec-fetch-mode sec-fetch-site sec-fetch-user sec-gpc server transfer-encoding upgrade-insecure-requests
  user-agent vary www-authenticate x-content-type-options x-frame-options x-request-id
`);
/** Headers that carry an address, whose query is looked through. */
const ADDRESS_HEADERS = new Set(['location', 'referer', 'content-location']);

/** A text that is neither JSON nor a form leaves only when it is short. */
const SHORT_TEXT = 300;
/** Shorter values are too common to be looked for in every text. */
const SHORTEST_SECRET = 6;

const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/** Whether a parameter, header or member of this name holds a secret. */
export function isSecretName(name: string): boolean {
  const bare = plain(name);
  if (HARMLESS_NAMES.has(bare)) return false;
  return SECRET_NAMES.has(bare) || SECRET_PARTS.some((part) => bare.includes(part));
}

/** Logto's error codes are called `code`, too: `session.not_found`. */
const isErrorCode = (name: string, value: string): boolean =>
  name === 'code' && value.length < 80 && /^[a-z][a-z_]*(\.[a-z][a-z_]*)+$/.test(value);

const JWT = /\beyJ[\w-]+\.[\w-]*(?:\.[\w-]+){1,3}/g;
const CREDENTIAL = /\b(Bearer|Basic|DPoP)\s+([\w.~+/=-]{4,})/gi;
const PAIR = /([\w.-]+)=([^&\s"'`<>#;,)]+)/g;
const USER_INFO = /\b([a-z][a-z0-9+.-]*:\/\/)([^/@\s]*):([^/@\s]*)@/gi;

/** A text of sentences, addresses and values: credentials in it are replaced, tokens lose their signature. */
export function cleanText(text: string, net: Net): string {
  const hide = (what: string, value: string) => {
    if (value !== MASK) net.seen(what, value);
    return MASK;
  };
  return withoutSecrets(text, net)
    .replaceAll(USER_INFO, (_, scheme: string, user: string, password: string) => {
      return `${scheme}${user}:${hide('password', password)}@`;
    })
    .replaceAll(CREDENTIAL, (whole, scheme: string, value: string) =>
      // A word of a sentence: "Bearer token", "Basic authentication".
      /^[a-z]+$/.test(value) ? whole : `${scheme} ${hide(scheme.toLowerCase(), value)}`,
    )
    .replaceAll(PAIR, (whole, name: string, value: string) =>
      isSecretName(name) && !isErrorCode(name, value) ? `${name}=${hide(name, value)}` : whole,
    )
    .replaceAll(JWT, (token) => unsigned(token, net));
}

function withoutSecrets(text: string, net: Net): string {
  let out = text;
  for (const secret of net.secrets) {
    if (!out.includes(secret)) continue;
    net.seen('a value that is secret elsewhere', secret);
    out = out.replaceAll(secret, MASK);
  }
  return out;
}

/** A signed token without its signature; an encrypted one is replaced whole. */
function unsigned(token: string, net: Net): string {
  const parts = token.split('.');
  if (parts.length !== 3) {
    net.seen('token', token);
    return MASK;
  }
  if (parts[2] !== '') net.seen('token', token);
  return `${parts[0]}.${parts[1]}.${NO_SIGNATURE}`;
}

/** JSON of any shape: members with the name of a secret are replaced, with everything in them. */
export function cleanJson(value: unknown, net: Net, name = ''): unknown {
  if (name !== '' && isSecretName(name)) {
    if (typeof value === 'string' && isErrorCode(name, value)) return value;
    const replaced = hideAll(value, name, net);
    if (replaced !== undefined) return replaced;
  }
  if (typeof value === 'string') return cleanText(value, net);
  if (Array.isArray(value)) return value.map((element) => cleanJson(element, net));
  if (typeof value !== 'object' || value === null) return value;
  // `{type: "password", value: …}`: the value's own name says nothing.
  const typed = 'type' in value && typeof value.type === 'string' && isSecretName(value.type);
  return Object.fromEntries(
    Object.entries(value).map(([member, inner]) => [
      cleanText(member, net),
      typed && member === 'value' ? (hideAll(inner, 'value', net) ?? inner) : cleanJson(inner, net, member),
    ]),
  );
}

/** The mask for a text, number, list or object; `undefined` for what can be no secret. */
function hideAll(value: unknown, name: string, net: Net): string | undefined {
  if (value === null || typeof value === 'boolean' || value === '') return undefined;
  const tell = (inner: unknown): void => {
    if (typeof inner === 'object' && inner !== null) Object.values(inner).forEach(tell);
    else if (inner !== null && inner !== MASK && typeof inner !== 'boolean') net.seen(name, String(inner));
  };
  tell(value);
  return MASK;
}

/** The pairs of a query or form. */
export function cleanPairs(text: string, net: Net): string {
  return text
    .split('&')
    .map((pair) => {
      const at = pair.indexOf('=');
      const name = at < 0 ? '' : decoded(pair.slice(0, at));
      const value = pair.slice(at + 1);
      if (at < 0 || !isSecretName(name) || isErrorCode(name, value)) return cleanText(pair, net);
      if (value !== MASK && value !== '') net.seen(name, value);
      return `${pair.slice(0, at)}=${MASK}`;
    })
    .join('&');
}

/** An address or request target. */
function cleanAddress(text: string, net: Net): string {
  const at = text.search(/[?#]/);
  if (at < 0) return cleanText(text, net);
  const rest = text.slice(at + 1).split('#');
  return `${cleanText(text.slice(0, at), net)}${text[at]}${rest.map((part) => cleanPairs(part, net)).join('#')}`;
}

function cleanHeader([name, value]: [string, string], net: Net): [string, string] {
  const lower = name.toLowerCase();
  if (lower === 'authorization') {
    const [scheme = '', ...rest] = value.split(' ');
    if (rest.length === 0 || rest.join(' ') === '') return hideHeader(name, value, net);
    if (rest.join(' ') !== MASK) net.seen(lower, rest.join(' '));
    return [name, `${scheme} ${MASK}`];
  }
  if (lower === 'cookie' || lower === 'set-cookie') {
    const parts = value.split(';').map((part, index) => {
      const text = part.trim();
      const at = text.indexOf('=');
      // Only the first pair of a Set-Cookie is the cookie; the others are its attributes.
      if (at < 0 || (lower === 'set-cookie' && index > 0)) return text;
      const cookie = text.slice(at + 1);
      if (cookie !== MASK && cookie !== '') net.seen(lower, cookie);
      return `${text.slice(0, at)}=${MASK}`;
    });
    return [name, parts.join('; ')];
  }
  if (ADDRESS_HEADERS.has(lower)) return [name, cleanAddress(value, net)];
  if (HARMLESS_HEADERS.has(lower)) return [name, cleanText(value, net)];
  return isSecretName(name) ? hideHeader(name, value, net) : [name, MASK];
}

function hideHeader(name: string, value: string, net: Net): [string, string] {
  if (value !== MASK) net.seen(name.toLowerCase(), value);
  return [name, MASK];
}

function cleanBody(body: string, net: Net): string {
  if (body === '') return '';
  if (/^\s*[[{]/.test(body)) {
    try {
      return JSON.stringify(cleanJson(JSON.parse(body), net), null, 2);
    } catch {
      return `(${body.length} characters that are no whole JSON; left out, because a secret in them can’t be told apart)`;
    }
  }
  if (body.includes('=') && !/[\n< ]/.test(body)) return cleanPairs(body, net);
  if (body.length > SHORT_TEXT || body.includes('<')) return `(${body.length} characters of text, left out)`;
  return cleanText(body, net);
}

/** A request and its response without secrets. The curl command goes: its parts are told apart no more. */
export function cleanWire(wire: Wire, net: Net): Wire {
  const [method = '', target = '', ...version] = wire.requestLine.split(' ');
  return {
    seq: wire.seq,
    requestLine: [method, cleanAddress(target, net), ...version].join(' '),
    requestHeaders: wire.requestHeaders.map((header) => cleanHeader(header, net)),
    requestBody: cleanBody(wire.requestBody, net),
    statusLine: cleanText(wire.statusLine, net),
    responseHeaders: wire.responseHeaders.map((header) => cleanHeader(header, net)),
    responseBody: cleanBody(wire.responseBody, net),
    curl: '',
    redacted: [...wire.redacted],
  };
}

/** The values that were secret on a wire that was not replaced, in every form in which they may turn up again. */
export function secretsIn(wire: Wire): Set<string> {
  const found = new Set<string>();
  const add = (value: string) => {
    for (const form of [value, decoded(value)].flatMap(encodings)) if (form.length >= SHORTEST_SECRET) found.add(form);
  };
  const seen: Net['seen'] = (_, value) => {
    add(value);
    for (const form of [value, decoded(value)]) {
      // The signature of a token and the password of a Basic credential are secrets of their own.
      if (form.startsWith('eyJ')) add(form.split('.').at(-1) ?? '');
      const password = /^[\w+/=-]+$/.test(form) ? basicPassword(form) : null;
      if (password !== null) add(password);
    }
  };
  cleanWire(wire, { secrets: [], seen });
  return found;
}

/** A text as it is, in an address, and in a form. */
function encodings(text: string): string[] {
  // A text that is not Unicode has no such forms.
  const whole = text.replaceAll(/[\ud800-\udfff]/gu, '');
  return [text, encodeURIComponent(whole), new URLSearchParams({ x: whole }).toString().slice(2)];
}

function basicPassword(value: string): string | null {
  try {
    const [, ...rest] = atob(value).split(':');
    return rest.length > 0 ? rest.join(':') : null;
  } catch {
    return null;
  }
}

/** `+` and `%41` as what they stand for. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
