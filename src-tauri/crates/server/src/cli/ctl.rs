//! `vestibule ctl`: the control interface of the running program on the command line. JSON goes to standard output, words to
//! standard error.

use super::{CONTROL_TOKEN, default_data_dir, exit};
use crate::control::address_file;
use clap::{Args, Subcommand};
use http::Method;
use serde_json::Value;
use std::io::{Read as _, Write};
use std::path::PathBuf;
use vestibule_core::Secret;
use vestibule_core::live::LiveBatch;
use vestibule_core::session_filter::SessionFilter;
use vestibule_core::time::Clock as _;
use vestibule_upstream::control::{ControlClient, ControlError};

/// How to reach the running program, and what to ask of it.
#[derive(Clone, Debug, Args)]
#[command(after_help = CTL_HELP)]
pub struct CtlArgs {
    /// Data directory of the running program
    #[arg(long, value_name = "DIR", global = true, conflicts_with = "token_file")]
    pub data_dir: Option<PathBuf>,
    /// The file that the running program was given with --control=FILE
    #[arg(long, value_name = "FILE", global = true)]
    pub token_file: Option<PathBuf>,
    /// What to ask
    #[command(subcommand)]
    pub command: CtlCommand,
}

const CTL_HELP: &str = "\
BODY is JSON, @FILE to read it from a file, or - to read it from standard input.
PATH is one of those that `ctl openapi` describes, without /control/api: /users?search=alice.

Examples:
  vestibule ctl status
  vestibule ctl sessions --filter 'app:shop status:failed since:10m'
  vestibule ctl applications create '{\"name\":\"Shop\",\"type\":\"SPA\"}'
  vestibule ctl users update k2v8x1m9q0a7 '{\"name\":\"Alice\"}'
  vestibule ctl patch /sign-in-exp @experience.json
  vestibule ctl call '{\"op\":\"simulatedAccounts\",\"connectorId\":\"google\"}'";

/// What `ctl` asks and orders.
#[derive(Clone, Debug, Subcommand)]
pub enum CtlCommand {
    /// How the provider is doing
    Status,
    /// Live sessions, newest first
    Sessions {
        /// Terms as in the window: app: user: param: error: status: since: or text; ! in front negates
        #[arg(long, value_name = "TERMS", default_value = "")]
        filter: String,
        /// Which page, from 1
        #[arg(long, value_name = "N", default_value_t = 1)]
        page: u32,
        /// Sessions on a page
        #[arg(long, value_name = "N", default_value_t = 20)]
        page_size: u32,
        /// Go on with a line for each session that begins or goes on, until stopped
        #[arg(long, conflicts_with_all = ["page", "page_size"])]
        follow: bool,
    },
    /// One live session with its steps and their reasons
    Session {
        /// Its id
        id: String,
    },
    /// Applications
    #[command(subcommand)]
    Applications(Nouns),
    /// People
    #[command(subcommand)]
    Users(Nouns),
    /// Social connectors
    #[command(subcommand)]
    Connectors(Nouns),
    /// Enterprise connectors
    #[command(subcommand)]
    SsoConnectors(Nouns),
    /// Messages to people, newest first
    Inbox {
        /// At most this many
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: u32,
        /// Throw every message away instead
        #[arg(long)]
        clear: bool,
    },
    /// Follow live sessions, messages and changes: one JSON object a line
    Events,
    /// Print an address that opens the console in a browser, once and within ten minutes
    Open,
    /// The OpenAPI document of the control interface
    Openapi,
    /// Ask or order what the window can: a request of its contract
    Call {
        /// Such as {"op":"status"}
        body: String,
    },
    /// Any GET of the control interface
    Get {
        /// Such as /settings
        path: String,
    },
    /// Any POST of the control interface
    Post {
        /// Such as /repairs
        path: String,
        /// What is sent
        body: Option<String>,
    },
    /// Any PUT of the control interface
    Put {
        /// Such as /custom-phrases/de
        path: String,
        /// What is sent
        body: Option<String>,
    },
    /// Any PATCH of the control interface
    Patch {
        /// Such as /sign-in-exp
        path: String,
        /// What is sent
        body: Option<String>,
    },
    /// Any DELETE of the control interface
    Delete {
        /// Such as /sessions
        path: String,
    },
}

/// What can be done with things that are listed.
#[derive(Clone, Debug, Subcommand)]
pub enum Nouns {
    /// List them
    List {
        /// Only those with this text in them
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
        /// Which page, from 1
        #[arg(long, value_name = "N")]
        page: Option<u32>,
        /// Items on a page, at most 100
        #[arg(long, value_name = "N")]
        page_size: Option<u32>,
    },
    /// Show one
    Get {
        /// Its id
        id: String,
    },
    /// Create one
    Create {
        /// What it should be
        body: String,
    },
    /// Change members of one
    Update {
        /// Its id
        id: String,
        /// The members that change
        body: String,
    },
    /// Delete one
    Delete {
        /// Its id
        id: String,
    },
}

