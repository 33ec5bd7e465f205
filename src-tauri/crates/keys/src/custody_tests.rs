use super::*;
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Mutex;
use std::sync::mpsc::Receiver;

/// How the fake keychain behaves.
enum Mood {
    Works,
    Absent,
    Forgets,
    /// Answers when the sender is dropped.
    Silent(Mutex<Receiver<()>>),
}

struct Fake {
    mood: Mood,
    items: Mutex<BTreeMap<String, String>>,
}

impl Fake {
    fn new(mood: Mood) -> Arc<Self> {
        Arc::new(Self {
            mood,
            items: Mutex::default(),
        })
    }
}

impl Keychain for Fake {
    fn get(&self, account: &str) -> Result<Option<Zeroizing<String>>, KeychainFailure> {
        match &self.mood {
            Mood::Works => Ok(self.items.lock().unwrap().get(account).cloned().map(Zeroizing::new)),
            Mood::Absent => Err(KeychainFailure::Unavailable("no keychain service is running".into())),
            Mood::Forgets => Ok(None),
            Mood::Silent(gate) => {
                let _ = gate.lock().unwrap().recv();
                Ok(None)
            }
        }
    }

    fn set(&self, account: &str, text: &str) -> Result<(), KeychainFailure> {
        match &self.mood {
            Mood::Works | Mood::Forgets => {
                self.items.lock().unwrap().insert(account.into(), text.into());
                Ok(())
            }
            Mood::Absent => Err(KeychainFailure::Unavailable("no keychain service is running".into())),
            Mood::Silent(gate) => {
                let _ = gate.lock().unwrap().recv();
                Ok(())
            }
        }
    }
}

