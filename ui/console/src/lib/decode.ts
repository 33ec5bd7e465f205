/** Reads a value from a file that anybody may have written. A decoder answers a value of its type or throws a {@link Damaged}. */
export type Decoder<T> = (value: unknown, path: string) => T;

/** A value that is not what it should be. */
export class Damaged extends Error {}

/** Deeper nesting than this is not read: whoever shows it would have to go as deep. */
const DEEPEST = 32;
/** The last moment that a date can name, in milliseconds since the Unix epoch. */
const LAST_MOMENT = 8.64e15;

function fail(path: string, expected: string, value: unknown): never {
  const found =
    value === undefined ? 'nothing' : value === null ? 'null' : Array.isArray(value) ? 'a list' : describe(value);
  throw new Damaged(`${path || 'the top'} should be ${expected}, and is ${found}`);
}

function describe(value: unknown): string {
  if (typeof value === 'object') return 'an object';
  const text = typeof value === 'string' ? `“${value}”` : String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

export const text: Decoder<string> = (value, path) => (typeof value === 'string' ? value : fail(path, 'a text', value));

export const flag: Decoder<boolean> = (value, path) =>
  typeof value === 'boolean' ? value : fail(path, 'true or false', value);

/** A number of something: not negative, not endless. */
export const amount: Decoder<number> = (value, path) =>
  typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : fail(path, 'a number', value);

/** Milliseconds since the Unix epoch. */
export const moment: Decoder<number> = (value, path) =>
  typeof value === 'number' && value >= 0 && value <= LAST_MOMENT ? value : fail(path, 'a moment', value);

export function oneOf<const T extends string>(...known: readonly T[]): Decoder<T> {
  return (value, path) => known.find((word) => word === value) ?? fail(path, `one of ${known.join(', ')}`, value);
}

export function nullable<T>(inner: Decoder<T>): Decoder<T | null> {
  return (value, path) => (value === null ? null : inner(value, path));
}

/** A list of at most `most` elements. */
export function list<T>(inner: Decoder<T>, most: number): Decoder<T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) return fail(path, 'a list', value);
    if (value.length > most) return fail(path, `a list of at most ${most}`, `a list of ${value.length}`);
    return value.map((element, index) => inner(element, `${path}[${index}]`));
  };
}

export function pair<A, B>(first: Decoder<A>, second: Decoder<B>): Decoder<[A, B]> {
  return (value, path) => {
    if (!Array.isArray(value) || value.length !== 2) return fail(path, 'a pair', value);
    return [first(value[0], `${path}[0]`), second(value[1], `${path}[1]`)];
  };
}

/** Any JSON, not nested too deeply. */
export const json: Decoder<unknown> = (value, path) => {
  const deeper = (inner: unknown, depth: number): void => {
    if (depth > DEEPEST) fail(path, `nested at most ${DEEPEST} deep`, 'deeper');
    if (typeof inner === 'object' && inner !== null)
      for (const member of Object.values(inner)) deeper(member, depth + 1);
  };
  deeper(value, 0);
  return value;
};

/** An object of any members. */
export const record: Decoder<Record<string, unknown>> = (value, path) =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (json(value, path) as Record<string, unknown>)
    : fail(path, 'an object', value);

type Shape = Record<string, Decoder<unknown>>;
type Required<S extends Shape> = { [K in keyof S]: ReturnType<S[K]> };
type Optional<S extends Shape> = { [K in keyof S]?: ReturnType<S[K]> };

/** An object with these members, and some that may be missing. Others are left behind. */
export function object<R extends Shape, O extends Shape = Record<never, never>>(
  required: R,
  optional: O = {} as O,
): Decoder<Required<R> & Optional<O>> {
  return (value, path) => {
    const members = record(value, path);
    const at = (name: string) => (path === '' ? name : `${path}.${name}`);
    const out: Array<[string, unknown]> = [];
    for (const [name, inner] of Object.entries(required)) out.push([name, inner(members[name], at(name))]);
    for (const [name, inner] of Object.entries(optional)) {
      if (members[name] !== undefined) out.push([name, inner(members[name], at(name))]);
    }
    return Object.fromEntries(out) as Required<R> & Optional<O>;
  };
}
