//! A developer's own pages in place of the hosted ones (sheet 5.5): where they come from, and how they change.
//!
//! What is set is part of the provider's settings; what is served is derived from them whenever they change. A zip is
//! unpacked beside the data, or kept in memory when there is no data directory; a folder is read anew at each request.

pub(crate) mod archive;
pub(crate) mod files;
mod place;

use crate::engine::{DataPlace, Engine};
use archive::Unpacked;
use bytes::Bytes;
use files::Unserved;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio::sync::Semaphore;
use vestibule_core::console::CustomUiView;
use vestibule_core::model::{CustomUi, DevServerAddress, ImportedZip, parse_dev_server};

/// Most WebSockets and event streams that are passed through at once.
const STREAMS: usize = 64;
/// Most files that are fetched from a dev server at the same time; further requests wait.
const FETCHES: usize = 32;

/// What the engine keeps about custom pages.
pub(crate) struct State {
    pages: RwLock<Option<Arc<Pages>>>,
    /// An imported zip that is held in memory until it is served.
    held: Mutex<Option<Unpacked>>,
    /// One change at a time: files and settings go together.
    pub changing: tokio::sync::Mutex<()>,
    /// One permit for each stream that is passed through.
    pub streams: Arc<Semaphore>,
    /// One permit for each file that is fetched.
    pub fetches: Semaphore,
}

impl Default for State {
    fn default() -> Self {
        Self {
            pages: RwLock::default(),
            held: Mutex::default(),
            changing: tokio::sync::Mutex::default(),
            streams: Arc::new(Semaphore::new(STREAMS)),
            fetches: Semaphore::new(FETCHES),
        }
    }
}

impl State {
    /// Lets go of an imported zip that will not be served.
    pub(crate) fn let_go(&self) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    #[cfg(test)]
    pub(crate) fn is_holding(&self) -> bool {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

/// Custom pages as they are served.
#[derive(Debug)]
pub(crate) struct Pages {
    ui: CustomUi,
    pub source: Source,
}

/// Where their files are.
#[derive(Debug)]
pub(crate) enum Source {
    /// In the developer's own folder.
    Folder(PathBuf),
    /// In a folder of ours; the text names its content.
    Unpacked(PathBuf, String),
    /// In memory; the text names its content.
    Memory(BTreeMap<String, Bytes>, String),
    /// Behind a dev server.
    DevServer(DevServerAddress),
    /// What is set can't be served; the text says why.
    Broken(String),
}

impl Pages {
    fn of(ui: CustomUi, data: &DataPlace, held: Option<Unpacked>) -> Self {
        let source = match &ui {
            CustomUi::Folder(path) => Source::Folder(path.into()),
            CustomUi::DevServer(address) => parse_dev_server(address).map_or_else(Source::Broken, Source::DevServer),
            CustomUi::Zip(zip) if !zip.has_sound_id() => Source::Broken("Its record was changed by hand. Import the zip again.".into()),
            CustomUi::Zip(zip) => match (held, data) {
                (Some(held), _) if held.id == zip.id => Source::Memory(held.files, held.id),
                (_, DataPlace::Directory(dir)) => Source::Unpacked(place::folder(dir, &zip.id), zip.id.clone()),
                (_, DataPlace::Ephemeral) => Source::Broken("The zip was not kept in memory. Import it again.".into()),
            },
        };
        Self { ui, source }
    }

    /// What a sentence calls them.
    pub(crate) fn said(&self) -> String {
        match &self.ui {
            CustomUi::Folder(path) => format!("the folder `{path}`"),
            CustomUi::Zip(zip) => format!("the zip imported from `{}`", zip.source),
            CustomUi::DevServer(address) => format!("the dev server at `{address}`"),
        }
    }

    /// Names the content of files that don't change under their name.
    pub(crate) fn tag(&self) -> Option<&str> {
        match &self.source {
            Source::Unpacked(_, id) | Source::Memory(_, id) => Some(id),
            _ => None,
        }
    }

    /// Reads a file. A dev server has none.
    ///
    /// # Errors
    /// [`Unserved`].
    pub(crate) async fn read(self: &Arc<Self>, segments: Vec<String>) -> Result<Bytes, Unserved> {
        if let Source::Memory(files, _) = &self.source {
            return files.get(&segments.join("/")).cloned().ok_or(Unserved::Missing);
        }
        let pages = self.clone();
        let read = tokio::task::spawn_blocking(move || match &pages.source {
            Source::Folder(root) | Source::Unpacked(root, _) => files::read(root, &segments),
            Source::Broken(why) => Err(Unserved::Unreadable(why.clone())),
            Source::Memory(..) | Source::DevServer(_) => Err(Unserved::Missing),
        });
        read.await.unwrap_or_else(|e| Err(Unserved::Unreadable(e.to_string())))
    }

    async fn view(self: &Arc<Self>) -> CustomUiView {
        let mut view = CustomUiView {
            custom_ui: self.ui.clone(),
            files: None,
            bytes: None,
            index: "index.html".into(),
            problem: None,
        };
        match &self.source {
            Source::DevServer(address) => {
                view.index = format!("{}/", address.origin());
                let reached = vestibule_upstream::dev_server::reach(address).await;
                view.problem = reached
                    .err()
                    .map(|error| format!("{error} Start your dev server, then reload the page in the browser."));
            }
            Source::Memory(files, _) => {
                view.files = Some(u32::try_from(files.len()).unwrap_or(u32::MAX));
                view.bytes = Some(files.values().map(|content| content.len() as u64).sum());
            }
            Source::Folder(root) | Source::Unpacked(root, _) => {
                let root = root.clone();
                view.index = root.join("index.html").display().to_string();
                let looked = tokio::task::spawn_blocking(move || (files::check_folder(&root), files::measure(&root)));
                if let Ok((checked, (files, bytes))) = looked.await {
                    view.problem = checked.err();
                    (view.files, view.bytes) = (Some(files), Some(bytes));
                }
            }
            Source::Broken(why) => view.problem = Some(why.clone()),
        }
        view
    }
}

/// What somebody asks to be served, before it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The hosted pages.
    Hosted,
    /// A folder.
    Folder(PathBuf),
    /// A zip to unpack.
    Zip(PathBuf),
    /// A dev server.
    DevServer(String),
}

impl Wanted {
    /// The key it is written under.
    pub(crate) const fn key(&self) -> &'static str {
        match self {
            Self::Hosted => "customUi",
            Self::Folder(_) => "folder",
            Self::Zip(_) => "zip",
            Self::DevServer(_) => "devServer",
        }
    }