/// What is to be sent.
#[derive(Debug, PartialEq, Eq)]
struct Order {
    method: Method,
    path: String,
    body: Option<Vec<u8>>,
}

impl Order {
    const fn new(method: Method, path: String) -> Self {
        Self { method, path, body: None }
    }

    fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path.into())
    }

    fn with(mut self, body: &str) -> Result<Self, Stop> {
        self.body = Some(body_of(body)?);
        Ok(self)
    }

    fn maybe(self, body: Option<&String>) -> Result<Self, Stop> {
        match body {
            Some(body) => self.with(body),
            None => Ok(self),
        }
    }
}

/// Why `ctl` ends without having done it: the exit code and what to say.
#[derive(Debug, PartialEq, Eq)]
struct Stop(u8, String);

impl From<ControlError> for Stop {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Down(_) => Self(
                exit::NOT_RUNNING,
                format!("{error} The program that was there is gone; start it again with --control."),
            ),
            ControlError::Failed(_) => Self(exit::REFUSED, error.to_string()),
        }
    }
}

/// Reads a body as it stands on the command line, and checks that it is JSON.
fn body_of(text: &str) -> Result<Vec<u8>, Stop> {
    let usage = |why: String| Stop(exit::USAGE, why);
    let body = if text == "-" {
        let mut body = Vec::new();
        std::io::stdin()
            .lock()
            .read_to_end(&mut body)
            .map_err(|error| usage(format!("Standard input could not be read: {error}.")))?;
        body
    } else if let Some(file) = text.strip_prefix('@') {
        std::fs::read(file).map_err(|error| usage(format!("{file} could not be read: {error}.")))?
    } else {
        text.as_bytes().to_vec()
    };
    match serde_json::from_slice::<Value>(&body) {
        Ok(_) => Ok(body),
        Err(error) => Err(usage(format!("The body is no JSON: {error}."))),
    }
}

