/** What the errors say that a sign-in can be failed with: to the application, in a few words (OIDC Core 3.1.2.6, RFC 6749 4.1.2.1). */
const MEANINGS: Record<string, string> = {
  access_denied: 'The person or the provider said no.',
  login_required: 'Nobody is signed in, and no page may be shown.',
  interaction_required: 'A page is needed, and none may be shown.',
  account_selection_required: 'Somebody has to choose an account first.',
  consent_required: 'The person has to agree first.',
  temporarily_unavailable: 'The provider is busy or being maintained; try again later.',
  unmet_authentication_requirements: 'The sign-in was not as strong as the request asked for.',
  server_error: 'Something went wrong inside the provider.',
  invalid_scope: 'A scope is unknown, malformed or not allowed.',
  invalid_request: 'A parameter is missing, repeated or malformed.',
  unauthorized_client: 'This application may not ask in this way.',
};

export const meaningOf = (denial: string): string => MEANINGS[denial] ?? '';

/** The same rule as the engine's: printable ASCII without quotation marks and backslashes (RFC 6749 4.1.2.1). */
export function descriptionProblem(text: string): string | null {
  if (text.length > 512) return 'Write at most 512 characters.';
  return /^[ !#-[\]-~]*$/.test(text)
    ? null
    : 'Use plain ASCII characters, without quotation marks and backslashes. RFC 6749 allows no others.';
}
