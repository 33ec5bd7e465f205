import { ApiProblem, type ApiClient } from '$shared/api';
import type { Identifier } from './identifier';

export type InteractionEvent = 'SignIn' | 'Register' | 'ForgotPassword';

/** What an account lacks before the interaction can be submitted (sheet 4.4). */
export type MissingField = 'username' | 'password' | 'email' | 'phone' | 'emailOrPhone' | 'extraProfile';

/** The values of custom profile fields, by name; a part of an address or a name is a member of its own object. */
export type ExtraValues = Readonly<Record<string, unknown>>;

/** One member of a profile as the Experience API takes it (sheet 4.5). */
export type ProfileUpdate =
  | { type: 'username' | 'password'; value: string }
  | { type: 'email' | 'phone'; verificationId: string }
  | { type: 'extraProfile'; values: ExtraValues };

/** Sends what was missing and goes on from where the interaction stopped. */
export interface MissingProfile {
  readonly event: InteractionEvent;
  readonly fields: readonly MissingField[];
  supply(updates: readonly ProfileUpdate[]): Promise<Finished>;
}

export type Finished = { redirectTo: string } | { missing: MissingProfile };

interface Verified {
  verificationId: string;
}

/** Where an interaction stands: what was verified, and whether that was accepted as somebody. */
interface Stand {
  event: InteractionEvent;
  verificationId: string;
  identified: boolean;
  /** Whether the social account is added to the account that has its address or number. */
  linkSocialIdentity?: true;
}

const is = (problem: unknown, code: string): problem is ApiProblem =>
  problem instanceof ApiProblem && problem.code === code;

/** The order of Experience API calls behind every way to sign in or register (sheet 4.1 to 4.5). */
export class Flow {
  readonly #api: ApiClient;
  /** The event the server's interaction is set to, as far as this page knows. */
  #event: InteractionEvent | undefined;
  #stand: Stand | undefined;

  /** `api` calls paths below `/api/experience`. */
  constructor(api: ApiClient) {
    this.#api = api;
  }

  /** The event of what is under way. */
  get event(): InteractionEvent {
    return this.#stand?.event ?? this.#event ?? 'SignIn';
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

  /** Takes the token of a link. Somebody unknown is not signed up yet: that is `switchTo` (sheet 2.6). */
  async oneTimeToken(email: string, token: string, event: InteractionEvent = 'SignIn'): Promise<string> {
    const body = { identifier: { type: 'email', value: email }, token };
    return (await this.verify(event, '/verification/one-time-token/verify', body)).verificationId;
  }

  /** Sends a code that begins a flow. */
  async startCode(event: InteractionEvent, identifier: Identifier): Promise<string> {
    const body = { identifier, interactionEvent: event };
    return (await this.verify<Verified>(event, '/verification/verification-code', body)).verificationId;
  }

  /** Sends a code in the middle of a flow, which goes on with it. */
  async sendCode(event: InteractionEvent, identifier: Identifier): Promise<string> {
    const body = { identifier, interactionEvent: event };
    return (await this.#api.post<Verified>('/verification/verification-code', body)).verificationId;
  }

  async checkCode(identifier: Identifier, verificationId: string, code: string): Promise<string> {
    const body = { identifier, verificationId, code };
    return (await this.#api.post<Verified>('/verification/verification-code/verify', body)).verificationId;
  }

  /** Signs in or registers with what was verified. */
  finish(event: InteractionEvent, verificationId: string): Promise<Finished> {
    return this.#finish({ event, verificationId, identified: false });
  }

  /** Signs in to the account that has a social account's address or number, and links the two (sheet 4.4). */
  link(verificationId: string): Promise<Finished> {
    return this.#finish({ event: 'SignIn', verificationId, identified: false, linkSocialIdentity: true });
  }

  /** Hands in what a provider sent back. It belongs to a verification that began before the page was left. */
  async comeBack(family: 'social' | 'sso', connectorId: string, body: unknown): Promise<string> {
    const path = `/verification/${family}/${encodeURIComponent(connectorId)}/verify`;
    return (await this.#api.post<Verified>(path, body)).verificationId;
  }

  /** The ids of the enterprise connectors that serve an e-mail address (sheet 4.1). */
  async singleSignOn(event: InteractionEvent, email: string): Promise<string[]> {
    const path = `/sso-connectors?email=${encodeURIComponent(email)}`;
    return (await this.#begun(event, () => this.#api.get<{ connectorIds: string[] }>(path))).connectorIds;
  }

  /** The same with the other event: an account that is not there is made, one that is there is signed in to. */
  async switchTo(event: InteractionEvent, verificationId: string): Promise<Finished> {
    await this.#api.put('/interaction-event', { interactionEvent: event });
    this.#event = event;
    return this.finish(event, verificationId);
  }

  /** Says whose password is to be reset. */
  async identify(verificationId: string): Promise<void> {
    await this.#api.post('/identification', { verificationId });
  }

  /** Sets the new password of whom `identify` named, and ends the interaction. */
  async resetPassword(password: string): Promise<void> {
    await this.#api.put('/profile/password', { password });
    await this.#api.post('/submit');
    this.#event = undefined;
  }

  /** Goes on from where the interaction stopped; a page that was loaded anew can only submit it. */
  goOn(): Promise<Finished> {
    return this.#finish(this.#stand ?? { event: 'SignIn', verificationId: '', identified: true });
  }

  async #run(event: InteractionEvent, path: string, body: unknown): Promise<Finished> {
    const { verificationId } = await this.verify<Verified>(event, path, body);
    return this.finish(event, verificationId);
  }

  /** A first verification. Sets the event just before, and once more when the server has forgotten it. */
  verify<T = Verified>(event: InteractionEvent, path: string, body: unknown): Promise<T> {
    return this.#begun(event, () => this.#api.post<T>(path, body));
  }

  async #begun<T>(event: InteractionEvent, work: () => Promise<T>): Promise<T> {
    const known = this.#event === event;
    if (!known) await this.#begin(event);
    try {
      return await work();
    } catch (problem) {
      if (!known || !is(problem, 'session.interaction_not_found')) throw problem;
      await this.#begin(event);
      return work();
    }
  }

  async #begin(event: InteractionEvent): Promise<void> {
    await this.#api.put('', { interactionEvent: event });
    this.#event = event;
    this.#stand = undefined;
  }

  async #finish(stand: Stand): Promise<Finished> {
    this.#stand = stand;
    try {
      if (!stand.identified) {
        const { verificationId, linkSocialIdentity } = stand;
        await this.#api.post('/identification', { verificationId, ...(linkSocialIdentity && { linkSocialIdentity }) });
        this.#stand = { ...stand, identified: true };
      }
      // Somebody is identified now; whoever tries next must start over, or the server sees two people in one interaction.
      this.#event = undefined;
      return await this.#api.post<{ redirectTo: string }>('/submit');
    } catch (problem) {
      const fields = is(problem, 'user.missing_profile') ? problem.data['missingProfile'] : undefined;
      if (!Array.isArray(fields) || fields.length === 0) throw problem;
      return { missing: this.#missing(stand.event, fields as MissingField[]) };
    }
  }

  #missing(event: InteractionEvent, fields: readonly MissingField[]): MissingProfile {
    const sent = new Map<string, string>();
    return {
      event,
      fields,
      supply: async (updates) => {
        for (const update of updates) {
          const text = JSON.stringify(update);
          if (sent.get(update.type) === text) continue;
          await this.#api.post('/profile', update);
          sent.set(update.type, text);
        }
        return this.goOn();
      },
    };
  }
}
