//! JSON Schemas of the types that are declared in Rust, for the OpenAPI document.
//!
//! The declarations become TypeScript for the window (ts-rs, `ui/bindings`), which says the same; so the schemas are read
//! from there, and a type needs no second derive that could say something else. What ts-rs writes is a small part of
//! TypeScript, all of which is read here; a test reads every file.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What ts-rs wrote.
#[derive(rust_embed::RustEmbed)]
#[folder = "../../../ui/bindings"]
struct Bindings;

/// Where the document keeps its schemas.
pub(super) const HOME: &str = "#/components/schemas/";

/// A reference to a declared type.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("{HOME}{name}") })
}

/// The schemas of some types and of all that they mention.
///
/// # Errors
/// The type that is not there or can't be read, and why.
pub(super) fn schemas<'a>(names: impl Iterator<Item = &'a str>) -> Result<BTreeMap<String, Value>, String> {
    let mut found = BTreeMap::new();
    let mut wanted: Vec<String> = names.map(str::to_owned).collect();
    while let Some(name) = wanted.pop() {
        if found.contains_key(&name) {
            continue;
        }
        let text = Bindings::get(&format!("{name}.ts")).ok_or_else(|| format!("no type is called {name}"))?;
        let text = String::from_utf8_lossy(&text.data);
        let schema = read(&text).map_err(|why| format!("{name}: {why}"))?;
        mentioned(&schema, &mut wanted);
        found.insert(name, schema);
    }
    Ok(found)
}

