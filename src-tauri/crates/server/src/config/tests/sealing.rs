//! What a file says in plain text and the store keeps sealed: second factors, the mail server's password.

use super::errors::says;
use super::*;
use vestibule_core::model::{MessageSettings, MfaFactor, MfaVerification, User};

#[tokio::test]
async fn the_mail_servers_password_is_sealed() {
    let mut stored = Stored::default();
    stored.start(&good(FULL), 1_000).await.unwrap();
    let messages: MessageSettings = stored.one(MessageSettings::ID);
    let smtp = messages.smtp.unwrap();
    assert_eq!(
        (smtp.host.as_str(), smtp.port, smtp.username.as_deref()),
        ("localhost", 1025, Some("vestibule"))
    );
    let sealed = smtp.password.unwrap();
    assert!(sealed.ends_with("mail-catcher-1843") && sealed != "mail-catcher-1843", "{sealed}");
    // A file that says less leaves it, one that says another replaces it.
    stored
        .start(
            &good("[messages.smtp]\nhost = \"mail.test\"\nport = 25\nfrom = \"a@b.test\"\n"),
            2_000,
        )
        .await
        .unwrap();
    let smtp = stored.one::<MessageSettings>(MessageSettings::ID).smtp.unwrap();
    assert_eq!((smtp.host.as_str(), smtp.password.as_deref()), ("mail.test", Some(sealed.as_str())));
}

#[tokio::test]
async fn second_factors_are_sealed_keep_their_history_and_leave_passkeys_alone() {
    let file = |rest: &str| good(&format!("[[users]]\nid = \"ada000000001\"\nusername = \"ada\"\n{rest}"));
    let with = |key: &str| {
        file(&format!(
            "mfaVerifications = [{{ type = \"Totp\", key = \"{key}\" }}, {{ type = \"BackupCode\", codes = [\"0123456789\", \"ABCDEF0123\"] }}]"
        ))
    };
    let mut stored = Stored::default();
    stored.start(&with("jbsw y3dp ehpk 3pxp jbsw y3dp ehpk 3pxp"), 1_000).await.unwrap();
    let ada: User = stored.one("ada000000001");
    let MfaVerification::Totp { key, .. } = &ada.mfa_verifications[0] else {
        panic!("no app");
    };
    assert!(
        key.starts_with("sealed ") && key.ends_with(" JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"),
        "{key}"
    );
    let MfaVerification::BackupCode { codes, .. } = &ada.mfa_verifications[1] else {
        panic!("no codes");
    };
    assert!(codes[1].code.ends_with(" abcdef0123"));
    // Used, and a passkey added; another start, another spelling of the same secret.
    stored.edit::<User>("ada000000001", |user| {
        if let MfaVerification::Totp { last_used_time_step, .. } = &mut user.mfa_verifications[0] {
            *last_used_time_step = Some(7);
        }
        if let MfaVerification::BackupCode { codes, .. } = &mut user.mfa_verifications[1] {
            codes[0].used_at = Some(vestibule_core::Timestamp(5));
        }
        let passkey = serde_json::json!({
            "type": "WebAuthn", "id": "key", "createdAt": 1, "rpId": "localhost", "credentialId": "c", "publicKey": "k", "counter": 0, "agent": "",
        });
        user.mfa_verifications.push(serde_json::from_value(passkey).unwrap());
    });
    let again = stored.start(&with("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"), 2_000).await.unwrap();
    assert_eq!((again.summary.unchanged, again.writes), (1, 0));
    stored.start(&file(""), 3_000).await.unwrap();
    assert_eq!(
        stored.one::<User>("ada000000001").mfa_verifications.len(),
        3,
        "not mentioned: left alone"
    );
    // Another secret is another app, without the old one's history.
    stored.start(&with("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), 4_000).await.unwrap();
    let ada: User = stored.one("ada000000001");
    assert!(matches!(
        ada.mfa_verifications[0],
        MfaVerification::Totp {
            last_used_time_step: None,
            ..
        }
    ));
    stored.start(&file("mfaVerifications = []"), 5_000).await.unwrap();
    let left = stored.one::<User>("ada000000001").mfa_verifications;
    assert_eq!(left.iter().map(MfaVerification::factor).collect::<Vec<_>>(), [MfaFactor::WebAuthn]);
}

#[test]
fn second_factors_must_make_sense() {
    let user = |mfa: &str| format!("[[users]]\nusername = \"ada\"\nmfaVerifications = [{mfa}]\n");
    let at = |key: &'static str, column: u32, words: &'static str| [(3, column, key, words)];
    says(
        &user("{ type = \"Totp\", key = \"short\" }"),
        &at("users.0.mfaVerifications.0.key", 44, "Base32"),
    );
    says(
        &user("{ type = \"Totp\" }"),
        &at("users.0.mfaVerifications.0", 21, "has a key and no codes"),
    );
    says(
        &user("{ type = \"BackupCode\", codes = [\"xyz\"] }"),
        &at("users.0.mfaVerifications.0.codes", 52, "ten hexadecimal digits"),
    );
    says(
        &user("{ type = \"BackupCode\", key = \"JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\" }"),
        &at("users.0.mfaVerifications.0", 21, "have codes and no key"),
    );
    let twice = "{ type = \"BackupCode\", codes = [\"0123456789\"] }";
    says(
        &user(&format!("{twice}, {twice}")),
        &at("users.0.mfaVerifications.1", 70, "the second of its type"),
    );
}
