//! The system's keychain behind a small trait, and asking it without hanging on it.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;
use zeroize::Zeroizing;

/// How long the keychain may take. It may be asking the person for a password meanwhile.
pub(crate) const LIMIT: Duration = Duration::from_secs(3);

const SERVICE: &str = "vestibule";

/// Why the keychain did not serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeychainFailure {
    /// There is none, or it is locked.
    Unavailable(String),
    /// It did not answer in time.
    Silent,
}

/// A place of the system for one secret text per account.
pub(crate) trait Keychain: Send + Sync + 'static {
    /// The text of an account, `None` when there is none.
    fn get(&self, account: &str) -> Result<Option<Zeroizing<String>>, KeychainFailure>;
    /// Stores it.
    fn set(&self, account: &str, text: &str) -> Result<(), KeychainFailure>;
}

/// The real one: Keychain, Windows Credential Manager or Secret Service.
pub(crate) struct SystemKeychain;

impl Keychain for SystemKeychain {
    fn get(&self, account: &str) -> Result<Option<Zeroizing<String>>, KeychainFailure> {
        match entry(account)?.get_password() {
            Ok(text) => Ok(Some(Zeroizing::new(text))),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(unavailable(&error)),
        }
    }

    fn set(&self, account: &str, text: &str) -> Result<(), KeychainFailure> {
        entry(account)?.set_password(text).map_err(|error| unavailable(&error))
    }
}

fn entry(account: &str) -> Result<keyring::Entry, KeychainFailure> {
    keyring::Entry::new(SERVICE, account).map_err(|error| unavailable(&error))
}

/// Only the kind of failure: the details of some kinds hold the stored bytes.
fn unavailable(error: &keyring::Error) -> KeychainFailure {
    let why = match error {
        keyring::Error::NoDefaultStore => "no keychain service is running",
        keyring::Error::NoStorageAccess(_) => "the keychain is locked or access was denied",
        keyring::Error::BadEncoding(_) | keyring::Error::BadDataFormat(..) | keyring::Error::BadStoreFormat(_) => {
            "the keychain holds something else under Vestibule's name"
        }
        keyring::Error::Ambiguous(_) => "the keychain holds several items under Vestibule's name",
        _ => "the keychain reported a failure",
    };
    KeychainFailure::Unavailable(why.into())
}

/// Asks on a thread of its own and stops waiting after `limit`: a prompt nobody answers must not hold up the start.
pub(crate) fn ask<T: Send + 'static>(
    keychain: &Arc<dyn Keychain>,
    limit: Duration,
    question: impl FnOnce(&dyn Keychain) -> Result<T, KeychainFailure> + Send + 'static,
) -> Result<T, KeychainFailure> {
    let (answer, answers) = mpsc::sync_channel(1);
    let keychain = Arc::clone(keychain);
    thread::Builder::new()
        .name("vestibule-keychain".into())
        .spawn(move || {
            // Nobody may be waiting any more.
            let _ = answer.send(question(&*keychain));
        })
        .map_err(|error| KeychainFailure::Unavailable(error.to_string()))?;
    match answers.recv_timeout(limit) {
        Ok(answer) => answer,
        Err(mpsc::RecvTimeoutError::Timeout) => Err(KeychainFailure::Silent),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err(KeychainFailure::Unavailable("the keychain reported a failure".into())),
    }
}
