import type { FactoryView } from '$bindings/FactoryView';
import type { Failure } from '$bindings/Failure';

/** How a simulated provider can fail, in plain words and in groups. */
export const FAILURES: ReadonlyArray<{ group: string; failures: ReadonlyArray<{ value: Failure; name: string }> }> = [
  {
    group: 'The person and the provider',
    failures: [
      { value: 'accessDenied', name: 'The person cancels' },
      { value: 'serverError', name: 'The provider answers server_error' },
      { value: 'temporarilyUnavailable', name: 'The provider is temporarily unavailable' },
      { value: 'noAnswer', name: 'The token endpoint never answers' },
      { value: 'slow', name: 'Every answer takes three seconds' },
      { value: 'tokenEndpoint500', name: 'The token endpoint answers 500' },
      { value: 'malformedJson', name: 'The token endpoint’s answer is no JSON' },
      { value: 'userEndpoint401', name: 'The user endpoint answers 401' },
    ],
  },
  {
    group: 'Redirect and ID token',
    failures: [
      { value: 'wrongState', name: 'The redirect carries another state' },
      { value: 'wrongNonce', name: 'The ID token carries another nonce' },
      { value: 'wrongIssuer', name: 'The ID token names another issuer' },
      { value: 'wrongAudience', name: 'The ID token is for another client' },
      { value: 'badSignature', name: 'The ID token’s signature does not fit' },
      { value: 'expiredIdToken', name: 'The ID token has expired' },
      { value: 'unknownKeyId', name: 'The ID token names an unknown key' },
    ],
  },
  {
    group: 'The account',
    failures: [
      { value: 'noEmail', name: 'No e-mail address' },
      { value: 'unverifiedEmail', name: 'The e-mail address is not verified' },
      { value: 'emailOfAnother', name: 'The e-mail address is somebody else’s here' },
      { value: 'changedSubject', name: 'Comes back under another subject' },
    ],
  },
];

const NEED_ID_TOKEN: ReadonlySet<Failure> = new Set<Failure>([
  'wrongNonce',
  'wrongIssuer',
  'wrongAudience',
  'badSignature',
  'expiredIdToken',
  'unknownKeyId',
]);

/** What a SAML provider, which answers through the browser alone, can't get wrong. */
const NOT_IN_SAML: ReadonlySet<Failure> = new Set<Failure>([
  'noAnswer',
  'slow',
  'unverifiedEmail',
  'tokenEndpoint500',
  'userEndpoint401',
  'malformedJson',
]);

/** What failures are called at a SAML provider, where that differs. */
const IN_SAML: Partial<Record<Failure, string>> = {
  serverError: 'The provider answers with an error',
  wrongState: 'The response carries another RelayState',
  wrongNonce: 'The response answers another request',
  wrongIssuer: 'The assertion names another issuer',
  wrongAudience: 'The assertion is for another service provider',
  badSignature: 'The assertion’s signature does not fit',
  expiredIdToken: 'The assertion has expired',
  unknownKeyId: 'The assertion is signed with an unknown key',
};

/** Whether a failure can happen at a provider of this factory. */
export const canHappen = (failure: Failure, factory: FactoryView): boolean => {
  if (factory.shape === 'saml') return !NOT_IN_SAML.has(failure);
  return (
    (factory.issuesIdTokens || !NEED_ID_TOKEN.has(failure)) &&
    (factory.hasUserEndpoint || failure !== 'userEndpoint401')
  );
};

/** What a chip says of a failure. */
export const failureName = (failure: Failure, factory?: FactoryView): string =>
  (factory?.shape === 'saml' ? IN_SAML[failure] : undefined) ??
  FAILURES.flatMap(({ failures }) => failures).find(({ value }) => value === failure)?.name ??
  failure;
