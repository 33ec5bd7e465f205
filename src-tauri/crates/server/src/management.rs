//! The management table: one list of operations, shaped as Logto's Management API shapes them (sheet chapter 7).
//!
//! Two guards stand before it: `/control/api/…` takes the token of the control interface, `/api/…` an access token that this
//! provider issued to a machine-to-machine application. No rule is decided here: every operation asks [`Engine::console`], as
//! the window does, or reads what is stored.

mod applications;
mod connectors;
mod experience;
mod openapi;
mod paging;
mod schema;
mod table;
#[cfg(test)]
mod tests;
mod tokens;
mod users;
mod vestibule;

use crate::engine::Engine;
use crate::http::{Request, Response, decode_path};
use http::{StatusCode, header};
use paging::Page;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::pin::Pin;
use std::sync::Arc;
use vestibule_core::StoreError;
use vestibule_core::console::{ConsoleProblem, ConsoleReply, ConsoleRequest, ErrorObject};
use vestibule_core::experience::ApiError;

pub(crate) use openapi::document;
pub(crate) use table::operations;

/// One row of the table.
pub(crate) struct Operation {
    /// HTTP method.
    pub method: &'static str,
    /// Path below the guard, parts in braces taken from the request: `/applications/{id}`.
    pub path: &'static str,
    /// One sentence for the OpenAPI document.
    pub summary: &'static str,
    /// What has to be sent.
    pub body: Body,
    /// Names of query parameters, each with a sentence.
    pub query: &'static [(&'static str, &'static str)],
    /// How a list is cut into pages.
    pub pages: Pages,
    /// What is answered.
    pub answer: Shape,
    /// The status of an answer.
    pub status: u16,
    /// Whether Logto has it too, so that `/api` answers it.
    pub logto: bool,
    run: fn(Arc<Engine>, Call) -> Running,
}

type Running = Pin<Box<dyn Future<Output = Outcome> + Send>>;
type Outcome = Result<Answer, Refusal>;

/// What a request of an operation has to hold.
pub(crate) enum Body {
    /// Nothing; what is sent is not looked at.
    Nothing,
    /// Any object.
    Object,
    /// A declared type as a whole.
    Whole(&'static str),
    /// Any members of a declared type; those that are left out stay as they are.
    Partial(&'static str),
    /// These members of a declared type, of which some have to be there.
    Members {
        of: &'static str,
        members: &'static [&'static str],
        required: &'static [&'static str],
    },
}

/// What an operation answers.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// No content.
    Nothing,
    /// Any object.
    Object,
    /// A declared type.
    One(&'static str),
    /// A list of a declared type.
    List(&'static str),
}

/// How a list is cut into pages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pages {
    /// It is not.
    Never,
    /// Where the request says so.
    Asked,
    /// Always.
    Always,
}

/// A request of an operation, checked against its row.
struct Call {
    params: Vec<String>,
    query: Vec<(String, String)>,
    page: Page,
    body: Map<String, Value>,
}

/// What an operation found or did.
enum Answer {
    /// Nothing to show.
    Nothing,
    /// An object.
    One(Value),
    /// All of a list.
    List(Vec<Value>),
    /// The page of a list that was asked for, and how many there are in all.
    Page(Vec<Value>, usize),
}

/// Why an operation did nothing.
struct Refusal {
    status: StatusCode,
    error: ErrorObject,
}

impl Refusal {
    fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let error = ErrorObject {
            code: code.to_owned(),
            message: message.into(),
            field: None,
        };
        Self { status, error }
    }

    fn input(field: &str, message: impl Into<String>) -> Self {
        let mut refusal = Self::new(StatusCode::BAD_REQUEST, "guard.invalid_input", message);
        refusal.error.field = (!field.is_empty()).then(|| field.to_owned());
        refusal
    }

    fn not_found(what: &str, id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "entity.not_found", format!("There is no {what} {id}."))
    }

    fn response(&self) -> Response {
        Response::json(self.status, &self.error)
    }
}

impl From<ConsoleProblem> for Refusal {
    fn from(problem: ConsoleProblem) -> Self {
        let status = match problem.code.as_str() {
            "entity.not_found" | "custom_profile_fields.entity_not_exists_with_names" => StatusCode::NOT_FOUND,
            "guard.invalid_input" => StatusCode::BAD_REQUEST,
            "sign_in_experiences.username_policy_case_conflicts_exist" => StatusCode::CONFLICT,
            "storage" | "keys" => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let ConsoleProblem { code, message, field } = problem;
        Self {
            status,
            error: ErrorObject { code, message, field },
        }
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
        Self::new(status, error.code, error.message)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a request could not be answered");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "storage",
            "The provider can't read or write its data. Its log says why.",
        )
    }
}

