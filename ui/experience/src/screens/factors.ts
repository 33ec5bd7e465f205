// Second factors and passkeys: one script, for the sign-ins that need it.
export { default as CreatePasskey } from './factors/CreatePasskey.svelte';
export { default as MfaBinding } from './factors/MfaBinding.svelte';
export { default as MfaOnboarding } from './factors/MfaOnboarding.svelte';
export { default as MfaVerification } from './factors/MfaVerification.svelte';
export { default as SignInPasskey } from './factors/SignInPasskey.svelte';