    /// Whether it could be served, and what came out of a zip on the way. Nothing is changed; a dev server need not run yet.
    ///
    /// # Errors
    /// A sentence for people.
    pub(crate) fn check(&self) -> Result<Option<Unpacked>, String> {
        match self {
            Self::Hosted => Ok(None),
            Self::Folder(path) => files::check_folder(path).map(|()| None),
            Self::Zip(path) => archive::read(path, &archive::LIMITS).map(Some),
            Self::DevServer(address) => parse_dev_server(address).map(|_| None),
        }
    }
}

impl Engine {
    /// The custom pages, unless the hosted ones are served.
    pub(crate) fn custom_pages(&self) -> Option<Arc<Pages>> {
        self.custom_ui.pages.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The custom pages for the window.
    pub(crate) async fn custom_ui_view(&self) -> Option<CustomUiView> {
        match self.custom_pages() {
            Some(pages) => Some(pages.view().await),
            None => None,
        }
    }

    /// Looks at what is asked for, and unpacks a zip to where it will be served from. The settings are the caller's to
    /// change; until then what was served before still is. Hold [`State::changing`] meanwhile. `unpacked` is what a look at
    /// the zip brought to light before, if there was one.
    ///
    /// # Errors
    /// A sentence for people; nothing was changed.
    pub(crate) async fn prepare_custom_ui(&self, wanted: Wanted, unpacked: Option<Unpacked>) -> Result<Option<CustomUi>, String> {
        let data = self.options.data.clone();
        let (ui, held) = tokio::task::spawn_blocking(move || prepare(&wanted, unpacked, &data))
            .await
            .map_err(|e| format!("The files could not be looked at: {e}."))??;
        if held.is_some() {
            *self.custom_ui.held.lock().unwrap_or_else(PoisonError::into_inner) = held;
        }
        Ok(ui)
    }

    /// Serves these pages, until the settings say otherwise.
    pub(crate) fn serve_pages(&self, pages: Option<Arc<Pages>>) {
        *self.custom_ui.pages.write().unwrap_or_else(PoisonError::into_inner) = pages;
    }

    /// Serves what the settings say, and removes what was unpacked for others.
    pub(crate) async fn adopt_custom_ui(&self) {
        let ui = self.settings().custom_ui;
        let before = self.custom_pages();
        let held = self.custom_ui.held.lock().unwrap_or_else(PoisonError::into_inner).take();
        let unchanged = before.as_ref().map(|pages| &pages.ui) == ui.as_ref();
        if !(unchanged && matches!(before.as_deref().map(|pages| &pages.source), Some(Source::Memory(..)))) {
            self.serve_pages(ui.clone().map(|ui| Arc::new(Pages::of(ui, &self.options.data, held))));
        }
        if let DataPlace::Directory(dir) = self.options.data.clone() {
            let mut kept: Vec<String> = self
                .started_over()
                .ok()
                .flatten()
                .and_then(|last| last.custom_ui.clone())
                .into_iter()
                .collect();
            if let Some(CustomUi::Zip(zip)) = ui {
                kept.push(zip.id);
            }
            // What can't be removed now is removed at the next start.
            let _ = tokio::task::spawn_blocking(move || place::sweep(&dir, &kept)).await;
        }
    }
}

fn prepare(wanted: &Wanted, unpacked: Option<Unpacked>, data: &DataPlace) -> Result<(Option<CustomUi>, Option<Unpacked>), String> {
    match wanted {
        Wanted::Hosted => Ok((None, None)),
        Wanted::Folder(path) => {
            wanted.check()?;
            Ok((Some(CustomUi::Folder(text(path)?)), None))
        }
        Wanted::DevServer(address) => {
            let origin = parse_dev_server(address)?.origin();
            Ok((Some(CustomUi::DevServer(origin)), None))
        }
        Wanted::Zip(path) => {
            let source = text(path)?;
            let unpacked = unpacked.map_or_else(|| archive::read(path, &archive::LIMITS), Ok)?;
            let ui = CustomUi::Zip(ImportedZip {
                id: unpacked.id.clone(),
                source,
            });
            match data {
                DataPlace::Directory(dir) => {
                    place::put(dir, &unpacked).map_err(|e| format!("The zip could not be unpacked into the data directory: {e}."))?;
                    Ok((Some(ui), None))
                }
                DataPlace::Ephemeral => Ok((Some(ui), Some(unpacked))),
            }
        }
    }
}

fn text(path: &Path) -> Result<String, String> {
    path.to_str()
        .map(str::to_owned)
        .ok_or_else(|| "The path is not Unicode text. Rename the folder or file.".to_owned())
}