fn open(dir: &Path, keychain: &Arc<Fake>, prefer: Preference, fresh: bool) -> Result<(DataKey, CustodyReport), CustodyError> {
    let limit = match keychain.mood {
        Mood::Silent(_) => Duration::ZERO,
        _ => Duration::from_secs(60),
    };
    let keychain: Arc<dyn Keychain> = Arc::clone(keychain) as _;
    Custody {
        dir,
        keychain,
        entropy: &OsEntropy,
        limit,
    }
    .open(prefer, fresh)
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn the_keychain_keeps_it_and_is_remembered() {
    let dir = tempfile::tempdir().unwrap();
    let keychain = Fake::new(Mood::Works);
    let (key, report) = open(dir.path(), &keychain, Preference::Keychain, true).unwrap();
    assert_eq!((report.kind, report.announce), (CustodyKind::Keychain, false));
    assert_eq!(names(dir.path()), ["key.json"]);
    let remembered = fs::read_to_string(dir.path().join("key.json")).unwrap();
    assert!(
        remembered.contains(&key.id()) && !remembered.contains(&*key.to_text()),
        "{remembered}"
    );
    // A process without a person honours the choice.
    for prefer in [Preference::Keychain, Preference::FileOnly] {
        let (again, report) = open(dir.path(), &keychain, prefer, false).unwrap();
        assert_eq!(again.id(), key.id());
        assert_eq!(report.kind, CustodyKind::Keychain);
    }
}

#[test]
fn without_a_keychain_the_key_file_serves_and_says_so() {
    for mood in [Mood::Absent, Mood::Forgets] {
        let dir = tempfile::tempdir().unwrap();
        let keychain = Fake::new(mood);
        let (key, report) = open(dir.path(), &keychain, Preference::Keychain, true).unwrap();
        assert_eq!((report.kind, report.announce), (CustodyKind::File, true));
        assert!(
            report.sentence.contains("No system keychain could be used") && report.sentence.contains("data.key"),
            "{}",
            report.sentence
        );
        assert_eq!(names(dir.path()), ["data.key", "key.json"]);
        let (again, report) = open(dir.path(), &keychain, Preference::Keychain, false).unwrap();
        assert_eq!(again.id(), key.id());
        assert!(!report.announce, "said once");
    }
}

#[test]
fn a_silent_keychain_does_not_hold_up_the_start() {
    let (_gate, receiver) = std::sync::mpsc::channel();
    let dir = tempfile::tempdir().unwrap();
    let (_, report) = open(
        dir.path(),
        &Fake::new(Mood::Silent(Mutex::new(receiver))),
        Preference::Keychain,
        true,
    )
    .unwrap();
    assert_eq!(report.kind, CustodyKind::File);
    assert!(report.sentence.contains("did not answer in time"), "{}", report.sentence);
}

#[test]
fn a_keychain_that_lost_the_key_is_an_error_with_a_way_out() {
    let dir = tempfile::tempdir().unwrap();
    let keychain = Fake::new(Mood::Works);
    open(dir.path(), &keychain, Preference::Keychain, true).unwrap();
    let before = fs::read(dir.path().join("key.json")).unwrap();
    let (_gate, receiver) = std::sync::mpsc::channel();
    let other = DataKey::from_bytes([1; 32]).to_text();
    let account = keychain.items.lock().unwrap().keys().next().unwrap().clone();

    keychain.items.lock().unwrap().insert(account.clone(), other.to_string());
    let error = open(dir.path(), &keychain, Preference::Keychain, false).err().unwrap().to_string();
    assert!(
        error.contains("another key") && error.contains(&account) && error.contains("--data-dir"),
        "{error}"
    );
    keychain.items.lock().unwrap().insert(account.clone(), "nonsense".into());
    assert!(matches!(
        open(dir.path(), &keychain, Preference::Keychain, false),
        Err(CustodyError::Lost { .. })
    ));
    keychain.items.lock().unwrap().clear();
    for fresh in [true, false] {
        let error = open(dir.path(), &keychain, Preference::Keychain, fresh).err().unwrap().to_string();
        assert!(
            error.contains("no longer has Vestibule's key") && error.contains(&account),
            "{error}"
        );
    }
    for mood in [Mood::Absent, Mood::Silent(Mutex::new(receiver))] {
        let error = open(dir.path(), &Fake::new(mood), Preference::FileOnly, false).err().unwrap();
        assert!(matches!(error, CustodyError::Keychain { .. }), "{error:?}");
        assert!(error.to_string().contains("Unlock the keychain"), "{error}");
    }
    assert_eq!(fs::read(dir.path().join("key.json")).unwrap(), before);
    assert_eq!(names(dir.path()), ["key.json"]);
}

#[test]
fn a_headless_process_asks_no_keychain_on_its_first_start() {
    let dir = tempfile::tempdir().unwrap();
    let keychain = Fake::new(Mood::Works);
    let (key, report) = open(dir.path(), &keychain, Preference::FileOnly, true).unwrap();
    assert_eq!((report.kind, report.announce), (CustodyKind::File, false));
    assert!(keychain.items.lock().unwrap().is_empty());
    // A desktop later honours the file.
    let (again, report) = open(dir.path(), &keychain, Preference::Keychain, false).unwrap();
    assert_eq!((again.id(), report.kind), (key.id(), CustodyKind::File));
}

#[test]
fn a_missing_or_foreign_key_file_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let keychain = Fake::new(Mood::Absent);
    open(dir.path(), &keychain, Preference::FileOnly, true).unwrap();
    let path = dir.path().join("data.key");
    let text = fs::read(&path).unwrap();
    let lost = |needle: &str| {
        let error = open(dir.path(), &keychain, Preference::FileOnly, true).err().unwrap();
        assert!(
            matches!(error, CustodyError::Lost { .. }) && error.to_string().contains(needle),
            "{error}"
        );
    };
    fs::write(&path, DataKey::from_bytes([1; 32]).to_text().as_bytes()).unwrap();
    lost("another key");
    fs::write(&path, "short").unwrap();
    lost("holds no key");
    fs::remove_file(&path).unwrap();
    lost("is missing");
    assert!(!path.exists(), "no new key was made");
    fs::write(dir.path().join("key.json"), "{").unwrap();
    lost("can't be read");

    fs::remove_file(dir.path().join("key.json")).unwrap();
    let error = open(dir.path(), &keychain, Preference::FileOnly, false).err().unwrap();
    assert!(error.to_string().contains("key.json is missing"), "{error}");
    assert!(names(dir.path()).is_empty());
    // The key file alone is taken up again.
    write_private(&path, &text).unwrap();
    assert!(open(dir.path(), &keychain, Preference::FileOnly, false).is_ok());
    assert_eq!(names(dir.path()), ["data.key", "key.json"]);
}

