//! Randomness as a port, and the shapes of Logto's ids drawn from it.

use crate::time::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A source of random bytes. Production uses the operating system's; tests a seeded one.
pub trait Entropy: Send + Sync {
    /// Fills `out` with random bytes.
    fn fill(&self, out: &mut [u8]);
}

const LOWER: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const MIXED: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `length` characters drawn evenly from `alphabet` (rejection sampling, so no character is favoured).
fn draw(entropy: &dyn Entropy, alphabet: &[u8], length: usize) -> String {
    let limit = 256 - 256 % alphabet.len();
    let mut out = String::with_capacity(length);
    let mut buffer = [0u8; 64];
    while out.len() < length {
        entropy.fill(&mut buffer);
        for byte in buffer {
            if usize::from(byte) < limit && out.len() < length {
                out.push(char::from(alphabet[usize::from(byte) % alphabet.len()]));
            }
        }
    }
    out
}

/// 21 lowercase alphanumerics: Logto's id of most rows (sheet 7.3).
#[must_use]
pub fn id21(entropy: &dyn Entropy) -> String {
    draw(entropy, LOWER, 21)
}

/// Characters of a moment in [`timed21`] and [`timed43`].
pub const MOMENT: usize = 9;

/// A moment to the millisecond, as lowercase alphanumerics that sort by time; room for a text of `length` that begins with it.
fn moment(now: Timestamp, length: usize) -> String {
    let mut rest = u64::try_from(now.0).unwrap_or_default();
    let mut time = [b'0'; MOMENT];
    for digit in time.iter_mut().rev() {
        *digit = LOWER[usize::try_from(rest % 36).unwrap_or_default()];
        rest /= 36;
    }
    let mut out = String::with_capacity(length);
    out.extend(time.into_iter().map(char::from));
    out
}

/// 21 lowercase alphanumerics that sort by time: 9 say when, to the millisecond, and 12 are drawn. For what is written
/// often and read back soon, so that what belongs together in time lies together on disk.
#[must_use]
pub fn timed21(now: Timestamp, entropy: &dyn Entropy) -> String {
    moment(now, 21) + &draw(entropy, LOWER, 12)
}

/// As [`opaque43`], but sorting by time: 9 characters say when, and the 34 that follow are 200 drawn bits. See
/// [`crate::record::token_key`].
#[must_use]
pub fn timed43(now: Timestamp, entropy: &dyn Entropy) -> String {
    let mut out = moment(now, 43);
    out.push_str(&opaque43(entropy)[MOMENT..]);
    out
}

/// Six decimal digits: a verification code (sheet 4.7).
#[must_use]
pub fn digits6(entropy: &dyn Entropy) -> String {
    draw(entropy, b"0123456789", 6)
}

/// Eight consonants in upper case: a user code without its dash (RFC 8628 section 6.1; sheet 1.22).
#[must_use]
pub fn user_code(entropy: &dyn Entropy) -> String {
    draw(entropy, b"BCDFGHJKLMNPQRSTVWXZ", 8)
}

/// Ten hexadecimal digits: a backup code (sheet 4.7).
#[must_use]
pub fn hex10(entropy: &dyn Entropy) -> String {
    draw(entropy, b"0123456789abcdef", 10)
}

/// 12 lowercase alphanumerics: Logto's id of people and SSO connectors (sheet 7.3).
#[must_use]
pub fn id12(entropy: &dyn Entropy) -> String {
    draw(entropy, LOWER, 12)
}

/// 32 mixed alphanumerics: Logto's client secrets (sheet 1.8).
#[must_use]
pub fn secret32(entropy: &dyn Entropy) -> String {
    draw(entropy, MIXED, 32)
}

/// 43 URL-safe characters (256 bits): codes, opaque tokens, session ids (sheet 1.5).
#[must_use]
pub fn opaque43(entropy: &dyn Entropy) -> String {
    let mut bytes = [0u8; 32];
    entropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[test]
    fn timed_ids_sort_by_time_and_differ_within_a_moment() {
        let world = World::default();
        let moments = [0, 1, 35, 36, 1_767_225_600_000, 1_767_225_600_001, 9_999_999_999_999];
        let ids: Vec<String> = moments.iter().map(|at| timed21(Timestamp(*at), &world.entropy)).collect();
        assert!(ids.is_sorted(), "{ids:?}");
        assert!(
            ids.iter().all(|id| id.len() == 21 && id.bytes().all(|b| LOWER.contains(&b))),
            "{ids:?}"
        );
        assert_ne!(timed21(Timestamp(5), &world.entropy), timed21(Timestamp(5), &world.entropy));
        assert_eq!(timed21(Timestamp(-1), &world.entropy).len(), 21);
        let secrets: Vec<String> = moments.iter().map(|at| timed43(Timestamp(*at), &world.entropy)).collect();
        assert!(secrets.is_sorted(), "{secrets:?}");
        assert!(secrets.iter().all(|secret| secret.len() == 43), "{secrets:?}");
    }
}
