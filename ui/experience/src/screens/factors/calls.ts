import type { App } from '../../context.svelte';
import type { Factor, SecondFactors } from '../../factors';
import type { Finished } from '../../flow';
import type { Identifier } from '../../identifier';
import { makePasskey, usePasskey } from '../../webauthn';

interface Verified {
  verificationId: string;
}

/** The member that says where a code goes (sheet 4.2). */
const KINDS = { EmailVerificationCode: 'email', PhoneVerificationCode: 'phone' } as const;
export type SentFactor = keyof typeof KINDS;
export const kindOf = (factor: SentFactor): 'email' | 'phone' => KINDS[factor];
export const isSent = (factor: Factor): factor is SentFactor => factor in KINDS;

/** Checks a code of the authenticator app, and goes on. */
export async function verifyTotp(app: App, code: string): Promise<Finished> {
  await app.experience.post('/verification/totp/verify', { code });
  return app.flow.goOn();
}

export async function verifyBackupCode(app: App, code: string): Promise<Finished> {
  await app.experience.post('/verification/backup-code/verify', { code });
  return app.flow.goOn();
}

export async function verifyPasskey(app: App): Promise<Finished> {
  const path = '/verification/web-authn/authentication';
  const { verificationId, authenticationOptions } = await app.experience.post<
    Verified & { authenticationOptions: object }
  >(path);
  const payload = await usePasskey(authenticationOptions);
  await app.experience.post(`${path}/verify`, { verificationId, payload });
  return app.flow.goOn();
}

/** Sends a code to the address or number the account has. */
export async function sendFactorCode(app: App, factor: SentFactor): Promise<void> {
  const { verificationId } = await app.experience.post<Verified>('/verification/mfa-verification-code', {
    identifierType: kindOf(factor),
  });
  app.factorCode = { factor, verificationId, sentAt: Date.now() };
}

export async function verifyFactorCode(app: App, factor: SentFactor, code: string): Promise<Finished> {
  await app.experience.post('/verification/mfa-verification-code/verify', {
    verificationId: app.factorCode?.verificationId,
    code,
    identifierType: kindOf(factor),
  });
  return app.flow.goOn();
}

/** A secret for an authenticator app; the same one until the step is over, or a scanned code would be useless. */
export async function totpSecret(app: App): Promise<NonNullable<App['totp']>> {
  app.totp ??= await app.experience.post<NonNullable<App['totp']>>('/verification/totp/secret');
  return app.totp;
}

async function bind(app: App, type: Factor, verificationId: string): Promise<Finished> {
  await app.experience.post('/profile/mfa', { type, verificationId });
  return app.flow.goOn();
}

export async function bindTotp(app: App, verificationId: string, code: string): Promise<Finished> {
  const verified = await app.experience.post<Verified>('/verification/totp/verify', { code, verificationId });
  return bind(app, 'Totp', verified.verificationId);
}

async function newPasskey(app: App): Promise<string> {
  const path = '/verification/web-authn/registration';
  const { verificationId, registrationOptions } = await app.experience.post<Verified & { registrationOptions: object }>(
    path,
  );
  const payload = await makePasskey(registrationOptions);
  return (await app.experience.post<Verified>(`${path}/verify`, { verificationId, payload })).verificationId;
}

export const bindPasskey = async (app: App): Promise<Finished> => bind(app, 'WebAuthn', await newPasskey(app));

/** Adds a passkey to sign in with (sheet 4.5). */
export async function addPasskey(app: App): Promise<Finished> {
  await app.experience.post('/profile/mfa/passkey', { verificationId: await newPasskey(app) });
  return app.flow.goOn();
}

/** Codes that were shown stay the same until the step is over. */
export async function backupCodes(app: App): Promise<NonNullable<App['backup']>> {
  app.backup ??= await app.experience.post<NonNullable<App['backup']>>('/verification/backup-code/generate');
  return app.backup;
}

export const bindBackupCodes = (app: App, verificationId: string): Promise<Finished> =>
  bind(app, 'BackupCode', verificationId);

/** Adds the address or number that codes go to from now on. */
export async function bindAddress(app: App, identifier: Identifier, id: string, code: string): Promise<Finished> {
  const verificationId = await app.flow.checkCode(identifier, id, code);
  await app.experience.post('/profile', { type: identifier.type, verificationId });
  return app.flow.goOn();
}

/** Says yes or no to a step that may be skipped. */
export async function answer(
  app: App,
  what: NonNullable<SecondFactors['skip']> | 'mfa-enabled' | 'passkey-skipped',
): Promise<Finished> {
  await app.experience.post(`/profile/mfa/${what}`);
  return app.flow.goOn();
}
