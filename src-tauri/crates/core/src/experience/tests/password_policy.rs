//! The password policy, case by case.

use super::*;
use crate::model::{LengthRange, MinCount, PasswordPolicy, PasswordRejects};

fn codes(policy: &PasswordPolicy, password: &str, user: &UserInfo) -> Vec<&'static str> {
    check_password(policy, password, user)
        .iter()
        .map(|issue| issue.code.strip_prefix("password_rejected.").unwrap())
        .collect()
}

/// Nothing but the one rule under test.
fn only(rejects: PasswordRejects) -> PasswordPolicy {
    PasswordPolicy {
        length: LengthRange { min: 1, max: 256 },
        character_types: MinCount { min: 1 },
        rejects,
    }
}

fn nothing() -> PasswordRejects {
    PasswordRejects {
        pwned: false,
        repetition_and_sequence: false,
        user_info: false,
        words: Vec::new(),
    }
}

#[test]
fn length_and_character_types() {
    let mut policy = only(nothing());
    policy.length = LengthRange { min: 4, max: 6 };
    policy.character_types.min = 3;
    for (password, expected) in [
        ("aB3", vec!["too_short"]),
        ("aB3x", vec![]),
        ("aB3xyz", vec![]),
        ("aB3xyz7", vec!["too_long"]),
        ("abcd", vec!["character_types"]),
        ("abc4", vec!["character_types"]),
        ("ab-4", vec![]),
        ("aB-x", vec![]),
        ("aB3é", vec!["unsupported_characters"]),
        ("aB 3", vec!["unsupported_characters"]),
        ("aB3\u{0}", vec!["unsupported_characters"]),
        ("", vec!["too_short", "character_types"]),
    ] {
        assert_eq!(codes(&policy, password, &UserInfo::default()), expected, "{password:?}");
    }
    for symbol in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~".chars() {
        assert_eq!(codes(&policy, &format!("aB{symbol}x"), &UserInfo::default()), Vec::<&str>::new());
    }
}

#[test]
fn issues_carry_their_bounds_and_read_as_sentences() {
    let mut policy = PasswordPolicy::default();
    policy.character_types.min = 2;
    let issues = check_password(&policy, "aaa", &UserInfo::default());
    let json = serde_json::to_value(&issues).unwrap();
    assert_eq!(
        json,
        serde_json::json!([
            { "code": "password_rejected.too_short", "interpolation": { "min": 8 } },
            { "code": "password_rejected.character_types", "interpolation": { "min": 2 } },
            { "code": "password_rejected.restricted.repetition" },
        ])
    );
    assert!(issues.iter().all(|issue| issue.words().starts_with(['h', 'i'])));
    let long = check_password(&policy, &"aB3-".repeat(5000), &UserInfo::default());
    assert_eq!(serde_json::to_value(&long).unwrap()[0]["interpolation"]["max"], 256);
}

#[test]
fn repetitions_and_sequences() {
    let policy = only(PasswordRejects {
        repetition_and_sequence: true,
        ..nothing()
    });
    let repetition = vec!["restricted.repetition"];
    let sequence = vec!["restricted.sequence"];
    for (password, expected) in [
        // Covered must exceed max(1, length - 3).
        ("aaaaaaaa", repetition.clone()),
        ("AaAaAaAa", repetition.clone()),
        ("aaaaaxyq", vec![]),     // 5 of 8, 5 tolerated
        ("aaaaaaxq", repetition), // 6 of 8
        ("aabbaabb", vec![]),     // pairs are no runs
        ("12345678", sequence.clone()),
        ("87654321", sequence.clone()),
        ("abcdefgh", sequence.clone()),
        ("HGFEDCBA", sequence.clone()),
        ("qwertyui", sequence.clone()),
        ("poiuytre", sequence.clone()),
        ("asdfghjk", sequence.clone()),
        ("zxcvbnmz", sequence.clone()),
        ("1qaz2wsx", sequence.clone()),
        ("7ujm8ik,", sequence.clone()), // 7 of 8
        ("zaq1xsw2", sequence),
        ("1a2b3c4d", vec![]),
        ("12ab34cd", vec![]),
        ("135791357", vec![]),
        ("abc", vec!["restricted.sequence"]),
        ("123abc!x", vec!["restricted.sequence"]), // 6 of 8
        ("123abc!xy", vec![]),                     // 6 of 9, 6 tolerated
        ("aaa123bb", vec!["restricted.repetition", "restricted.sequence"]),
        ("890", vec![]), // 9 does not neighbour 0
        ("yza", vec![]),
    ] {
        assert_eq!(codes(&policy, password, &UserInfo::default()), expected, "{password}");
    }
}

