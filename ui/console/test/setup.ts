// Where happy-dom is not a browser.

// Frames stay empty: there are no pages to load into them, and it says so at length.
Object.defineProperty(window.HTMLIFrameElement.prototype, 'src', { get: () => '' });

// `:checked` matches options, too (HTML 4.16.3); Svelte reads a select's value by it.
const select = window.HTMLSelectElement.prototype;
const find = select.querySelector;
select.querySelector = function (this: HTMLSelectElement, query: string) {
  return query === ':checked' ? (this.selectedOptions[0] ?? null) : find.call(this, query);
} as typeof find;
