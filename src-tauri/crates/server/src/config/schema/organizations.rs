//! The keys of organizations.

use super::{ROLE_SCOPE, Shape, Spec, TEXTS, field, required};

spec!(
    ORGANIZATION,
    "an organization",
    "[[organizations]]",
    [
        required("name", Shape::Text),
        field("id", Shape::Text),
        field("description", Shape::Text),
        field("customData", Shape::Object),
        field("isMfaRequired", Shape::Bool),
        field("branding", Shape::Table(&super::BRANDING)),
        field("color", Shape::Table(&super::COLOR)),
        field("customCss", Shape::Text),
        field("members", Shape::List(&Shape::Table(&MEMBER))),
        field("applications", Shape::List(&Shape::Table(&MACHINE))),
        field("jit", Shape::Table(&JIT)),
    ]
);

spec!(
    MEMBER,
    "a member",
    "{ user = \"alice\", roles = [\"admin\"] }",
    [required("user", Shape::Text), field("roles", TEXTS)]
);

spec!(
    MACHINE,
    "an application of an organization",
    "{ application = \"warehouse-job\", roles = [\"sync\"] }",
    [required("application", Shape::Text), field("roles", TEXTS)]
);

spec!(
    JIT,
    "jit",
    "{ emailDomains = [\"example.test\"] }",
    [field("emailDomains", TEXTS), field("ssoConnectors", TEXTS), field("roles", TEXTS)]
);

spec!(
    ORGANIZATION_ROLE,
    "a role in organizations",
    "[[organizationRoles]]",
    [
        required("name", Shape::Text),
        field("id", Shape::Text),
        field("description", Shape::Text),
        field("type", Shape::OneOf(&["User", "MachineToMachine"])),
        field("scopes", TEXTS),
        field("resourceScopes", Shape::List(&Shape::Table(&ROLE_SCOPE))),
    ]
);

spec!(
    ORGANIZATION_SCOPE,
    "a permission within organizations",
    "[[organizationScopes]]",
    [required("name", Shape::Text), field("description", Shape::Text)]
);