/// Collects the names of the types that a schema mentions.
fn mentioned(schema: &Value, names: &mut Vec<String>) {
    match schema {
        Value::Object(members) => {
            for (key, value) in members {
                match value.as_str().and_then(|text| text.strip_prefix(HOME)) {
                    Some(name) if key == "$ref" => names.push(name.to_owned()),
                    _ => mentioned(value, names),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| mentioned(item, names)),
        _ => {}
    }
}

/// Reads the one type that a file declares.
fn read(text: &str) -> Result<Value, String> {
    let (before, declaration) = text.split_once("export type ").ok_or("it declares no type")?;
    let mut tokens = Tokens::new(declaration);
    tokens.word()?;
    tokens.expect('=')?;
    let schema = union(&mut tokens)?;
    tokens.expect(';')?;
    // Behind the imports: the words about the type, if there are any.
    let doc = before.rfind("/**").map(|at| cleaned(&before[at..]));
    Ok(described(schema, doc))
}

fn described(mut schema: Value, doc: Option<String>) -> Value {
    if let (Some(doc), Value::Object(members)) = (doc.filter(|doc| !doc.is_empty()), &mut schema) {
        members.insert("description".to_owned(), Value::String(doc));
    }
    schema
}

/// The words of a comment without its stars.
fn cleaned(comment: &str) -> String {
    let comment = comment.trim().trim_start_matches("/**").trim_end_matches("*/");
    let lines = comment.lines().map(|line| line.trim().trim_start_matches('*').trim());
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

fn union(tokens: &mut Tokens<'_>) -> Result<Value, String> {
    let mut options = vec![intersection(tokens)?];
    while tokens.take('|') {
        options.push(intersection(tokens)?);
    }
    if options.len() == 1 {
        return Ok(options.remove(0));
    }
    let constants: Option<Vec<&Value>> = options.iter().map(|option| option.get("const")).collect();
    Ok(match constants {
        Some(values) => json!({ "type": "string", "enum": values }),
        None => json!({ "anyOf": options }),
    })
}

fn intersection(tokens: &mut Tokens<'_>) -> Result<Value, String> {
    let mut parts = vec![postfixed(tokens)?];
    while tokens.take('&') {
        parts.push(postfixed(tokens)?);
    }
    Ok(if parts.len() == 1 {
        parts.remove(0)
    } else {
        json!({ "allOf": parts })
    })
}

fn postfixed(tokens: &mut Tokens<'_>) -> Result<Value, String> {
    let mut schema = primary(tokens)?;
    while tokens.take('[') {
        tokens.expect(']')?;
        schema = json!({ "type": "array", "items": schema });
    }
    Ok(schema)
}

fn primary(tokens: &mut Tokens<'_>) -> Result<Value, String> {
    if tokens.take('(') {
        let schema = union(tokens)?;
        tokens.expect(')')?;
        return Ok(schema);
    }
    if tokens.take('{') {
        return object(tokens);
    }
    if tokens.take('[') {
        let items = listed(tokens, ']')?;
        let count = items.len();
        return Ok(json!({ "type": "array", "prefixItems": items, "minItems": count, "maxItems": count }));
    }
    if let Some(text) = tokens.quoted()? {
        return Ok(json!({ "type": "string", "const": text }));
    }
    Ok(match tokens.word()? {
        "string" => json!({ "type": "string" }),
        "number" | "bigint" => json!({ "type": "number" }),
        "boolean" => json!({ "type": "boolean" }),
        "null" => json!({ "type": "null" }),
        "symbol" => json!({ "type": "string" }),
        // What no value has: the map without members.
        "never" => json!({ "not": {} }),
        "unknown" => json!({}),
        "Array" => {
            tokens.expect('<')?;
            let items = union(tokens)?;
            tokens.expect('>')?;
            json!({ "type": "array", "items": items })
        }
        "Record" => {
            tokens.expect('<')?;
            let of = listed(tokens, '>')?;
            json!({ "type": "object", "additionalProperties": of.into_iter().nth(1).unwrap_or_default() })
        }
        name => reference(name),
    })
}

/// Types parted by commas.
fn listed(tokens: &mut Tokens<'_>, end: char) -> Result<Vec<Value>, String> {
    let mut items = Vec::new();
    while !tokens.take(end) {
        items.push(union(tokens)?);
        if !tokens.take(',') {
            tokens.expect(end)?;
            break;
        }
    }
    Ok(items)
}

fn object(tokens: &mut Tokens<'_>) -> Result<Value, String> {
    if tokens.take('[') {
        // `{ [key in Name]: Type }`
        tokens.word()?;
        tokens.word()?;
        union(tokens)?;
        tokens.expect(']')?;
        tokens.take('?');
        tokens.expect(':')?;
        let of = union(tokens)?;
        tokens.take(',');
        tokens.expect('}')?;
        return Ok(json!({ "type": "object", "additionalProperties": of }));
    }
    let (mut properties, mut required) = (Map::new(), Vec::new());
    while !tokens.take('}') {
        let doc = tokens.doc();
        let name = match tokens.quoted()? {
            Some(name) => name,
            None => tokens.word()?.to_owned(),
        };
        if !tokens.take('?') {
            required.push(name.clone());
        }
        tokens.expect(':')?;
        properties.insert(name, described(union(tokens)?, doc));
        if !tokens.take(',') {
            tokens.expect('}')?;
            break;
        }
    }
    let mut schema = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    Ok(schema)
}

/// What is still to be read.
struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    const fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// A comment, if one is next.
    fn doc(&mut self) -> Option<String> {
        self.skip();
        let end = self.rest.starts_with("/**").then(|| self.rest.find("*/")).flatten()? + 2;
        let (comment, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(cleaned(comment))
    }

    fn take(&mut self, sign: char) -> bool {
        self.skip();
        let after = self.rest.strip_prefix(sign);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn expect(&mut self, sign: char) -> Result<(), String> {
        if self.take(sign) {
            return Ok(());
        }
        let here: String = self.rest.chars().take(20).collect();
        Err(format!("{sign} was expected before: {here}"))
    }

    fn quoted(&mut self) -> Result<Option<String>, String> {
        if !self.take('"') {
            return Ok(None);
        }
        let (text, rest) = self.rest.split_once('"').ok_or("a text has no end")?;
        self.rest = rest;
        Ok(Some(text.to_owned()))
    }

    fn word(&mut self) -> Result<&'a str, String> {
        self.skip();
        let end = self
            .rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(self.rest.len());
        if end == 0 {
            let here: String = self.rest.chars().take(20).collect();
            return Err(format!("a name was expected before: {here}"));
        }
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_declared_type_is_read() {
        let names: Vec<String> = Bindings::iter()
            .filter_map(|file| file.strip_suffix(".ts").map(str::to_owned))
            // What the window's own bridge is made of is no part of the interface.
            .filter(|name| !name.starts_with("Bridge"))
            .collect();
        assert!(names.len() > 100, "{names:?}");
        let found = schemas(names.iter().map(String::as_str)).unwrap();
        assert_eq!(found.len(), names.len(), "each mentions only types that are there");
        assert_eq!(schemas(["Nobody"].into_iter()).unwrap_err(), "no type is called Nobody");
    }

    #[test]
    fn types_become_schemas() {
        for (text, expected) in [
            ("export type A = string;", json!({ "type": "string" })),
            ("export type A = \"a\" | \"b\";", json!({ "type": "string", "enum": ["a", "b"] })),
            (
                "export type A = B | null;",
                json!({ "anyOf": [{ "$ref": "#/components/schemas/B" }, { "type": "null" }] }),
            ),
            (
                "export type A = Array<[string, number]>;",
                json!({ "type": "array", "items": {
                "type": "array", "prefixItems": [{ "type": "string" }, { "type": "number" }], "minItems": 2, "maxItems": 2 } }),
            ),
            (
                "export type A = { [key in string]?: B[] };",
                json!({ "type": "object", "additionalProperties": {
                "type": "array", "items": { "$ref": "#/components/schemas/B" } } }),
            ),
            (
                "export type A = Record<string, unknown> & (B | C);",
                json!({ "allOf": [
                { "type": "object", "additionalProperties": {} },
                { "anyOf": [{ "$ref": "#/components/schemas/B" }, { "$ref": "#/components/schemas/C" }] }] }),
            ),
            (
                "import type { B } from \"./B\";\n\n/**\n * An A.\n */\nexport type A = { \n/**\n * Its b,\n * really.\n */\nb?: B, \"c\": boolean, };",
                json!({ "description": "An A.", "type": "object", "required": ["c"], "properties": {
                    "b": { "$ref": "#/components/schemas/B", "description": "Its b, really." }, "c": { "type": "boolean" } } }),
            ),
        ] {
            assert_eq!(read(text).unwrap(), expected, "{text}");
        }
        for broken in [
            "",
            "export type A = ;",
            "export type A = { a };",
            "export type A = \"a;",
            "export type A = Array<string",
        ] {
            assert!(read(broken).is_err(), "{broken}");
        }
    }
}
