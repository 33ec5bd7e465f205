import type { Params } from './playground';

export type Pasted = { params: Params; warning: string | null } | { problem: string };

/**
 * Reads the parameters of an authorization request from whatever was copied: the whole URL, its query, or a line of curl.
 * `issuer` is this provider, so that a request to another one is noticed.
 */
export function readPasted(text: string, issuer: string): Pasted {
  const trimmed = text.trim();
  if (trimmed === '') return { problem: 'Paste the address of an authorization request.' };
  const address = /https?:\/\/[^\s'"<>]+/.exec(trimmed)?.[0];
  const query = address === undefined ? looseQuery(trimmed) : queryOf(address);
  if (query === null) {
    return {
      problem: 'This is no address and no query. An authorization request looks like https://…/oidc/auth?client_id=….',
    };
  }
  const params = [...new URLSearchParams(query)];
  const has = (name: string) => params.some(([other]) => other === name);
  if (has('request_uri')) {
    return {
      problem:
        'The parameters of this request were pushed (RFC 9126) and are not in the address. Find its session under Sessions, and replay it from there.',
    };
  }
  if (has('code') || has('error')) {
    return { problem: 'This is the answer to a request, not a request. Copy the address that begins the sign-in.' };
  }
  if (!has('client_id') && !has('response_type') && !has('scope')) {
    return { problem: 'There is no client_id, response_type or scope in it, so it is no authorization request.' };
  }
  const elsewhere = address !== undefined && !sameProvider(address, issuer);
  return {
    params,
    warning: elsewhere
      ? `The request was for ${new URL(address).origin}. It will be sent to this provider instead, which may not know its client_id.`
      : null,
  };
}

function queryOf(address: string): string | null {
  try {
    const url = new URL(address);
    return url.search === '' ? url.hash.replace(/^#/, '') : url.search;
  } catch {
    return null;
  }
}

/** `client_id=…&scope=…`, with or without a path or a question mark before it. */
function looseQuery(text: string): string | null {
  const query = text.slice(text.indexOf('?') + 1);
  return /^[\w.-]+=/.test(query) && !/\s/.test(query) ? query : null;
}

function sameProvider(address: string, issuer: string): boolean {
  try {
    return new URL(address).origin === new URL(issuer).origin;
  } catch {
    return false;
  }
}
