// Frames stay empty here: happy-dom has no pages to load into them, and says so at length.
Object.defineProperty(window.HTMLIFrameElement.prototype, 'src', { get: () => '' });
