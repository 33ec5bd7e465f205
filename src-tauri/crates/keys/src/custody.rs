//! Who keeps the data key: the system's keychain, a key file, or nobody.
//!
//! The choice is made at the first start and remembered in `key.json`. A key that should be there and is not is an
//! error with a way out, never a new key: a new one could not open what the old one sealed.

use crate::adapters::OsEntropy;
use crate::keychain::{Keychain, KeychainFailure, LIMIT, SystemKeychain, ask};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use vestibule_core::entropy::Entropy;
use zeroize::{Zeroize as _, Zeroizing};

const REMEMBERED: &str = "key.json";
const KEY_FILE: &str = "data.key";

/// The data key: 32 bytes from which every other key of the vault is derived. Wiped when dropped.
pub struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// A key from its bytes, for tests and for a key handed in from outside.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Its name: the first 8 bytes of its SHA-256, in hex. Says nothing of the key.
    #[must_use]
    pub fn id(&self) -> String {
        hex(&digest(&SHA256, &*self.0).as_ref()[..8])
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn random(entropy: &dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(&mut *bytes);
        Self(bytes)
    }

    fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(*self.0))
    }

    fn from_text(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        let mut decoded = STANDARD.decode(text.trim()).ok()?;
        let fits = decoded.len() == bytes.len();
        if fits {
            bytes.copy_from_slice(&decoded);
        }
        decoded.zeroize();
        fits.then_some(Self(bytes))
    }
}

/// Where a new data key shall go. A directory that has one keeps its choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preference {
    /// The keychain when there is one, else the key file: a desktop.
    Keychain,
    /// The key file, without asking any keychain: a process without a person in front of it.
    FileOnly,
}

/// Who keeps the data key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CustodyKind {
    /// The system's keychain.
    Keychain,
    /// The key file in the data directory.
    File,
    /// Memory: it ends with the process.
    Memory,
}

/// How the data key is kept, as the window shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustodyReport {
    /// Who keeps it.
    pub kind: CustodyKind,
    /// The same in a sentence for people.
    pub sentence: String,
    /// Whether the sentence should be said aloud once: a keychain was wanted and there was none.
    pub announce: bool,
}

/// Why there is no data key. Nothing was created or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CustodyError {
    /// The keychain that keeps the key did not serve.
    #[error(
        "The key of {dir} is in the system keychain, and {why}. Unlock the keychain and start again, or start with another --data-dir."
    )]
    Keychain {
        /// The data directory.
        dir: PathBuf,
        /// What the matter is.
        why: String,
    },
    /// The key is gone, or another one is in its place.
    #[error(
        "{what} Restore {restore}, or start with a fresh data directory (--data-dir). What is sealed in {dir} can't be read without its key."
    )]
    Lost {
        /// The data directory.
        dir: PathBuf,
        /// What was found.
        what: String,
        /// What to restore.
        restore: String,
    },
    /// Others may read the key file.
    #[error("The key file {path} can be read by other users. Type: chmod 600 '{path}'")]
    Exposed {
        /// The key file.
        path: PathBuf,
    },
    /// A file can't be read or written.
    #[error("{path} can't be used: {why}. Check its owner and permissions, or start with another --data-dir.")]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        why: String,
    },
}

/// What is remembered beside the data.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Remembered {
    kind: CustodyKind,
    key_id: String,
    /// The account in the keychain; stable for the directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<String>,
}

/// The data key of a directory, made at its first start. `dir` is `None` for a provider that lives in memory; `fresh`
/// says that the store of the directory holds nothing yet, so that a missing key may be a new one.
///
/// May block for some seconds on the keychain.
///
/// # Errors
/// [`CustodyError`], in plain words with the way out.
pub fn open_data_key(dir: Option<&Path>, prefer: Preference, fresh: bool) -> Result<(DataKey, CustodyReport), CustodyError> {
    let Some(dir) = dir else {
        return Ok((DataKey::random(&OsEntropy), report(CustodyKind::Memory, None)));
    };
    let custody = Custody {
        dir,
        keychain: Arc::new(SystemKeychain),
        entropy: &OsEntropy,
        limit: LIMIT,
    };
    custody.open(prefer, fresh)
}

