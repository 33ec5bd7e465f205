//! Sockets: listening, whose port it is when it is taken, and the orderly end.

use super::{Engine, Site, open, read, replace};
use crate::front;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long open connections may take to end at shutdown.
const DRAIN: Duration = Duration::from_secs(5);

/// Why the provider does not listen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListenError {
    /// Another program holds the port.
    #[error("port {port} is taken{}{}", owner.as_ref().map(|o| format!(" by {o}")).unwrap_or_default(), suggestion.map(|s| format!("; port {s} is free")).unwrap_or_default())]
    PortTaken {
        /// The port.
        port: u16,
        /// Who holds it, where the OS tells.
        owner: Option<String>,
        /// A port that was free when asked.
        suggestion: Option<u16>,
    },
    /// The address can't be listened on.
    #[error("can't listen on {address}: {why}")]
    Address {
        /// The address.
        address: String,
        /// What the OS said.
        why: String,
    },
}

/// A socket that is being served.
pub(super) struct Listening {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Listening {
    /// Stops accepting and waits for open requests, for a while.
    async fn end(self) {
        self.stop.send_replace(true);
        let abort = self.task.abort_handle();
        if tokio::time::timeout(DRAIN, self.task).await.is_err() {
            abort.abort();
        }
    }
}

impl Engine {
    /// Listens on `port` (0 takes a free one) and serves until [`Engine::shutdown`].
    ///
    /// # Errors
    /// [`ListenError`]; the engine stays open and another port can be tried.
    pub async fn listen(self: &Arc<Self>, port: u16) -> Result<(), ListenError> {
        let listeners = match bind_all(&self.options.hosts, port).await {
            Ok(listeners) => listeners,
            Err(error) => {
                replace(&self.serving, Some(error.clone()));
                return Err(error);
            }
        };
        self.serve_on(listeners, port).await?;
        replace(&self.serving, None);
        self.start_housekeeping();
        if self.has_just_seeded() {
            // In the background: they are for whoever looks, and nobody should wait for them.
            tokio::spawn(self.make_examples());
        }
        Ok(())
    }

    /// Serves on another port instead: the new one first, then the old one ends when its open requests have their answers.
    ///
    /// # Errors
    /// [`ListenError`]; the old port is served as before.
    pub(crate) async fn move_to(self: &Arc<Self>, port: u16) -> Result<(), ListenError> {
        let listeners = bind_all(&self.options.hosts, port).await?;
        let old = std::mem::take(&mut *self.listeners.lock().unwrap_or_else(PoisonError::into_inner));
        if let Err(error) = self.serve_on(listeners, port).await {
            self.listeners.lock().unwrap_or_else(PoisonError::into_inner).extend(old);
            return Err(error);
        }
        for listening in old {
            tokio::spawn(listening.end());
        }
        Ok(())
    }

    /// Takes the names of a port and answers there.
    async fn serve_on(self: &Arc<Self>, listeners: Vec<TcpListener>, port: u16) -> Result<(), ListenError> {
        let before = self.site();
        let port = listeners.first().and_then(|l| l.local_addr().ok()).map_or(port, |a| a.port());
        if let Ok(site) = open::site(&self.options, port) {
            replace(&self.site, Arc::new(site));
        }
        self.publish_documents();
        if let Err(error) = self.ensure_built_in().await {
            return Err(self.back_to(
                before,
                ListenError::Address {
                    address: format!("port {port}"),
                    why: error.to_string(),
                },
            ));
        }
        if let Some(control) = &self.control {
            let loopback = loopback(&listeners, port);
            if let Err(error) = control.write_address(&loopback) {
                return Err(self.back_to(
                    before,
                    ListenError::Address {
                        address: loopback,
                        why: error.to_string(),
                    },
                ));
            }
        }
        let served = listeners.into_iter().map(|listener| {
            let (stop, stopping) = watch::channel(false);
            let task = tokio::spawn(serving(self.clone(), listener, stopping));
            Listening { stop, task }
        });
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).extend(served);
        Ok(())
    }