#[test]
fn own_data() {
    let policy = only(PasswordRejects {
        user_info: true,
        ..nothing()
    });
    let user = UserInfo {
        name: Some("Grace  Brewster Hopper".into()),
        username: Some("ghopper".into()),
        email: Some("Amazing.Grace@example.test".into()),
        phone: Some("15550100".into()),
    };
    let own = vec!["restricted.user_info"];
    for (password, expected) in [
        ("ghopper1", own.clone()),
        ("GHOPPER12", own.clone()),
        ("ghopper-742", vec![]), // 7 of 11
        ("gracebrewsterhopper", own.clone()),
        ("Hopper.Grace", own.clone()), // 11 of 12
        ("amazing.grace!", own.clone()),
        ("15550100ab", own),
        ("example.test", vec![]), // the domain is nobody's own
        ("tangerine", vec![]),
    ] {
        assert_eq!(codes(&policy, password, &user), expected, "{password}");
        assert!(codes(&policy, password, &UserInfo::default()).is_empty());
        assert!(codes(&only(nothing()), password, &user).is_empty());
    }
}

#[test]
fn listed_words_add_up_with_the_rest() {
    let policy = only(PasswordRejects {
        words: vec!["Vestibule".into(), "vest".into(), String::new()],
        repetition_and_sequence: true,
        ..nothing()
    });
    for (password, expected) in [
        ("vestibule", vec!["restricted.words"]),
        ("VESTibule12", vec!["restricted.words"]),
        ("vestibule-742", vec![]),
        ("vestvest", vec!["restricted.words"]),
        ("vest-12345", vec!["restricted.sequence", "restricted.words"]),
    ] {
        assert_eq!(codes(&policy, password, &UserInfo::default()), expected, "{password}");
    }
}

#[test]
fn the_commonest_passwords() {
    let policy = only(PasswordRejects { pwned: true, ..nothing() });
    for password in ["password", "Password1", "iloveyou", "P@ssw0rd", "letmein", "123456"] {
        assert_eq!(codes(&policy, password, &UserInfo::default()), ["pwned"], "{password}");
        assert!(codes(&only(nothing()), password, &UserInfo::default()).is_empty());
    }
    for password in ["tangerine-kite9", "# Lines", "", "zebraswin"] {
        assert!(!codes(&policy, password, &UserInfo::default()).contains(&"pwned"), "{password}");
    }
    let list = include_str!("../common-passwords.txt");
    let words: Vec<_> = list.lines().filter(|l| !l.starts_with("# ")).collect();
    assert!(words.len() >= 4000, "{}", words.len());
    assert!(words.iter().all(|w| !w.is_empty() && w.trim() == *w));
    let distinct: std::collections::BTreeSet<_> = words.iter().map(|w| w.to_lowercase()).collect();
    assert_eq!(distinct.len(), words.len());
}

#[test]
fn the_default_policy_on_everyday_passwords() {
    let policy = PasswordPolicy::default();
    let user = UserInfo {
        username: Some("alice".into()),
        ..UserInfo::default()
    };
    for (password, expected) in [
        ("correct-horse", vec![]),
        ("Tr0ub4dor&3", vec![]),
        ("short", vec!["too_short"]),
        ("password", vec!["pwned"]),
        ("12345678", vec!["pwned", "restricted.sequence"]),
        ("aliceabc", vec!["restricted.sequence", "restricted.user_info"]),
    ] {
        assert_eq!(codes(&policy, password, &user), expected, "{password}");
    }
}
