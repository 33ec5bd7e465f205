import { tick } from 'svelte';
import type { App } from './context.svelte';
import { Attempt } from './attempt.svelte';
import type { FieldName, Purpose } from './errors';
import type { Finished } from './flow';

type FieldErrors = Partial<Record<FieldName, string>>;

/** A form with an identifier, a password or a code: what is wrong where, and where the focus goes then. */
export class CredentialForm {
  readonly attempt: Attempt;
  readonly #problemId: string;
  #wrong = $state.raw<FieldErrors>({});

  /** `problemId` is the id of the message about the whole form. */
  constructor(app: App, problemId: string) {
    this.attempt = new Attempt(app);
    this.#problemId = problemId;
  }

  errors(field: FieldName): readonly string[] {
    const wrong = this.#wrong[field];
    if (wrong !== undefined) return [wrong];
    const { problem } = this.attempt;
    return problem?.at === field ? problem.texts : [];
  }

  /** The id of the form's message when it is about what was typed. */
  get formError(): string | undefined {
    const { problem } = this.attempt;
    return problem?.at === 'form' && problem.typed ? this.#problemId : undefined;
  }

  /** Shows what is wrong before anything is sent; true when nothing is. */
  async accept(form: HTMLFormElement, wrong: FieldErrors): Promise<boolean> {
    this.#wrong = wrong;
    this.attempt.problem = undefined;
    if (Object.keys(wrong).length === 0) return true;
    await focusInvalid(form);
    return false;
  }

  send(form: HTMLFormElement, purpose: Purpose, work: () => Promise<Finished>): Promise<void> {
    return this.#watch(form, this.attempt.run(purpose, work));
  }

  /** Sends what leads to another page of ours; `true` when the pages are being left after all. */
  step(form: HTMLFormElement, purpose: Purpose, work: () => Promise<boolean | void>): Promise<void> {
    return this.#watch(
      form,
      this.attempt.guard(purpose, async () => (await work()) === true),
    );
  }

  async #watch(form: HTMLFormElement, attempt: Promise<void>): Promise<void> {
    await attempt;
    if (this.attempt.problem) await focusInvalid(form, this.formError !== undefined);
  }
}

/** Moves the focus to the first field that is wrong; when all of them may be, to the password, ready to be typed again. */
async function focusInvalid(form: HTMLFormElement, preferPassword = false): Promise<void> {
  await tick();
  const invalid = [...form.querySelectorAll<HTMLInputElement>('[aria-invalid=true]')];
  const field = (preferPassword && invalid.find((one) => one.name === 'password')) || invalid[0];
  field?.focus();
  if (preferPassword || field?.name === 'code') field?.select();
}
