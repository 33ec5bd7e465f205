import { ApiProblem, apiClient, type ApiClient } from '$shared/api';
import { getContext, setContext } from 'svelte';
import { knownSso, refusedFor, type Linking, type Way } from './connectors';
import { EVENTS, type Challenge, type CodeFlow } from './challenge';
import { applicationName, type PageData } from './data';
import { showProblem, type Purpose, type Shown } from './errors';
import type { Factor, SecondFactors } from './factors';
import { Flow, type Finished, type MissingField, type MissingProfile } from './flow';
import type { Identifier, IdentifierProblem } from './identifier';
import { createLanguage, joined, joinedLabel, wantedLanguages, type Translate } from './language';
import type { IdentifierType } from './data';
import type { Parameters } from './parameters';
import { PasskeyProblem } from './passkey';
import { Router, type PageWindow } from './router.svelte';
import { isPassage, settle } from './routes';
import { keep, kept } from './storage';

interface Surroundings {
  page: PageWindow;
  data: PageData;
  parameters: Parameters;
  /** Stands in for the network in tests. */
  fetch?: typeof globalThis.fetch;
  /** Leaves the pages for good; stands in for `location.replace` in tests. */
  leave?: (address: string) => void;
  /** Leaves for a page that people come back from; stands in for `location.assign` in tests. */
  visit?: (address: string) => void;
}

/** A problem that is shown where it happened. */
export type Problem = Exclude<Shown, { go: string }>;

/** What one page has to say about why another one is shown. */
interface Notice {
  path: string;
  problem: Problem;
}

/** What outlives a page that is loaded anew, by its key in the session storage. */
const KEPT = { notice: 'notice', linking: 'social-link', ssoChoices: 'sso-connectors', ssoEmail: 'sso-email' } as const;

/** What the server wants signed by a passkey, as it sent it. */
export interface PasskeyRequest {
  verificationId: string;
  authenticationOptions: object;
}

const SEGMENTS: Readonly<Partial<Record<MissingField, string>>> = { extraProfile: 'extra-profile' };

/** The page that asks for the first thing an account lacks (sheet 4.9). */
export const continuePath = ({ fields: [first] }: MissingProfile): string =>
  `/continue/${first === undefined ? '' : (SEGMENTS[first] ?? first)}`;

/** What every screen works with. */
export class App {
  readonly data: PageData;
  readonly parameters: Parameters;
  readonly router: Router;
  readonly api: ApiClient;
  /** Paths below `/api/experience`. */
  readonly experience: ApiClient;
  /** Paths below `/oidc`: the form of the device flow. */
  readonly oidc: ApiClient;
  readonly flow: Flow;
  readonly language: string;
  readonly dir: 'ltr' | 'rtl';
  readonly t: Translate;
  readonly leave: (address: string) => void;
  readonly visit: (address: string) => void;
  /** Whether this page is being left. */
  leaving = false;
  /** The address of these pages, without a slash at its end. */
  readonly site: string;
  readonly storage: Storage;
  /** What somebody typed as their identifier. It survives steps and the way between signing in and registering. */
  identifier = $state('');
  /** What that was recognised as, once the first of two steps is done. */
  subject = $state.raw<Identifier | undefined>();
  /** The page where that was typed, to go back to. */
  origin = $state('');
  /** What somebody typed as an address or number to add to the account in hand. */
  addition = $state('');
  /** The code that was sent last. */
  challenge = $state.raw<Challenge | undefined>();
  /** What the server asked for about second factors. */
  factors = $state.raw<SecondFactors | undefined>();
  /** The code for a second factor that was sent last. */
  factorCode = $state.raw<{ factor: Factor; verificationId: string; sentAt: number } | undefined>();
  /** The secret and the codes that are shown while they are set up. */
  totp = $state.raw<{ verificationId: string; secret: string; secretQrCode: string } | undefined>();
  backup = $state.raw<{ verificationId: string; codes: string[] } | undefined>();
  /** What a passkey is asked for, once the server knows one for the identifier. */
  passkey = $state.raw<PasskeyRequest | undefined>();
  /** Whether the server offered to add a passkey. */
  passkeyOffered = $state(false);
  /** Whether a code allowed to set a new password. */
  mayReset = $state(false);
  /** Good news for the next sign-in page. */
  passwordChanged = $state(false);
  /** Why a link did not sign in. */
  linkProblem = $state('');
  /** Why the page of a path is shown. */
  notice = $state.raw<Notice | undefined>();
  /** Takes the answer of somebody who is asked to agree to the terms; set while they are. */
  terms = $state.raw<((agreed: boolean) => void) | undefined>();
  #linking = $state.raw<Linking | undefined>();
  #ssoChoices = $state.raw<readonly Way[]>([]);
  /** What the account in hand lacks; set while `/continue` asks for it. */
  missing = $state.raw<MissingProfile | undefined>();