struct Custody<'a> {
    dir: &'a Path,
    keychain: Arc<dyn Keychain>,
    entropy: &'a dyn Entropy,
    limit: Duration,
}

impl Custody<'_> {
    fn open(&self, prefer: Preference, fresh: bool) -> Result<(DataKey, CustodyReport), CustodyError> {
        match self.remembered()? {
            Some(remembered) => {
                let key = match remembered.kind {
                    CustodyKind::Keychain => self.ask_keychain(&remembered)?,
                    _ => self.open_key_file(&remembered)?,
                };
                Ok((key, report(remembered.kind, None)))
            }
            None if self.dir.join(KEY_FILE).exists() => self.adopt(),
            None if fresh => self.create(prefer),
            None => Err(CustodyError::Lost {
                dir: self.dir.to_owned(),
                what: format!("{} is missing from {}.", REMEMBERED, self.dir.display()),
                restore: "that file".into(),
            }),
        }
    }

    fn remembered(&self) -> Result<Option<Remembered>, CustodyError> {
        let path = self.dir.join(REMEMBERED);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(file_error(&path, &error)),
        };
        serde_json::from_slice(&bytes).map(Some).map_err(|_| CustodyError::Lost {
            dir: self.dir.to_owned(),
            what: format!("{} can't be read.", path.display()),
            restore: "that file".into(),
        })
    }

    fn ask_keychain(&self, remembered: &Remembered) -> Result<DataKey, CustodyError> {
        let account = remembered.account.clone().unwrap_or_default();
        let item = format!("the item \"vestibule\" of account \"{account}\" in the keychain");
        let found = ask(&self.keychain, self.limit, move |keychain| keychain.get(&account)).map_err(|failure| CustodyError::Keychain {
            dir: self.dir.to_owned(),
            why: words(failure),
        })?;
        let lost = |what: &str| CustodyError::Lost {
            dir: self.dir.to_owned(),
            what: what.to_owned(),
            restore: item.clone(),
        };
        let text = found.ok_or_else(|| lost("The keychain no longer has Vestibule's key."))?;
        DataKey::from_text(&text)
            .filter(|key| key.id() == remembered.key_id)
            .ok_or_else(|| lost("The keychain has another key under Vestibule's name."))
    }

    /// Takes up a key file whose companion is missing: its first start was interrupted, or someone restored only it.
    fn adopt(&self) -> Result<(DataKey, CustodyReport), CustodyError> {
        let key = self.read_key_file()?;
        self.remember(&Remembered {
            kind: CustodyKind::File,
            key_id: key.id(),
            account: None,
        })?;
        Ok((key, report(CustodyKind::File, None)))
    }

    fn open_key_file(&self, remembered: &Remembered) -> Result<DataKey, CustodyError> {
        let key = self.read_key_file()?;
        if key.id() == remembered.key_id {
            return Ok(key);
        }
        let path = self.dir.join(KEY_FILE);
        Err(self.lost_file(format!("The key file {} holds another key.", path.display())))
    }

    fn lost_file(&self, what: String) -> CustodyError {
        CustodyError::Lost {
            dir: self.dir.to_owned(),
            what,
            restore: "that file".into(),
        }
    }

    fn read_key_file(&self) -> Result<DataKey, CustodyError> {
        let path = self.dir.join(KEY_FILE);
        let meta = match fs::metadata(&path) {
            Ok(meta) => meta,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(self.lost_file(format!("The key file {} is missing.", path.display())));
            }
            Err(error) => return Err(file_error(&path, &error)),
        };
        if exposed(&meta) {
            return Err(CustodyError::Exposed { path });
        }
        let text = Zeroizing::new(fs::read_to_string(&path).map_err(|error| file_error(&path, &error))?);
        DataKey::from_text(&text).ok_or_else(|| self.lost_file(format!("The key file {} holds no key.", path.display())))
    }

    fn create(&self, prefer: Preference) -> Result<(DataKey, CustodyReport), CustodyError> {
        make(self.dir).map_err(|error| file_error(self.dir, &error))?;
        let key = DataKey::random(self.entropy);
        let mut why = None;
        if prefer == Preference::Keychain {
            let mut account = [0; 8];
            self.entropy.fill(&mut account);
            let account = hex(&account);
            match self.put_into_keychain(&account, &key) {
                Ok(()) => {
                    self.remember(&Remembered {
                        kind: CustodyKind::Keychain,
                        key_id: key.id(),
                        account: Some(account),
                    })?;
                    return Ok((key, report(CustodyKind::Keychain, None)));
                }
                Err(failure) => why = Some(words(failure)),
            }
        }
        let path = self.dir.join(KEY_FILE);
        write_private(&path, key.to_text().as_bytes()).map_err(|error| file_error(&path, &error))?;
        self.remember(&Remembered {
            kind: CustodyKind::File,
            key_id: key.id(),
            account: None,
        })
        .inspect_err(|_| {
            // Without its companion the key file would stop the next start, and nothing is sealed with it yet.
            let _ = fs::remove_file(&path);
        })?;
        Ok((key, report(CustodyKind::File, why)))
    }

    /// Stores the key and reads it back: a keychain that forgets at once is none.
    fn put_into_keychain(&self, account: &str, key: &DataKey) -> Result<(), KeychainFailure> {
        let (account, text) = (account.to_owned(), key.to_text());
        ask(&self.keychain, self.limit, move |keychain| {
            keychain.set(&account, &text)?;
            match keychain.get(&account)? {
                Some(found) if *found == *text => Ok(()),
                _ => Err(KeychainFailure::Unavailable("the keychain did not keep the key".into())),
            }
        })
    }

    fn remember(&self, remembered: &Remembered) -> Result<(), CustodyError> {
        let path = self.dir.join(REMEMBERED);
        let text = serde_json::to_string(remembered).map_err(|error| file_error(&path, &error.into()))?;
        write_private(&path, format!("{text}\n").as_bytes()).map_err(|error| file_error(&path, &error))
    }
}

