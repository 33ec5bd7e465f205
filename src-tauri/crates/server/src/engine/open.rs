//! Opening: data directory, keys, configuration or demo data. No sockets yet.

use super::{Documents, Engine, Site};
use crate::cli::exit;
use crate::control::Control;
use crate::{config, seed};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, RwLock};
use vestibule_core::entropy::Entropy;
use vestibule_core::record::Table;
use vestibule_core::time::Clock;
use vestibule_keys::{
    CustodyError, CustodyReport, DataKey, KeyRing, OsEntropy, PasswordHasher, Preference, SigningKeys, SystemClock, Vault, open_data_key,
};
use vestibule_store::{OpenError, Store};

/// Most hosted pages that wait for a decision of the window at once; the others ask now and then.
const WAITS: usize = 64;

/// Where the data lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataPlace {
    /// In this directory.
    Directory(PathBuf),
    /// In memory, gone at the end.
    Ephemeral,
}

/// How the provider is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// The port; 0 takes a free one.
    pub port: u16,
    /// Addresses to listen on.
    pub hosts: Vec<IpAddr>,
    /// Where the data lives.
    pub data: DataPlace,
    /// A configuration file to apply.
    pub config: Option<PathBuf>,
    /// The address clients know the provider by, instead of `http://localhost:<port>`.
    pub endpoint: Option<String>,
    /// Whether to keep the data key in the OS keychain on a first start.
    pub keychain: bool,
    /// Where the token of the control interface is written; without a place that interface is off.
    pub control: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 3001,
            hosts: vec![IpAddr::from([127, 0, 0, 1]), IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])],
            data: DataPlace::Ephemeral,
            config: None,
            endpoint: None,
            keychain: false,
            control: None,
        }
    }
}

/// Why the provider did not start. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration file is wrong; one line per fault.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Config(Vec<config::ConfigError>),
    /// The data directory can't be used.
    #[error("{0}")]
    Data(#[from] OpenError),
    /// The data key can't be had.
    #[error("{0}")]
    Custody(#[from] CustodyError),
    /// Something stored can't be read.
    #[error("the data directory can't be read: {0}")]
    Store(#[from] vestibule_core::StoreError),
    /// Keys could not be made or read.
    #[error("signing keys: {0}")]
    Keys(String),
    /// The token of the control interface can't be written.
    #[error("the control interface's token can't be written to {file}: {why}")]
    Control {
        /// Where to.
        file: String,
        /// What the OS said.
        why: std::io::Error,
    },
    /// The endpoint is not an address a client could use.
    #[error("{0}")]
    Endpoint(String),
    /// The arguments don't go together.
    #[error("{0}")]
    Arguments(String),
    /// There is no place to keep data in.
    #[error("{0}")]
    NoPlace(String),
}

impl StartError {
    const fn config(errors: Vec<config::ConfigError>) -> Self {
        Self::Config(errors)
    }

    /// The exit code of the command line.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Endpoint(_) | Self::Arguments(_) | Self::Control { .. } => exit::USAGE,
            Self::Data(_) | Self::Custody(_) | Self::Store(_) | Self::Keys(_) | Self::NoPlace(_) => exit::DATA_DIR,
        }
    }
}

/// The ports a test replaces.
pub struct Ports {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Password hashing.
    pub hasher: PasswordHasher,
}

impl Default for Ports {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(OsEntropy),
            hasher: PasswordHasher::new(Arc::new(OsEntropy)),
        }
    }
}

impl Engine {
    /// Opens the data, applies the configuration or seeds demo data, and is ready to listen.
    ///
    /// # Errors
    /// [`StartError`]; nothing in the data directory was changed.
    pub async fn open(options: Options) -> Result<Arc<Self>, StartError> {
        Self::open_with(options, Ports::default()).await
    }

    /// As [`Engine::open`], with other ports: the same composition, for tests.
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub async fn open_with(options: Options, ports: Ports) -> Result<Arc<Self>, StartError> {
        let document = match &options.config {
            Some(path) => Some(config::load(path).map_err(StartError::config)?),
            None => None,
        };
        let site = site(&options, options.port)?;
        let store = match &options.data {
            DataPlace::Directory(dir) => Store::open(dir)?,
            DataPlace::Ephemeral => Store::ephemeral(),
        };
        match Self::start(options, ports, site, document, store.clone()).await {
            Ok(engine) => Ok(engine),
            Err(error) => {
                store.close().await;
                Err(error)
            }
        }
    }

