import { ApiProblem, type ApiClient } from '$shared/api';
import type { Identifier } from './identifier';

export type InteractionEvent = 'SignIn' | 'Register';

/** What an account lacks before the interaction can be submitted (sheet 4.4). */
export type MissingField = 'username' | 'password' | 'email' | 'phone' | 'emailOrPhone' | 'extraProfile';

/** Sends what was missing and goes on from where the interaction stopped. */
export interface MissingProfile {
  readonly event: InteractionEvent;
  readonly fields: readonly MissingField[];
  supply(values: Readonly<Partial<Record<MissingField, string>>>): Promise<Finished>;
}

export type Finished = { redirectTo: string } | { missing: MissingProfile };

/** The order of Experience API calls behind every way to sign in or register (sheet 4.1 to 4.5). */
export class Flow {
  readonly #api: ApiClient;
  /** The event the server's interaction is set to, as far as this page knows. */
  #event: InteractionEvent | undefined;

  /** `api` calls paths below `/api/experience`. */
  constructor(api: ApiClient) {
    this.#api = api;
  }

  signIn(identifier: Identifier, password: string): Promise<Finished> {
    return this.#run('SignIn', '/verification/password', { identifier, password });
  }

  register(username: string, password: string): Promise<Finished> {
    const identifier: Identifier = { type: 'username', value: username };
    return this.#run('Register', '/verification/new-password-identity', { identifier, password });
  }

  /** Development sign-in as a person that exists, or as one the server makes up. */
  continueAs(person: { userId: string } | { newPerson: true }): Promise<Finished> {
    // Making somebody up is a registration to the server, so whoever tries next starts over.
    return this.#run('SignIn', '/verification/development-sign-in', person).finally(() => (this.#event = undefined));
  }

  async #run(event: InteractionEvent, path: string, body: unknown): Promise<Finished> {
    const { verificationId } = await this.#verify(event, path, body);
    return this.#finish(event, verificationId, false);
  }

  /** Sets the event just before the first verification, and once more when the server has forgotten it. */
  async #verify(event: InteractionEvent, path: string, body: unknown): Promise<{ verificationId: string }> {
    const known = this.#event === event;
    if (!known) await this.#begin(event);
    try {
      return await this.#api.post(path, body);
    } catch (problem) {
      if (!known || !(problem instanceof ApiProblem) || problem.code !== 'session.interaction_not_found') throw problem;
      await this.#begin(event);
      return this.#api.post(path, body);
    }
  }

  async #begin(event: InteractionEvent): Promise<void> {
    await this.#api.put('', { interactionEvent: event });
    this.#event = event;
  }

  async #finish(event: InteractionEvent, verificationId: string, identified: boolean): Promise<Finished> {
    let known = identified;
    try {
      if (!known) await this.#api.post('/identification', { verificationId });
      known = true;
      // Somebody is identified now; whoever tries next must start over, or the server sees two people in one interaction.
      this.#event = undefined;
      return await this.#api.post<{ redirectTo: string }>('/submit');
    } catch (problem) {
      const fields =
        problem instanceof ApiProblem && problem.code === 'user.missing_profile'
          ? problem.data['missingProfile']
          : undefined;
      if (!Array.isArray(fields) || fields.length === 0) throw problem;
      return { missing: this.#missing(event, fields as MissingField[], verificationId, known) };
    }
  }

  #missing(
    event: InteractionEvent,
    fields: readonly MissingField[],
    verificationId: string,
    identified: boolean,
  ): MissingProfile {
    const sent = new Map<MissingField, string>();
    return {
      event,
      fields,
      supply: async (values) => {
        for (const type of fields) {
          const value = values[type];
          if (value === undefined || sent.get(type) === value) continue;
          await this.#api.post('/profile', { type, value });
          sent.set(type, value);
        }
        return this.#finish(event, verificationId, identified);
      },
    };
  }
}