impl Call {
    /// The part of the path in the braces with this number.
    fn param(&self, number: usize) -> &str {
        self.params.get(number).map_or("", String::as_str)
    }

    fn owned(&self, number: usize) -> String {
        self.param(number).to_owned()
    }

    fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.query(name) {
            None => Ok(None),
            Some("true" | "1") => Ok(Some(true)),
            Some("false" | "0") => Ok(Some(false)),
            Some(_) => Err(Refusal::input(name, format!("{name} must be true or false."))),
        }
    }

    /// The body as a type.
    fn read<T: DeserializeOwned>(&mut self) -> Result<T, Refusal> {
        typed(std::mem::take(&mut self.body))
    }

    /// A member of the body as a type; its default when it is left out.
    fn member<T: DeserializeOwned + Default>(&mut self, name: &str) -> Result<T, Refusal> {
        match self.body.remove(name) {
            None => Ok(T::default()),
            Some(value) => read_value(value, name),
        }
    }

    /// What is there, with the members of the body in their places.
    fn over<T: DeserializeOwned>(&mut self, current: &impl Serialize) -> Result<T, Refusal> {
        let mut merged = object(current);
        merged.append(&mut self.body);
        typed(merged)
    }
}

/// A value as an object; everything that is shown here is one.
fn object(value: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

fn typed<T: DeserializeOwned>(object: Map<String, Value>) -> Result<T, Refusal> {
    read_value(Value::Object(object), "")
}

fn read_value<T: DeserializeOwned>(value: Value, at: &str) -> Result<T, Refusal> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let field = match (at, path.as_str()) {
            (at, ".") => at.to_owned(),
            ("", path) => path.to_owned(),
            (at, path) => format!("{at}.{path}"),
        };
        let why = error.into_inner();
        let place = if field.is_empty() { "The body" } else { &field };
        Refusal::input(&field, format!("{place} can't be used: {why}."))
    })
}

/// Asks what the window would ask, and expects the answer that belongs to it.
macro_rules! ask {
    ($engine:expr, $request:expr, $reply:ident) => {
        match $engine.console($request).await? {
            ::vestibule_core::console::ConsoleReply::$reply(value) => value,
            _ => return Err($crate::management::unexpected()),
        }
    };
}
use ask;

/// An answer that belongs to another question, which the engine never gives.
fn unexpected() -> Refusal {
    Refusal::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "storage",
        "The provider gave an unexpected answer.",
    )
}

/// Orders something of which only the sentence is of interest.
async fn order(engine: &Arc<Engine>, request: ConsoleRequest) -> Outcome {
    match engine.console(request).await? {
        ConsoleReply::Done(message) => Ok(Answer::One(json!(vestibule_core::console::DoneObject { message }))),
        _ => Ok(Answer::Nothing),
    }
}

/// The parts of a path that are in the braces of a row, if it is that row's path.
fn params(row: &str, segments: &[&str]) -> Option<Vec<String>> {
    let mut own = row.split('/').filter(|part| !part.is_empty());
    let mut taken = Vec::new();
    for segment in segments {
        match own.next()? {
            name if name.starts_with('{') => taken.push(decode_path(segment)?),
            name if name == *segment => {}
            _ => return None,
        }
    }
    own.next().is_none().then_some(taken)
}

/// Whether any row has this path. `logto` leaves out what Logto has not.
pub(crate) fn knows(segments: &[&str], logto: bool) -> bool {
    rows(logto).any(|row| params(row.path, segments).is_some())
}

fn rows(logto: bool) -> impl Iterator<Item = &'static Operation> {
    operations().filter(move |row| row.logto || !logto)
}

