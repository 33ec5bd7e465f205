//! Subjects as the providers write them.

use vestibule_core::entropy::{Entropy, id21};
use vestibule_core::model::Shape;

/// `count` characters drawn evenly enough from an alphabet: it is a name, not a secret.
fn drawn(entropy: &dyn Entropy, alphabet: &[u8], count: usize) -> String {
    let mut bytes = vec![0; count];
    entropy.fill(&mut bytes);
    bytes
        .into_iter()
        .map(|byte| char::from(alphabet[usize::from(byte) % alphabet.len()]))
        .collect()
}

fn digits(entropy: &dyn Entropy, first: &str, count: usize) -> String {
    format!("{first}{}", drawn(entropy, b"0123456789", count - first.len()))
}

fn hex(entropy: &dyn Entropy, count: usize) -> String {
    drawn(entropy, b"0123456789abcdef", count)
}

/// A new subject in the form of a provider's own.
#[must_use]
pub fn new_subject(shape: Shape, entropy: &dyn Entropy) -> String {
    match shape {
        // 21 digits.
        Shape::Google => digits(entropy, "1", 21),
        // A whole number.
        Shape::GitHub => digits(entropy, "1", 9),
        Shape::GitLab => digits(entropy, "2", 8),
        Shape::Facebook => digits(entropy, "1", 17),
        // Snowflakes.
        Shape::Discord => digits(entropy, "8", 18),
        Shape::X => digits(entropy, "1", 19),
        // Team number, random part, four digits.
        Shape::Apple => format!("00{}.{}.{}", digits(entropy, "1", 4), hex(entropy, 32), digits(entropy, "0", 4)),
        // The object id, a UUID of version 4.
        Shape::Microsoft => format!(
            "{}-{}-4{}-a{}-{}",
            hex(entropy, 8),
            hex(entropy, 4),
            hex(entropy, 3),
            hex(entropy, 3),
            hex(entropy, 12)
        ),
        Shape::Slack => format!("U0{}", drawn(entropy, b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", 9)),
        Shape::LinkedIn => drawn(entropy, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 10),
        Shape::Oidc | Shape::OAuth2 | Shape::EnterpriseOidc | Shape::Saml => id21(entropy),
    }
}
