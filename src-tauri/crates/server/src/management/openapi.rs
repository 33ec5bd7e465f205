//! The OpenAPI 3.1 document of the control interface: made from the table, and from the types declared in Rust.

use super::{Body, Operation, Pages, Shape, operations, schema};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Declared types by name.
type Schemas = BTreeMap<String, Value>;

/// A route of the control interface that is not in the table.
struct Beside {
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    body: Option<&'static str>,
    answer: Option<&'static str>,
    media: &'static str,
}

/// The routes beside the table.
const BESIDE: &[Beside] = &[
    Beside {
        method: "POST",
        path: "/control",
        summary: "Ask or order anything that the window can.",
        body: Some("ConsoleRequest"),
        answer: Some("ConsoleReply"),
        media: "application/json",
    },
    Beside {
        method: "GET",
        path: "/control/events",
        summary: "Follow live sessions, messages and changes as server-sent events. Each is a LiveBatch; one whose missed is not 0 \
                  means that lists should be read again. A Last-Event-ID is answered with how much was missed since.",
        body: None,
        answer: Some("LiveBatch"),
        media: "text/event-stream",
    },
    Beside {
        method: "GET",
        path: "/control/openapi.json",
        summary: "This document.",
        body: None,
        answer: None,
        media: "application/json",
    },
    Beside {
        method: "POST",
        path: "/control/codes",
        summary: "Make an address that opens the console in a browser, once, within ten minutes.",
        body: None,
        answer: Some("ConsoleAddress"),
        media: "application/json",
    },
];

/// The document for a provider at this address.
///
/// # Errors
/// Which declared type is not there or can't be read.
pub(crate) fn document(endpoint: &str) -> Result<Value, String> {
    let beside_names = BESIDE.iter().flat_map(|route| route.body.into_iter().chain(route.answer));
    let names = operations().flat_map(types).chain(beside_names).chain(["ErrorObject"]);
    let schemas = schema::schemas(names)?;
    let mut paths = Map::new();
    for row in operations() {
        put(
            &mut paths,
            &format!("/control/api{}", row.path),
            row.method,
            operation(row, &schemas),
        );
    }
    for route in BESIDE {
        put(&mut paths, route.path, route.method, beside(route));
    }
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Vestibule control interface",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What the window can do, for programs on this computer. Objects are shaped as Logto's Management API shapes them; \
                            operations marked x-logto are answered under /api too, with an access token for https://default.logto.app/api.",
        },
        "servers": [{ "url": endpoint }],
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "The text of the file that the program named at its start: control.token in the data directory.",
            } },
            "schemas": schemas,
        },
    }))
}

fn put(paths: &mut Map<String, Value>, path: &str, method: &str, operation: Value) {
    let entry = paths.entry(path).or_insert_with(|| json!({}));
    entry[method.to_ascii_lowercase()] = operation;
}

/// Declared types that a row mentions.
fn types(row: &Operation) -> impl Iterator<Item = &'static str> {
    let sent = match row.body {
        Body::Whole(name) | Body::Partial(name) | Body::Members { of: name, .. } => Some(name),
        Body::Nothing | Body::Object => None,
    };
    let answered = match row.answer {
        Shape::One(name) | Shape::List(name) => Some(name),
        Shape::Nothing | Shape::Object => None,
    };
    sent.into_iter().chain(answered)
}

fn operation(row: &Operation, schemas: &Schemas) -> Value {
    let mut parameters: Vec<Value> = row
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    let asked = |name: &str, about: &str| json!({ "name": name, "in": "query", "description": about, "schema": { "type": "string" } });
    parameters.extend(row.query.iter().map(|(name, about)| asked(name, about)));
    if row.pages != Pages::Never {
        let whole = |name: &str, about: &str, most: Option<u32>| {
            let mut schema = json!({ "type": "integer", "minimum": 1 });
            if let Some(most) = most {
                schema["maximum"] = json!(most);
            }
            json!({ "name": name, "in": "query", "description": about, "schema": schema })
        };
        let unless = if row.pages == Pages::Asked {
            " Without page and page_size the whole list is answered."
        } else {
            ""
        };
        parameters.push(whole("page", &format!("Which page, from 1.{unless}"), None));
        parameters.push(whole("page_size", "Items on a page; 20 unless given.", Some(100)));
    }
    let schema = match row.answer {
        Shape::Nothing => None,
        Shape::Object => Some(json!({ "type": "object" })),
        Shape::One(name) => Some(schema::reference(name)),
        Shape::List(name) => Some(json!({ "type": "array", "items": schema::reference(name) })),
    };
    let area = row.path.split('/').nth(1).unwrap_or_default();
    let mut responses = Map::new();
    responses.insert(row.status.to_string(), answered("Done.", "application/json", schema));
    responses.insert("default".to_owned(), refused());
    let mut operation = json!({ "tags": [area], "summary": row.summary, "responses": responses });
    if !parameters.is_empty() {
        operation["parameters"] = json!(parameters);
    }
    if let Some(body) = body(row, schemas) {
        operation["requestBody"] = body;
    }
    if row.logto {
        operation["x-logto"] = json!(true);
    }
    operation
}

fn answered(description: &str, media: &str, schema: Option<Value>) -> Value {
    let mut answer = json!({ "description": description });
    if let Some(schema) = schema {
        answer["content"] = json!({ media: { "schema": schema } });
    }
    answer
}

fn refused() -> Value {
    let schema = schema::reference("ErrorObject");
    answered("Refused. Nothing was changed.", "application/json", Some(schema))
}

fn sent(schema: &Value, required: bool) -> Value {
    json!({ "required": required, "content": { "application/json": { "schema": schema } } })
}

/// What a row wants to be sent.
fn body(row: &Operation, schemas: &Schemas) -> Option<Value> {
    let properties = |name: &str| &schemas.get(name).unwrap_or(&Value::Null)["properties"];
    Some(match &row.body {
        Body::Nothing => return None,
        Body::Object => sent(&json!({ "type": "object" }), false),
        Body::Whole(name) => sent(&schema::reference(name), true),
        Body::Partial(name) => sent(&json!({ "type": "object", "properties": properties(name) }), false),
        Body::Members { of, members, required } => {
            let picked: Map<String, Value> = members
                .iter()
                .map(|name| ((*name).to_owned(), properties(of)[*name].clone()))
                .collect();
            let mut schema = json!({ "type": "object", "properties": picked, "additionalProperties": false });
            if !required.is_empty() {
                schema["required"] = json!(required);
            }
            sent(&schema, !required.is_empty())
        }
    })
}

fn beside(route: &Beside) -> Value {
    let schema = route.answer.map_or_else(|| json!({ "type": "object" }), schema::reference);
    let mut operation = json!({
        "tags": ["control"],
        "summary": route.summary,
        "responses": { "200": answered("Done.", route.media, Some(schema)), "default": refused() },
    });
    if let Some(name) = route.body {
        operation["requestBody"] = sent(&schema::reference(name), true);
    }
    operation
}
