//! A new username with a password (sheet 4.2, `new-password-identity`): check, let the server hash, record.

use super::availability::guard_unique;
use super::error::ApiError;
use super::identifier::{username_policy, username_problem};
use super::interaction::keep_record;
use super::password_policy::{UserInfo, check_password};
use super::ruling::{Ruling, Stop, answer, begun, decide, refuse, save, sign_in_experience, waiting};
use crate::because::{Because, Outcome};
use crate::entropy::id21;
use crate::ids::{InteractionId, VerificationId};
use crate::live::Lane;
use crate::port::Cx;
use crate::record::{Identifier, IdentifierKind, VerificationRecord};
use crate::secret::Secret;
use serde_json::{Map, Value};

/// First half of `POST /verification/new-password-identity`: may this username and this password be taken? Reads only.
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 400 `guard.invalid_input`, 422 `user.username_already_in_use`,
/// 422 `password.rejected` with `data.issues`.
pub fn new_password_identity_check(
    cx: &mut Cx<'_>,
    interaction_id: &InteractionId,
    identifier: &Identifier,
    password: &Secret,
) -> Ruling<()> {
    decide(cx, Some("new username and password".into()), |cx| {
        begun(cx, interaction_id)?;
        guard_new_username(cx, identifier)?;
        let info = UserInfo {
            username: Some(identifier.value.clone()),
            ..UserInfo::default()
        };
        guard_password(cx, password, &info)
    })
}

/// Second half of `POST /verification/new-password-identity` → 200 `{verificationId}`: stores the record with the
/// hash (PHC string) that the server made. Nobody is created before identification.
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 422 `user.username_already_in_use` when somebody was faster.
pub fn record_new_password_identity(
    cx: &mut Cx<'_>,
    interaction_id: &InteractionId,
    identifier: &Identifier,
    phc: String,
) -> Ruling<VerificationId> {
    decide(cx, None, |cx| {
        let (mut interaction, _) = begun(cx, interaction_id)?;
        guard_new_username(cx, identifier)?;
        let id = VerificationId(id21(cx.entropy));
        keep_record(
            &mut interaction,
            VerificationRecord::NewPasswordIdentity {
                id: id.clone(),
                identifier: identifier.clone(),
                password_encrypted: phc,
            },
        );
        save(cx, &interaction)?;
        cx.because(
            Because::new(
                "experience.new_password_identity",
                Outcome::Passed,
                "The username is free and the password accepted",
                "Only the password's hash is kept. The account is created at identification, which checks the username again.",
                "Logto 4.2",
            )
            .input(identifier.value.clone()),
        );
        answer(
            cx,
            "200 verificationId",
            "creating an account",
            format!("{} · username and password accepted", identifier.value),
        );
        waiting(cx, Lane::Experience, "waiting for the page to create the account");
        Ok(id)
    })
}

fn guard_new_username(cx: &mut Cx<'_>, identifier: &Identifier) -> Result<(), Stop> {
    if identifier.kind != IdentifierKind::Username {
        return refuse(
            ApiError::invalid_input("identifier.type must be `username`"),
            Because::new(
                "experience.username",
                Outcome::Refused,
                "Only a username can be registered with a password",
                "An e-mail address or a phone number is registered with a verification code: the page sends one to it and identifies with that.",
                "Logto 4.2",
            ),
        );
    }
    guard_username_shape(cx, &identifier.value)?;
    let mut profile = Map::new();
    profile.insert("username".into(), Value::String(identifier.value.clone()));
    guard_unique(cx, &profile, None)
}

/// 400 `guard.invalid_input` for a text that is no username, or none that the policy allows (sheet 4.8).
pub(super) fn guard_username_shape(cx: &Cx<'_>, username: &str) -> Result<(), Stop> {
    let policy = username_policy(cx)?;
    let rule = match username_problem(username) {
        Some(problem) => Some((problem, "The rule is `^[A-Z_a-z]\\w*$` with 1 to 128 characters.")),
        None => policy
            .problem(username)
            .map(|problem| (problem, "The username policy is part of the sign-in experience.")),
    };
    let Some((problem, rule)) = rule else {
        return Ok(());
    };
    refuse(
        ApiError::invalid_input(problem.clone()),
        Because::new(
            "experience.username",
            Outcome::Refused,
            "This can't be a username",
            format!("{rule} {problem}"),
            "Logto 4.8",
        )
        .input(username.chars().take(200).collect::<String>()),
    )
}

/// 422 `password.rejected` when the policy refuses the password (sheet 4.8). The password is in no reason.
pub(super) fn guard_password(cx: &mut Cx<'_>, password: &Secret, info: &UserInfo) -> Result<(), Stop> {
    let policy = sign_in_experience(cx)?.password_policy;
    let issues = check_password(&policy, password.expose(), info);
    if issues.is_empty() {
        return Ok(());
    }
    let codes: Vec<&str> = issues.iter().map(|issue| issue.code).collect();
    let codes = codes.join(", ");
    let reasons: Vec<String> = issues.iter().map(super::Issue::words).collect();
    refuse(
        ApiError::password_rejected(&issues).hidden(codes.clone()),
        Because::new(
            "experience.password_policy",
            Outcome::Refused,
            "The password policy refused the password",
            format!(
                "The password {}. The policy is part of the sign-in experience.",
                reasons.join(", and ")
            ),
            "Logto 4.8",
        )
        .input(codes),
    )
}
