//! Ready-made people, each with one thing about them that a sign-in has to cope with.

use super::security::{new_backup_codes, new_totp};
use super::{taken, unknown};
use crate::console::{Answer, storage};
use crate::engine::Engine;
use serde_json::json;
use std::sync::Arc;
use vestibule_core::console::{ConsoleProblem, ConsoleReply, PersonaView, TypedPassword};
use vestibule_core::experience::{draw_totp_secret, grant_default_roles};
use vestibule_core::ids::UserId;
use vestibule_core::model::{Address, MfaVerification, Profile, SocialIdentity, User};
use vestibule_core::{Cx, StoreError};

/// A ready-made person.
struct Persona {
    id: &'static str,
    title: &'static str,
    name: Option<&'static str>,
    tests: &'static str,
    /// Whether they have an e-mail address, and a password.
    email: bool,
    password: bool,
    /// What else is particular about them.
    make: fn(&Cx<'_>, &mut User),
}

const LONG_NAME: &str =
    "Wolfeschlegelsteinhausenbergerdorff Hubert Blaine Adolph Charles David Earl Frederick Gerald Irvin John Kenneth Lloyd Martin Ned";

const PERSONAS: &[Persona] = &[
    Persona {
        id: "suspended",
        title: "Suspended",
        name: Some("Susan Suspended"),
        tests: "The right password is refused, and the application is told nothing of it.",
        email: true,
        password: true,
        make: |_, user| user.is_suspended = true,
    },
    Persona {
        id: "no_password",
        title: "No password",
        name: Some("Nora Newcomb"),
        tests: "Only a code by e-mail signs them in; the password page can’t.",
        email: true,
        password: false,
        make: |_, _| {},
    },
    Persona {
        id: "social_only",
        title: "Social only",
        name: Some("Sol Cial"),
        tests: "Has a Google identity and nothing else, so unlinking it is refused.",
        email: false,
        password: false,
        make: |_, user| {
            user.username = None;
            let identity = SocialIdentity {
                user_id: "persona-social".into(),
                details: json!({ "id": "persona-social", "name": "Sol Cial" }),
            };
            user.identities.insert("google".into(), identity);
        },
    },
    Persona {
        id: "totp",
        title: "Authenticator app",
        name: Some("Otto Tope"),
        tests: "Is asked for a code after the password; Security shows the present one.",
        email: true,
        password: true,
        make: |cx, user| {
            let secret = draw_totp_secret(cx.entropy);
            user.mfa_verifications = vec![new_totp(cx, &secret)];
            user.logto_config.mfa.enabled = Some(true);
        },
    },
    Persona {
        id: "last_backup_code",
        title: "Last backup code",
        name: Some("Lasse Backup"),
        tests: "Nine of ten backup codes are used up: the next one is the last.",
        email: true,
        password: true,
        make: |cx, user| {
            let secret = draw_totp_secret(cx.entropy);
            let mut backup = new_backup_codes(cx);
            if let MfaVerification::BackupCode { codes, last_used_at, .. } = &mut backup {
                *last_used_at = Some(cx.now);
                for code in codes.iter_mut().skip(1) {
                    code.used_at = Some(cx.now);
                }
            }
            user.mfa_verifications = vec![new_totp(cx, &secret), backup];
            user.logto_config.mfa.enabled = Some(true);
        },
    },
    Persona {
        id: "said_no_to_mfa",
        title: "Said no to a second factor",
        name: Some("Nick Nope"),
        tests: "Skipped the offer of a second factor, so only a mandatory policy asks again.",
        email: true,
        password: true,
        make: |_, user| user.logto_config.mfa.skipped = Some(true),
    },
    Persona {
        id: "phone_only",
        title: "Phone only",
        name: Some("Phoebe Cell"),
        tests: "Has a phone number and a password: the email claim is null, the username too.",
        email: false,
        password: true,
        make: |_, user| {
            user.username = None;
            user.primary_phone = Some("15550000001".into());
        },
    },
    Persona {
        id: "expired_password",
        title: "Expired password",
        name: Some("Max Pired"),
        tests: "The right password is accepted only after a new one is set.",
        email: true,
        password: true,
        make: |_, user| user.is_password_expired = user.password_encrypted.is_some(),
    },
    Persona {
        id: "bare",
        title: "Nothing but a username",
        name: None,
        tests: "No name, address or profile: required profile fields are asked for, and applications get null claims.",
        email: false,
        password: true,
        make: |_, _| {},
    },
    Persona {
        id: "full_profile",
        title: "Every claim",
        name: Some("Fulla Profile"),
        tests: "Every standard claim has a value, address and custom data included.",
        email: true,
        password: true,
        make: |_, user| {
            user.primary_phone = Some("15550000002".into());
            user.avatar = Some("https://people.example.test/fulla.png".into());
            user.custom_data.insert("plan".into(), "gold".into());
            user.profile = full_profile();
        },
    },
    Persona {
        id: "long_name",
        title: "Very long name",
        name: Some(LONG_NAME),
        tests: "A name of 128 characters, which pages and tables have to cut or wrap.",
        email: true,
        password: true,
        make: |_, _| {},
    },
    Persona {
        id: "right_to_left",
        title: "Right-to-left name",
        name: Some("عبد الرحمن الإسكندراني"),
        tests: "A name in Arabic among left-to-right text.",
        email: true,
        password: true,
        make: |_, user| user.profile.locale = Some("ar-EG".into()),
    },
    Persona {
        id: "awkward_name",
        title: "Awkward characters",
        name: Some("Zoë “Z” <b>O’Neil</b> & 🦊 Ñandú\u{301}; --"),
        tests: "Quotes, markup, an emoji and a combining accent: nothing may be lost, escaped twice or run.",
        email: true,
        password: true,
        make: |_, _| {},
    },
    Persona {
        id: "no_way_in",
        title: "No way in",
        name: Some("Stuck Outside"),
        tests: "A username and no password: nothing signs them in until somebody helps.",
        email: false,
        password: false,
        make: |_, _| {},
    },
];

fn full_profile() -> Profile {
    let text = |text: &str| Some(text.to_owned());
    Profile {
        family_name: text("Profile"),
        given_name: text("Fulla"),
        middle_name: text("Every"),
        nickname: text("Ful"),
        preferred_username: text("fulla"),
        profile: text("https://people.example.test/fulla"),
        website: text("https://fulla.example.test"),
        gender: text("female"),
        birthdate: text("1988-02-29"),
        zoneinfo: text("Atlantic/Reykjavik"),
        locale: text("is-IS"),
        address: Some(Address {
            formatted: text("Laugavegur 1\n101 Reykjavík\nIceland"),
            street_address: text("Laugavegur 1"),
            locality: text("Reykjavík"),
            region: text("Höfuðborgarsvæðið"),
            postal_code: text("101"),
            country: text("IS"),
        }),
    }
}

/// `sub` of the persona at a place of the list: twelve characters that never change.
fn user_id(place: usize) -> UserId {
    UserId(format!("persona{place:05}"))
}

/// The person as a persona has them.
fn person(cx: &Cx<'_>, place: usize, persona: &Persona, hash: &str) -> User {
    let mut user = User::new(user_id(place), cx.now);
    user.name = persona.name.map(str::to_owned);
    user.username = Some(format!("persona_{}", persona.id));
    if persona.email {
        user.primary_email = Some(format!("{}@persona.example.test", persona.id.replace('_', "-")));
    }
    if persona.password {
        user.set_password(Some(hash.to_owned()), cx.now);
    }
    user.demo_note = Some(persona.title.to_lowercase());
    (persona.make)(cx, &mut user);
    user
}

fn views(cx: &Cx<'_>) -> Result<Vec<PersonaView>, StoreError> {
    let view = |(place, persona): (usize, &Persona)| {
        let id = user_id(place);
        Ok(PersonaView {
            id: persona.id.to_owned(),
            title: persona.title.to_owned(),
            tests: persona.tests.to_owned(),
            user_id: cx.get::<User>(id.as_str())?.map(|user| user.id.0.clone()),
        })
    };
    PERSONAS.iter().enumerate().map(view).collect()
}

impl Engine {
    pub(in crate::console) fn personas(&self) -> Answer {
        self.look(|cx| views(cx)).map(ConsoleReply::Personas).map_err(|e| storage(&e))
    }

