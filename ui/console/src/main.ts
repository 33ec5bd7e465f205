import { isNative, tauriHost } from '$shared/host.tauri';
import { mount } from 'svelte';
import App from './App.svelte';
import BrowserConsole from './BrowserConsole.svelte';
import './styles.css';

const target = document.getElementById('app');
if (target && isNative()) mount(App, { target, props: { host: tauriHost() } });
else if (target) mount(BrowserConsole, { target });
