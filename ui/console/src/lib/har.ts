import type { LiveDetail } from '$bindings/LiveDetail';
import type { Step } from '$bindings/Step';
import type { Wire } from '$bindings/Wire';
import { stepName } from './step-names';
import { header, pairsOf, requestParts, statusParts } from './wire';

/** HTTP Archive 1.2, as the developer tools of browsers read it. Sizes that nobody knows are -1, as the format says. */
export interface Har {
  log: {
    version: '1.2';
    creator: { name: string; version: string };
    pages: Array<{
      startedDateTime: string;
      id: string;
      title: string;
      pageTimings: Record<string, number>;
    }>;
    entries: HarEntry[];
    comment: string;
  };
}

interface NameValue {
  name: string;
  value: string;
}

export interface HarEntry {
  pageref: string;
  startedDateTime: string;
  /** Milliseconds. */
  time: number;
  request: {
    method: string;
    url: string;
    httpVersion: string;
    cookies: NameValue[];
    headers: NameValue[];
    queryString: NameValue[];
    postData?: { mimeType: string; params: NameValue[]; text: string };
    headersSize: number;
    bodySize: number;
  };
  response: {
    status: number;
    statusText: string;
    httpVersion: string;
    cookies: NameValue[];
    headers: NameValue[];
    content: { size: number; mimeType: string; text: string };
    redirectURL: string;
    headersSize: number;
    bodySize: number;
  };
  cache: Record<string, never>;
  timings: { send: number; wait: number; receive: number };
  comment: string;
}

const PAGE = 'session';

/** The exchanges of a session. `wire` has no secrets any more. */
export function harOf(
  { summary, steps }: LiveDetail,
  wire: readonly Wire[],
  origin: { version: string; endpoint: string | null },
): Har {
  const entries = steps.flatMap((step) => {
    const exchange = wire.find(({ seq }) => seq === step.seq);
    return exchange ? [harEntry(step, exchange, origin.endpoint)] : [];
  });
  return {
    log: {
      version: '1.2',
      creator: { name: 'Vestibule', version: origin.version },
      pages: [
        {
          startedDateTime: new Date(summary.startedAt).toISOString(),
          id: PAGE,
          title: [summary.appName, summary.headline].filter(Boolean).join(': '),
          pageTimings: {},
        },
      ],
      entries,
      comment: 'Secrets are replaced. Times are those of the provider’s work; the network is not in them.',
    },
  };
}

/** One exchange. */
export function harEntry(step: Step, wire: Wire, endpoint: string | null): HarEntry {
  const { method, target, version } = requestParts(wire);
  const answer = statusParts(wire);
  const time = step.micros / 1000;
  const named = (pairs: ReadonlyArray<readonly [string, string]>): NameValue[] =>
    pairs.map(([name, value]) => ({ name, value }));
  const at = target.indexOf('?');
  const type = header(wire.requestHeaders, 'content-type') ?? '';
  const form = /x-www-form-urlencoded/i.test(type);
  const base = endpoint ?? `http://${header(wire.requestHeaders, 'host') ?? 'localhost'}`;
  return {
    pageref: PAGE,
    startedDateTime: new Date(step.at).toISOString(),
    time,
    request: {
      method,
      url: target.startsWith('/') ? `${base}${target}` : target,
      httpVersion: version,
      cookies: named(cookies(wire.requestHeaders, 'cookie')),
      headers: named(wire.requestHeaders),
      queryString: named(at < 0 ? [] : pairsOf(target.slice(at + 1))),
      ...(wire.requestBody === ''
        ? {}
        : {
            postData: {
              mimeType: type || 'text/plain',
              params: form ? named(pairsOf(wire.requestBody)) : [],
              text: wire.requestBody,
            },
          }),
      headersSize: -1,
      bodySize: -1,
    },
    response: {
      status: answer.status,
      statusText: answer.text,
      httpVersion: answer.version,
      cookies: named(cookies(wire.responseHeaders, 'set-cookie')),
      headers: named(wire.responseHeaders),
      content: {
        size: new TextEncoder().encode(wire.responseBody).length,
        mimeType: header(wire.responseHeaders, 'content-type') ?? 'text/plain',
        text: wire.responseBody,
      },
      redirectURL: header(wire.responseHeaders, 'location') ?? '',
      headersSize: -1,
      bodySize: -1,
    },
    cache: {},
    timings: { send: 0, wait: time, receive: 0 },
    comment: stepName(step),
  };
}

/** The cookies of a header; of a Set-Cookie only the first pair is one. */
function cookies(headers: Wire['requestHeaders'], name: 'cookie' | 'set-cookie'): Array<[string, string]> {
  return headers
    .filter(([known]) => known.toLowerCase() === name)
    .flatMap(([, value]) => (name === 'cookie' ? value.split(';') : value.split(';').slice(0, 1)))
    .map((part): [string, string] => {
      const [key = '', ...rest] = part.trim().split('=');
      return [key, rest.join('=')];
    });
}
