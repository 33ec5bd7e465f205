/** Which rows of a long list are worth drawing. Heights and positions are in **pixels**. */
export interface Window {
  /** The first row drawn. */
  start: number;
  /** The row after the last one drawn. */
  end: number;
  /** Space before the first row drawn. */
  before: number;
  /** Height of the whole list. */
  total: number;
}

/** `tops[i]` is where row `i` begins; the last element is the whole height. */
export function tops(count: number, height: (index: number) => number): Float64Array {
  const result = new Float64Array(count + 1);
  for (let index = 0; index < count; index++) result[index + 1] = (result[index] ?? 0) + height(index);
  return result;
}

/** The rows that touch the viewport, and `overscan` pixels around it. */
export function visible(edges: Float64Array, scrollTop: number, viewport: number, overscan = 400): Window {
  const count = edges.length - 1;
  const start = Math.max(0, rowAt(edges, Math.max(0, scrollTop - overscan)));
  const end = Math.min(count, rowAt(edges, scrollTop + viewport + overscan) + 1);
  return { start, end, before: edges[start] ?? 0, total: edges[count] ?? 0 };
}

/** The row at a position, found by halving. */
function rowAt(edges: Float64Array, position: number): number {
  let low = 0;
  let high = edges.length - 1;
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] ?? 0) <= position) low = middle;
    else high = middle;
  }
  return low;
}
