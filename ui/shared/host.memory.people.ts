import type { BackupCodeView } from '$bindings/BackupCodeView';
import type { ConsoleProblem } from '$bindings/ConsoleProblem';
import type { ConsoleReply } from '$bindings/ConsoleReply';
import type { ConsoleRequest } from '$bindings/ConsoleRequest';
import type { PersonAccess } from '$bindings/PersonAccess';
import type { PersonaView } from '$bindings/PersonaView';
import type { TotpView } from '$bindings/TotpView';
import type { UserView } from '$bindings/UserView';

/** People beyond their forms: access, second factors, made-up people. Everything is invented and nothing is secret. */

interface World {
  now: number;
  users: () => UserView[];
  replace: (users: UserView[]) => void;
}

type PeopleRequest = Extract<
  ConsoleRequest,
  {
    op:
      | 'people'
      | 'person'
      | 'setPassword'
      | 'removeFactor'
      | 'addTotp'
      | 'totpCode'
      | 'backupCodes'
      | 'newBackupCodes'
      | 'personAccess'
      | 'endBrowserSession'
      | 'revokeGrant'
      | 'restoreUser'
      | 'makeUpPeople'
      | 'deleteMadeUpPeople'
      | 'personas'
      | 'createPersonas';
  }
>;

const HOUR = 3_600_000;

export function examplePerson(id: string, name: string, now: number, part: Partial<UserView> = {}): UserView {
  const first = name.split(' ')[0]?.toLowerCase() ?? 'somebody';
  return {
    id,
    username: first,
    primaryEmail: `${first}@example.test`,
    primaryPhone: null,
    name,
    avatar: null,
    profile: {},
    customData: {},
    hasPassword: true,
    passwordExpired: false,
    isSuspended: false,
    identities: [],
    ssoIdentities: [],
    mfaVerifications: [],
    roles: [],
    lastSignInAt: null,
    createdAt: now - 86_400_000,
    updatedAt: now - 86_400_000,
    demoNote: null,
    ...part,
  };
}

function exampleAccess(now: number): PersonAccess {
  return {
    sessions: [
      {
        uid: 'q7w2e9r4t1y6u3i8o5p0a',
        signedInAt: now - 31_000,
        lastUsedAt: now - 12_000,
        expiresAt: now + 14 * 24 * HOUR,
        applications: [
          { clientId: 'k3v9q0c1xw7t5n2m8b4zs', name: 'Bookstore', outlives: false, isTold: true },
          { clientId: 'm4b7t2w9q6x1c8v3n5kjd', name: 'Mobile demo', outlives: true, isTold: false },
        ],
      },
      {
        uid: 'z1x2c3v4b5n6m7a8s9d0f',
        signedInAt: now - 50 * HOUR,
        lastUsedAt: now - 26 * HOUR,
        expiresAt: now + 12 * 24 * HOUR,
        applications: [{ clientId: 'gone', name: null, outlives: false, isTold: false }],
      },
    ],
    grants: [
      {
        id: 'grant1',
        clientId: 'k3v9q0c1xw7t5n2m8b4zs',
        application: 'Bookstore',
        openidScopes: ['openid', 'profile', 'email'],
        resources: { 'https://api.example.test': ['read:stock', 'write:stock'] },
        createdAt: now - 31_000,
        expiresAt: now + 180 * 24 * HOUR,
        accessTokens: 1,
        refreshTokens: 1,
        lastTokenAt: now - 12_000,
      },
      {
        id: 'grant2',
        clientId: 'm4b7t2w9q6x1c8v3n5kjd',
        application: 'Mobile demo',
        openidScopes: ['openid', 'offline_access'],
        resources: {},
        createdAt: now - 20_000,
        expiresAt: now + 180 * 24 * HOUR,
        accessTokens: 0,
        refreshTokens: 2,
        lastTokenAt: null,
      },
    ],
  };
}

const PERSONAS: PersonaView[] = [
  { id: 'suspended', title: 'Suspended', tests: 'The right password is refused.', userId: null },
  { id: 'no_password', title: 'No password', tests: 'Only a code by e-mail signs them in.', userId: null },
  { id: 'totp', title: 'Authenticator app', tests: 'Is asked for a code after the password.', userId: null },
  { id: 'long_name', title: 'Very long name', tests: 'A name of 128 characters, to be cut or wrapped.', userId: null },
];

