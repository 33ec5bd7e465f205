//! One registry of identifiers, each a type of its own, so that none can stand in for another.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export, type = "string"))]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The identifier as it appears on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    )+};
}

ids! {
    /// An application, the OAuth client: 21 characters, also `client_id`.
    AppId,
    /// A person: 12 characters, also `sub`.
    UserId,
    /// An API resource row.
    ResourceId,
    /// A role.
    RoleId,
    /// An organization.
    OrganizationId,
    /// A role in organizations.
    OrganizationRoleId,
    /// A permission within organizations.
    OrganizationScopeId,
    /// A social, e-mail or SMS connector, or an enterprise SSO connector.
    ConnectorId,
    /// An interaction: one authorization request in progress (Logto's `uid`/`jti`).
    InteractionId,
    /// The `uid` of a signed-in browser session; its cookie value is another, secret one.
    SessionUid,
    /// A grant: what a person let an application have.
    GrantId,
    /// A verification record of the Experience API.
    VerificationId,
    /// A live session: everything that belongs to one sign-in, as the window shows it.
    LiveId,
}