#[test]
fn a_private_file_leaves_its_neighbours_alone() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::write(at("control.tmp"), "mine").unwrap();
    // What an interrupted start left does not stop the next one.
    fs::write(at("control.token.tmp"), "half").unwrap();
    write_private(&at("control.token"), b"secret").unwrap();
    assert_eq!(names(dir.path()), ["control.tmp", "control.token"]);
    assert_eq!(fs::read_to_string(at("control.tmp")).unwrap(), "mine");
    assert_eq!(fs::read_to_string(at("control.token")).unwrap(), "secret");
}

#[cfg(unix)]
#[test]
fn only_the_owner_reads_the_key_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let outer = tempfile::tempdir().unwrap();
    let dir = outer.path().join("new");
    let keychain = Fake::new(Mood::Absent);
    open(&dir, &keychain, Preference::FileOnly, true).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let path = dir.join("data.key");
    assert_eq!((mode(&dir), mode(&path), mode(&dir.join("key.json"))), (0o700, 0o600, 0o600));
    for exposed in [0o640, 0o604, 0o666] {
        fs::set_permissions(&path, fs::Permissions::from_mode(exposed)).unwrap();
        let error = open(&dir, &keychain, Preference::FileOnly, false).err().unwrap().to_string();
        assert!(error.contains(&format!("chmod 600 '{}'", path.display())), "{error}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    assert!(open(&dir, &keychain, Preference::FileOnly, false).is_ok());
}

#[test]
fn an_unusable_directory_names_itself() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "x").unwrap();
    let error = open(&file.join("below"), &Fake::new(Mood::Absent), Preference::FileOnly, true)
        .err()
        .unwrap();
    assert!(matches!(error, CustodyError::File { .. }), "{error:?}");
}

#[test]
fn in_memory_every_key_is_new() {
    let (a, report) = open_data_key(None, Preference::Keychain, true).unwrap();
    let (b, _) = open_data_key(None, Preference::Keychain, true).unwrap();
    assert_eq!(report.kind, CustodyKind::Memory);
    assert_ne!(a.id(), b.id());
}

const REAL: &str = "VESTIBULE_TEST_KEYCHAIN";

/// Not a test of its own: runs inside a private session bus with a real keychain.
#[test]
fn inside_the_session() {
    let Some(dir) = std::env::var_os(REAL).map(PathBuf::from) else {
        return;
    };
    let (key, report) = open_data_key(Some(&dir), Preference::Keychain, true).unwrap();
    assert_eq!(report.kind, CustodyKind::Keychain, "{}", report.sentence);
    let (again, _) = open_data_key(Some(&dir), Preference::FileOnly, false).unwrap();
    assert_eq!(again.id(), key.id());
    let remembered: Remembered = serde_json::from_slice(&fs::read(dir.join(REMEMBERED)).unwrap()).unwrap();
    let item = keyring::Entry::new("vestibule", &remembered.account.unwrap()).unwrap();
    item.delete_credential().unwrap();
    assert!(matches!(
        open_data_key(Some(&dir), Preference::Keychain, false),
        Err(CustodyError::Lost { .. })
    ));
}

#[cfg(target_os = "linux")]
#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn the_real_secret_service_keeps_a_key() {
    let missing = ["dbus-run-session", "gnome-keyring-daemon"]
        .into_iter()
        .find(|program| Command::new(program).arg("--help").output().is_err());
    if let Some(program) = missing {
        eprintln!("skipped: {program} is not installed");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let runtime = home.path().join("run");
    fs::create_dir(&runtime).unwrap();
    // The keychain runs in the foreground of its own job and ends with the session.
    let script = r#"printf secret | gnome-keyring-daemon --foreground --unlock --components=secrets >/dev/null 2>&1 &
        daemon=$!
        gdbus wait --session --timeout 10 org.freedesktop.secrets 2>/dev/null || dbus-send --session --print-reply \
            --dest=org.freedesktop.DBus / org.freedesktop.DBus.StartServiceByName string:org.freedesktop.secrets uint32:0 >/dev/null 2>&1
        "$0" --exact custody::tests::inside_the_session --nocapture; status=$?
        kill $daemon 2>/dev/null
        exit $status"#;
    let output = Command::new("dbus-run-session")
        .args(["--", "sh", "-c", script])
        .arg(std::env::current_exe().unwrap())
        .env("HOME", home.path())
        .env("XDG_DATA_HOME", home.path().join("data"))
        .env("XDG_RUNTIME_DIR", &runtime)
        .env(REAL, home.path().join("vestibule"))
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}