  constructor({ page, data, parameters, fetch, leave, visit }: Surroundings) {
    this.data = data;
    this.parameters = parameters;
    this.router = new Router(page);
    const { language, dir, t } = createLanguage(
      wantedLanguages(data, parameters.uiLocales, page.navigator.languages),
      data.language,
    );
    this.language = language;
    this.dir = dir;
    this.t = t;
    this.identifier = parameters.loginHint;
    const away = (go: (address: string) => void) => (address: string) => {
      this.leaving = true;
      go(address);
    };
    this.leave = away(leave ?? ((address) => page.location.replace(address)));
    this.visit = away(visit ?? ((address) => page.location.assign(address)));
    this.site = page.location.origin;
    this.storage = page.sessionStorage;
    const { signInExperience } = data;
    this.#linking = kept<Linking>(this.storage, KEPT.linking);
    this.#ssoChoices = knownSso(kept<string[]>(this.storage, KEPT.ssoChoices) ?? [], signInExperience);
    const notice = kept<Notice>(this.storage, KEPT.notice);
    this.storage.removeItem(KEPT.notice);
    if (notice?.path === this.router.path) {
      this.notice = { ...notice, path: settle(notice.path, signInExperience).path };
    }
    const appId = parameters.appId || (data.application?.id ?? '');
    const headers = (): Record<string, string> => (appId ? { 'Logto-App-Id': appId } : {});
    this.api = apiClient({ prefix: '/api', headers, ...(fetch ? { fetch } : {}) });
    this.experience = apiClient({ prefix: '/api/experience', headers, ...(fetch ? { fetch } : {}) });
    this.oidc = apiClient({ prefix: '/oidc', ...(fetch ? { fetch } : {}) });
    this.flow = new Flow(this.experience);
  }

  /** The application's name, or nothing when there is none. */
  get appName(): string {
    return this.data.application ? applicationName(this.data.application) : '';
  }

  label(enabled: readonly IdentifierType[]): string {
    return joinedLabel(this.t, this.language, enabled);
  }

  /** What is wrong with something typed as one of these. */
  identifierText(problem: IdentifierProblem, enabled: readonly IdentifierType[]): string {
    if (problem !== 'empty') return this.t(`invalid.${problem}`);
    const [only] = enabled;
    if (enabled.length === 1 && only !== undefined) return this.t(`required.${only}`);
    return this.t('required.any', { label: joined(this.t, enabled) });
  }

  /** The address of another page of ours: it keeps what concerns every page and drops the rest. */
  address(path: string): string {
    const query = new URLSearchParams();
    if (this.parameters.appId) query.set('app_id', this.parameters.appId);
    if (this.parameters.loginHint) query.set('login_hint', this.parameters.loginHint);
    if (this.parameters.oneTimeToken && path === '/one-time-token') {
      query.set('one_time_token', this.parameters.oneTimeToken);
    }
    const text = query.toString();
    return path + (text && `?${text}`);
  }

  /** The same for a page that is loaded anew: only `app_id` is kept. */
  freshAddress(path: string): string {
    const { appId } = this.parameters;
    return path + (appId && `?app_id=${encodeURIComponent(appId)}`);
  }

  go(path: string, options?: { replace: boolean }): void {
    this.router.go(this.address(path), isPassage(this.router.path) ? { replace: true } : options);
  }

  /** The social account that may be linked to an account that is there. */
  get linking(): Linking | undefined {
    return this.#linking;
  }