/// A query of those parameters that have a value.
fn query(pairs: &[(&str, Option<String>)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    if query.is_empty() { query } else { format!("?{query}") }
}

/// An id as one segment of a path.
fn segment(id: &str) -> String {
    url::form_urlencoded::byte_serialize(id.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}

/// A path as somebody writes it.
fn path_of(text: &str) -> String {
    let text = text.trim_start_matches('/');
    if text == "control" || text.starts_with("control/") {
        format!("/{text}")
    } else {
        format!("/control/api/{text}")
    }
}

fn nouns(name: &str, what: &Nouns) -> Result<Order, Stop> {
    let all = format!("/control/api/{name}");
    let one = |id: &str| format!("{all}/{}", segment(id));
    Ok(match what {
        Nouns::List { search, page, page_size } => {
            let number = |number: &Option<u32>| number.map(|number| number.to_string());
            let query = query(&[("search", search.clone()), ("page", number(page)), ("page_size", number(page_size))]);
            Order::get(format!("{all}{query}"))
        }
        Nouns::Get { id } => Order::get(one(id)),
        Nouns::Create { body } => Order::new(Method::POST, all).with(body)?,
        Nouns::Update { id, body } => Order::new(Method::PATCH, one(id)).with(body)?,
        Nouns::Delete { id } => Order::new(Method::DELETE, one(id)),
    })
}

/// What a command sends; `None` for one that follows.
fn order(command: &CtlCommand) -> Result<Option<Order>, Stop> {
    Ok(Some(match command {
        CtlCommand::Events | CtlCommand::Sessions { follow: true, .. } => return Ok(None),
        CtlCommand::Status => Order::get("/control/api/status"),
        CtlCommand::Sessions {
            filter, page, page_size, ..
        } => {
            let query = query(&[
                ("filter", Some(filter.clone()).filter(|filter| !filter.is_empty())),
                ("page", Some(page.to_string())),
                ("page_size", Some(page_size.to_string())),
            ]);
            Order::get(format!("/control/api/sessions{query}"))
        }
        CtlCommand::Session { id } => Order::get(format!("/control/api/sessions/{}", segment(id))),
        CtlCommand::Applications(what) => nouns("applications", what)?,
        CtlCommand::Users(what) => nouns("users", what)?,
        CtlCommand::Connectors(what) => nouns("connectors", what)?,
        CtlCommand::SsoConnectors(what) => nouns("sso-connectors", what)?,
        CtlCommand::Inbox { clear: true, .. } => Order::new(Method::DELETE, "/control/api/inbox".to_owned()),
        CtlCommand::Inbox { limit, .. } => Order::get(format!("/control/api/inbox?limit={limit}")),
        CtlCommand::Open => Order::new(Method::POST, "/control/codes".to_owned()),
        CtlCommand::Openapi => Order::get("/control/openapi.json"),
        CtlCommand::Call { body } => Order::new(Method::POST, "/control".to_owned()).with(body)?,
        CtlCommand::Get { path } => Order::get(path_of(path)),
        CtlCommand::Post { path, body } => Order::new(Method::POST, path_of(path)).maybe(body.as_ref())?,
        CtlCommand::Put { path, body } => Order::new(Method::PUT, path_of(path)).maybe(body.as_ref())?,
        CtlCommand::Patch { path, body } => Order::new(Method::PATCH, path_of(path)).maybe(body.as_ref())?,
        CtlCommand::Delete { path } => Order::new(Method::DELETE, path_of(path)),
    }))
}

impl CtlArgs {
    /// The token and where the program answers, from the files that it wrote.
    fn client(&self) -> Result<ControlClient, Stop> {
        let dir = || self.data_dir.clone().or_else(|| default_data_dir(|name| std::env::var_os(name)));
        let file = match &self.token_file {
            Some(file) => file.clone(),
            None => dir().map(|dir| dir.join(CONTROL_TOKEN)).ok_or_else(|| {
                Stop(
                    exit::USAGE,
                    "There is no home directory to look in. Give --data-dir DIR, or --token-file FILE.".to_owned(),
                )
            })?,
        };
        let read = |path: &std::path::Path| match std::fs::read_to_string(path) {
            Ok(text) => Ok(text.trim().to_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Stop(
                exit::NOT_RUNNING,
                format!(
                    "There is no {}: nothing runs there, or it was started without --control. Start it with --control, or say where it is with --data-dir or --token-file.",
                    path.display()
                ),
            )),
            Err(error) => Err(Stop(exit::NOT_RUNNING, format!("{} could not be read: {error}.", path.display()))),
        };
        let token = Secret::new(read(&file)?);
        let address = read(&address_file(&file))?;
        Ok(ControlClient::new(&address, token)?)
    }
}

/// `vestibule ctl …`; answers the exit code.
#[must_use]
pub fn run_ctl(args: &CtlArgs) -> u8 {
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    let done = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Stop(exit::DATA_DIR, format!("The program could not start: {error}.")))
        .and_then(|runtime| runtime.block_on(run(args, &mut out, &mut err)));
    match done {
        Ok(()) => exit::STOPPED,
        Err(Stop(code, why)) => {
            let _ = writeln!(err, "{why}");
            code
        }
    }
}

async fn run(args: &CtlArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Stop> {
    let order = order(&args.command)?;
    let client = args.client()?;
    let Some(Order { method, path, body }) = order else {
        return follow(&args.command, &client, out, err).await;
    };
    let answered = client.call(method, &path, body).await?;
    let value: Value = serde_json::from_slice(&answered.body).unwrap_or_default();
    if answered.status >= 400 {
        return Err(Stop(exit::REFUSED, refused(answered.status, &value)));
    }
    let shown = match &args.command {
        CtlCommand::Open => value["url"].as_str().map(str::to_owned),
        // What belongs to the contract's envelope is of no interest here.
        CtlCommand::Call { .. } => serde_json::to_string_pretty(&value["value"]).ok(),
        _ if answered.body.is_empty() => None,
        _ => serde_json::to_string_pretty(&value).ok(),
    };
    if let Some(shown) = shown {
        // A closed pipe means that enough was read.
        let _ = writeln!(out, "{shown}");
    }
    Ok(())
}

fn refused(status: u16, body: &Value) -> String {
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    match (text("code"), text("message"), text("field")) {
        ("", "", _) => format!("Refused with status {status}."),
        (code, message, "") => format!("{message} ({code})"),
        (code, message, field) => format!("{field}: {message} ({code})"),
    }
}

/// Writes a line for each batch, or for each session that fits the filter.
async fn follow(command: &CtlCommand, client: &ControlClient, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Stop> {
    let filter = match command {
        CtlCommand::Sessions { filter, .. } => {
            let now = vestibule_keys::SystemClock.now();
            Some(SessionFilter::parse(filter, now).map_err(|why| Stop(exit::USAGE, why))?)
        }
        _ => None,
    };
    let mut events = client.follow("/control/events").await?;
    while let Some(data) = events.next().await? {
        let Some(filter) = &filter else {
            if writeln!(out, "{data}").is_err() {
                return Ok(());
            }
            continue;
        };
        let Ok(batch) = serde_json::from_str::<LiveBatch>(&data) else {
            continue;
        };
        if batch.missed > 0 {
            let _ = writeln!(err, "Missed {}: this could not keep up.", batch.missed);
        }
        for summary in batch
            .events
            .iter()
            .map(|event| &event.summary)
            .filter(|summary| filter.matches(summary))
        {
            let line = serde_json::to_string(summary).unwrap_or_default();
            if writeln!(out, "{line}").is_err() {
                return Ok(());
            }
        }
    }
    Err(Stop(exit::NOT_RUNNING, "The program has stopped.".to_owned()))
}

#[cfg(test)]
mod tests;
