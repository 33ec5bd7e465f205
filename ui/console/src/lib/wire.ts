import type { Wire } from '$bindings/Wire';
import { decoded } from './redact';

/** `POST /oidc/token HTTP/1.1` in its parts. */
export function requestParts(wire: Wire): { method: string; target: string; version: string } {
  const [method = '', target = '', version = 'HTTP/1.1'] = wire.requestLine.split(' ');
  return { method, target, version };
}

/** `HTTP/1.1 303 See Other` in its parts. */
export function statusParts(wire: Wire): { version: string; status: number; text: string } {
  const [, version = 'HTTP/1.1', status = '0', text = ''] = /^(\S+\/\S+ )?(\d{3}) ?(.*)$/.exec(wire.statusLine) ?? [];
  return { version: version.trim(), status: Number(status), text };
}

/** The value of a header, whatever its case. */
export function header(headers: ReadonlyArray<readonly [string, string]>, name: string): string | undefined {
  return headers.find(([known]) => known.toLowerCase() === name)?.[1];
}

/** The pairs of a query or form, decoded. */
export function pairsOf(text: string): Array<[string, string]> {
  return text
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? [decoded(pair), ''] : [decoded(pair.slice(0, at)), decoded(pair.slice(at + 1))];
    });
}

export type Body =
  | { kind: 'empty' }
  | { kind: 'json'; text: string }
  | { kind: 'form'; pairs: Array<[string, string]> }
  | { kind: 'text'; text: string };

/** A body as it is best read. */
export function readBody(body: string): Body {
  if (body === '') return { kind: 'empty' };
  if (/^\s*[[{]/.test(body)) {
    try {
      return { kind: 'json', text: JSON.stringify(JSON.parse(body), null, 2) };
    } catch {
      return { kind: 'text', text: body };
    }
  }
  if (/^[\w.~%+-]+=[^\s<]*$/.test(body)) return { kind: 'form', pairs: pairsOf(body) };
  return { kind: 'text', text: body };
}

/** The whole exchange as HTTP/1.1 would write it. */
export function asHttp(wire: Wire): string {
  const message = (line: string, headers: Array<[string, string]>, body: string) =>
    [line, ...headers.map(([name, value]) => `${name}: ${value}`), '', body].join('\n').trimEnd();
  return `${message(wire.requestLine, wire.requestHeaders, wire.requestBody)}\n\n${message(
    wire.statusLine,
    wire.responseHeaders,
    wire.responseBody,
  )}\n`;
}

/** Headers that a page may not set, or that `fetch` sets by itself. */
const NOT_IN_FETCH =
  /^(host|connection|content-length|origin|referer|user-agent|cookie|dnt|keep-alive|upgrade.*|te|accept-encoding|sec-.*)$/i;

/** The request as a call of `fetch`. */
export function asFetch(wire: Wire, endpoint: string): string {
  const { method, target } = requestParts(wire);
  const headers = wire.requestHeaders.filter(([name]) => !NOT_IN_FETCH.test(name));
  const members = [`  method: ${JSON.stringify(method)},`];
  if (headers.length > 0) {
    members.push('  headers: {');
    for (const [name, value] of headers) members.push(`    ${JSON.stringify(name)}: ${JSON.stringify(value)},`);
    members.push('  },');
  }
  if (wire.requestBody !== '') members.push(`  body: ${JSON.stringify(wire.requestBody)},`);
  // A page can't read a redirect; a script on a server can.
  members.push(`  redirect: 'manual',`);
  if (header(wire.requestHeaders, 'cookie') !== undefined) members.push(`  credentials: 'include',`);
  return `await fetch(${JSON.stringify(`${endpoint}${target}`)}, {\n${members.join('\n')}\n});\n`;
}
