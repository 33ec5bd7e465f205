import type { ApplicationView } from '$bindings/ApplicationView';
import type { SigningAlg } from '$bindings/SigningAlg';
import { isDeviceFlow } from '../../lib/application-form';
import { aspnet } from './aspnet';
import { authjs } from './authjs';
import { authlib } from './authlib';
import { curl } from './curl';
import { goOidc } from './go-oidc';
import { HIDDEN, type Guide, type GuideValues } from './guide';
import { logtoExpress } from './logto-express';
import { logtoNext } from './logto-next';
import { logtoReact } from './logto-react';
import { logtoVue } from './logto-vue';
import { nextauth4 } from './nextauth4';
import { oidcClientTs } from './oidc-client-ts';
import { openidClient } from './openid-client';
import { passport } from './passport';
import { spring } from './spring';

/** Every guide, in the order of the picker. */
export const GUIDES: readonly Guide[] = [
  authjs,
  nextauth4,
  logtoNext,
  logtoExpress,
  logtoReact,
  logtoVue,
  oidcClientTs,
  openidClient,
  passport,
  authlib,
  spring,
  goOidc,
  aspnet,
  curl,
];

/** Those that are of use to this application. A device is never redirected to, so few can do that. */
export function guidesFor(application: ApplicationView): Guide[] {
  const suiting = GUIDES.filter((guide) => guide.suits.includes(application.type));
  return isDeviceFlow(application) ? suiting.filter((guide) => guide === curl || guide === openidClient) : suiting;
}

/** Whether every word of the search is somewhere in the guide's own words. */
export function fits(guide: Guide, search: string): boolean {
  const text = `${guide.name} ${guide.about} ${guide.words ?? ''}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** An origin as it is compared, or `null` when the text is none. */
export function readOrigin(text: string): string | null {
  try {
    const url = new URL(text.trim());
    return /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === '' && url.hash === ''
      ? url.origin
      : null;
  } catch {
    return null;
  }
}

/** Where the program seems to run: the origin of a redirect URI that ends as this guide's does, or the usual one. */
export function likelyOrigin(guide: Guide, application: ApplicationView): string {
  const { callback } = guide;
  const known = application.oidcClientMetadata.redirectUris.find(
    (uri) => callback !== null && /^https?:/.test(uri) && !uri.includes('*') && new URL(uri).pathname === callback,
  );
  return known === undefined ? guide.origin : new URL(known).origin;
}

export interface GuideFacts {
  issuer: string;
  origin: string;
  /** The provider's algorithm, where the application has none of its own. */
  alg: SigningAlg;
  /** An open secret, or `null` while it is hidden. */
  secret: string | null;
  random: string;
}

export function guideValues(guide: Guide, application: ApplicationView, facts: GuideFacts): GuideValues {
  const isPublic = application.type === 'SPA' || application.type === 'Native';
  return {
    issuer: facts.issuer,
    endpoint: new URL(facts.issuer).origin,
    clientId: application.id,
    secret: isPublic ? '' : (facts.secret ?? HIDDEN),
    isPublic,
    deviceFlow: isDeviceFlow(application),
    machine: application.type === 'MachineToMachine',
    origin: facts.origin,
    redirectUri: `${facts.origin}${guide.callback ?? '/'}`,
    postLogoutRedirectUri: `${facts.origin}${guide.afterSignOut ?? '/'}`,
    alg: application.customClientMetadata.signingAlg ?? facts.alg,
    random: facts.random,
  };
}

const sameAddress = (one: string, other: string) =>
  one === other || (URL.canParse(one) && URL.canParse(other) && new URL(one).href === new URL(other).href);

/** What has to be registered with the application for this guide, and is not. */
export function missingUris(guide: Guide, application: ApplicationView, values: GuideValues) {
  const { redirectUris, postLogoutRedirectUris } = application.oidcClientMetadata;
  const redirects = !values.machine && !values.deviceFlow;
  const lacking = (path: string | null, registered: readonly string[], uri: string) =>
    redirects && path !== null && !registered.some((known) => sameAddress(known, uri)) ? uri : null;
  return {
    redirect: lacking(guide.callback, redirectUris, values.redirectUri),
    afterSignOut: lacking(guide.afterSignOut, postLogoutRedirectUris, values.postLogoutRedirectUri),
  };
}
