import type { Organization } from '$bindings/Organization';
import type { OrganizationDraft } from '$bindings/OrganizationDraft';
import type { OrganizationRole } from '$bindings/OrganizationRole';
import type { OrganizationRoleDraft } from '$bindings/OrganizationRoleDraft';
import { nullable, optional, parseObject } from './fields';

/** Somebody or something that belongs to an organization, with roles there. */
export interface Holder {
  id: string;
  roleIds: string[];
}

/** What the page edits of an organization. */
export interface OrganizationForm {
  name: string;
  description: string;
  isMfaRequired: boolean;
  /** JSON. */
  customData: string;
  members: Holder[];
  applications: Holder[];
  emailDomains: string[];
  ssoConnectorIds: string[];
  jitRoleIds: string[];
  logoUrl: string;
  darkLogoUrl: string;
  favicon: string;
  darkFavicon: string;
  primaryColor: string;
  darkPrimaryColor: string;
  customCss: string;
}

export function toOrganizationForm(organization: Organization): OrganizationForm {
  const { branding, color, jit } = organization;
  return {
    name: organization.name,
    description: organization.description,
    isMfaRequired: organization.isMfaRequired,
    customData: JSON.stringify(organization.customData, null, 2),
    members: organization.members.map(({ userId, roleIds }) => ({ id: userId, roleIds })),
    applications: organization.applications.map(({ applicationId, roleIds }) => ({ id: applicationId, roleIds })),
    emailDomains: jit.emailDomains,
    ssoConnectorIds: jit.ssoConnectorIds,
    jitRoleIds: jit.roleIds,
    logoUrl: branding.logoUrl ?? '',
    darkLogoUrl: branding.darkLogoUrl ?? '',
    favicon: branding.favicon ?? '',
    darkFavicon: branding.darkFavicon ?? '',
    primaryColor: color.primaryColor ?? '',
    darkPrimaryColor: color.darkPrimaryColor ?? '',
    customCss: organization.customCss ?? '',
  };
}

/** Only what is filled in. */
function filled<K extends string>(members: Record<K, string>): Partial<Record<K, string>> {
  const out: Partial<Record<K, string>> = {};
  for (const [name, text] of Object.entries(members) as Array<[K, string]>) {
    const value = optional(text);
    if (value !== undefined) out[name] = value;
  }
  return out;
}

/** The draft to send, or what is wrong with the custom data. */
export function toOrganizationDraft(form: OrganizationForm, organization: Organization): OrganizationDraft {
  const { logoUrl, darkLogoUrl, favicon, darkFavicon, primaryColor, darkPrimaryColor } = form;
  return {
    id: organization.id,
    name: form.name,
    description: form.description,
    isMfaRequired: form.isMfaRequired,
    customData: parseObject(
      form.customData,
      'customData',
      'Custom data must be a JSON object, such as {"plan": "free"}.',
    ),
    members: form.members.map(({ id, roleIds }) => ({ userId: id, roleIds })),
    applications: form.applications.map(({ id, roleIds }) => ({ applicationId: id, roleIds })),
    jit: {
      emailDomains: form.emailDomains.map((domain) => domain.trim().toLowerCase()).filter((domain) => domain !== ''),
      ssoConnectorIds: form.ssoConnectorIds,
      roleIds: form.jitRoleIds,
    },
    branding: filled({ logoUrl, darkLogoUrl, favicon, darkFavicon }),
    // What the form has no field for stays.
    color: {
      ...(organization.color.isDarkModeEnabled === undefined
        ? {}
        : { isDarkModeEnabled: organization.color.isDarkModeEnabled }),
      ...filled({ primaryColor, darkPrimaryColor }),
    },
    customCss: nullable(form.customCss),
  };
}

/** A new organization: its name is enough to begin with. */
export const emptyOrganization = (name: string): OrganizationDraft => ({
  id: null,
  name,
  description: '',
  customData: {},
  isMfaRequired: false,
  branding: {},
  color: {},
  customCss: null,
  members: [],
  applications: [],
  jit: { emailDomains: [], ssoConnectorIds: [], roleIds: [] },
});

export const toRoleDraft = (role: OrganizationRole | null): OrganizationRoleDraft =>
  role === null
    ? { id: null, name: '', description: '', type: 'User', scopes: [], resourceScopes: [] }
    : { ...role, scopes: [...role.scopes], resourceScopes: [...role.resourceScopes] };

/** The dotted paths for which the page has a place; those of a list by the list. */
export const ORGANIZATION_PATHS = [
  'name',
  'description',
  'customData',
  'branding.logoUrl',
  'branding.darkLogoUrl',
  'branding.favicon',
  'branding.darkFavicon',
  'color.primaryColor',
  'color.darkPrimaryColor',
  'customCss',
];
