import type { Failure } from '$bindings/Failure';
import type { SimulatedAccount } from '$bindings/SimulatedAccount';
import type { SimulatedAccountDraft } from '$bindings/SimulatedAccountDraft';
import { nullable, parseObject } from './fields';

/** What the dialog edits of a simulated account. */
export interface AccountForm {
  name: string;
  email: string;
  emailVerified: boolean;
  sub: string;
  phone: string;
  avatar: string;
  /** JSON. */
  claims: string;
  failure: Failure | null;
}

export const toAccountForm = (account: SimulatedAccount | null): AccountForm => ({
  name: account?.name ?? '',
  email: account?.email ?? '',
  emailVerified: account?.emailVerified ?? true,
  sub: account?.sub ?? '',
  phone: account?.phone ?? '',
  avatar: account?.avatar ?? '',
  claims: JSON.stringify(account?.claims ?? {}, null, 2),
  failure: account?.failure ?? null,
});

export const toAccountDraft = (
  form: AccountForm,
  account: SimulatedAccount | null,
  connectorId: string,
): SimulatedAccountDraft => ({
  id: account?.id ?? null,
  connectorId,
  sub: nullable(form.sub),
  name: form.name.trim(),
  email: nullable(form.email),
  emailVerified: form.emailVerified,
  phone: nullable(form.phone),
  avatar: nullable(form.avatar),
  claims: parseObject(form.claims, 'claims', 'Claims must be a JSON object, such as {"department": "books"}.'),
  failure: form.failure,
});

/** The members for which the dialog has a place. */
export const ACCOUNT_PATHS = ['name', 'email', 'sub', 'phone', 'avatar', 'claims', 'failure'];
