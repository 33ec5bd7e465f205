/** How well a query fits a text, and which characters of the text it found. */
export interface Match {
  /** Higher is better; to be compared between texts for the same query. */
  score: number;
  /** Places of the found characters, ascending. */
  at: number[];
}

/** Points of a found character. */
const PLAIN = 1;
const WORD_START = 8;
const CONSECUTIVE = 6;
const TEXT_START = 3;
/** What a gap costs at most, however long it is. */
const GAP_MOST = 4;
/** Less than this for each character of the query is a coincidence, not a find. */
const LEAST = 4;
/** Longer texts are cut: nobody aims at what stands behind. */
const LONGEST = 160;

/** Lower case without accents, one character for each character, so that places stay what they are. */
export function fold(text: string): string {
  if (!/[^ -~]/.test(text)) return text.toLowerCase();
  return Array.from({ length: text.length }, (_, index) => {
    const plain = (text[index] ?? '').normalize('NFD')[0] ?? '';
    const lower = plain.toLowerCase();
    return lower.length === 1 ? lower : plain;
  }).join('');
}

/**
 * Finds the words of a query in a text, each as a run of characters with gaps. Every word has to be there. Beginnings of
 * words and characters in a row count most, so `tsi` finds “Test sign-in” before “Authorisation”.
 */
export function fuzzy(query: string, text: string): Match | null {
  const words = fold(query).split(/\s+/).filter(Boolean);
  const folded = fold(text.slice(0, LONGEST));
  let score = 0;
  const at = new Set<number>();
  for (const word of words) {
    const found = findWord(word, folded, text);
    if (!found) return null;
    score += found.score;
    for (const place of found.at) at.add(place);
  }
  // Of two texts that fit alike the shorter one is meant.
  return { score: score - folded.length / LONGEST, at: [...at].sort((a, b) => a - b) };
}

/** As {@link fuzzy} for a name; a word that is not in the name may begin a word of `more` instead, for fewer points. */
export function fuzzyNamed(query: string, name: string, more = ''): Match | null {
  const direct = fuzzy(query, name);
  if (direct || more === '') return direct;
  const others = fold(more)
    .split(/[\s,/:.-]+/)
    .filter(Boolean);
  let score = 0;
  const at = new Set<number>();
  for (const word of fold(query).split(/\s+/).filter(Boolean)) {
    const found = fuzzy(word, name);
    if (found) {
      score += found.score;
      for (const place of found.at) at.add(place);
    } else if (others.some((other) => other.startsWith(word))) {
      score += word.length * (LEAST + 1);
    } else if (word.length > 2 && others.some((other) => other.includes(word))) {
      score += word.length * LEAST;
    } else {
      return null;
    }
  }
  return { score: score - name.length / LONGEST, at: [...at].sort((a, b) => a - b) };
}

/** The best way to find one word: for each of its characters the best score with it at each place of the text. */
function findWord(word: string, folded: string, text: string): Match | null {
  if (!isSubsequence(word, folded)) return null;
  const width = folded.length;
  let before = new Float64Array(width).fill(-Infinity);
  const from: Int32Array[] = [];
  for (let row = 0; row < word.length; row++) {
    const scores = new Float64Array(width).fill(-Infinity);
    const origin = new Int32Array(width).fill(-1);
    // The best earlier place that is not right before, and where.
    let best = -Infinity;
    let bestAt = -1;
    for (let place = row; place < width; place++) {
      if (row > 0 && place >= 2 && (before[place - 2] ?? -Infinity) > best - 1) {
        // What was best so far has fallen behind by a character more.
        best = before[place - 2] ?? -Infinity;
        bestAt = place - 2;
      }
      if (folded[place] !== word[row]) continue;
      const own = pointsAt(text, place);
      if (row === 0) {
        scores[place] = own - Math.min(GAP_MOST, place / 4);
        continue;
      }
      const joined = (before[place - 1] ?? -Infinity) + Math.max(CONSECUTIVE, own);
      const apart = best + own - Math.min(GAP_MOST, place - bestAt - 1);
      const isJoined = joined >= apart;
      scores[place] = isJoined ? joined : apart;
      origin[place] = isJoined ? place - 1 : bestAt;
    }
    from.push(origin);
    before = scores;
  }
  let end = -1;
  before.forEach((value, place) => {
    if (value > (before[end] ?? -Infinity)) end = place;
  });
  const score = before[end] ?? -Infinity;
  if (score < LEAST * word.length) return null;
  const at: number[] = [];
  for (let row = word.length - 1, place = end; row >= 0 && place >= 0; row--) {
    at.unshift(place);
    place = from[row]?.[place] ?? -1;
  }
  return { score, at };
}

/** What finding a character here is worth by itself. */
function pointsAt(text: string, place: number): number {
  if (place === 0) return WORD_START + TEXT_START;
  const [last = '', here = ''] = [text[place - 1], text[place]];
  const begins = !/[\p{L}\p{N}]/u.test(last) || (/\p{Ll}/u.test(last) && /\p{Lu}/u.test(here));
  return begins ? WORD_START : PLAIN;
}

function isSubsequence(word: string, text: string): boolean {
  let place = -1;
  for (const sign of word) {
    place = text.indexOf(sign, place + 1);
    if (place < 0) return false;
  }
  return true;
}

/** Cuts a text into runs; the ones that were found are `hit`. */
export function runs(text: string, at: readonly number[]): Array<{ text: string; hit: boolean }> {
  const hits = new Set(at);
  const result: Array<{ text: string; hit: boolean }> = [];
  for (let index = 0; index < text.length; index++) {
    const hit = hits.has(index);
    const last = result.at(-1);
    if (last?.hit === hit) last.text += text[index];
    else result.push({ text: text[index] ?? '', hit });
  }
  return result;
}
