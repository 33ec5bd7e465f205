//! Names and addresses of people who don't exist.

use vestibule_core::entropy::Entropy;
use vestibule_core::model::{Connector, SimulatedAccount};

const FIRST: [&str; 24] = [
    "Maya", "Jonas", "Priya", "Mateo", "Hanna", "Kofi", "Lena", "Noah", "Yuki", "Amara", "Diego", "Freya", "Omar", "Ines", "Tomas", "Zara",
    "Emil", "Nadia", "Luca", "Sofia", "Arjun", "Clara", "Idris", "Vera",
];
const LAST: [&str; 24] = [
    "Chen",
    "Berg",
    "Raman",
    "Alvarez",
    "Lindqvist",
    "Mensah",
    "Fischer",
    "Okafor",
    "Tanaka",
    "Diallo",
    "Moreno",
    "Larsen",
    "Haddad",
    "Costa",
    "Novak",
    "Malik",
    "Virtanen",
    "Petrova",
    "Rossi",
    "Duarte",
    "Mehta",
    "Weber",
    "Bello",
    "Horvat",
];

/// A name that nobody at the provider has; with a number once all are taken.
pub(super) fn person(entropy: &dyn Entropy, known: &[SimulatedAccount]) -> String {
    let taken = |name: &str| known.iter().any(|account| account.name == name);
    let mut drawn = [0u8; 2];
    entropy.fill(&mut drawn);
    let start = (usize::from(drawn[0]) * 256 + usize::from(drawn[1])) % (FIRST.len() * LAST.len());
    // 25 and 576 have no common divisor, so that each step changes both names and all pairs come by.
    let pairs = (0..FIRST.len() * LAST.len()).map(|step| (start + step * 25) % (FIRST.len() * LAST.len()));
    let mut names = pairs.map(|at| format!("{} {}", FIRST[at / LAST.len()], LAST[at % LAST.len()]));
    names
        .find(|name| !taken(name))
        .unwrap_or_else(|| format!("{} {} {}", FIRST[0], LAST[0], known.len() + 1))
}

/// An address that fits the name: at the company's mail domain, else at a domain that can't exist (RFC 2606).
pub(super) fn address(name: &str, connector: &Connector, known: &[SimulatedAccount]) -> String {
    let domain = match (connector.domains.first(), &connector.target) {
        (Some(domain), _) => domain.clone(),
        (None, Some(target)) => format!("{}.example", label(target)),
        (None, None) => format!("{}.example", label(&connector.name)),
    };
    let local = name.to_ascii_lowercase().replace(' ', ".");
    let taken = |email: &str| known.iter().any(|account| account.email.as_deref() == Some(email));
    let plain = format!("{local}@{domain}");
    if !taken(&plain) {
        return plain;
    }
    (2..)
        .map(|n| format!("{local}.{n}@{domain}"))
        .find(|email| !taken(email))
        .unwrap_or(plain)
}

/// A text as a part of a domain name.
fn label(text: &str) -> String {
    let letters: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .take(40)
        .collect();
    let label = letters.trim_matches('-');
    if label.is_empty() { "mail".to_owned() } else { label.to_owned() }
}
