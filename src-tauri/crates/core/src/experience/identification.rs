//! `POST /api/experience/identification` (sheet 4.1 and 4.4): who is it, or: create the account.

use super::availability::{guard_mandatory, guard_mode, guard_not_set, guard_reset, guard_sso_domain, guard_unique};
use super::blocklist::{guard_allowed, guard_email_blocklist};
use super::development::guard_switched_on;
use super::error::ApiError;
use super::identifier::{find_user, profile_member};
use super::identities;
use super::interaction::record_by_id;
use super::password::guard_not_suspended;
use super::people::{fill_in, fresh_user};
use super::provisioning::{grant_default_roles, join_organizations};
use super::ruling::{Ruling, Stop, answer, begun, decide, identified, refuse, save, sign_in_experience, waiting};
use crate::because::{Because, Outcome};
use crate::ids::{InteractionId, UserId};
use crate::live::Lane;
use crate::model::User;
use crate::port::Cx;
use crate::record::{CodeRecord, Identifier, Interaction, InteractionEvent, VerificationRecord};
use serde_json::Value;
use std::sync::Arc;

/// How an identification came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identified {
    /// An existing person (204).
    Existing(UserId),
    /// A new person (201).
    Registered(UserId),
}

impl Identified {
    /// The HTTP status; neither has a body.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Existing(_) => 204,
            Self::Registered(_) => 201,
        }
    }
    /// Who.
    #[must_use]
    pub const fn user_id(&self) -> &UserId {
        match self {
            Self::Existing(id) | Self::Registered(id) => id,
        }
    }
}

/// `POST /identification`. `SignIn`: the verified record says who it is. `Register`: the record's data joins the
/// pending profile, and the person is created once nothing mandatory is missing; what was filled in so far is kept
/// when something is. A development record identifies its person whatever the methods allow. `link` is
/// `linkSocialIdentity`: a social account nobody has joins the person with the same verified phone or e-mail.
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with the codes of sheet 4.4: 400 `guard.invalid_input` (no id),
/// `session.verification_failed`, 401 `user.suspended`, 403 `auth.forbidden`, 404
/// `session.verification_session_not_found`, `user.user_not_exist`, 409 `session.identity_conflict`, 422
/// `user.sign_in_method_not_enabled`, `session.sso_enabled`, `user.*_already_in_use`, `user.*_exists_in_profile`,
/// `user.missing_profile`, `session.not_supported_for_forgot_password`.
pub fn identify(cx: &mut Cx<'_>, interaction_id: &InteractionId, verification_id: Option<&str>, link: bool) -> Ruling<Identified> {
    decide(cx, Some("identify".into()), |cx| {
        let (interaction, event) = begun(cx, interaction_id)?;
        let record = match verification_id {
            Some(id) => Some(record_by_id(&interaction, id)?),
            None => None,
        };
        match (event, record) {
            (
                InteractionEvent::ForgotPassword,
                Some(VerificationRecord::EmailVerificationCode(code) | VerificationRecord::PhoneVerificationCode(code)),
            ) => {
                guard_reset(cx, &code.identifier)?;
                let user = by_code(cx, &code)?;
                adopt(cx, interaction, &user, "The verified code says who it is", false)
            }
            (InteractionEvent::ForgotPassword, Some(_)) => refuse(
                ApiError::record_not_supported_for_forgot_password(),
                Because::new(
                    "experience.identification",
                    Outcome::Refused,
                    "Only a verification code identifies here",
                    "While a password is being reset, a person is identified by a code sent to their e-mail address or phone.",
                    "Logto 4.4",
                ),
            ),
            (event, Some(VerificationRecord::DevelopmentSignIn { user_id, .. })) => without_proof(cx, interaction, event, &user_id),
            (InteractionEvent::Register, record) => register(cx, interaction, record),
            (InteractionEvent::SignIn, Some(record)) => sign_in(cx, interaction, &record, link),
            (_, None) => refuse(
                ApiError::invalid_input("verificationId is missing"),
                Because::new(
                    "experience.identification",
                    Outcome::Refused,
                    "The page did not say which verification to use",
                    "To sign in, `verificationId` is mandatory; only a registration may come without it.",
                    "Logto 4.1",
                ),
            ),
        }
    })
}