  /** Goes to the page that asks whether to link. */
  askToLink(linking: Linking): void {
    this.#linking = linking;
    keep(this.storage, KEPT.linking, linking);
    this.go(`/social/link/${encodeURIComponent(linking.id)}`);
  }

  /** The enterprise connectors to choose from. */
  get ssoChoices(): readonly Way[] {
    return this.#ssoChoices;
  }

  /** The address that was typed for single sign-on last. */
  get ssoEmail(): string {
    return kept<string>(this.storage, KEPT.ssoEmail) ?? '';
  }

  /** Goes on with single sign-on: the page leaves for the only connector, or lets people choose (sheet 6.5). */
  singleSignOn(choices: readonly Way[], email = ''): void {
    this.#ssoChoices = choices;
    keep(
      this.storage,
      KEPT.ssoChoices,
      choices.map(({ id }) => id),
    );
    if (email) keep(this.storage, KEPT.ssoEmail, email);
    this.go('/single-sign-on/connectors');
  }

  /** Asks to agree to the terms; at once true when there are none. */
  async agreeToTerms(): Promise<boolean> {
    const { termsOfUseUrl, privacyPolicyUrl } = this.data.signInExperience;
    if (!termsOfUseUrl && !privacyPolicyUrl) return true;
    const agreed = await new Promise<boolean>((resolve) => (this.terms = resolve));
    this.terms = undefined;
    return agreed;
  }

  /** Shows another page in place of this one, and why. `fresh`: as a page that is loaded anew. */
  fail(problem: Problem, path: string, { fresh = false } = {}): void {
    const said: Problem = problem.at === 'form' ? problem : { at: 'form', text: problem.texts.join(' ') };
    if (fresh) {
      keep(this.storage, KEPT.notice, { path, problem: said } satisfies Notice);
      this.leave(this.freshAddress(path));
      return;
    }
    const shown = settle(path, this.data.signInExperience).path;
    this.notice = { path: shown, problem: said };
    this.go(shown, { replace: true });
  }

  /** Goes back to the application, or to the page that asks for what is missing. */
  arrive(finished: Finished): void {
    if ('redirectTo' in finished) {
      this.leave(finished.redirectTo);
      return;
    }
    this.missing = finished.missing;
    this.go(continuePath(finished.missing));
  }

  /** Sends a code, in the middle of a flow or as its beginning. */
  async sendCode(flow: CodeFlow, identifier: Identifier, typed: string): Promise<void> {
    const verificationId =
      flow === 'continue'
        ? await this.flow.sendCode(this.missing?.event ?? 'SignIn', identifier)
        : await this.flow.startCode(EVENTS[flow], identifier);
    this.challenge = { flow, identifier, typed: typed.trim(), verificationId, sentAt: Date.now(), verified: undefined };
  }

  /** Goes to the page a problem has, or returns what to show where. */
  show(problem: unknown, purpose: Purpose): Problem | undefined {
    // Ended by us, for another ceremony or another page.
    if (problem instanceof PasskeyProblem && problem.reason === 'stopped') return undefined;
    if (problem instanceof ApiProblem && problem.code === 'session.sso_enabled') {
      const choices = knownSso(refusedFor(problem), this.data.signInExperience);
      if (choices.length > 0) {
        this.singleSignOn(choices);
        return undefined;
      }
    }
    const shown = showProblem(problem, { t: this.t, purpose, experience: this.data.signInExperience });
    if (!('go' in shown)) return shown;
    if (shown.factors) {
      // Another step, perhaps of another person: nothing of the last one is worth anything.
      this.factors = shown.factors;
      this.factorCode = undefined;
      this.totp = undefined;
      this.backup = undefined;
    }
    if (shown.go === '/create-passkey') this.passkeyOffered = true;
    this.go(shown.go);
    return undefined;
  }
}

const KEY = Symbol('app');

/** For tests, which give a component its context by hand. */
export const appContext = (app: App): Map<symbol, App> => new Map([[KEY, app]]);
export const provideApp = (app: App): App => setContext(KEY, app);
export const useApp = (): App => getContext<App>(KEY);
