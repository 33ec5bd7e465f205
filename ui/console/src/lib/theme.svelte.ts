export type ThemeChoice = 'system' | 'light' | 'dark';
const KEY = 'vestibule.theme';

/** The theme: the system's, or the one chosen in Settings. Sets `data-theme` on the document. */
export class Theme {
  choice = $state<ThemeChoice>('system');
  /** Whether it is dark now. */
  dark = $state(false);

  start(): () => void {
    const stored = window.localStorage.getItem(KEY);
    if (stored === 'light' || stored === 'dark') this.choice = stored;
    const system = window.matchMedia('(prefers-color-scheme: dark)');
    const apply = () => this.#apply(system.matches);
    apply();
    system.addEventListener('change', apply);
    return () => system.removeEventListener('change', apply);
  }

  choose(choice: ThemeChoice): void {
    this.choice = choice;
    if (choice === 'system') window.localStorage.removeItem(KEY);
    else window.localStorage.setItem(KEY, choice);
    this.#apply(window.matchMedia('(prefers-color-scheme: dark)').matches);
  }

  #apply(systemIsDark: boolean): void {
    const dark = this.choice === 'dark' || (this.choice === 'system' && systemIsDark);
    this.dark = dark;
    document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
  }
}