    /// Takes the names of before again, and answers why.
    fn back_to(&self, before: Arc<Site>, error: ListenError) -> ListenError {
        replace(&self.site, before);
        self.publish_documents();
        error
    }

    /// Why the provider does not listen, if it was tried and failed.
    #[must_use]
    pub fn listen_problem(&self) -> Option<ListenError> {
        read(&self.serving)
    }

    /// Whether it serves.
    #[must_use]
    pub fn is_serving(&self) -> bool {
        !self.listeners.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Stops accepting, drains open requests, flushes the store.
    pub async fn shutdown(&self) {
        self.stop.send_replace(true);
        let listeners = std::mem::take(&mut *self.listeners.lock().unwrap_or_else(PoisonError::into_inner));
        for listening in &listeners {
            listening.stop.send_replace(true);
        }
        for listening in listeners {
            listening.end().await;
        }
        if let Some(control) = &self.control {
            // The token is worth nothing any more.
            let _ = std::fs::remove_file(&control.file);
            let _ = std::fs::remove_file(control.address_file());
        }
        self.recorder.hand_over(&self.store);
        self.store.close().await;
    }
}

/// Where programs on this computer reach the provider, whatever `--endpoint` says.
fn loopback(listeners: &[TcpListener], port: u16) -> String {
    let bound = listeners
        .iter()
        .find_map(|listener| listener.local_addr().ok())
        .map(|address| address.ip());
    match bound {
        Some(IpAddr::V6(v6)) if !v6.is_unspecified() => format!("http://[{v6}]:{port}"),
        Some(IpAddr::V4(v4)) if !v4.is_unspecified() => format!("http://{v4}:{port}"),
        _ => format!("http://127.0.0.1:{port}"),
    }
}

/// Named as a trait object: a request may ask for another port, and a future can't contain itself.
fn serving(
    engine: Arc<Engine>,
    listener: TcpListener,
    stop: tokio::sync::watch::Receiver<bool>,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(front::serve(engine, listener, stop))
}

/// Binds every address on the same port. A machine without IPv6 is served on IPv4 alone.
async fn bind_all(hosts: &[IpAddr], port: u16) -> Result<Vec<TcpListener>, ListenError> {
    let mut listeners: Vec<TcpListener> = Vec::new();
    let mut port = port;
    for (n, host) in hosts.iter().enumerate() {
        match TcpListener::bind(SocketAddr::new(*host, port)).await {
            Ok(listener) => {
                port = listener.local_addr().map_or(port, |a| a.port());
                listeners.push(listener);
            }
            Err(error) if matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied) => {
                let suggestion = free_port(hosts, port).await;
                let owner = tokio::task::spawn_blocking(move || crate::ports::owner(port)).await.ok().flatten();
                return Err(ListenError::PortTaken { port, owner, suggestion });
            }
            Err(error) if n > 0 && matches!(error.kind(), ErrorKind::AddrNotAvailable | ErrorKind::Unsupported) => {
                tracing::debug!(%host, %error, "this address family is not available here");
            }
            Err(error) => {
                return Err(ListenError::Address {
                    address: SocketAddr::new(*host, port).to_string(),
                    why: error.to_string(),
                });
            }
        }
    }
    Ok(listeners)
}

/// The next port on which all addresses are free.
async fn free_port(hosts: &[IpAddr], taken: u16) -> Option<u16> {
    for port in (taken.saturating_add(1)..=taken.saturating_add(20)).filter(|p| *p > 1023) {
        let mut free = true;
        for host in hosts {
            if let Err(error) = TcpListener::bind(SocketAddr::new(*host, port)).await {
                free &= matches!(error.kind(), ErrorKind::AddrNotAvailable | ErrorKind::Unsupported);
            }
        }
        if free {
            return Some(port);
        }
    }
    None
}