/// 400 `session.verification_failed` for a record that can't do this.
fn unusable<T>(title: &'static str, detail: &'static str) -> Result<T, Stop> {
    refuse(
        ApiError::verification_failed(),
        Because::new("experience.verification_record", Outcome::Refused, title, detail, "Logto 4.3"),
    )
}

fn sign_in(cx: &mut Cx<'_>, interaction: Interaction, record: &VerificationRecord, link: bool) -> Result<Identified, Stop> {
    // Whoever made a one-time token let its owner in, whatever the mode says (sheet 4.3).
    if !matches!(record, VerificationRecord::OneTimeToken { .. }) {
        guard_mode(cx, InteractionEvent::SignIn)?;
    }
    let (user, title) = match record {
        VerificationRecord::Password {
            identifier,
            verified,
            user_id,
            ..
        } => {
            guard_method(cx, identifier, Proof::Password)?;
            guard_sso_domain(cx, identifier)?;
            let (true, Some(user_id)) = (verified, user_id) else {
                return unusable(
                    "The password was not verified",
                    "The record is there, but nothing was proven with it.",
                );
            };
            (existing(cx, user_id, Some(identifier))?, "The verified password says who it is")
        }
        VerificationRecord::EmailVerificationCode(code) | VerificationRecord::PhoneVerificationCode(code) => {
            guard_method(cx, &code.identifier, Proof::Code)?;
            guard_sso_domain(cx, &code.identifier)?;
            (by_code(cx, code)?, "The verified code says who it is")
        }
        VerificationRecord::OneTimeToken { identifier, .. } => (by_identifier(cx, identifier)?, "The one-time token says who it is"),
        VerificationRecord::Social(record) => {
            let found = identities::by_social(cx, record, link)?;
            return by_provider(cx, interaction, found);
        }
        VerificationRecord::EnterpriseSso(record) => {
            let found = identities::by_enterprise(cx, record)?;
            return by_provider(cx, interaction, found);
        }
        VerificationRecord::SignInPasskey { user_id, .. } => {
            guard_passkey_sign_in(cx)?;
            let Some(user_id) = user_id else {
                return unusable(
                    "The passkey has not answered",
                    "A challenge was drawn, but no authenticator has signed it yet.",
                );
            };
            (existing(cx, user_id, None)?, "The passkey says who it is")
        }
        VerificationRecord::Totp { .. }
        | VerificationRecord::WebAuthn(_)
        | VerificationRecord::BackupCode { .. }
        | VerificationRecord::MfaEmailVerificationCode(_)
        | VerificationRecord::MfaPhoneVerificationCode(_) => return second_factor_only(),
        VerificationRecord::NewPasswordIdentity { .. } | VerificationRecord::DevelopmentSignIn { .. } => {
            return refuse(
                ApiError::sign_in_method_not_enabled().hidden(format!("a {} record only registers", record.kind())),
                Because::new(
                    "experience.method",
                    Outcome::Refused,
                    "This verification can't sign anybody in",
                    "A new username with a password creates an account. To sign in, verify the password of an existing one.",
                    "Logto 4.3",
                ),
            );
        }
    };
    adopt(cx, interaction, &user, title, false)
}

/// Makes the interaction the person's whose account a provider's word is about.
fn by_provider(cx: &mut Cx<'_>, mut interaction: Interaction, found: identities::Found) -> Result<Identified, Stop> {
    guard_not_suspended(cx, &found.user, "This account is suspended")?;
    interaction.result.profile.extend(found.profile);
    adopt(cx, interaction, &found.user, &found.title, false)
}

/// 400: a second factor identifies nobody.
fn second_factor_only<T>() -> Result<T, Stop> {
    unusable(
        "A second factor identifies nobody",
        "It proves something about a person who is known already. The page identifies with a first factor.",
    )
}

