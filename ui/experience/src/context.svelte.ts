import { apiClient, type ApiClient } from '$shared/api';
import { getContext, setContext } from 'svelte';
import { applicationName, type PageData } from './data';
import { showProblem, type Purpose, type Shown } from './errors';
import { Flow, type Finished, type MissingProfile } from './flow';
import { createLanguage, joinedLabel, wantedLanguages, type Translate } from './language';
import type { IdentifierType } from './data';
import type { Parameters } from './parameters';
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

/** What every screen works with. */
export class App {
  readonly data: PageData;
  readonly parameters: Parameters;
  readonly router: Router;
  readonly api: ApiClient;
  readonly flow: Flow;
  readonly language: string;
  readonly dir: 'ltr' | 'rtl';
  readonly t: Translate;
  readonly leave: (address: string) => void;
  /** What somebody typed as their identifier. It survives steps and the way between signing in and registering. */
  identifier = $state('');
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
    this.flow = new Flow(apiClient({ prefix: '/api/experience', headers, ...(fetch ? { fetch } : {}) }));
  }

  /** The application's name, or nothing when there is none. */
  get appName(): string {
    return this.data.application ? applicationName(this.data.application) : '';
  }

  label(enabled: readonly IdentifierType[]): string {
    return joinedLabel(this.t, this.language, enabled);
  }

  /** The address of another page of ours: it keeps what concerns every page and drops the rest. */
  address(path: string): string {
    const query = new URLSearchParams();
    if (this.parameters.appId) query.set('app_id', this.parameters.appId);
    if (this.parameters.loginHint) query.set('login_hint', this.parameters.loginHint);
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
    this.go(`/continue/${finished.missing.fields[0] ?? ''}`);
  }

  /** Goes to the page a problem has, or returns what to show where. */
  show(problem: unknown, purpose: Purpose): Exclude<Shown, { go: string }> | undefined {
    const shown = showProblem(problem, { t: this.t, purpose, experience: this.data.signInExperience });
    if (!('go' in shown)) return shown;
    this.go(shown.go);
    return undefined;
  }
}

const KEY = Symbol('app');

/** For tests, which give a component its context by hand. */
export const appContext = (app: App): Map<symbol, App> => new Map([[KEY, app]]);
export const provideApp = (app: App): App => setContext(KEY, app);
export const useApp = (): App => getContext<App>(KEY);
