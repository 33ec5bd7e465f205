/** A call as text that can be pasted: bodies for reading, command lines for a shell. */

export interface TextCall {
  method: string;
  url: string;
  form: ReadonlyArray<readonly [string, string]>;
  bearer: string | null;
}

/** JSON with line breaks; anything else as it is. */
export function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

/** One word of a POSIX shell, quoted unless it needs none. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** The call as a curl command. */
export function curlOf(call: TextCall): string {
  const lines = [`curl ${shellWord(call.url)}`];
  if (call.bearer !== null) lines.push(`-H ${shellWord(`Authorization: Bearer ${call.bearer}`)}`);
  for (const [name, value] of call.form) lines.push(`--data-urlencode ${shellWord(`${name}=${value}`)}`);
  return lines.join(' \\\n  ');
}

/** The call as it went out, without what every client adds. */
export function requestText(call: TextCall): string {
  const lines = [`${call.method} ${call.url}`];
  if (call.bearer !== null) lines.push(`Authorization: Bearer ${call.bearer}`);
  return [...lines, ...call.form.map(([name, value]) => `${name}=${value}`)].join('\n');
}
