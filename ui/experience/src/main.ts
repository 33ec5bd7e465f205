import '$shared/fonts/inter.css';
import '$shared/tokens.css';
import './app.css';
import { mount } from 'svelte';
import AppRoot from './App.svelte';
import { App } from './context.svelte';
import { readPageData } from './data';
import { follow } from './follow';
import { takeParameters } from './parameters';
import { firstPath } from './routes';
import { dress } from './theme';

const data = readPageData(document);
const parameters = takeParameters(window);
const app = new App({ page: window, data, parameters });
document.documentElement.lang = app.language;
document.documentElement.dir = app.dir;
dress(data, document, matchMedia('(prefers-color-scheme: dark)'));

if (data.page === 'experience') {
  const path = firstPath(app.router.path, parameters);
  if (path !== app.router.path) app.go(path, { replace: true });
}

if (data.follow !== undefined) void follow(app, data.follow, { page: document });

// A page that comes back out of the browser's memory shows an interaction that is over: ask the server again.
window.addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});

const target = document.getElementById('app');
if (target) mount(AppRoot, { target, props: { app } });
