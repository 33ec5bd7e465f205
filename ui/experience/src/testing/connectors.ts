import type { SignInExperience } from '../data';
import { experience, type Script } from './fake';

const E = '/api/experience';
export const AT_GOOGLE = 'https://google.test/authorize?x=1';
export const AT_ACME = 'https://acme.test/authorize';
export const TERMS = 'https://example.test/terms';

/** Three social connectors, and two companies. */
export const connectors: Partial<SignInExperience> = {
  socialConnectors: [
    { id: 'c1', target: 'google', name: { en: 'Google' } },
    { id: 'c2', target: 'github', name: { en: 'GitHub' } },
    { id: 'c3', target: 'intranet', name: { en: 'Intranet' } },
  ],
  singleSignOnEnabled: true,
  ssoConnectors: [
    { id: 'acme', connectorName: 'Acme' },
    { id: 'birch', connectorName: 'Birch' },
  ],
};
export const having = (changes: Partial<SignInExperience> = {}) => ({
  signInExperience: experience({ ...connectors, ...changes }),
});
/** The providers' addresses. */
export const departures: Script = {
  [`POST ${E}/verification/social/c1/authorization-uri`]: [
    200,
    { authorizationUri: AT_GOOGLE, verificationId: 'v-social' },
  ],
  [`POST ${E}/verification/sso/acme/authorization-uri`]: [200, { authorizationUri: AT_ACME, verificationId: 'v-sso' }],
  [`POST ${E}/verification/sso/birch/authorization-uri`]: [
    200,
    { authorizationUri: 'https://birch.test/', verificationId: 'v-birch' },
  ],
};
/** Which companies serve an address. */
export const lookUp = (email: string, ...connectorIds: string[]): Script => ({
  [`GET ${E}/sso-connectors?email=${encodeURIComponent(email)}`]: [200, { connectorIds }],
});
/** A refusal of the server. */
export const refused = (status: number, code: string, data?: object): [number, object] => [
  status,
  { code, message: 'In words.', data },
];
