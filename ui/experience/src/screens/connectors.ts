// Signing in with other providers: one script, for the sign-ins that need it.
export { default as Callback } from './connectors/Callback.svelte';
export { default as Direct } from './connectors/Direct.svelte';
export { default as SingleSignOn } from './connectors/SingleSignOn.svelte';
export { default as SocialLink } from './connectors/SocialLink.svelte';
export { default as SsoConnectors } from './connectors/SsoConnectors.svelte';
