/** One member of a snapshot, ready to be shown as a tree. */
export interface Node {
  name: string;
  path: string;
  /** The value as text; `null` for an object or array with members. */
  text: string | null;
  type: 'string' | 'number' | 'boolean' | 'null' | 'object' | 'array';
  change: 'same' | 'added' | 'changed' | 'removed';
  /** The value before, when it changed or went away. */
  before?: string;
  children: Node[];
}

type Json = unknown;

const isContainer = (value: Json): value is Record<string, Json> | Json[] =>
  typeof value === 'object' && value !== null;

/** The tree of `value`, with what changed since `previous` marked. Without `previous` nothing is marked. */
export function tree(value: Json, previous: Json | undefined): Node[] {
  return members(value, previous === undefined ? value : previous, '');
}

function members(value: Json, previous: Json, path: string): Node[] {
  const now = isContainer(value) ? entries(value) : [];
  const before = new Map(isContainer(previous) ? entries(previous) : []);
  const nodes = now.map(([name, member]) => {
    const known = before.has(name);
    const old = before.get(name);
    before.delete(name);
    return node(name, member, old, known, `${path}/${name}`);
  });
  for (const [name, old] of before) {
    nodes.push({ ...leaf(name, old, `${path}/${name}`), change: 'removed', before: show(old), children: [] });
  }
  return nodes;
}

function node(name: string, value: Json, old: Json, known: boolean, path: string): Node {
  const base = leaf(name, value, path);
  if (isContainer(value)) {
    const children = members(value, known ? old : value, path);
    const touched = known && children.some((child) => child.change !== 'same');
    return { ...base, change: known ? (touched ? 'changed' : 'same') : 'added', children };
  }
  const same = known && Object.is(value, old);
  if (same) return base;
  return known ? { ...base, change: 'changed', before: show(old) } : { ...base, change: 'added' };
}

function leaf(name: string, value: Json, path: string): Node {
  const type = Array.isArray(value) ? 'array' : value === null ? 'null' : (typeof value as Node['type']);
  const empty = isContainer(value) && entries(value).length === 0;
  return { name, path, type, change: 'same', children: [], text: isContainer(value) && !empty ? null : show(value) };
}

function entries(value: Record<string, Json> | Json[]): Array<[string, Json]> {
  return Array.isArray(value) ? value.map((member, index) => [String(index), member]) : Object.entries(value);
}

function show(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
