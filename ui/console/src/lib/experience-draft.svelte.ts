import type { ConsoleProblem } from '$bindings/ConsoleProblem';
import type { CustomPhrases } from '$bindings/CustomPhrases';
import type { SignInExperience } from '$bindings/SignInExperience';
import { ask, asProblem, type Host } from '$shared/host';
import { PreviewChoice } from './preview-choice.svelte';
import { complete, EXPERIENCE_TABS, tabOf, toRow, type ExperienceTab } from './experience-form';

type Member = keyof SignInExperience;
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/**
 * What is being edited of the sign-in experience. It outlives the page, so that a look at another one loses nothing; what
 * changes elsewhere meanwhile is taken over, member by member, where nothing was changed here.
 */
export class ExperienceDraft {
  form = $state<SignInExperience | null>(null);
  /** Words of one language that are not saved yet. They are saved by a button of their own. */
  words = $state.raw<CustomPhrases | null>(null);
  /** Why it could not be read or saved. */
  problem = $state.raw<ConsoleProblem | null>(null);
  /** Why it could not be saved as it is now; told by the preview while somebody types. */
  objection = $state.raw<ConsoleProblem | null>(null);
  busy = $state(false);
  readonly preview = new PreviewChoice();
  #saved = $state.raw<SignInExperience | null>(null);
  /** The row as it would be sent. */
  readonly row = $derived(this.form && toRow($state.snapshot(this.form)));
  readonly #changed = $derived.by(() => {
    const [row, saved] = [this.row, this.#saved];
    if (!row || !saved) return [];
    const before = toRow(saved);
    return (Object.keys(row) as Member[]).filter((member) => !same(row[member], before[member]));
  });
  /** The parts of the page with changes that are not saved, in its order. */
  readonly changed: readonly ExperienceTab[] = $derived(
    EXPERIENCE_TABS.map(({ id }) => id).filter((tab) => this.#changed.some((member) => tabOf(member) === tab)),
  );
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  get dirty(): boolean {
    return this.changed.length > 0;
  }

  /** Reads the row, at first and whenever it changed elsewhere. */
  async load(): Promise<void> {
    try {
      const now = complete(await ask(this.#host, { op: 'signInExperience' }, 'signInExperience'));
      const [form, saved] = [$state.snapshot(this.form), this.#saved];
      if (form && saved) {
        const kept = (Object.keys(form) as Member[]).filter((member) => !same(form[member], saved[member]));
        this.form = { ...now, ...Object.fromEntries(kept.map((member) => [member, form[member]])) };
      } else {
        this.form = structuredClone(now);
        this.problem = null;
      }
      this.#saved = now;
    } catch (thrown) {
      if (!this.form) this.problem = asProblem(thrown);
    }
  }

  /** Whether it was saved; if not, `problem` says why. */
  async save(): Promise<boolean> {
    const signInExperience = this.row;
    if (!signInExperience) return false;
    this.busy = true;
    try {
      this.#take(await ask(this.#host, { op: 'updateSignInExperience', signInExperience }, 'signInExperience'));
      return true;
    } catch (thrown) {
      this.problem = asProblem(thrown);
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** Forgets what was changed. */
  reset(): void {
    if (this.#saved) this.#take(this.#saved);
  }

  /** A deleted profile field is out of the stored row already. */
  forgetField(name: string): void {
    const without = (row: SignInExperience): SignInExperience => ({
      ...row,
      signUpProfileFields: row.signUpProfileFields?.filter((field) => field.name !== name) ?? null,
    });
    if (this.form) this.form = without($state.snapshot(this.form));
    if (this.#saved) this.#saved = without(this.#saved);
  }

  #take(row: SignInExperience): void {
    this.#saved = complete(structuredClone(row));
    this.form = structuredClone(this.#saved);
    this.problem = null;
    this.objection = null;
  }
}
