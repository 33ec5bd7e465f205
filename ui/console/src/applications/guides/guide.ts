import type { ApplicationType } from '$bindings/ApplicationType';
import type { SigningAlg } from '$bindings/SigningAlg';

/** What a guide is filled in with: this application, this provider, and where the program runs. */
export interface GuideValues {
  /** `http://localhost:3001/oidc`. */
  issuer: string;
  /** The issuer's origin, which Logto's SDKs call the endpoint. */
  endpoint: string;
  clientId: string;
  /** An open secret, or {@link HIDDEN} until somebody shows it; empty for clients without one. */
  secret: string;
  /** Whether the client has no secret (SPA, Native). */
  isPublic: boolean;
  /** Whether people sign in to it on another device (RFC 8628). */
  deviceFlow: boolean;
  /** Whether it signs in as itself. */
  machine: boolean;
  /** Where the program runs: `http://localhost:3000`. */
  origin: string;
  redirectUri: string;
  postLogoutRedirectUri: string;
  /** How its ID tokens are signed. */
  alg: SigningAlg;
  /** Fresh randomness for a program that needs a key of its own. */
  random: string;
}

/** Stands for a secret that nobody has asked to see. */
export const HIDDEN = '••••••••';

/** One thing to do. */
export interface GuideStep {
  title: string;
  /** The file that the text belongs to, or what it is. */
  file?: string;
  /** What to copy. */
  code: string;
}

/** How to connect a program with one library. */
export interface Guide {
  id: string;
  name: string;
  /** One line for the picker: which library, in which language. */
  about: string;
  /** Further words to find it by. */
  words?: string;
  /** The types of application that it is for. */
  suits: readonly ApplicationType[];
  /** Where such a program runs unless somebody says otherwise. */
  origin: string;
  /** The path of its callback; `null` when nothing is redirected to it. */
  callback: string | null;
  /** The path to go to after sign-out; `null` when it needs none. */
  afterSignOut: string | null;
  steps: (values: GuideValues) => GuideStep[];
  /** What goes wrong most often, each a sentence or two. */
  pitfalls: (values: GuideValues) => string[];
}

/** Lines of code; `false` leaves one out. */
export const lines = (...parts: Array<string | false>): string => parts.filter((part) => part !== false).join('\n');

/** The line about issuers that are compared as text. */
export const issuerPitfall = ({ issuer }: GuideValues): string =>
  `The issuer is compared as text: write \`${issuer}\`, with \`localhost\` and without a slash at the end.`;
