import type { ConsoleProblem } from '$bindings/ConsoleProblem';

/** The message for one field of a form, or `null`. `redirectUris` also answers for `redirectUris.0`. */
export function fieldError(problem: ConsoleProblem | null, path: string): string | null {
  return problem?.field === path ? problem.message : null;
}

/** Whether a problem is about a field that the form shows. If not, the form shows it at its head. */
export function isShown(problem: ConsoleProblem | null, paths: readonly string[]): boolean {
  if (!problem?.field) return false;
  return paths.includes(problem.field);
}

/** All dotted paths of a value: objects and arrays by member, and themselves. */
export function pathsOf(value: unknown, prefix = ''): string[] {
  const own = prefix === '' ? [] : [prefix];
  if (typeof value !== 'object' || value === null) return own;
  return [
    ...own,
    ...Object.entries(value).flatMap(([name, member]) => pathsOf(member, prefix === '' ? name : `${prefix}.${name}`)),
  ];
}

/** Text in a field to an optional member: empty is absent. */
export function optional(text: string): string | undefined {
  const trimmed = text.trim();
  return trimmed === '' ? undefined : trimmed;
}

/** Text in a field to a nullable member: empty is `null`. */
export function nullable(text: string): string | null {
  return optional(text) ?? null;
}

/** The JSON object in a field; nothing written is an empty one. Anything else is a problem of that field. */
export function parseObject(text: string, field: string, message: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    value = null;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw { code: 'form.not_json', message, field };
}

/** Puts the focus on the first field that is wrong, once the page shows it. */
export function focusFirstError(form: HTMLElement | undefined): void {
  form?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
}