/// 422 `user.sign_in_method_not_enabled` unless passkeys sign people in.
fn guard_passkey_sign_in(cx: &mut Cx<'_>) -> Result<(), Stop> {
    if sign_in_experience(cx)?.passkey_sign_in.enabled == Some(true) {
        return Ok(());
    }
    refuse(
        ApiError::sign_in_method_not_enabled().hidden("passkeySignIn.enabled is not true"),
        Because::new(
            "experience.method",
            Outcome::Refused,
            "Signing in with a passkey is switched off",
            "The passkey was right. Whether the method is enabled is only checked now, as Logto does. Change it under Sign-in experience.",
            "Logto 4.4",
        ),
    )
}

/// What proves an identifier at sign-in.
#[derive(Clone, Copy)]
enum Proof {
    Password,
    Code,
}

/// 422 `user.sign_in_method_not_enabled` unless this proof is accepted with this kind of identifier.
fn guard_method(cx: &mut Cx<'_>, identifier: &Identifier, proof: Proof) -> Result<(), Stop> {
    let methods = sign_in_experience(cx)?.sign_in.methods;
    let accepted = methods.iter().any(|m| {
        m.identifier == identifier.kind
            && match proof {
                Proof::Password => m.password,
                Proof::Code => m.verification_code,
            }
    });
    if accepted {
        return Ok(());
    }
    let words = super::identifier::kind_words(identifier.kind);
    let proof = match proof {
        Proof::Password => "password",
        Proof::Code => "code",
    };
    refuse(
        ApiError::sign_in_method_not_enabled().hidden(format!("no sign-in method has {words} with {proof}")),
        Because::new(
            "experience.method",
            Outcome::Refused,
            format!("Signing in with {words} and {proof} is switched off"),
            format!("The {proof} was right. Whether the method is enabled is only checked now, as Logto does. Change it under Sign-in experience."),
            "Logto 4.4",
        )
        .input(format!("{words} + {proof}")),
    )
}

/// Whom a verified code proves.
fn by_code(cx: &mut Cx<'_>, code: &CodeRecord) -> Result<Arc<User>, Stop> {
    if !code.verified {
        return unusable(
            "The code was not verified",
            "A code was sent, but the right one has not come back yet. The page calls `verification-code/verify` first.",
        );
    }
    by_identifier(cx, &code.identifier)
}

/// The person with a proven identifier, or 404 `user.user_not_exist`.
fn by_identifier(cx: &mut Cx<'_>, identifier: &Identifier) -> Result<Arc<User>, Stop> {
    if let Some(user) = find_user(cx, identifier)? {
        guard_not_suspended(cx, &user, "This account is suspended")?;
        return Ok(user);
    }
    let words = super::identifier::kind_words(identifier.kind);
    cx.trail.patch.headline = Some(format!("{} · no account yet", identifier.value).into());
    refuse(
        ApiError::user_not_exist(Some(identifier)).hidden(format!("nobody has the {words} {}", identifier.value)),
        Because::new(
            "experience.identification",
            Outcome::Refused,
            format!("Nobody has this {words} yet"),
            format!(
                "`{}` is proven, but belongs to no account. Where registration is on, the page offers to create one with it: it changes the event to `Register` and identifies again with the same verification.",
                identifier.value
            ),
            "Logto 4.4",
        )
        .input(identifier.value.clone()),
    )
}

/// The person, who must exist and may not be suspended.
fn existing(cx: &mut Cx<'_>, user_id: &UserId, identifier: Option<&Identifier>) -> Result<Arc<User>, Stop> {
    let Some(user) = cx.get::<User>(user_id.as_str())? else {
        return refuse(
            ApiError::user_not_exist(identifier).hidden(format!("{user_id} was deleted after the verification")),
            Because::new(
                "experience.identification",
                Outcome::Refused,
                "The person is not there any more",
                "The verification proved somebody who has been deleted since.",
                "Logto 4.4",
            )
            .input(user_id.0.clone()),
        );
    };
    guard_not_suspended(cx, &user, "This account is suspended")?;
    Ok(user)
}