export function memoryPeople({ now, users, replace }: World) {
  let access = exampleAccess(now);
  let personas = structuredClone(PERSONAS);
  let codes: BackupCodeView[] = [];
  const deleted: UserView[] = [];

  function find(id: string): UserView {
    const found = users().find((user) => user.id === id);
    if (!found) throw problem('entity.not_found', 'This person was deleted meanwhile.');
    return found;
  }

  function change(id: string, part: Partial<UserView>): UserView {
    const changed = { ...find(id), ...part };
    replace(users().map((user) => (user.id === id ? changed : user)));
    return changed;
  }

  function totp(): TotpView {
    const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
    const end = Math.ceil((Date.now() + 1) / 30_000) * 30_000;
    const code = String(Math.floor(end / 30_000) % 1_000_000).padStart(6, '0');
    const uri = `otpauth://totp/localhost:alice?secret=${secret}&issuer=localhost`;
    return { id: 'totp1', code, validUntil: end, next: '492039', used: false, secret, uri };
  }

  function remember(user: UserView) {
    deleted.push(user);
  }

  function answer(request: PeopleRequest): ConsoleReply {
    switch (request.op) {
      case 'people': {
        const needle = request.search.toLowerCase();
        const named = (user: UserView) =>
          user.name ?? user.username ?? user.primaryEmail ?? user.primaryPhone ?? user.id;
        const found = users().filter((user) =>
          [user.name, user.username, user.primaryEmail, user.primaryPhone, user.id].some((text) =>
            text?.toLowerCase().includes(needle),
          ),
        );
        const rows = found.slice(0, request.limit).map((user) => ({
          id: user.id,
          name: named(user),
          identifiers: [user.username, user.primaryEmail, user.primaryPhone].filter((text) => text !== null),
          isSuspended: user.isSuspended,
          note: user.demoNote,
          lastSignInAt: user.lastSignInAt,
        }));
        return { reply: 'people', value: { rows, total: found.length } };
      }
      case 'person':
        return { reply: 'person', value: users().find(({ id }) => id === request.id) ?? null };
      case 'setPassword': {
        const hasPassword = request.password !== '';
        const user = change(request.id, { hasPassword, passwordExpired: hasPassword && request.expired });
        return {
          reply: 'passwordSet',
          value: { user, drawn: request.password === null ? 'k9VtqWnX-4zHrmA7pYes' : null },
        };
      }
      case 'removeFactor': {
        const { mfaVerifications } = find(request.userId);
        const left = mfaVerifications.filter(({ id }) => id !== request.factorId);
        return { reply: 'user', value: change(request.userId, { mfaVerifications: left }) };
      }
      case 'addTotp': {
        const factor = { id: 'totp1', type: 'Totp' as const, name: null, agent: null, remainingCodes: null };
        const added = { ...factor, createdAt: now, lastUsedAt: null };
        change(request.userId, { mfaVerifications: [...find(request.userId).mfaVerifications, added] });
        return { reply: 'totp', value: totp() };
      }
      case 'totpCode':
        return { reply: 'totp', value: totp() };
      case 'backupCodes':
        return { reply: 'backupCodes', value: codes };
      case 'newBackupCodes': {
        codes = Array.from({ length: 10 }, (_, index) => ({ code: `c0ffee0${index}a${index}`, usedAt: null }));
        const others = find(request.userId).mfaVerifications.filter(({ type }) => type !== 'BackupCode');
        const factor = { id: 'backup1', type: 'BackupCode' as const, name: null, agent: null, remainingCodes: 10 };
        change(request.userId, { mfaVerifications: [...others, { ...factor, createdAt: now, lastUsedAt: null }] });
        return { reply: 'backupCodes', value: codes };
      }
      case 'personAccess':
        return { reply: 'personAccess', value: access };
      case 'endBrowserSession':
        access = {
          ...access,
          sessions: access.sessions.filter(({ uid }) => request.uid !== null && uid !== request.uid),
        };
        return { reply: 'personAccess', value: access };
      case 'revokeGrant':
        access = {
          ...access,
          grants: access.grants.filter(({ id }) => request.grantId !== null && id !== request.grantId),
        };
        return { reply: 'personAccess', value: access };
      case 'restoreUser': {
        const back = deleted.find(({ id }) => id === request.id);
        if (!back) throw problem('entity.not_found', 'This person can’t be brought back any more.');
        replace([...users(), back]);
        return { reply: 'user', value: back };
      }
      case 'makeUpPeople': {
        const made = Array.from({ length: request.count }, (_, index) =>
          examplePerson(`made${request.seed}x${index}`, `Mina ${index}`, now, {
            username: `mina${index}_${request.seed}`,
            demoNote: `made up, seed ${request.seed}`,
          }),
        ).filter(({ id }) => !users().some((user) => user.id === id));
        replace([...users(), ...made]);
        return { reply: 'madeUp', value: { made: made.length, kept: request.count - made.length } };
      }
      case 'deleteMadeUpPeople':
        replace(users().filter(({ demoNote }) => !demoNote?.startsWith('made up')));
        return { reply: 'done', value: 'Deleted the people who were made up.' };
      case 'personas':
        return { reply: 'personas', value: personas };
      case 'createPersonas':
        personas = personas.map((persona) =>
          request.ids.includes(persona.id) ? { ...persona, userId: `persona_${persona.id}` } : persona,
        );
        replace([
          ...users(),
          ...personas
            .filter(({ id, userId }) => request.ids.includes(id) && !users().some((user) => user.id === userId))
            .map(({ id, title }) => examplePerson(`persona_${id}`, title, now, { demoNote: title.toLowerCase() })),
        ]);
        return { reply: 'personas', value: personas };
    }
  }

  return { answer, remember };
}

function problem(code: string, message: string): ConsoleProblem {
  return { code, message, field: null };
}
