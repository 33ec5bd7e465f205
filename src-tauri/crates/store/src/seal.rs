//! The seal beside the database: what it must hold, and whether it was closed in order.
//!
//! sled repairs itself silently: a log that ends early is a shorter database, and reading a damaged one may also rewrite
//! it. So the store keeps its own witness. While in use, the seal says how many groups were confirmed; the same
//! number is a record in the tree, and a tree with a smaller one has lost something. After a clean close it also
//! holds a checksum of every file, so that damage is found before sled touches anything.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

const MAGIC: [u8; 8] = *b"VSTSEAL1";
const LENGTH: usize = 48;
const SEQUENCE_AT: u64 = 16;

/// What the seal says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seal {
    /// The checksum of the files after a clean close.
    pub(crate) closed: Option<u32>,
    /// Confirmed groups.
    pub(crate) sequence: u64,
    /// Which start of the operating system it was written under; 0 when unknown.
    pub(crate) boot: u128,
}

impl Seal {
    /// Reads it; `None` when it is missing.
    pub(crate) fn read(path: &Path) -> io::Result<Option<Self>> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        Self::parse(&bytes)
            .map(Some)
            .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != LENGTH || bytes[..8] != MAGIC {
            return None;
        }
        let word = |at: usize| bytes.get(at..at + 8)?.try_into().ok().map(u64::from_be_bytes);
        let state = word(8)?;
        let boot = bytes.get(32..48)?.try_into().ok().map(u128::from_be_bytes)?;
        Some(Self {
            closed: match state {
                0 => None,
                1 => Some(u32::try_from(word(24)?).ok()?),
                _ => return None,
            },
            sequence: word(16)?,
            boot,
        })
    }

    fn bytes(self) -> [u8; LENGTH] {
        let mut out = [0; LENGTH];
        out[..8].copy_from_slice(&MAGIC);
        out[8..16].copy_from_slice(&u64::from(self.closed.is_some()).to_be_bytes());
        out[16..24].copy_from_slice(&self.sequence.to_be_bytes());
        out[24..32].copy_from_slice(&u64::from(self.closed.unwrap_or_default()).to_be_bytes());
        out[32..].copy_from_slice(&self.boot.to_be_bytes());
        out
    }
}

/// The seal of an open store.
pub(crate) struct SealFile(File);

impl SealFile {
    /// Opens or creates it and writes what it shall say.
    pub(crate) fn create(path: &Path, seal: Seal) -> io::Result<Self> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
        file.write_all(&seal.bytes())?;
        Ok(Self(file))
    }

    /// Notes a confirmed group: one small write into the page cache, which outlives the process.
    pub(crate) fn note(&self, sequence: u64) -> io::Result<()> {
        let mut file = &self.0;
        file.seek(SeekFrom::Start(SEQUENCE_AT))?;
        file.write_all(&sequence.to_be_bytes())
    }

    /// Notes a clean close.
    pub(crate) fn close(&self, seal: Seal) -> io::Result<()> {
        let mut file = &self.0;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&seal.bytes())?;
        file.sync_all()
    }
}

/// A checksum over the names, lengths and contents of all files under a directory.
pub(crate) fn fingerprint(dir: &Path) -> io::Result<u32> {
    let mut hasher = crc32fast::Hasher::new();
    let mut buffer = vec![0; 256 * 1024];
    add(dir, &mut hasher, &mut buffer)?;
    Ok(hasher.finalize())
}

fn add(dir: &Path, hasher: &mut crc32fast::Hasher, buffer: &mut [u8]) -> io::Result<()> {
    let mut entries = fs::read_dir(dir)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        hasher.update(entry.file_name().as_encoded_bytes());
        if entry.file_type()?.is_dir() {
            add(&entry.path(), hasher, buffer)?;
            continue;
        }
        let mut file = File::open(entry.path())?;
        hasher.update(&file.metadata()?.len().to_be_bytes());
        loop {
            let read = file.read(buffer)?;
            if read == 0 {
                break;
            }
            hasher.update(&buffer[..read]);
        }
    }
    Ok(())
}

/// Which start of the operating system this is, where it can be told (Linux).
pub(crate) fn boot() -> u128 {
    fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .ok()
        .and_then(|text| u128::from_str_radix(&text.trim().replace('-', ""), 16).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("seal");
        assert_eq!(Seal::read(&path).unwrap(), None);
        let open = Seal {
            closed: None,
            sequence: 7,
            boot: 3,
        };
        let file = SealFile::create(&path, open).unwrap();
        assert_eq!(Seal::read(&path).unwrap(), Some(open));
        file.note(8).unwrap();
        file.note(9).unwrap();
        assert_eq!(Seal::read(&path).unwrap(), Some(Seal { sequence: 9, ..open }));
        let closed = Seal {
            closed: Some(u32::MAX),
            sequence: 9,
            boot: 3,
        };
        file.close(closed).unwrap();
        assert_eq!(Seal::read(&path).unwrap(), Some(closed));
        for damage in [&b""[..], b"VSTSEAL1", &[0; 48]] {
            fs::write(&path, damage).unwrap();
            assert!(Seal::read(&path).is_err());
        }
    }

    #[test]
    fn a_fingerprint_covers_names_and_contents() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("below")).unwrap();
        fs::write(dir.path().join("a"), "1").unwrap();
        fs::write(dir.path().join("below/b"), "2").unwrap();
        let first = fingerprint(dir.path()).unwrap();
        assert_eq!(fingerprint(dir.path()).unwrap(), first);
        fs::write(dir.path().join("below/b"), "3").unwrap();
        let second = fingerprint(dir.path()).unwrap();
        assert_ne!(first, second);
        fs::rename(dir.path().join("a"), dir.path().join("c")).unwrap();
        assert_ne!(fingerprint(dir.path()).unwrap(), second);
    }
}
