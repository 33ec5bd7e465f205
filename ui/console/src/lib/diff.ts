/** A run of characters that is the same on both sides, or only on one. */
export interface DiffPart {
  text: string;
  kind: 'same' | 'onlyReceived' | 'onlyRegistered';
}

/** The table of a comparison has at most this many cells: a file from elsewhere must not fill the memory. */
const MOST_CELLS = 4_000_000;

/** Pairs equal elements in order (longest common subsequence); what only one side has stands alone. */
export function align(a: readonly string[], b: readonly string[]): Array<[number | null, number | null]> {
  if ((a.length + 1) * (b.length + 1) > MOST_CELLS) {
    return [...a.map((_, i): [number, null] => [i, null]), ...b.map((_, j): [null, number] => [null, j])];
  }
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pairs: Array<[number | null, number | null]> = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) pairs.push([i++, j++]);
    else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) pairs.push([i++, null]);
    else pairs.push([null, j++]);
  }
  return pairs;
}

/** Compares two short texts character by character. */
export function diffChars(received: string, registered: string): DiffPart[] {
  const [a, b] = [Array.from(received), Array.from(registered)];
  const parts: DiffPart[] = [];
  const push = (kind: DiffPart['kind'], text: string) => {
    const last = parts.at(-1);
    if (last?.kind === kind) last.text += text;
    else parts.push({ kind, text });
  };
  for (const [i, j] of align(a, b)) {
    if (i === null) push('onlyRegistered', b[j ?? 0] ?? '');
    else push(j === null ? 'onlyReceived' : 'same', a[i] ?? '');
  }
  return parts;
}

/** Says the difference in words, for people who do not see the marks. */
export function describeDiff(parts: DiffPart[]): string {
  const sentences: string[] = [];
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index];
    if (!part || part.kind === 'same') continue;
    const next = parts[index + 1];
    if (part.kind === 'onlyReceived' && next?.kind === 'onlyRegistered') {
      sentences.push(`${name(part.text)} was received where ${name(next.text)} is registered`);
      index++;
    } else if (part.kind === 'onlyReceived') {
      sentences.push(`${name(part.text)} was received and is not registered`);
    } else {
      sentences.push(`${name(part.text)} is registered and was not received`);
    }
  }
  if (sentences.length === 0) return 'Both are the same.';
  const first = sentences[0] ?? '';
  const more = sentences.length > 3 ? [`and ${sentences.length - 3} more differences`] : [];
  const text = `${[first, ...sentences.slice(1, 3), ...more].join('; ')}.`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const NAMES: Record<string, string> = { '/': 'a slash', '.': 'a dot', ':': 'a colon', '-': 'a hyphen', ' ': 'a space' };

function name(text: string): string {
  return NAMES[text] ?? `“${text}”`;
}