/// Answers a request that has passed its guard.
pub(crate) async fn answer(engine: &Arc<Engine>, request: &Request, segments: &[&str], logto: bool) -> Response {
    let found = rows(logto).find_map(|row| {
        let taken = (row.method == request.method.as_str())
            .then(|| params(row.path, segments))
            .flatten();
        taken.map(|taken| (row, taken))
    });
    let Some((row, taken)) = found else {
        return not_here(request, segments, logto);
    };
    let checked = check(row, request, taken);
    let page = checked.as_ref().ok().map(|call| call.page);
    // What a PATCH leaves out is read first: another one in between must not be lost.
    let alone = match row.method {
        "PATCH" => Some(engine.patching.lock().await),
        _ => None,
    };
    let outcome = match checked {
        Ok(call) => (row.run)(engine.clone(), call).await,
        Err(refusal) => Err(refusal),
    };
    drop(alone);
    match (outcome, page) {
        (Ok(answer), Some(page)) => respond(engine, request, row, answer, page),
        (Err(refusal), _) => refusal.response(),
        (Ok(_), None) => unexpected().response(),
    }
}

/// 405 with the methods that a path has, or 404.
fn not_here(request: &Request, segments: &[&str], logto: bool) -> Response {
    let methods: Vec<&str> = rows(logto)
        .filter(|row| params(row.path, segments).is_some())
        .map(|row| row.method)
        .collect();
    let refuse = |status, code| {
        let message = format!("There is no {} {} here.", request.method, request.path);
        Refusal::new(status, code, message).response()
    };
    if methods.is_empty() {
        return refuse(StatusCode::NOT_FOUND, NO_ROUTE);
    }
    refuse(StatusCode::METHOD_NOT_ALLOWED, "request.method_not_allowed").with(header::ALLOW, &methods.join(", "))
}

/// The code of an address that nothing answers, so that nobody takes it for an object that is missing.
pub(crate) const NO_ROUTE: &str = "request.no_such_route";

/// Checks query and body against the row.
fn check(row: &Operation, request: &Request, params: Vec<String>) -> Result<Call, Refusal> {
    let mut query = request.query_pairs().map_err(|why| Refusal::input("", why))?;
    let page = Page::take(&mut query, row.pages)?;
    if let Some((unknown, _)) = query.iter().find(|(name, _)| !row.query.iter().any(|(known, _)| known == name)) {
        let known: Vec<&str> = row.query.iter().map(|(name, _)| *name).collect();
        let right = if known.is_empty() {
            "It takes none.".to_owned()
        } else {
            format!("It takes {}.", known.join(", "))
        };
        return Err(Refusal::input(
            unknown,
            format!("{unknown} is no parameter of this request. {right}"),
        ));
    }
    Ok(Call {
        params,
        query,
        page,
        body: body(row, request)?,
    })
}

fn body(row: &Operation, request: &Request) -> Result<Map<String, Value>, Refusal> {
    if matches!(row.body, Body::Nothing) {
        return Ok(Map::new());
    }
    if !request.body.is_empty() && !request.is("application/json") {
        return Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "guard.invalid_input",
            "Send the body as JSON, with content-type: application/json.",
        ));
    }
    let body: Map<String, Value> = match serde_json::from_slice(&request.body) {
        _ if request.body.is_empty() => Map::new(),
        Ok(Value::Object(body)) => body,
        Ok(_) => return Err(Refusal::input("", "The body must be a JSON object.")),
        Err(error) => return Err(Refusal::input("", format!("The body is no JSON: {error}."))),
    };
    if let Body::Members { members, required, .. } = &row.body {
        if let Some(unknown) = body.keys().find(|name| !members.contains(&name.as_str())) {
            let message = format!("{unknown} can't be set here. What can: {}.", members.join(", "));
            return Err(Refusal::input(unknown, message));
        }
        if let Some(missing) = required.iter().find(|name| !body.contains_key(**name)) {
            return Err(Refusal::input(missing, format!("{missing} is missing.")));
        }
    }
    Ok(body)
}

fn respond(engine: &Engine, request: &Request, row: &Operation, answer: Answer, page: Page) -> Response {
    let status = StatusCode::from_u16(row.status).unwrap_or(StatusCode::OK);
    if status == StatusCode::NO_CONTENT {
        return Response::new(status);
    }
    let (items, total) = match answer {
        Answer::Nothing => return Response::new(status),
        Answer::One(value) => return Response::json(status, &value),
        Answer::Page(items, total) => (items, total),
        Answer::List(items) => {
            let total = items.len();
            (page.cut(items), total)
        }
    };
    let mut response = Response::json(status, &items);
    if page.is_asked() {
        let here = format!("{}{}", engine.site().endpoint, request.path);
        response = page.tell(response, &here, request.query.as_deref().unwrap_or_default(), total);
    }
    response
}
