/** What a check of a token's signature came to. */
export type Verdict =
  | { state: 'verified'; kid: string | null; alg: string }
  | { state: 'failed'; kid: string | null; alg: string }
  | { state: 'unknownKey'; kid: string | null; alg: string }
  | { state: 'unsupported'; kid: string | null; alg: string }
  | { state: 'noJwt' };

export type Jwk = Record<string, unknown>;

type Algorithm = { key: RsaHashedImportParams | EcKeyImportParams | { name: 'Ed25519' }; verify: AlgorithmIdentifier };

/** The algorithms that a provider signs with (RFC 7518 3.1, RFC 8037), in the words of Web Cryptography. */
const ALGORITHMS: Record<string, Algorithm> = {
  ...Object.fromEntries(
    ['256', '384', '512'].flatMap((bits) => [
      [`RS${bits}`, rsa('RSASSA-PKCS1-v1_5', bits)],
      [`PS${bits}`, rsa('RSA-PSS', bits)],
    ]),
  ),
  ES256: ec('P-256', '256'),
  ES384: ec('P-384', '384'),
  ES512: ec('P-521', '512'),
  EdDSA: { key: { name: 'Ed25519' }, verify: { name: 'Ed25519' } },
  Ed25519: { key: { name: 'Ed25519' }, verify: { name: 'Ed25519' } },
};

function rsa(name: string, bits: string): Algorithm {
  const verify = name === 'RSA-PSS' ? { name, saltLength: Number(bits) / 8 } : { name };
  return { key: { name, hash: `SHA-${bits}` }, verify };
}

function ec(namedCurve: string, bits: string): Algorithm {
  const verify: EcdsaParams = { name: 'ECDSA', hash: `SHA-${bits}` };
  return { key: { name: 'ECDSA', namedCurve }, verify };
}

/** Checks a token's signature with the keys that the provider publishes. Only a key that the header names is tried. */
export async function verify(token: string, keys: readonly Jwk[]): Promise<Verdict> {
  const parts = token.split('.');
  const header = parts.length === 3 ? readPart(parts[0]) : null;
  const signature = readBytes(parts[2] ?? '');
  if (!header || typeof header['alg'] !== 'string' || !signature) return { state: 'noJwt' };
  const alg = header['alg'];
  const kid = typeof header['kid'] === 'string' ? header['kid'] : null;
  const algorithm = ALGORITHMS[alg];
  if (!algorithm) return { state: 'unsupported', kid, alg };
  const jwk = keys.find((key) => (kid === null ? key['alg'] === alg : key['kid'] === kid));
  if (!jwk) return { state: 'unknownKey', kid, alg };
  let key: CryptoKey;
  try {
    // `use` and `key_ops` of a published key say no more than what it is used for here.
    const { use: _use, key_ops: _ops, ...bare } = jwk;
    key = await crypto.subtle.importKey('jwk', bare as JsonWebKey, algorithm.key, false, ['verify']);
  } catch {
    return { state: 'unsupported', kid, alg };
  }
  const signed = new TextEncoder().encode(`${parts[0]}.${parts[1]}`);
  const fits = await crypto.subtle.verify(algorithm.verify, key, signature, signed);
  return { state: fits ? 'verified' : 'failed', kid, alg };
}

/** The JSON of a token's header or claims, or `null`. */
export function readPart(part: string | undefined): Record<string, unknown> | null {
  const bytes = readBytes(part ?? '');
  if (!bytes) return null;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function readBytes(text: string): Uint8Array<ArrayBuffer> | null {
  if (text === '' || !/^[\w-]+$/.test(text)) return null;
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return Uint8Array.from(binary, (char) => char.charCodeAt(0));
  } catch {
    return null;
  }
}
