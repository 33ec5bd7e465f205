import type { ConsoleProblem } from '$bindings/ConsoleProblem';
import type { ConsoleReply } from '$bindings/ConsoleReply';
import type { ConsoleRequest } from '$bindings/ConsoleRequest';
import type { OrganizationList } from '$bindings/OrganizationList';

/** Organizations of tests and of the development page. */

type Request = Extract<
  ConsoleRequest,
  {
    op:
      | 'organizations'
      | 'saveOrganization'
      | 'deleteOrganization'
      | 'saveOrganizationRole'
      | 'deleteOrganizationRole'
      | 'saveOrganizationScope'
      | 'deleteOrganizationScope';
  }
>;

const examples = (now: number): OrganizationList => ({
  organizations: [
    {
      id: 'acme',
      name: 'Acme',
      description: 'Anvils and roller skates',
      customData: { plan: 'gold' },
      isMfaRequired: true,
      branding: { logoUrl: 'https://acme.test/logo.svg' },
      color: { primaryColor: '#b3261e' },
      members: [
        { userId: 'a1ice0archer', roleIds: ['admin'] },
        { userId: 'b0bbannerbob', roleIds: [] },
      ],
      applications: [{ applicationId: 'warehouse-job', roleIds: ['sync'] }],
      jit: { emailDomains: ['acme.test'], ssoConnectorIds: [], roleIds: ['member'] },
      createdAt: now - 86_400_000,
    },
    {
      id: 'globex',
      name: 'Globex',
      description: '',
      customData: {},
      isMfaRequired: false,
      branding: {},
      color: {},
      members: [],
      applications: [],
      jit: { emailDomains: [], ssoConnectorIds: [], roleIds: [] },
      createdAt: now - 3_600_000,
    },
  ],
  roles: [
    {
      id: 'admin',
      name: 'admin',
      description: 'May do everything',
      type: 'User',
      scopes: ['read:members', 'manage:members'],
      resourceScopes: [{ resource: 'https://api.example.test', scope: 'write:stock' }],
    },
    { id: 'member', name: 'member', description: '', type: 'User', scopes: ['read:members'], resourceScopes: [] },
    {
      id: 'sync',
      name: 'sync',
      description: 'Nightly jobs',
      type: 'MachineToMachine',
      scopes: ['read:members'],
      resourceScopes: [],
    },
  ],
  scopes: [
    { id: 'manage', name: 'manage:members', description: 'Invite and remove members' },
    { id: 'read', name: 'read:members', description: 'See who belongs to it' },
  ],
});

export function memoryOrganizations(now: number, empty: boolean) {
  const list = empty ? { organizations: [], roles: [], scopes: [] } : examples(now);
  let made = 0;

  /** Puts a record in place of the one with its id, or at the end. */
  function put<T extends { id: string; name: string }>(records: T[], record: T): void {
    if (record.name.trim() === '') {
      throw {
        code: 'guard.invalid_input',
        message: 'Is empty. Give a name that people will recognise.',
        field: 'name',
      } satisfies ConsoleProblem;
    }
    const at = records.findIndex(({ id }) => id === record.id);
    if (at < 0) records.push(record);
    else records[at] = record;
    records.sort((a, b) => a.name.localeCompare(b.name));
  }
  const drop = (records: Array<{ id: string }>, wanted: string) =>
    records.splice(
      records.findIndex(({ id }) => id === wanted),
      1,
    );
  const fresh = (id: string | null, kind: string) => id ?? `${kind}${++made}`;

  return function answer(request: Request): ConsoleReply {
    switch (request.op) {
      case 'organizations':
        break;
      case 'saveOrganization': {
        const { customCss, ...draft } = structuredClone(request.organization);
        const old = list.organizations.find(({ id }) => id === draft.id);
        const css = customCss ? { customCss } : {};
        const record = { ...draft, ...css, id: fresh(draft.id, 'org'), createdAt: old?.createdAt ?? now + ++made };
        put(list.organizations, record);
        break;
      }
      case 'deleteOrganization':
        drop(list.organizations, request.id);
        break;
      case 'saveOrganizationRole':
        put(list.roles, { ...structuredClone(request.role), id: fresh(request.role.id, 'role') });
        break;
      case 'deleteOrganizationRole':
        drop(list.roles, request.id);
        break;
      case 'saveOrganizationScope':
        put(list.scopes, { ...structuredClone(request.scope), id: fresh(request.scope.id, 'scope') });
        break;
      case 'deleteOrganizationScope':
        drop(list.scopes, request.id);
        break;
    }
    return { reply: 'organizations', value: structuredClone(list) };
  };
}
