//! How people sign in and sign up (sheet 5.2).

use super::super::Report;
use super::Deliverable;
use crate::model::{SignIn, SignUp, SignUpIdentifier};
use crate::record::IdentifierKind;

/// The name of an identifier as the configuration writes it.
const fn name(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::Username => "username",
        IdentifierKind::Email => "email",
        IdentifierKind::Phone => "phone",
    }
}

const fn secondary_name(kind: SignUpIdentifier) -> &'static str {
    match kind {
        SignUpIdentifier::Username => "username",
        SignUpIdentifier::Email => "email",
        SignUpIdentifier::Phone => "phone",
        SignUpIdentifier::EmailOrPhone => "emailOrPhone",
    }
}

/// Whether a code reaches this kind of address.
const fn delivered(delivery: Deliverable, kind: IdentifierKind) -> bool {
    match kind {
        IdentifierKind::Username => true,
        IdentifierKind::Email => delivery.email,
        IdentifierKind::Phone => delivery.sms,
    }
}

fn no_connector(report: &mut Report, field: &str, kind: IdentifierKind) {
    let what = if kind == IdentifierKind::Email { "e-mail" } else { "text messages" };
    report.coded(
        "sign_in_experiences.enabled_connector_not_found",
        field,
        format!("Nothing delivers {what}, so no code would arrive. Set up a connector for it first."),
    );
}

pub(super) fn check_sign_in(report: &mut Report, sign_in: &SignIn, delivery: Deliverable) {
    for (index, method) in sign_in.methods.iter().enumerate() {
        let field = format!("signIn.methods.{index}");
        let kind = name(method.identifier);
        if !method.password && !method.verification_code {
            report.coded(
                "sign_in_experiences.at_least_one_authentication_factor",
                &field,
                format!("Signing in by {kind} needs a password or a verification code. Set one of them to true."),
            );
        }
        if method.verification_code && method.identifier == IdentifierKind::Username {
            report.add(
                format!("{field}.verificationCode"),
                "No code can be sent to a username. Set verificationCode to false.",
            );
        }
        if method.verification_code && !delivered(delivery, method.identifier) {
            no_connector(report, &format!("{field}.verificationCode"), method.identifier);
        }
        if sign_in.methods[..index].iter().any(|other| other.identifier == method.identifier) {
            report.add(&field, format!("Signing in by {kind} is listed twice. Remove one."));
        }
    }
}

pub(super) fn check_sign_up(report: &mut Report, sign_up: &SignUp, sign_in: &SignIn, delivery: Deliverable) {
    for (index, &identifier) in sign_up.identifiers.iter().enumerate() {
        let field = format!("signUp.identifiers.{index}");
        let kind = name(identifier);
        if sign_up.identifiers[..index].contains(&identifier) {
            report.coded(
                "sign_in_experiences.duplicated_sign_up_identifiers",
                &field,
                format!("{kind} is listed twice. Remove one."),
            );
            continue;
        }
        check_matching_method(report, &field, identifier, sign_up, sign_in);
        match identifier {
            IdentifierKind::Username if !sign_up.password => report.coded(
                "sign_in_experiences.username_requires_password",
                "signUp.password",
                "A username alone can't be signed in with. Set password to true.",
            ),
            IdentifierKind::Email | IdentifierKind::Phone if !sign_up.verify => report.coded(
                "sign_in_experiences.passwordless_requires_verify",
                "signUp.verify",
                format!("Registration by {kind} must verify it. Set verify to true."),
            ),
            IdentifierKind::Email | IdentifierKind::Phone if !delivered(delivery, identifier) => {
                no_connector(report, &field, identifier);
            }
            _ => {}
        }
    }
    check_secondary(report, sign_up, delivery);
}

/// People must be able to sign in with what they registered with.
fn check_matching_method(report: &mut Report, field: &str, identifier: IdentifierKind, sign_up: &SignUp, sign_in: &SignIn) {
    let kind = name(identifier);
    match sign_in.methods.iter().find(|method| method.identifier == identifier) {
        None => report.coded(
            "sign_in_experiences.miss_sign_up_identifier_in_sign_in",
            field,
            format!("People who register with {kind} couldn't sign in with it. Add {kind} to signIn.methods."),
        ),
        Some(method) if sign_up.password && !method.password => report.coded(
            "sign_in_experiences.password_sign_in_must_be_enabled",
            field,
            format!("Registration sets a password, but signing in by {kind} takes none. Set password to true in that method."),
        ),
        Some(method) if !sign_up.password && !method.verification_code && identifier != IdentifierKind::Username => report.coded(
            "sign_in_experiences.code_sign_in_must_be_enabled",
            field,
            format!("Registration sets no password, so signing in by {kind} needs a code. Set verificationCode to true in that method."),
        ),
        Some(_) => {}
    }
}

fn check_secondary(report: &mut Report, sign_up: &SignUp, delivery: Deliverable) {
    const KINDS: [IdentifierKind; 3] = [IdentifierKind::Username, IdentifierKind::Email, IdentifierKind::Phone];
    if sign_up.identifiers.is_empty() && !sign_up.secondary_identifiers.is_empty() {
        report.coded(
            "sign_in_experiences.missing_sign_up_identifiers",
            "signUp.identifiers",
            "Is empty, but secondaryIdentifiers are asked for. Name the identifier that people register with.",
        );
    }
    for (index, secondary) in sign_up.secondary_identifiers.iter().enumerate() {
        let field = format!("signUp.secondaryIdentifiers.{index}");
        let kind = secondary_name(secondary.identifier);
        let wanted = || KINDS.into_iter().filter(|kind| secondary.identifier.accepts(*kind));
        let primary = wanted().find(|kind| sign_up.identifiers.contains(kind));
        let earlier = sign_up.secondary_identifiers[..index]
            .iter()
            .any(|other| wanted().any(|kind| other.identifier.accepts(kind)));
        if let Some(twice) = primary {
            report.coded(
                "sign_in_experiences.duplicated_sign_up_identifiers",
                &field,
                format!(
                    "{kind} asks for what identifiers has as {} already. Remove one of the two.",
                    name(twice)
                ),
            );
            continue;
        }
        if earlier {
            report.coded(
                "sign_in_experiences.duplicated_sign_up_identifiers",
                &field,
                format!("{kind} asks for what another secondary identifier asks for. Remove one of the two."),
            );
            continue;
        }
        if secondary.identifier == SignUpIdentifier::Username {
            if !sign_up.password {
                report.coded(
                    "sign_in_experiences.username_requires_password",
                    "signUp.password",
                    "A username can't be signed in with unless there is a password. Set password to true.",
                );
            }
            continue;
        }
        if !sign_up.verify {
            report.coded(
                "sign_in_experiences.passwordless_requires_verify",
                "signUp.verify",
                format!("Registration asks for {kind} too and must verify it. Set verify to true."),
            );
        }
        if secondary.verify != Some(true) {
            report.coded(
                "sign_in_experiences.passwordless_requires_verify",
                format!("{field}.verify"),
                format!("Registration must verify {kind}. Set verify to true."),
            );
        }
        for kind in wanted().filter(|kind| !delivered(delivery, *kind)) {
            no_connector(report, &field, kind);
        }
    }
}
