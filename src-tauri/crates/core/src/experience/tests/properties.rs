//! Whatever a page calls, in whatever order: no panic, no login without proof, no leaked hash.

use super::*;
use crate::model::{Mfa, MfaFactor, MfaPolicy, MfaVerification, SignInMode};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Anything a page, or an attacker with a page, can call.
#[derive(Clone, Debug)]
enum Call {
    Put(InteractionEvent),
    Change(InteractionEvent),
    Password(Identifier, &'static str),
    /// A comparison that claims a match, whatever was asked.
    Claim(Identifier),
    NewIdentity(&'static str, String),
    Develop(DevelopmentChoice),
    /// The n-th record issued so far, or none.
    Identify(Option<usize>),
    Add(ProfileUpdate),
    /// The newest record as a proven address.
    AddCode,
    CheckPassword(String),
    Send(Identifier, InteractionEvent),
    /// A code for the n-th record issued so far: the right one of the newest message, or another.
    Code(Identifier, usize, bool),
    Reset(&'static str),
    Submit,
    Wait(i64),
    Suspend(bool),
    Mode(SignInMode),
    Development(bool),
    Delete(&'static str),
    /// A sign-in up to identification, as a page makes it: what follows is explored far more often than by chance.
    Enter(&'static str),
    /// The code of somebody's app, now or in the next steps; or none of any app.
    App(Option<&'static str>, i64),
    /// A code to the person's own address, and whether the right one is typed.
    OwnAddress(bool),
    /// A new app; whether it is proven, and bound.
    NewApp(bool, bool),
    /// New backup codes, bound.
    NewPaper,
    /// One of the four notes about second factors.
    Note(u8),
    Factors(Vec<MfaFactor>, MfaPolicy),
}

/// The secrets of the apps that people have.
const APPS: [(&str, &str); 2] = [
    (ALICE, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
    (CAROL, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"),
];

fn events() -> impl Strategy<Value = InteractionEvent> {
    prop_oneof![
        3 => Just(InteractionEvent::SignIn),
        2 => Just(InteractionEvent::Register),
        1 => Just(InteractionEvent::ForgotPassword)
    ]
}

fn identifiers() -> impl Strategy<Value = Identifier> {
    prop_oneof![
        4 => Just(username("alice")),
        1 => Just(username("bob")),
        1 => Just(username("carol")),
        1 => Just(username("dora")),
        1 => Just(email("alice@example.test")),
        1 => ".*".prop_map(|text| username(&text)),
        1 => ".*".prop_map(|text| email(&text)),
        1 => "[0-9+() .-]{0,12}".prop_map(|text| identifier(IdentifierKind::Phone, &text)),
    ]
}

fn calls() -> impl Strategy<Value = Call> {
    let name = || prop::sample::select(vec!["dora", "eve", "alice", "", "9"]);
    prop_oneof![
        2 => events().prop_map(Call::Put),
        2 => events().prop_map(Call::Change),
        4 => (identifiers(), prop::sample::select(vec!["correct horse", "builder", "", "x"])).prop_map(|(i, p)| Call::Password(i, p)),
        1 => identifiers().prop_map(Call::Claim),
        3 => (name(), prop_oneof![Just("tangerine-kite9".to_owned()), ".*"]).prop_map(|(n, p)| Call::NewIdentity(n, p)),
        1 => prop::sample::select(vec![ALICE, BOB, CAROL, "nobody"]).prop_map(|id| Call::Develop(DevelopmentChoice::Person(id.into()))),
        1 => Just(Call::Develop(DevelopmentChoice::NewPerson)),
        5 => prop::option::weighted(0.8, 0usize..6).prop_map(Call::Identify),
        2 => name().prop_map(|n| Call::Add(ProfileUpdate::Username(n.to_owned()))),
        1 => Just(Call::Add(ProfileUpdate::Password { phc: hash("x") })),
        1 => Just(Call::Add(ProfileUpdate::Email { verification_id: "x".into() })),
        1 => Just(Call::AddCode),
        1 => ".*".prop_map(Call::CheckPassword),
        4 => (identifiers(), events()).prop_map(|(i, e)| Call::Send(i, e)),
        5 => (identifiers(), 0usize..3, any::<bool>()).prop_map(|(i, n, right)| Call::Code(i, n, right)),
        2 => prop::sample::select(vec!["tangerine-kite9", "correct horse", ""]).prop_map(Call::Reset),
        5 => Just(Call::Submit),
        1 => (0i64..2000).prop_map(Call::Wait),
        1 => any::<bool>().prop_map(Call::Suspend),
        1 => prop::sample::select(vec![SignInMode::SignIn, SignInMode::Register, SignInMode::SignInAndRegister]).prop_map(Call::Mode),
        1 => any::<bool>().prop_map(Call::Development),
        1 => prop::sample::select(vec![ALICE, CAROL]).prop_map(Call::Delete),
        6 => prop::sample::select(vec!["alice", "alice", "carol"]).prop_map(Call::Enter),
        4 => (prop::option::weighted(0.9, prop::sample::select(vec![ALICE, CAROL])), 0i64..2).prop_map(|(who, steps)| Call::App(who, steps)),
        2 => any::<bool>().prop_map(Call::OwnAddress),
        2 => any::<(bool, bool)>().prop_map(|(proven, bound)| Call::NewApp(proven, bound)),
        1 => Just(Call::NewPaper),
        2 => (0u8..4).prop_map(Call::Note),
        1 => (prop::sample::subsequence(MfaFactor::ALL.to_vec(), 0..5), policies()).prop_map(|(f, p)| Call::Factors(f, p)),
    ]
}

fn policies() -> impl Strategy<Value = MfaPolicy> {
    prop::sample::select(vec![
        MfaPolicy::NoPrompt,
        MfaPolicy::UserControlled,
        MfaPolicy::PromptOnlyAtSignIn,
        MfaPolicy::Mandatory,
    ])
}

/// Whose second factor was proven since the last `PUT`, and who needs none: chosen by development sign-in, or created
/// here. Told apart from what the rules believe.
#[derive(Default)]
struct Second {
    proven: BTreeSet<UserId>,
    exempt: BTreeSet<UserId>,
}

/// Whether this person has a second factor that is switched on.
fn is_bound(page: &Page, user: &User) -> bool {
    let experience = page.world.get::<SignInExperience>(SignInExperience::ID);
    let on = |factor| experience.as_ref().is_some_and(|e| e.mfa.factors.contains(&factor));
    user.mfa_verifications.iter().any(|mfa| on(mfa.factor()) && mfa.is_usable())
        || on(MfaFactor::EmailVerificationCode) && user.primary_email.is_some()
        || on(MfaFactor::PhoneVerificationCode) && user.primary_phone.is_some()
}

/// Who may be logged in, told apart from what the rules believe: since the last `PUT`, a right password was given for
/// them, development sign-in chose them, or they were registered here.
#[derive(Default)]
struct Proven(BTreeSet<UserId>);

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_calls_panics_or_signs_in_without_proof(sequence in prop::collection::vec(calls(), 1..40)) {
        let mut page = Page::new();
        let mut issued: Vec<VerificationId> = Vec::new();
        let mut proven = Proven::default();
        let mut second = Second::default();
        for (id, key) in APPS {
            page.change_user(id, |user| {
                user.password_encrypted = Some(hash("correct horse"));
                user.mfa_verifications.push(MfaVerification::Totp {
                    id: "totp1".into(), created_at: START, last_used_at: None, key: format!("sealed:{key}"), last_used_time_step: None,
                });
            });
        }
        page.configure(|e| e.forgot_password_methods = Some(super::codes::RESETS.to_vec()));
        page.configure(|e| e.mfa = Mfa { factors: vec![MfaFactor::Totp], policy: MfaPolicy::NoPrompt, ..Mfa::default() });
        for call in sequence {
            // Every call goes through `Page::call`, which checks what it leaves.
            match call {
                Call::Put(event) => {
                    if page.put(event).is_ok() {
                        proven.0.clear();
                        second = Second::default();
                    }
                }
                Call::Change(event) => { let _ = page.change(event); }
                Call::Password(identifier, password) => {
                    if let Ok(record) = page.password(&identifier, password) {
                        let holder = page.world.read(|cx| identifier::find_user(cx, &identifier).unwrap()).0.unwrap();
                        prop_assert_eq!(holder.password_encrypted.clone(), Some(hash(password)));
                        proven.0.insert(holder.id.clone());
                        issued.push(record);
                    }
                }
                Call::Claim(identifier) => {
                    // The server claims a match; only where there is a hash does that prove anything.
                    if let Ok(question) = page.call(|cx, id| password_candidate(cx, id, &identifier)) {
                        let outcome = page.call(|cx, id| record_password_result(cx, id, &question, true));
                        prop_assert!(outcome.is_err() || question.hash.is_some());
                        if let (Ok(record), Some(user_id)) = (outcome, question.user_id) {
                            proven.0.insert(user_id);
                            issued.push(record);
                        }
                    }
                }
                Call::NewIdentity(name, password) => issued.extend(page.new_identity(name, &password).ok()),
                Call::Develop(choice) => {
                    if let Ok(record) = page.develop(&choice) {
                        let chosen = page.trail.patch.user.clone().unwrap().0;
                        if let DevelopmentChoice::Person(id) = &choice {
                            prop_assert_eq!(id, &chosen);
                        }
                        proven.0.insert(chosen.clone());
                        second.exempt.insert(chosen);
                        issued.push(record);
                    }
                }
                Call::Identify(nth) => {
                    let record = nth.and_then(|n| issued.iter().rev().nth(n)).cloned();
                    let people = page.world.read(|cx| cx.list::<User>(500).unwrap()).0.len();
                    let outcome = page.identify(record.as_ref());
                    let now = page.world.read(|cx| cx.list::<User>(500).unwrap()).0.len();
                    match outcome {
                        Ok(Identified::Registered(id)) => { second.exempt.insert(id.clone()); proven.0.insert(id); }
                        Ok(Identified::Existing(id)) => { prop_assert!(proven.0.contains(&id)); }
                        Err(_) => prop_assert_eq!(people, now, "a refusal created somebody"),
                    }
                }
                Call::Add(update) => { let _ = page.add(update); }
                Call::CheckPassword(text) => { let _ = page.call(|cx, id| profile_password_check(cx, id, &Secret::new(text))); }
                Call::AddCode => {
                    let newest = issued.last().cloned().unwrap_or_else(|| VerificationId("x".into()));
                    let _ = page.add(ProfileUpdate::Email { verification_id: newest.0 });
                }
                Call::Send(to, event) => {
                    if let Ok(sent) = page.send(&to, event) {
                        issued.push(sent.verification_id);
                    }
                }
                Call::Code(to, nth, right) => {
                    let Some(record) = issued.iter().rev().nth(nth).cloned() else { continue };
                    let Some(message) = page.newest.clone() else { continue };
                    let (recipient, newest) = (message.to, page.code_in_inbox());
                    let typed = if right { newest } else { "12345x".to_owned() };
                    if page.verify(&to, &record, &typed).is_ok() {
                        prop_assert!(right, "a wrong code was accepted");
                        prop_assert_eq!(identifier::index_entry(&to), identifier::index_entry(&Identifier { value: recipient, ..to.clone() }), "a code proved another address");
                        if let Some(holder) = page.world.read(|cx| identifier::find_user(cx, &to).unwrap()).0 {
                            proven.0.insert(holder.id.clone());
                        }
                    }
                }
                Call::Reset(password) => {
                    if page.reset(password).is_ok() {
                        let state = page.state().result;
                        prop_assert_eq!(state.interaction_event, Some(InteractionEvent::ForgotPassword));
                        prop_assert!(proven.0.contains(&state.user_id.unwrap()));
                    }
                }
                Call::Submit if page.state_event() == Some(InteractionEvent::ForgotPassword) => {
                    let before = page.state().result.user_id.map(|id| page.user_if_there(&id));
                    if page.submit().is_ok() {
                        let user = before.flatten().unwrap();
                        prop_assert!(proven.0.contains(&user.id), "somebody else's password was replaced");
                        prop_assert_ne!(page.user(user.id.as_str()).password_encrypted, user.password_encrypted);
                        prop_assert!(page.state().result.login.is_none() && page.state().result.user_id.is_none(), "a reset signed somebody in");
                        proven.0.clear();
                        second = Second::default();
                    }
                }
                Call::Enter(name) => {
                    if page.put(InteractionEvent::SignIn).is_ok() {
                        proven.0.clear();
                        second = Second::default();
                        if let Ok(record) = page.password(&username(name), "correct horse") {
                            let holder = page.world.read(|cx| identifier::find_user(cx, &username(name)).unwrap()).0.unwrap();
                            proven.0.insert(holder.id.clone());
                            let _ = page.identify(Some(&record));
                            issued.push(record);
                        }
                    }
                }
                Call::App(who, steps) => {
                    use crate::time::Clock as _;
                    let at = u64::try_from(page.world.clock.now().seconds() + steps * 30).unwrap();
                    let app = APPS.iter().find(|(id, _)| Some(*id) == who);
                    let typed = app.map_or("12345x".to_owned(), |(_, key)| totp_for(&Secret::new(*key), "", "").unwrap().generate(at).to_string());
                    let identified = page.world.get::<Interaction>("int1").and_then(|i| i.result.user_id.clone());
                    if page.call(|cx, id| verify_totp(cx, id, &typed, None)).is_ok() {
                        prop_assert_eq!(identified.as_ref().map(UserId::as_str), who, "another person's app was accepted");
                        second.proven.extend(identified);
                    }
                }
                Call::OwnAddress(right) => {
                    if let Ok(sent) = page.call(|cx, id| send_mfa_verification_code(cx, id, IdentifierKind::Email)) {
                        let to = sent.message.as_ref().unwrap().to.clone();
                        page.newest.clone_from(&sent.message);
                        let typed = if right { page.code_in_inbox() } else { "12345x".to_owned() };
                        let outcome = page.call(|cx, id| verify_mfa_verification_code(cx, id, IdentifierKind::Email, sent.verification_id.as_str(), &typed));
                        prop_assert!(right || outcome.is_err());
                        if outcome.is_ok() {
                            let identified = page.state().result.user_id.unwrap();
                            prop_assert_eq!(page.user(identified.as_str()).primary_email, Some(to));
                            second.proven.insert(identified);
                        }
                        issued.push(sent.verification_id);
                    }
                }
                Call::NewApp(prove, bind) => {
                    use crate::time::Clock as _;
                    if let Ok(new) = page.call(|cx, id| start_totp(cx, id, "localhost")) {
                        let at = u64::try_from(page.world.clock.now().seconds()).unwrap();
                        if prove {
                            let typed = totp_for(&new.secret, "", "").unwrap().generate(at).to_string();
                            let _ = page.call(|cx, id| verify_totp(cx, id, &typed, Some(new.verification_id.as_str())));
                        }
                        if bind {
                            let binding = MfaBinding { factor: MfaFactor::Totp, verification_id: new.verification_id.0.clone() };
                            let outcome = page.call(|cx, id| add_mfa_factor(cx, id, &binding));
                            prop_assert!(prove || outcome.is_err(), "an app was bound that nothing proved");
                        }
                        issued.push(new.verification_id);
                    }
                }
                Call::NewPaper => {
                    if let Ok((id, _)) = page.call(generate_backup_codes) {
                        let binding = MfaBinding { factor: MfaFactor::BackupCode, verification_id: id.0.clone() };
                        let _ = page.call(|cx, interaction| add_mfa_factor(cx, interaction, &binding));
                        issued.push(id);
                    }
                }
                Call::Note(which) => {
                    let _ = match which {
                        0 => page.call(enable_mfa),
                        1 => page.call(skip_mfa),
                        2 => page.call(skip_additional_mfa),
                        _ => page.call(skip_passkey),
                    };
                }
                Call::Factors(factors, policy) => page.configure(|e| e.mfa = Mfa { factors, policy, ..Mfa::default() }),
                Call::Submit => {
                    let state = page.world.get::<Interaction>("int1");
                    let before = state.as_ref().and_then(|i| i.result.user_id.clone()).and_then(|id| page.user_if_there(&id));
                    // Whoever is signed in already submits again without another proof.
                    let again = state.is_some_and(|i| i.result.login.is_some() && i.result.profile.is_empty() && i.result.mfa.is_empty());
                    let asked = !again && before.is_some_and(|user| is_bound(&page, &user) && !second.proven.contains(&user.id) && !second.exempt.contains(&user.id));
                    if let Ok(to) = page.submit() {
                        prop_assert!(!asked, "a second factor was got past");
                        let mandatory = page.world.get::<SignInExperience>(SignInExperience::ID).is_some_and(|e| e.mfa.policy == MfaPolicy::Mandatory && !e.mfa.factors.is_empty());
                        let signed_in = page.user(page.state().result.login.unwrap().as_str());
                        prop_assert!(again || !mandatory || is_bound(&page, &signed_in) || second.exempt.contains(&signed_in.id), "a mandatory factor was got past");
                        prop_assert_eq!(to, format!("{ISSUER}/auth/int1"));
                        let login = page.state().result.login.unwrap();
                        prop_assert!(!page.user(login.as_str()).is_suspended);
                    }
                }
                Call::Wait(seconds) => page.world.clock.advance(seconds),
                Call::Suspend(suspended) => {
                    if page.world.get::<User>(ALICE).is_some() {
                        page.change_user(ALICE, |u| u.is_suspended = suspended);
                    }
                }
                Call::Mode(mode) => page.configure(|e| e.sign_in_mode = mode),
                Call::Development(on) => page.development(on),
                Call::Delete(id) => { page.world.write(|cx| cx.delete::<User>(id).unwrap()); }
            }
            if let Some(state) = page.world.get::<Interaction>("int1") {
                if let Some(login) = &state.result.login {
                    prop_assert!(proven.0.contains(login), "{login} is logged in without proof");
                    prop_assert_eq!(Some(login), state.result.user_id.as_ref());
                }
                let kinds: BTreeSet<String> = snapshot(&state)["verificationRecords"].as_array().unwrap().iter().map(|r| r["type"].to_string()).collect();
                prop_assert_eq!(kinds.len(), state.result.verification_records.len(), "one record per type");
            }
            // However it went, no two people share a username.
            let people = page.world.read(|cx| cx.list::<User>(500).unwrap()).0;
            let names: Vec<_> = people.iter().filter_map(|u| u.username.clone()).collect();
            prop_assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        }
    }

    #[test]
    fn any_text_may_be_checked_as_a_password(password in ".{0,300}", name in ".{0,40}", word in ".{0,10}") {
        let mut policy = crate::model::PasswordPolicy::default();
        policy.rejects.words = vec![word];
        let user = UserInfo { name: Some(name.clone()), username: Some(name.clone()), email: Some(name.clone()), phone: Some(name) };
        let issues = check_password(&policy, &password, &user);
        let accepted = issues.is_empty();
        let length = password.chars().count();
        prop_assert!(!accepted || (8..=256).contains(&length) && password.is_ascii());
    }

    #[test]
    fn any_text_may_be_typed_as_an_identifier(text in ".*") {
        for kind in [IdentifierKind::Username, IdentifierKind::Email, IdentifierKind::Phone] {
            if let Some(entry) = identifier::index_entry(&identifier(kind, &text)) {
                // The index key ends the value with NUL: none may be inside it.
                prop_assert!(!entry.value.contains('\0') && !entry.value.is_empty());
            }
        }
        let _ = identifier::email_domain(&text);
    }
}
