//! Applying documents to what is stored.

use super::*;
use vestibule_core::model::{Application, Connector, Failure, ProviderSettings, Resource, Role, SignInExperience, SimulatedAccount, User};
use vestibule_core::record::Index;

fn counts(summary: Summary) -> (usize, usize, usize) {
    (summary.created, summary.updated, summary.unchanged)
}

fn config_errors(outcome: Result<world::Applied, ApplyError>) -> Vec<ConfigError> {
    match outcome {
        Err(ApplyError::Config(errors)) => errors,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("applied"),
    }
}

#[tokio::test]
async fn applying_twice_changes_nothing() {
    let mut stored = Stored::default();
    let document = good(FULL);
    let first = stored.start(&document, 1_000).await.unwrap();
    assert_eq!(counts(first.summary), (26, 0, 0));
    assert_eq!(first.hashed, 1);
    assert_eq!(first.summary.to_string(), "26 created, 0 updated, 0 unchanged");
    let before = stored.dump();
    // Another start, another reading of the file, another time.
    let second = stored.start(&good(FULL), 2_000).await.unwrap();
    assert_eq!(counts(second.summary), (0, 0, 26));
    assert_eq!((second.writes, second.hashed), (0, 0));
    assert_eq!(stored.dump(), before);
}

#[tokio::test]
async fn everything_arrives() {
    let mut stored = Stored::default();
    stored.start(&good(FULL), 1_000).await.unwrap();
    let guild: Connector = stored.one("guild");
    assert_eq!(guild.simulation.as_ref().unwrap().failure, Some(Failure::Slow));
    let accounts = stored.all::<SimulatedAccount>();
    assert_eq!(
        (accounts.len(), accounts[0].sub.as_str(), accounts[0].failure),
        (1, "nora", Some(Failure::NoEmail))
    );
    let acme: Connector = stored.one("acmesso00001");
    assert_eq!(acme.label(), "Acme Inc.");
    assert_eq!(acme.idp_initiated_auth.unwrap().default_application_id.as_str(), "shop");
    let shop: Application = stored.one("shop");
    assert_eq!(
        shop.secrets.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(),
        ["Default secret", "CI", "Old"]
    );
    assert_eq!(shop.custom_client_metadata.refresh_token_ttl_in_days, Some(30));
    assert!(stored.one::<Application>("phone-app").secrets.is_empty());
    let ada: User = stored.one("ada000000001");
    assert!(ada.password_encrypted.as_ref().unwrap().ends_with("difference-engine-1843"));
    assert_eq!(ada.profile.address.as_ref().unwrap().locality.as_deref(), Some("London"));
    let grace = stored
        .cx(0)
        .find::<User>(&Index::Email.entry("grace@example.test"))
        .unwrap()
        .unwrap();
    assert!(grace.password_encrypted.as_ref().unwrap().starts_with("$argon2id$"));
    assert_eq!(grace.id.as_str().len(), 12);
    let roles = stored.all::<Role>();
    let role = |name: &str| roles.iter().find(|role| role.name == name).unwrap();
    assert_eq!(role("keeper").user_ids, [ada.id.clone(), grace.id.clone()]);
    assert_eq!(role("sync").application_ids, ["stock-sync".into()]);
    // Ada lists it; Grace and the guest are new and it is a default role.
    assert_eq!(role("visitor").user_ids.len(), 3);
    assert_eq!(stored.all::<Resource>().len(), 2);
    assert_eq!(stored.all::<Connector>().len(), 3);
    assert!(!stored.one::<ProviderSettings>(ProviderSettings::ID).keep_serving_when_closed);
    assert_eq!(
        stored.one::<SignInExperience>(SignInExperience::ID).sentinel_policy.max_attempts,
        20
    );
    let mut plain = stored.dump();
    plain.retain(|c| c != '\\');
    assert!(!plain.contains("\"shop-secret\""), "secrets are sealed");
}

