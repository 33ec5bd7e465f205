import { browserAbilities } from '$shared/host.browser';
import { memoryHost } from '$shared/host.memory';
import { mount } from 'svelte';
import App from './App.svelte';
import { PAGES } from './lib/router.svelte';
import './styles.css';

// Development only: `dev.html?many=10000`, `?messages=1000`, `?people=5000`, `?empty`, `?portTaken`, `?examples`, `?live` (a new session or message now
// and then).
const query = new URLSearchParams(window.location.search);
const host = memoryHost({
  many: Number(query.get('many') ?? 0),
  manyMessages: Number(query.get('messages') ?? 0),
  manyPeople: Number(query.get('people') ?? 0),
  empty: query.has('empty'),
  portTaken: query.has('portTaken'),
  examples: query.has('examples') ? ['lv_finished', 'lv_refused'] : [],
});
if (query.has('live')) {
  setInterval(() => host.newSession(), 4000);
  setInterval(() => host.newMessage(), 7000);
}
// A page in a browser really opens and saves; which browsers there are stays made up.
Object.assign(host, { openExternal: browserAbilities.openExternal, saveFile: browserAbilities.saveFile });
// Tests ask which pages there are.
Object.assign(window, { memoryHost: host, consolePages: PAGES });

const target = document.getElementById('app');
if (target) mount(App, { target, props: { host } });
