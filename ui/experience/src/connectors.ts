import { ApiProblem } from '$shared/api';
import type { App } from './context.svelte';
import type { SignInExperience, SocialConnector, SsoConnector } from './data';
import type { InteractionEvent } from './flow';
import type { Identifier } from './identifier';
import { keep, kept } from './storage';

/** The two families of connectors, as the Experience API's routes call them (sheet 4.2). */
export type Family = 'social' | 'sso';

/** A connector to sign in with, by the name people know it by. */
export interface Way {
  family: Family;
  id: string;
  name: string;
}

/** What a browser that left for a provider has to come back with (sheet 2.5). */
export interface Departure extends Way {
  state: string;
  verificationId: string;
}

/** A social account that belongs to nobody, and the account that has its address or number (sheet 4.4). */
export interface Linking extends Way {
  verificationId: string;
  identifier: string;
}

/** A social connector's name in the page's language. */
export const connectorName = ({ name, target }: SocialConnector, language: string): string =>
  typeof name === 'string' ? name : (name[language] ?? name['en'] ?? Object.values(name)[0] ?? target);

export const socialWay = (connector: SocialConnector, language: string): Way => ({
  family: 'social',
  id: connector.id,
  name: connectorName(connector, language),
});

export const ssoWay = ({ id, connectorName }: SsoConnector): Way => ({ family: 'sso', id, name: connectorName });

/** Whether there is anybody to sign in through single sign-on with. */
export const offersSingleSignOn = ({ singleSignOnEnabled, ssoConnectors }: SignInExperience): boolean =>
  singleSignOnEnabled && ssoConnectors.length > 0;

/** The connector that direct sign-in names (sheet 2.5). */
export function directConnector(
  method: string,
  target: string | undefined,
  experience: SignInExperience,
  language: string,
): Way | undefined {
  if (method === 'social') {
    const found = experience.socialConnectors.find((connector) => connector.target === target);
    return found && socialWay(found, language);
  }
  if (method === 'sso' && experience.singleSignOnEnabled) {
    const found = experience.ssoConnectors.find(({ id }) => id === target);
    return found && ssoWay(found);
  }
  return undefined;
}

/** The connector with an id, whichever family it is of. */
export function connectorOf(id: string, experience: SignInExperience, language: string): Way | undefined {
  const social = experience.socialConnectors.find((connector) => connector.id === id);
  if (social) return socialWay(social, language);
  const sso = experience.ssoConnectors.find((connector) => connector.id === id);
  return sso && ssoWay(sso);
}

/** Says of whom a refusal speaks, for the words it is put into. */
export const about = ({ name }: Way, problem: unknown): unknown =>
  problem instanceof ApiProblem
    ? new ApiProblem(problem.status, problem.code, problem.message, { ...problem.data, connectorName: name })
    : problem;

/** A state that nobody guesses: 128 random bits (RFC 6749, 10.10). */
const randomState = (): string =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

const key = (connectorId: string): string => `connector:${connectorId}`;

/** Prepares to leave for a provider: answers its address, and keeps what has to come back (sheet 2.5). */
export async function depart(app: App, way: Way): Promise<string> {
  const state = randomState();
  const id = encodeURIComponent(way.id);
  try {
    const { authorizationUri, verificationId } = await app.flow.verify<{
      authorizationUri: string;
      verificationId: string;
    }>('SignIn', `/verification/${way.family}/${id}/authorization-uri`, {
      state,
      redirectUri: `${app.site}/callback/${id}`,
    });
    keep(app.storage, key(way.id), { ...way, state, verificationId } satisfies Departure);
    return authorizationUri;
  } catch (problem) {
    throw about(way, problem);
  }
}

/** What this tab left for the connector with. It counts once. */
export function takeDeparture({ storage }: App, connectorId: string): Departure | undefined {
  const departure = kept<Departure>(storage, key(connectorId));
  storage.removeItem(key(connectorId));
  return departure;
}

/** The enterprise connectors that an e-mail address signs in through; none for other identifiers (sheet 6.5). */
export async function ssoConnectorsOf(app: App, event: InteractionEvent, { type, value }: Identifier): Promise<Way[]> {
  const { signInExperience } = app.data;
  if (type !== 'email' || !offersSingleSignOn(signInExperience)) return [];
  return knownSso(await app.flow.singleSignOn(event, value), signInExperience);
}

/** Those of the connectors that the pages know, in the order of `ids`. */
export const knownSso = (ids: readonly string[], { ssoConnectors }: SignInExperience): Way[] =>
  ids.flatMap((id) => ssoConnectors.filter((connector) => connector.id === id).map(ssoWay));

/** The ids in a refusal with `session.sso_enabled` (sheet 4.4). */
export const refusedFor = ({ data }: ApiProblem): string[] => {
  const named: unknown = data['ssoConnectors'];
  return (Array.isArray(named) ? named : []).flatMap((one: unknown) => {
    const id = typeof one === 'object' && one !== null ? (one as { id?: unknown }).id : one;
    return typeof id === 'string' ? [id] : [];
  });
};