#[tokio::test]
async fn what_the_file_doesnt_name_is_left_alone() {
    let mut stored = Stored::default();
    stored.start(&good(FULL), 1_000).await.unwrap();
    stored.edit::<Application>("shop", |app| app.name = "Renamed".into());
    stored.edit::<User>("ada000000001", |user| user.name = Some("Renamed".into()));
    let other = good(
        "[provider]\ndialect = \"strict\"\n[signInExperience]\ncolor.primaryColor = \"#000000\"\n[[users]]\nusername = \"ada\"\nprofile.nickname = \"Countess\"\nprofile.address.country = \"UK\"\n[[applications]]\nid = \"shop\"\nname = \"Shop\"\ntype = \"Traditional\"\noidcClientMetadata.redirectUris = []\n",
    );
    let outcome = stored.start(&other, 2_000).await.unwrap();
    assert_eq!(counts(outcome.summary), (0, 4, 0));
    let ada: User = stored.one("ada000000001");
    assert_eq!(ada.name.as_deref(), Some("Renamed"));
    assert_eq!(ada.profile.nickname.as_deref(), Some("Countess"));
    assert_eq!(ada.profile.family_name.as_deref(), Some("Example"));
    let address = ada.profile.address.unwrap();
    assert_eq!(
        (address.country.as_deref(), address.locality.as_deref()),
        (Some("UK"), Some("London"))
    );
    assert!(ada.password_encrypted.is_some());
    assert_eq!((ada.created_at.0, ada.updated_at.0), (1_000, 2_000));
    let shop: Application = stored.one("shop");
    assert_eq!(shop.name, "Shop");
    assert!(shop.oidc_client_metadata.redirect_uris.is_empty());
    assert_eq!(shop.oidc_client_metadata.post_logout_redirect_uris.len(), 1);
    assert_eq!(shop.secrets.len(), 3);
    let row: SignInExperience = stored.one(SignInExperience::ID);
    assert_eq!(
        (row.color.primary_color.as_str(), row.color.dark_primary_color.as_str()),
        ("#000000", "#4fd1a5")
    );
    assert!(!stored.one::<ProviderSettings>(ProviderSettings::ID).keep_serving_when_closed);
    assert_eq!(stored.all::<Role>().len(), 3);
}

