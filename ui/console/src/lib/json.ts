/** What is wrong with a JSON text, and where; lines and columns count from 1. */
export interface JsonProblem {
  line: number;
  column: number;
  message: string;
}

class Stop extends Error {
  constructor(
    readonly at: number,
    message: string,
  ) {
    super(message);
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\r\n]*/y;
const ESCAPE = /^(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/;

/**
 * Checks a JSON text (RFC 8259). The browsers' own parsers say where only in some engines, and in their own words, so this
 * one looks for itself; whatever it takes, `JSON.parse` takes.
 */
export function jsonProblem(text: string): JsonProblem | null {
  let at = 0;

  function space() {
    SPACE.lastIndex = at;
    SPACE.exec(text);
    at = SPACE.lastIndex;
  }

  function shown(position: number): string {
    const character = text.slice(position, position + 1);
    if (character === '') return 'the text ends';
    const named: Record<string, string> = { '\n': 'a new line', '"': 'a quote' };
    return `there is ${named[character] ?? `“${character}”`}`;
  }

  function string() {
    const start = at;
    at++;
    for (;;) {
      const character = text[at];
      if (character === undefined || character === '\n') throw new Stop(start, 'This text has no closing quote.');
      if (character === '"') break;
      if (character < ' ') throw new Stop(at, 'A control character must be written as an escape, such as \\t.');
      if (character === '\\') {
        const escape = ESCAPE.exec(text.slice(at + 1, at + 6));
        if (!escape) throw new Stop(at, 'This is no escape. Write \\\\ for a backslash.');
        at += escape[0].length;
      }
      at++;
    }
    at++;
  }

  /** The members of an object or a list up to its end. */
  function members(end: '}' | ']', member: () => void) {
    const start = at;
    at++;
    space();
    if (text[at] === end) {
      at++;
      return;
    }
    for (;;) {
      member();
      space();
      if (text[at] === end) break;
      if (at >= text.length) throw new Stop(start, `This is not closed: “${end}” is missing.`);
      if (text[at] !== ',') throw new Stop(at, `Expected a comma or “${end}”, but ${shown(at)}.`);
      const comma = at;
      at++;
      space();
      if (text[at] === end) throw new Stop(comma, `Nothing follows this comma. Remove it.`);
    }
    at++;
  }

  function value() {
    space();
    const character = text[at];
    if (character === '{') {
      members('}', () => {
        space();
        if (text[at] !== '"') throw new Stop(at, `Expected a name in double quotes, but ${shown(at)}.`);
        string();
        space();
        if (text[at] !== ':') throw new Stop(at, `Expected a colon after the name, but ${shown(at)}.`);
        at++;
        value();
      });
    } else if (character === '[') members(']', value);
    else if (character === '"') string();
    else {
      const word = ['true', 'false', 'null'].find((known) => text.startsWith(known, at));
      NUMBER.lastIndex = at;
      if (word) at += word.length;
      else if (NUMBER.test(text)) at = NUMBER.lastIndex;
      else throw new Stop(at, `Expected a value, but ${shown(at)}. Texts stand in double quotes.`);
    }
  }

  try {
    value();
    space();
    if (at < text.length) throw new Stop(at, `Expected the end, but ${shown(at)}.`);
    return null;
  } catch (thrown) {
    if (!(thrown instanceof Stop)) throw thrown;
    const before = text.slice(0, thrown.at).split('\n');
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, message: thrown.message };
  }
}

/** As {@link jsonProblem}, for a text that must be an object. Nothing written is an empty one. */
export function jsonObjectProblem(text: string): JsonProblem | null {
  if (text.trim() === '') return null;
  const problem = jsonProblem(text);
  if (problem) return problem;
  if (text.trim().startsWith('{')) return null;
  const line = text.slice(0, text.length - text.trimStart().length).split('\n');
  return { line: line.length, column: (line.at(-1)?.length ?? 0) + 1, message: 'Expected an object: { … }.' };
}