fn report(kind: CustodyKind, why: Option<String>) -> CustodyReport {
    let sentence = match (kind, &why) {
        (CustodyKind::Keychain, _) => "Stored secrets are sealed with a key in the system keychain.".to_owned(),
        (CustodyKind::File, None) => {
            "Stored secrets are sealed with a key file in the data directory (data.key, readable by you only).".to_owned()
        }
        (CustodyKind::File, Some(why)) => format!(
            "No system keychain could be used ({why}), so stored secrets are sealed with a key file in the data directory \
             (data.key, readable by you only)."
        ),
        (CustodyKind::Memory, _) => "Nothing is stored: keys and data end with this process.".to_owned(),
    };
    CustodyReport {
        kind,
        sentence,
        announce: why.is_some(),
    }
}

fn words(failure: KeychainFailure) -> String {
    match failure {
        KeychainFailure::Unavailable(why) => why,
        KeychainFailure::Silent => "the keychain did not answer in time".into(),
    }
}

fn file_error(path: &Path, error: &io::Error) -> CustodyError {
    CustodyError::File {
        path: path.to_owned(),
        why: error.to_string(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn make(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Writes a file only its owner may read: to a temporary name, which is its own with `.tmp` behind, to the medium, then
/// into place.
///
/// # Errors
/// When the file can't be written; what was there stays.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // Not in place of the extension, which a neighbour's name might have.
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    // A leftover of an interrupted start could have other permissions.
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}

#[cfg(unix)]
fn exposed(meta: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o077 != 0
}

/// Elsewhere the directory's own access rules protect it.
#[cfg(not(unix))]
fn exposed(_: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
#[path = "custody_tests.rs"]
mod tests;