/// Makes the interaction this person's; 409 when it is somebody else's.
fn adopt(cx: &mut Cx<'_>, mut interaction: Interaction, user: &User, title: &str, made_up: bool) -> Result<Identified, Stop> {
    let name = user.display_name();
    if let Some(other) = interaction.result.user_id.clone().filter(|id| *id != user.id) {
        let other_name = identified(cx, &interaction)?.map_or_else(|| other.0.clone(), |u| u.display_name());
        return refuse(
            ApiError::identity_conflict().hidden(format!("identified as {other} before, {} now", user.id)),
            Because::new(
                "experience.conflict",
                Outcome::Refused,
                "This sign-in already is somebody else's",
                format!(
                    "It identified {other_name} before and can't become {name}'s. The page must begin again with `PUT /api/experience`."
                ),
                "Logto 4.4",
            )
            .input(user.id.0.clone()),
        );
    }
    if interaction.result.user_id.is_none() && !made_up {
        // Somebody who existed: what development sign-in made up before is not who this is.
        interaction.result.registered = false;
    }
    interaction.result.user_id = Some(user.id.clone());
    save(cx, &interaction)?;
    cx.trail.patch.user = Some((user.id.clone(), name.clone()));
    cx.because(
        Because::new(
            "experience.identification",
            Outcome::Decided,
            format!("This is {name}"),
            format!("{title}. The page submits next; only then is anybody signed in."),
            "Logto 4.4",
        )
        .input(user.id.0.clone()),
    );
    answer(cx, "204 identified", "identified", format!("{name} · identified"));
    waiting(cx, Lane::Experience, "waiting for the page to submit");
    Ok(Identified::Existing(user.id.clone()))
}

/// A development record: the person exists already, made up or not; no method and no mandatory profile is asked for.
fn without_proof(cx: &mut Cx<'_>, interaction: Interaction, event: InteractionEvent, user_id: &UserId) -> Result<Identified, Stop> {
    guard_switched_on(cx)?;
    guard_mode(cx, event)?;
    let user = existing(cx, user_id, None)?;
    let made_up = interaction.result.registered && event == InteractionEvent::Register;
    let reply = adopt(
        cx,
        interaction,
        &user,
        "Development sign-in chose the person; nothing was proven",
        made_up,
    )?;
    Ok(match reply {
        Identified::Existing(id) if made_up => Identified::Registered(id),
        reply => reply,
    })
}