    async fn start(
        options: Options,
        ports: Ports,
        site: Site,
        document: Option<config::Document>,
        store: Store,
    ) -> Result<Arc<Self>, StartError> {
        let (data_key, custody) = data_key(&options, &store)?;
        let vault = Arc::new(Vault::new(&data_key).map_err(|e| StartError::Keys(e.to_string()))?);
        let keys = KeyRing::load(&SigningKeys::default(), vault.as_ref()).map_err(|e| StartError::Keys(e.to_string()))?;
        let (stop, _) = tokio::sync::watch::channel(false);
        let engine = Arc::new(Self {
            control: options.control.clone().map(|file| Control::new(file, ports.entropy.as_ref())),
            recorder: crate::recorder::Recorder::default(),
            playground: crate::playground::Playground::default(),
            outgoing: vestibule_upstream::Client::default(),
            providers: vestibule_upstream::provider::Providers::new(ports.entropy.clone()),
            messenger: crate::messenger::Messenger::default(),
            simulator: vestibule_simulator::Simulator::default(),
            saml_responses: crate::saml_responses::SamlResponses::default(),
            custom_ui: crate::custom_ui::State::default(),
            pauses: crate::pauses::Pauses::default(),
            decided: tokio::sync::watch::Sender::new(0),
            waits: tokio::sync::Semaphore::new(WAITS),
            deleted_people: crate::console::DeletedPeople::default(),
            undo: super::undo::Undo::default(),
            keys: RwLock::new(Arc::new(keys)),
            site: RwLock::new(Arc::new(site)),
            documents: RwLock::new(Arc::new(Documents {
                discovery: bytes::Bytes::new(),
                jwks: bytes::Bytes::new(),
            })),
            serving: RwLock::new(None),
            listeners: std::sync::Mutex::default(),
            clock: ports.clock,
            entropy: ports.entropy,
            hasher: ports.hasher,
            options,
            store,
            vault,
            custody,
            patching: tokio::sync::Mutex::default(),
            stop,
            seeded: std::sync::atomic::AtomicBool::new(false),
        });
        engine.furnish(document).await?;
        engine.recorder.retain(engine.live_retention()?, engine.now());
        if let Err(error) = engine.store.read(|view| engine.recorder.restore(view)) {
            tracing::warn!(%error, "earlier live sessions can't be shown");
        }
        engine.recorder.tidy(engine.now());
        engine.forget_stale_undo();
        // Last of all, so that no start that failed leaves a token behind.
        if let Some(control) = &engine.control {
            control.write()?;
        }
        Ok(engine)
    }

    /// Applies the configuration, or plants demo data on a first start; makes what the program itself needs.
    pub(super) async fn furnish(self: &Arc<Self>, document: Option<config::Document>) -> Result<(), StartError> {
        match document {
            Some(mut document) => {
                self.prepare_document(&mut document).await?;
                let summary = self.apply(document, false).await?;
                tracing::info!(%summary, "configuration applied");
            }
            None => {
                if self.look(|cx| seed::wanted(cx))? {
                    let document = seed::document().map_err(StartError::config)?;
                    self.apply(document, true).await?;
                    self.seeded.store(true, std::sync::atomic::Ordering::Relaxed);
                }
            }
        }
        self.adopt_custom_ui().await;
        self.ensure_built_in().await?;
        self.ensure_keys().await
    }

    /// Puts the files that the document names where they are served from.
    async fn prepare_document(&self, document: &mut config::Document) -> Result<(), StartError> {
        let Some(wanted) = document.custom_ui.clone() else { return Ok(()) };
        let key = wanted.key();
        match self.prepare_custom_ui(wanted, document.unpacked.take()).await {
            Ok(ui) => {
                document.prepared_custom_ui = Some(ui);
                Ok(())
            }
            Err(why) => Err(StartError::config(vec![document.error(&format!("provider.customUi.{key}"), why)])),
        }
    }

