// Second steps: what a sign-in needs that a first screen does not. They are one script.
export { default as Continue } from './Continue.svelte';
export { default as Device } from './Device.svelte';
export { default as ExtraProfile } from './ExtraProfile.svelte';
export { default as ForgotPassword } from './ForgotPassword.svelte';
export { default as OneTimeToken } from './OneTimeToken.svelte';
export { default as ResetPassword } from './ResetPassword.svelte';
export { default as VerificationCode } from './VerificationCode.svelte';
export { default as VerificationMethods } from './VerificationMethods.svelte';
