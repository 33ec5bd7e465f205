/** How long a page may take until it shows what was asked for, in **milliseconds**. */
const PATIENCE = 3000;

/** Does something with an element as soon as the window has it; not at all if it does not come. */
export function whenThere(selector: string, use: (element: HTMLElement) => void): void {
  const find = () => document.querySelector<HTMLElement>(selector);
  // The page that is being left must not be taken for the one that comes.
  requestAnimationFrame(() => {
    const there = find();
    if (there) return use(there);
    const watcher = new MutationObserver(() => {
      const element = find();
      if (!element) return;
      stop();
      use(element);
    });
    const timer = setTimeout(() => stop(), PATIENCE);
    const stop = () => {
      watcher.disconnect();
      clearTimeout(timer);
    };
    watcher.observe(document.body, { subtree: true, childList: true });
  });
}