    /// Makes them, and puts those that are there back as they were in the beginning; roles and sign-ins stay.
    pub(in crate::console) async fn create_personas(self: &Arc<Self>, ids: Vec<String>, password: TypedPassword) -> Answer {
        if password.0.is_empty() {
            return Err(ConsoleProblem {
                code: "guard.invalid_input".into(),
                message: "Is empty. Write the password that those who have one share.".into(),
                field: Some("password".into()),
            });
        }
        for id in &ids {
            if !PERSONAS.iter().any(|persona| persona.id == id) {
                return Err(unknown(id));
            }
        }
        let hash = self.hash(&password.0).await?;
        let all = self
            .commit(move |cx| {
                let wanted = PERSONAS
                    .iter()
                    .enumerate()
                    .filter(|(_, persona)| ids.iter().any(|id| id == persona.id));
                for (place, persona) in wanted {
                    let mut user = person(cx, place, persona, &hash);
                    let texts = [&user.username, &user.primary_email, &user.primary_phone].map(|text| text.as_deref());
                    if let Some(problem) = taken(cx, &user.id, texts[0], texts[1], texts[2])? {
                        let message = format!("“{}” can’t be made: {}", persona.title, problem.message);
                        return Ok(Err(ConsoleProblem {
                            message,
                            field: None,
                            ..problem
                        }));
                    }
                    match cx.get::<User>(user.id.as_str())? {
                        Some(there) => user.created_at = there.created_at,
                        None => grant_default_roles(cx, &user.id)?,
                    }
                    cx.put(&user)?;
                }
                Ok(Ok(views(cx)?))
            })
            .await?;
        Ok(ConsoleReply::Personas(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_long_name_is_as_long_as_a_name_may_be() {
        assert_eq!(LONG_NAME.chars().count(), 128);
    }
}