#[tokio::test]
async fn passwords_are_hashed_once_and_set_back_when_changed() {
    let mut stored = Stored::default();
    let text = "[[users]]\nusername = \"u\"\npassword = \"first-password\"\n[[users]]\nusername = \"v\"\npassword = \"first-password\"\n";
    assert_eq!(stored.start(&good(text), 1).await.unwrap().hashed, 2);
    assert_eq!(stored.start(&good(text), 2).await.unwrap().hashed, 0);
    let changed = text.replacen("first", "second", 1);
    let outcome = stored.start(&good(&changed), 3).await.unwrap();
    assert_eq!((outcome.hashed, counts(outcome.summary)), (1, (0, 1, 1)));
    let id = stored.cx(0).find::<User>(&Index::Username.entry("u")).unwrap().unwrap().id.clone();
    assert!(
        stored
            .one::<User>(id.as_str())
            .password_encrypted
            .unwrap()
            .ends_with("second-password")
    );
    // Someone changes it elsewhere; the file wins again.
    stored.edit::<User>(id.as_str(), |user| user.password_encrypted = Some("hash x other".into()));
    assert_eq!(stored.start(&good(&changed), 4).await.unwrap().hashed, 1);
    assert!(
        stored
            .one::<User>(id.as_str())
            .password_encrypted
            .unwrap()
            .ends_with("second-password")
    );
    // Two people with one password don't have one fingerprint, and none is the bare digest of the password.
    let digest = vestibule_core::record::digest("first-password");
    assert!(!stored.dump().contains(&digest));
    // Without its hash nothing is applied.
    let document = good(&text.replace("first", "third"));
    let mut cx = stored.cx(5);
    match apply(&document, &mut cx, &PreparedHashes::default()) {
        Err(ApplyError::Config(errors)) => assert_eq!(errors.len(), 2),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn failed_hashing_is_said() {
    let stored = Stored::default();
    let jobs = passwords_to_hash(&good(FULL), &stored.cx(0)).unwrap();
    let outcome = hash_passwords(jobs, |_| async { Err::<String, _>("out of memory") }).await;
    assert_eq!(outcome.err().unwrap(), "a password couldn't be hashed: out of memory");
}

#[tokio::test]
async fn people_are_found_by_what_is_known() {
    let mut stored = Stored::default();
    stored
        .start(
            &good("[[users]]\nusername = \"u\"\n[[users]]\nprimaryEmail = \"E@x.y\"\n[[users]]\nprimaryPhone = \"12\"\n"),
            1,
        )
        .await
        .unwrap();
    let ids: Vec<_> = stored.all::<User>().iter().map(|u| u.id.clone()).collect();
    let text = "[[users]]\nusername = \"u\"\nname = \"U\"\n[[users]]\nusername = \"e\"\nprimaryEmail = \"e@X.y\"\n[[users]]\nprimaryPhone = \"+1 2\"\nname = \"P\"\n";
    assert_eq!(counts(stored.start(&good(text), 2).await.unwrap().summary), (0, 3, 0));
    assert_eq!(stored.all::<User>().iter().map(|u| u.id.clone()).collect::<Vec<_>>(), ids);
    // Renamed elsewhere: the derived id still finds them, and the file's name comes back.
    let id = stored.cx(0).find::<User>(&Index::Username.entry("u")).unwrap().unwrap().id.clone();
    stored.edit::<User>(id.as_str(), |user| user.username = Some("renamed".into()));
    stored.start(&good(text), 3).await.unwrap();
    assert_eq!(stored.one::<User>(id.as_str()).username.as_deref(), Some("u"));
    // The same derived ids in another data directory.
    let mut elsewhere = Stored::default();
    elsewhere.start(&good("[[users]]\nusername = \"u\"\n"), 9).await.unwrap();
    assert_eq!(elsewhere.all::<User>()[0].id, id);
}

#[tokio::test]
async fn people_may_swap_names_but_not_take_others() {
    let mut stored = Stored::default();
    stored
        .start(
            &good("[[users]]\nid = \"p1\"\nusername = \"a\"\n[[users]]\nid = \"p2\"\nusername = \"b\"\n"),
            1,
        )
        .await
        .unwrap();
    stored
        .start(
            &good("[[users]]\nid = \"p1\"\nusername = \"b\"\n[[users]]\nid = \"p2\"\nusername = \"a\"\n"),
            2,
        )
        .await
        .unwrap();
    assert_eq!(
        stored.cx(0).find::<User>(&Index::Username.entry("a")).unwrap().unwrap().id.as_str(),
        "p2"
    );
    let errors = config_errors(stored.start(&good("\n[[users]]\nid = \"p3\"\nusername = \"a\"\n"), 3).await);
    assert_eq!((errors.len(), errors[0].line, errors[0].column), (1, 4, 12));
    assert!(errors[0].message.contains("Belongs to the stored person p2"), "{}", errors[0]);
    let errors = config_errors(
        stored
            .start(&good("[[users]]\nid = \"p2\"\n[[users]]\nusername = \"a\"\n"), 3)
            .await,
    );
    assert!(
        errors[0]
            .to_string()
            .starts_with("test.toml:3:1: users.1: This is the person p2, whom users.0"),
        "{}",
        errors[0]
    );
    assert_eq!(stored.all::<User>().len(), 2);
}

#[tokio::test]
async fn misfits_with_what_is_stored_are_said() {
    let mut stored = Stored::default();
    stored.start(&good(FULL), 1).await.unwrap();
    let text = "[[applications]]\nid = \"shop\"\nname = \"Shop\"\ntype = \"SPA\"\n[[applications]]\nid = \"back-office\"\nname = \"B\"\ntype = \"SPA\"\ncustomClientMetadata.allowTokenExchange = true\n[[resources]]\nid = \"other\"\nindicator = \"https://stock.example.test\"\n[[resources]]\nid = \"stockapi0000000000001\"\nindicator = \"https://new.example.test\"\n[[roles]]\nname = \"keeper\"\ntype = \"MachineToMachine\"\n[[roles]]\nname = \"visitor\"\nid = \"x\"\nusers = [\"nobody\"]\n[[roles]]\nname = \"new\"\nscopes = [{ resource = \"https://stock.example.test\", scope = \"reed:stock\" }, { resource = \"https://no.test\", scope = \"x\" }]\nusers = [\"nobody\"]\n[[roles]]\nname = \"machines\"\ntype = \"MachineToMachine\"\napplications = [\"phone-app\", \"nothing\"]\n[[users]]\nusername = \"ada\"\nroles = [\"unheard-of\", \"sync\"]\n";
    let errors = config_errors(stored.start(&good(text), 2).await);
    let places: Vec<_> = errors.iter().map(|e| (e.line, e.path.as_str())).collect();
    assert_eq!(
        places,
        [
            (4, "applications.0.type"),
            (11, "resources.0.id"),
            (14, "resources.1.id"),
            (18, "roles.0.type"),
            (21, "roles.1.id"),
            (25, "roles.2.scopes.0.scope"),
            (25, "roles.2.scopes.1.resource"),
            (26, "roles.2.users.0"),
            (30, "roles.3.applications.0"),
            (30, "roles.3.applications.1"),
            (33, "users.0.roles.0"),
            (33, "users.0.roles.1"),
        ],
        "{}",
        listed(&errors)
    );
    // The merged application is judged, not the file's part of it alone.
    let text = "[[applications]]\nid = \"shop\"\nname = \"Shop\"\ntype = \"Traditional\"\ncustomClientMetadata.allowTokenExchange = true\n";
    let errors = config_errors(stored.start(&good(text), 2).await);
    assert_eq!(errors[0].path, "applications.0.customClientMetadata.allowTokenExchange");
    let text = "[[applications]]\nid = \"phone-app\"\nname = \"Phone\"\ntype = \"Native\"\ncustomClientMetadata.isDeviceFlow = true\n";
    let errors = config_errors(stored.start(&good(text), 2).await);
    assert_eq!(
        errors[0].path,
        "applications.0.customClientMetadata.isDeviceFlow",
        "{}",
        listed(&errors)
    );
    let outcome = stored.start(&good("[[roles]]\nname = \"more\"\nusers = [\"ada\"]\nscopes = [{ resource = \"https://stock.example.test\", scope = \"read:stock\" }]\n"), 3).await;
    assert_eq!(counts(outcome.unwrap().summary), (1, 0, 0));
}

#[tokio::test]
async fn roles_are_exact_where_the_file_lists() {
    let mut stored = Stored::default();
    let people = "[[users]]\nid = \"p1\"\n[[users]]\nid = \"p2\"\n";
    stored
        .start(
            &good(&format!(
                "[[roles]]\nname = \"r\"\nusers = [\"p1\", \"p2\", \"p1\"]\n[[roles]]\nname = \"d\"\nisDefault = true\n{people}"
            )),
            1,
        )
        .await
        .unwrap();
    let holders = |stored: &Stored, name: &str| {
        let role = stored.all::<Role>().into_iter().find(|role| role.name == name).unwrap();
        role.user_ids.iter().map(|id| id.0.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!((holders(&stored, "r"), holders(&stored, "d")), ("p1 p2".into(), "p1 p2".into()));
    // A list takes away; a default role keeps those it was given to.
    stored
        .start(
            &good("[[roles]]\nname = \"r\"\nusers = [\"p2\"]\n[[roles]]\nname = \"d\"\nusers = []\n"),
            2,
        )
        .await
        .unwrap();
    assert_eq!((holders(&stored, "r"), holders(&stored, "d")), ("p2".into(), "p1 p2".into()));
    // A person's own list takes away too, except where a role in the file lists them.
    let text = "[[roles]]\nname = \"r\"\nusers = [\"p2\"]\n[[users]]\nid = \"p2\"\nroles = []\n";
    stored.start(&good(text), 3).await.unwrap();
    assert_eq!((holders(&stored, "r"), holders(&stored, "d")), ("p2".into(), "p1".into()));
    let again = stored.start(&good(text), 4).await.unwrap();
    assert_eq!(again.writes, 0);
}

#[tokio::test]
async fn secrets_are_kept_made_and_replaced() {
    let mut stored = Stored::default();
    let app = "[[applications]]\nid = \"job\"\nname = \"Job\"\ntype = \"MachineToMachine\"\n";
    let values = |stored: &Stored| {
        let open = |sealed: &str| sealed.splitn(3, ' ').nth(2).unwrap().to_owned();
        stored
            .one::<Application>("job")
            .secrets
            .iter()
            .map(|s| (s.name.clone(), open(&s.value)))
            .collect::<Vec<_>>()
    };
    stored.start(&good(app), 1).await.unwrap();
    let made = values(&stored);
    assert_eq!((made.len(), made[0].0.as_str(), made[0].1.len()), (1, "Default secret", 32));
    stored.start(&good(app), 2).await.unwrap();
    assert_eq!(values(&stored), made, "a made secret stays");
    stored.edit::<Application>("job", |job| {
        let mut extra = job.secrets[0].clone();
        extra.name = "By hand".into();
        job.secrets.push(extra);
    });
    stored.start(&good(&format!("{app}secret = \"mine\"\n")), 3).await.unwrap();
    let now = values(&stored);
    assert_eq!((now[0].1.as_str(), now[1].0.as_str()), ("mine", "By hand"));
    stored
        .start(&good(&format!("{app}secrets = [{{ name = \"Only\", value = \"one\" }}]\n")), 4)
        .await
        .unwrap();
    assert_eq!(values(&stored), [("Only".to_owned(), "one".to_owned())]);
}

#[tokio::test]
async fn one_resource_is_the_default() {
    let mut stored = Stored::default();
    stored
        .start(&good("[[resources]]\nindicator = \"https://a.test\"\nisDefault = true\n"), 1)
        .await
        .unwrap();
    stored
        .start(&good("[[resources]]\nindicator = \"https://b.test\"\nisDefault = true\n"), 2)
        .await
        .unwrap();
    let defaults: Vec<_> = stored
        .all::<Resource>()
        .into_iter()
        .filter(|r| r.is_default)
        .map(|r| r.indicator)
        .collect();
    assert_eq!(defaults, ["https://b.test"]);
}

#[tokio::test]
async fn a_thousand_people_start_without_hashing() {
    let text: String = (0..1000)
        .map(|n| format!("[[users]]\nusername = \"u{n}\"\nprimaryEmail = \"u{n}@x.y\"\npassword = \"password-{n}\"\n"))
        .collect();
    let mut stored = Stored::default();
    assert_eq!(stored.start(&good(&text), 1).await.unwrap().hashed, 1000);
    let again = stored.start(&good(&text), 2).await.unwrap();
    assert_eq!((again.hashed, again.writes, again.summary.unchanged), (0, 0, 1000));
}

#[tokio::test]
async fn usernames_lose_their_case_only_when_none_differ_by_it() {
    let mut stored = Stored::default();
    let two = "[[users]]\nusername = \"alice\"\n[[users]]\nusername = \"Alice\"\n";
    stored.start(&good(two), 1).await.unwrap();
    let any_case = "[signInExperience]\nusernamePolicy.caseSensitive = false\n";
    let errors = config_errors(stored.start(&good(any_case), 2).await);
    assert_eq!(errors.len(), 1, "{}", listed(&errors));
    assert_eq!(errors[0].path, "signInExperience.usernamePolicy.caseSensitive");
    assert_eq!(errors[0].code, Some("sign_in_experiences.username_policy_case_conflicts_exist"));
    assert!(errors[0].message.contains("(1 in all): alice"), "{}", errors[0]);

    let mut stored = Stored::default();
    stored.start(&good("[[users]]\nusername = \"Alice\"\n"), 1).await.unwrap();
    stored.start(&good(any_case), 2).await.unwrap();
    // From now on both spellings mean one person.
    let again = stored
        .start(&good("[[users]]\nusername = \"ALICE\"\nname = \"A\"\n"), 3)
        .await
        .unwrap();
    assert_eq!(counts(again.summary), (0, 1, 0));
    let errors = config_errors(stored.start(&good("[[users]]\nid = \"other\"\nusername = \"alice\"\n"), 4).await);
    assert_eq!(errors[0].path, "users.0.username");
}

#[tokio::test]
async fn the_moment_at_which_passwords_begin_to_end_is_kept() {
    let text = "[signInExperience]\nforgotPasswordMethods = [\"EmailVerificationCode\"]\npasswordExpiration = { enabled = true, validPeriodDays = 30 }\n";
    let mut stored = Stored::default();
    stored.start(&good(text), 5_000).await.unwrap();
    assert_eq!(counts(stored.start(&good(text), 9_000).await.unwrap().summary), (0, 0, 1));
    let row = stored.one::<SignInExperience>(SignInExperience::ID);
    assert_eq!(row.password_expiration.enabled_at, Some(5_000));
}

#[tokio::test]
async fn passwords_remember_when_they_were_set() {
    let mut stored = Stored::default();
    let text = "[[users]]\nid = \"u\"\nusername = \"u\"\npassword = \"one\"\n";
    stored.start(&good(text), 7_000).await.unwrap();
    stored.start(&good(text), 8_000).await.unwrap();
    assert_eq!(stored.one::<User>("u").password_updated_at.map(|at| at.0), Some(7_000));
    stored.start(&good(&text.replace("one", "two")), 9_000).await.unwrap();
    assert_eq!(stored.one::<User>("u").password_updated_at.map(|at| at.0), Some(9_000));
}

#[tokio::test]
async fn profile_fields_are_ordered_and_must_be_there() {
    let mut stored = Stored::default();
    let two = "[[customProfileFields]]\nname = \"b\"\ntype = \"Text\"\n[[customProfileFields]]\nname = \"a\"\ntype = \"Text\"\nconfig.maxLength = 5\n";
    stored.start(&good(two), 1).await.unwrap();
    stored
        .start(&good("[[customProfileFields]]\nname = \"a\"\ntype = \"Text\"\nlabel = \"A\"\n"), 2)
        .await
        .unwrap();
    let names: Vec<_> = vestibule_core::experience::profile_fields(&stored.cx(0))
        .unwrap()
        .into_iter()
        .map(|field| (field.name, field.label, field.config.max_length))
        .collect();
    assert_eq!(names, [("b".into(), String::new(), None), ("a".into(), "A".into(), Some(5))]);
    let ask = |name: &str| format!("[signInExperience]\nsignUpProfileFields = [{{ name = \"{name}\" }}]\n");
    stored.start(&good(&ask("a")), 3).await.unwrap();
    let errors = config_errors(stored.start(&good(&ask("gone")), 4).await);
    assert_eq!(errors[0].path, "signInExperience.signUpProfileFields.0.name");
    assert_eq!(errors[0].code, Some("custom_profile_fields.entity_not_exists_with_names"));
}

#[tokio::test]
async fn a_language_too_many_is_refused_not_lost() {
    use std::fmt::Write as _;
    let languages = |count: usize| {
        (0..count).fold(String::new(), |mut text, n| {
            let _ = write!(text, "[customPhrases.en-x-{n:03}]\n\"signIn.submit\" = \"Come in\"\n");
            text
        })
    };
    let mut stored = Stored::default();
    stored.start(&good(&languages(100)), 1).await.unwrap();
    let errors = config_errors(stored.start(&good(&languages(101)), 2).await);
    assert!(
        listed(&errors).contains("customPhrases: More than 100 languages"),
        "{}",
        listed(&errors)
    );
}
