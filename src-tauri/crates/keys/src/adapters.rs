//! The two adapters that may touch the operating system's randomness and the wall clock.

use vestibule_core::entropy::Entropy;
use vestibule_core::time::{Clock, Timestamp};

/// Randomness of the operating system, through aws-lc.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the adapter")]
    fn fill(&self, out: &mut [u8]) {
        // aws-lc ends the process rather than return weak randomness, so this never fails; and if it ever
        // did, going on with zeros would be worse than stopping.
        assert!(aws_lc_rs::rand::fill(out).is_ok(), "the system has no randomness");
    }
}

/// The wall clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the adapter")]
    fn now(&self) -> Timestamp {
        // A clock before 1970 reads as 1970: every token is then expired, which is visible.
        let since = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_differs_each_time() {
        let (mut a, mut b) = ([0; 32], [0; 32]);
        OsEntropy.fill(&mut a);
        OsEntropy.fill(&mut b);
        assert_ne!(a, b);
        assert_ne!(a, [0; 32]);
    }

    #[test]
    fn the_clock_is_in_milliseconds_and_does_not_stand_in_1970() {
        let now = SystemClock.now();
        assert!(now > Timestamp::from_seconds(1_700_000_000), "{now:?}");
        assert!(now < Timestamp::from_seconds(10_000_000_000), "{now:?}");
    }
}
