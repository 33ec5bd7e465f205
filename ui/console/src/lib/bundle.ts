import type { Because } from '$bindings/Because';
import type { LiveDetail } from '$bindings/LiveDetail';
import type { Repair } from '$bindings/Repair';
import type { Step } from '$bindings/Step';
import type { TokenView } from '$bindings/TokenView';
import type { Wire } from '$bindings/Wire';
import {
  amount,
  Damaged,
  flag,
  list,
  moment,
  nullable,
  object,
  oneOf,
  pair,
  record,
  text,
  type Decoder,
} from './decode';
import { bytes } from './format';
import { MASK } from './redact';

/** One session in a file: everything the window shows of it, and nothing that can be used. */
export interface Bundle {
  format: typeof FORMAT;
  version: number;
  /** When it was written, in milliseconds since the Unix epoch. */
  exportedAt: number;
  /** The version of Vestibule that wrote it. */
  exportedBy: string;
  /** The provider that the session was at. */
  issuer: string | null;
  /** What was replaced, and how often. */
  redacted: Array<{ what: string; times: number }>;
  /** What is still in it, for whoever is handed the file. */
  note: string;
  session: LiveDetail;
  wire: Wire[];
}

export const FORMAT = 'vestibule-session';
/** Raised when an older Vestibule could not read the file any more. */
export const VERSION = 1;
/** What a file of ours ends with. */
export const EXTENSION = '.vestibule-session.json';
/** A file has at most this many bytes: a session keeps 200 steps, and of the wire there are at most 3 MB in memory. */
export const MOST_BYTES = 12_000_000;
export const NOTE =
  `Secrets are replaced by ${MASK}, and tokens have no signature. ` +
  'Names, addresses and ids of people and applications are as they were.';

/** Why a file could not be opened, in plain words. */
export class BundleProblem extends Error {}

const LANE = oneOf('client', 'provider', 'interaction', 'experience', 'upstream');

const repair: Decoder<Repair> = (value, path) => {
  const { kind } = object({ kind: text })(value, path);
  const uri = object({ appId: text, uri: text }, { nearest: text });
  switch (kind) {
    case 'registerRedirectUri':
    case 'registerPostLogoutRedirectUri':
      return { kind, ...uri(value, path) };
    case 'allowOrigin':
      return { kind, ...object({ appId: text, origin: text })(value, path) };
    case 'offerConnector':
      return { kind, ...object({ target: text })(value, path) };
    case 'alwaysIssueRefreshToken':
      return { kind, ...object({ appId: text })(value, path) };
    default:
      throw new Damaged(`${path}.kind is no repair that this Vestibule knows`);
  }
};

const because: Decoder<Because> = object(
  {
    rule: text,
    title: text,
    detail: text,
    outcome: oneOf('passed', 'decided', 'dropped', 'refused'),
    source: text,
  },
  { input: text, repair },
);

const notes = list(object({ claim: text, note: text }), 500);
const token: Decoder<TokenView> = object(
  { name: text, format: text, claims: record, provenance: notes, absent: notes, expiresAt: moment },
  { header: record },
);

const step: Decoder<Step> = object(
  {
    seq: amount,
    live: text,
    at: moment,
    micros: amount,
    kind: oneOf(
      'authorize',
      'resume',
      'consent',
      'page',
      'experience',
      'token',
      'userinfo',
      'introspection',
      'revocation',
      'endSession',
      'pushedRequest',
      'deviceAuthorization',
      'deviceVerification',
      'devicePoll',
      'engine',
    ),
    method: text,
    path: text,
    status: amount,
    arrows: list(object({ from: LANE, to: LANE, label: text }), 100),
    because: list(because, 200),
    params: list(
      object(
        {
          name: text,
          value: text,
          origin: oneOf('query', 'body', 'pushed', 'default'),
          fate: oneOf('used', 'narrowed', 'dropped', 'ignored', 'refused'),
        },
        { effective: text, note: text },
      ),
      500,
    ),
    tokens: list(token, 20),
    wire: flag,
  },
  { error: object({ error: text, description: text }, { detail: text }), snapshot: record },
);

const summary = object({
  id: text,
  seq: amount,
  startedAt: moment,
  updatedAt: moment,
  appId: nullable(text),
  appName: text,
  userId: nullable(text),
  userName: nullable(text),
  interaction: nullable(text),
  status: oneOf('waiting', 'done', 'attention', 'failed', 'expired'),
  outcome: text,
  headline: text,
  chips: list(object({ text, logto: flag }), 50),
  expiresAt: nullable(moment),
  waitingFor: nullable(text),
  waitingOn: nullable(LANE),
  agent: nullable(text),
  steps: amount,
  uncounted: amount,
});

const headers = list(pair(text, text), 200);
const wire: Decoder<Wire> = object({
  seq: amount,
  requestLine: text,
  requestHeaders: headers,
  requestBody: text,
  statusLine: text,
  responseHeaders: headers,
  responseBody: text,
  curl: text,
  redacted: list(text, 200),
});

const bundle = object({
  exportedAt: moment,
  exportedBy: text,
  issuer: nullable(text),
  redacted: list(object({ what: text, times: amount }), 500),
  note: text,
  session: object({ summary, steps: list(step, 1000) }),
  wire: list(wire, 1000),
});

/** Reads a file that somebody was handed. Throws a {@link BundleProblem}. */
export function readBundle(content: string): Bundle {
  const parsed = parse(content);
  const { format, version } = parsed;
  if (format !== FORMAT) {
    if (typeof parsed['log'] === 'object') {
      throw new BundleProblem(
        `This is a HAR file. Vestibule opens its own session bundles, which end with ${EXTENSION}.`,
      );
    }
    throw new BundleProblem('This file is JSON, but no session bundle of Vestibule.');
  }
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) {
    throw new BundleProblem('This bundle does not say which version it has, so it can’t be read.');
  }
  if (version > VERSION) {
    throw new BundleProblem(
      `This bundle has version ${version}; this Vestibule reads up to version ${VERSION}. A newer Vestibule opens it.`,
    );
  }
  try {
    const read = bundle(parsed, '');
    const seqs = new Set(read.session.steps.map(({ seq }) => seq));
    if (seqs.size !== read.session.steps.length) throw new Damaged('session.steps has a step twice');
    return { format: FORMAT, version, ...read };
  } catch (thrown) {
    if (thrown instanceof Damaged) throw new BundleProblem(`This bundle is damaged: ${thrown.message}.`);
    throw thrown;
  }
}

function parse(content: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    throw new BundleProblem(`This file is not JSON. Vestibule opens session bundles, which end with ${EXTENSION}.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BundleProblem('This file is JSON, but no session bundle of Vestibule.');
  }
  return value as Record<string, unknown>;
}

/** Reads a file from the disk; one that is too large is not read at all. */
export async function openBundle(file: File): Promise<Bundle> {
  if (file.size > MOST_BYTES) {
    throw new BundleProblem(
      `This file has ${bytes(file.size)}, and a session bundle has at most ${bytes(MOST_BYTES)}. It was not read.`,
    );
  }
  let content: string;
  try {
    content = await file.text();
  } catch {
    throw new BundleProblem('The file could not be read. Is it still there, and may you read it?');
  }
  return readBundle(content);
}