    /// Applies a document: hashing first, then one decision.
    pub(crate) async fn apply(self: &Arc<Self>, document: config::Document, demo: bool) -> Result<config::Summary, StartError> {
        let jobs = self.look(|cx| config::passwords_to_hash(&document, cx))?;
        let engine = self.clone();
        let hashes = config::hash_passwords(jobs, move |secret| {
            let engine = engine.clone();
            async move { engine.hasher.hash(secret).await }
        })
        .await
        .map_err(StartError::Keys)?;
        let outcome = self
            .change(move |cx| {
                let applied = if demo {
                    seed::apply(&document, cx, &hashes)
                } else {
                    config::apply(&document, cx, &hashes)
                };
                match applied {
                    Ok(summary) => Ok(Ok(summary)),
                    Err(config::ApplyError::Store(error)) => Err(error),
                    // Half of the writes are collected: nothing of them may be kept.
                    Err(config::ApplyError::Config(errors)) => {
                        cx.forget();
                        Ok(Err(errors))
                    }
                }
            })
            .await?;
        outcome.map_err(StartError::config)
    }
}

impl Control {
    /// Writes the token where only its owner can read it.
    fn write(&self) -> Result<(), StartError> {
        write_control(&self.file, self.token.expose())
    }

    /// Writes where the provider answers beside the token, so that `ctl` finds both.
    pub(super) fn write_address(&self, endpoint: &str) -> Result<(), StartError> {
        write_control(&self.address_file(), endpoint)
    }
}

fn write_control(file: &std::path::Path, text: &str) -> Result<(), StartError> {
    vestibule_keys::write_private(file, text.as_bytes()).map_err(|why| StartError::Control {
        file: file.display().to_string(),
        why,
    })
}

/// The key that everything stored is sealed with.
fn data_key(options: &Options, store: &Store) -> Result<(DataKey, CustodyReport), CustodyError> {
    let DataPlace::Directory(dir) = &options.data else {
        return open_data_key(None, Preference::FileOnly, true);
    };
    // Nothing sealed yet: no settings (keys are among them) and no application.
    let fresh = [Table::Settings, Table::Application].into_iter().all(|table| {
        store
            .read(|view| view.scan(&[table as u8], None, 1))
            .is_ok_and(|first| first.is_empty())
    });
    let prefer = if options.keychain {
        Preference::Keychain
    } else {
        Preference::FileOnly
    };
    open_data_key(Some(dir), prefer, fresh)
}

/// The site for a port.
///
/// # Errors
/// When `--endpoint` is not an http or https origin.
pub(super) fn site(options: &Options, port: u16) -> Result<Site, StartError> {
    let endpoint = match &options.endpoint {
        Some(text) => {
            let url = url::Url::parse(text).map_err(|e| {
                StartError::Endpoint(format!(
                    "--endpoint {text}: {e}; an address such as https://idp.example.test is needed"
                ))
            })?;
            if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() || url.query().is_some() || url.fragment().is_some() {
                return Err(StartError::Endpoint(format!(
                    "--endpoint {text}: an http or https address without query or fragment is needed"
                )));
            }
            text.trim_end_matches('/').to_owned()
        }
        None => format!("http://localhost:{port}"),
    };
    let mut hosts: Vec<String> = ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .map(|name| format!("{name}:{port}"))
        .collect();
    if port == 80 {
        hosts.extend(["localhost", "127.0.0.1", "[::1]"].map(str::to_owned));
    }
    for address in &options.hosts {
        if !address.is_loopback() && !address.is_unspecified() {
            hosts.push(match address {
                IpAddr::V4(v4) => format!("{v4}:{port}"),
                IpAddr::V6(v6) => format!("[{v6}]:{port}"),
            });
        }
    }
    if let Some(authority) = endpoint.split("://").nth(1).and_then(|rest| rest.split('/').next()) {
        hosts.push(authority.to_ascii_lowercase());
    }
    hosts.sort_unstable();
    hosts.dedup();
    Ok(Site {
        issuer: format!("{endpoint}/oidc"),
        endpoint,
        port,
        hosts,
    })
}

#[cfg(test)]
mod tests;