fn register(cx: &mut Cx<'_>, mut interaction: Interaction, record: Option<VerificationRecord>) -> Result<Identified, Stop> {
    let own = identified(cx, &interaction)?;
    let invited = interaction.has_verified_one_time_token();
    match record {
        Some(VerificationRecord::NewPasswordIdentity {
            identifier,
            password_encrypted,
            ..
        }) => {
            let mut profile = interaction.result.profile.clone();
            profile.insert("username".into(), Value::String(identifier.value));
            profile.insert("passwordEncrypted".into(), Value::String(password_encrypted));
            if let Some(own) = &own {
                guard_not_set(own, &profile)?;
            }
            guard_unique(cx, &profile, own.as_deref())?;
            interaction.result.profile = profile;
            // Kept even when a later guard refuses: the page comes back with what is missing.
            save(cx, &interaction)?;
        }
        Some(VerificationRecord::Password { identifier, .. }) => {
            guard_sso_domain(cx, &identifier)?;
            return unusable(
                "A matched password belongs to an account that exists",
                "To create an account, the page verifies a new username and password (`new-password-identity`). To sign in, it changes the event to `SignIn`.",
            );
        }
        Some(VerificationRecord::EmailVerificationCode(code) | VerificationRecord::PhoneVerificationCode(code)) => {
            guard_sso_domain(cx, &code.identifier)?;
            if !code.verified {
                return unusable(
                    "The code was not verified",
                    "A code was sent, but the right one has not come back yet. The page calls `verification-code/verify` first.",
                );
            }
            take_identifier(cx, &mut interaction, &code.identifier, own.as_deref())?;
        }
        Some(VerificationRecord::OneTimeToken { identifier, .. }) => {
            take_identifier(cx, &mut interaction, &identifier, own.as_deref())?;
        }
        Some(VerificationRecord::Social(record)) => identities::take(cx, &mut interaction, &record, false)?,
        Some(VerificationRecord::EnterpriseSso(record)) => identities::take(cx, &mut interaction, &record, true)?,
        Some(
            VerificationRecord::SignInPasskey { .. }
            | VerificationRecord::Totp { .. }
            | VerificationRecord::WebAuthn(_)
            | VerificationRecord::BackupCode { .. }
            | VerificationRecord::MfaEmailVerificationCode(_)
            | VerificationRecord::MfaPhoneVerificationCode(_),
        ) => {
            return unusable(
                "This verification creates no account",
                "Passkeys and second factors belong to accounts that exist. To sign in, the page changes the event to `SignIn`.",
            );
        }
        // Development records were dealt with before.
        Some(VerificationRecord::DevelopmentSignIn { .. }) | None => {}
    }
    if invited {
        cx.because(Because::new(
            "experience.mode",
            Outcome::Decided,
            "The one-time token opens registration",
            "Whoever made the token invited this address, so the sign-in mode is not asked.",
            "Logto 4.3",
        ));
    } else {
        guard_mode(cx, InteractionEvent::Register)?;
    }
    if let Some(id) = &interaction.result.user_id {
        return refuse(
            ApiError::invalid_interaction_type().hidden(format!("already identified as {id}")),
            Because::new(
                "experience.conflict",
                Outcome::Refused,
                "This sign-in already has its account",
                "One registration creates one account. The page must begin again with `PUT /api/experience` for another.",
                "Logto 4.4",
            ),
        );
    }
    create(cx, interaction)
}

/// Adds a proven address or number to the pending profile.
fn take_identifier(cx: &mut Cx<'_>, interaction: &mut Interaction, identifier: &Identifier, own: Option<&User>) -> Result<(), Stop> {
    guard_allowed(cx, identifier)?;
    let member = profile_member(identifier.kind);
    let mut profile = interaction.result.profile.clone();
    profile.insert(member.into(), Value::String(identifier.value.clone()));
    if let Some(own) = own {
        guard_not_set(own, &profile)?;
    }
    guard_unique(cx, &profile, own)?;
    interaction.result.profile = profile;
    // Kept even when a later guard refuses: the page comes back with what is missing.
    Ok(save(cx, interaction)?)
}

/// Creates the person from the pending profile.
fn create(cx: &mut Cx<'_>, mut interaction: Interaction) -> Result<Identified, Stop> {
    let profile = interaction.result.profile.clone();
    if let Some(email) = profile.get("primaryEmail").and_then(Value::as_str) {
        guard_email_blocklist(cx, email)?;
    }
    let spared = identities::spared(cx, &interaction)?;
    guard_mandatory(cx, &profile, None, spared)?;
    // The pending profile may be minutes old; somebody may have been faster.
    guard_unique(cx, &profile, None)?;
    identities::guard_free(cx, &profile, None)?;
    let mut user = fresh_user(cx)?;
    fill_in(&mut user, &profile, cx.now);
    cx.put(&user)?;
    interaction.result.user_id = Some(user.id.clone());
    interaction.result.registered = true;
    interaction.result.profile.clear();
    save(cx, &interaction)?;
    let name = user.display_name();
    cx.trail.patch.user = Some((user.id.clone(), name.clone()));
    cx.because(
        Because::new(
            "experience.registration",
            Outcome::Decided,
            format!("{name} was created"),
            "Registration is allowed, the identifiers are free and nothing mandatory is missing. The page submits next.",
            "Logto 4.4",
        )
        .input(user.id.0.clone()),
    );
    grant_default_roles(cx, &user.id)?;
    join_organizations(cx, &user, &interaction.result, true)?;
    answer(cx, "201 created", "account created", format!("{name} · account created"));
    waiting(cx, Lane::Experience, "waiting for the page to submit");
    Ok(Identified::Registered(user.id))
}
