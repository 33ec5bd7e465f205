import { apiClient, type ApiClient } from '$shared/api';
import { getContext, setContext } from 'svelte';
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
import { Router } from './router.svelte';

interface Surroundings {
  page: Window;
  data: PageData;
  parameters: Parameters;
  /** Stands in for the network in tests. */
  fetch?: typeof globalThis.fetch;
  /** Leaves the pages for good; stands in for `location.replace` in tests. */
  leave?: (address: string) => void;
}

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
  /** What the account in hand lacks; set while `/continue` asks for it. */
  missing = $state.raw<MissingProfile | undefined>();

  constructor({ page, data, parameters, fetch, leave }: Surroundings) {
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
    this.leave = leave ?? ((address) => page.location.replace(address));
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
    this.router.go(this.address(path), options);
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
  show(problem: unknown, purpose: Purpose): Exclude<Shown, { go: string }> | undefined {
    // Ended by us, for another ceremony or another page.
    if (problem instanceof PasskeyProblem && problem.reason === 'stopped') return undefined;
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
