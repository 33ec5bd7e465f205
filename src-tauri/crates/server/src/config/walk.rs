//! Walks a parsed file along the schema: notes where every value stands, reports every key or value that can't be,
//! and hands on the rest as JSON.

use super::error::{ConfigError, Source};
use super::schema::{Field, ROOT, Shape, Spec};
use super::suggest::{listed, nearest};
use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};
use toml::value::{Datetime, Offset};

/// The file as far as it can be understood.
pub(super) struct Walked {
    /// The file without what can't be.
    pub root: Map<String, Value>,
    /// Where everything stands.
    pub source: Source,
    /// What can't be, in no particular order.
    pub errors: Vec<ConfigError>,
}

/// Parses TOML and walks it.
///
/// # Errors
/// Syntax errors: nothing else can be said of such a file.
pub(super) fn walk(file: &str, text: &str) -> Result<Walked, Vec<ConfigError>> {
    let source = Source::new(file, text);
    let (table, syntax) = DeTable::parse_recoverable(text);
    if !syntax.is_empty() {
        return Err(syntax_errors(&source, text, &syntax));
    }
    let mut walker = Walker {
        source,
        errors: Vec::new(),
    };
    let root = walker.table(table.get_ref(), table.span().start, &ROOT, "").unwrap_or_default();
    Ok(Walked {
        root,
        source: walker.source,
        errors: walker.errors,
    })
}

/// The first error, and every key given twice; what else the parser says after its first error is mostly echo.
fn syntax_errors(source: &Source, text: &str, errors: &[toml::de::Error]) -> Vec<ConfigError> {
    let mut all: Vec<(usize, bool, String)> = errors
        .iter()
        .map(|error| {
            let span = error.span().unwrap_or(0..0);
            let twice = error.message() == "duplicate key";
            let message = match error.message() {
                "duplicate key" => format!(
                    "The key {} is given twice. Remove one, or join the two.",
                    text.get(span.clone()).unwrap_or_default()
                ),
                message if message.starts_with("string values must be quoted") => {
                    "Not valid TOML: a value is missing or text lacks its quotes. Write it like name = \"Bookstore\".".to_owned()
                }
                message => format!("Not valid TOML: {message}."),
            };
            (span.start, twice, message)
        })
        .collect();
    all.sort();
    let mut seen_other = false;
    all.retain(|(_, twice, _)| *twice || !std::mem::replace(&mut seen_other, true));
    all.into_iter()
        .map(|(offset, _, message)| source.error_at(offset, "", message))
        .collect()
}

struct Walker {
    source: Source,
    errors: Vec<ConfigError>,
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

impl Walker {
    fn error(&mut self, offset: usize, path: &str, message: impl Into<String>) {
        self.errors.push(self.source.error_at(offset, path, message));
    }

    /// `None` when a required key is missing or wrong: nothing sensible can be said of the rest.
    fn table(&mut self, table: &DeTable<'_>, offset: usize, spec: &Spec, path: &str) -> Option<Map<String, Value>> {
        let mut out = Map::new();
        let mut sound = true;
        for (key, value) in table {
            let name: &str = key.get_ref();
            let at = join(path, name);
            let Some(field) = spec.get(name) else {
                let message = format!("Unknown key in {}. {}", spec.name, spec.suggest(name));
                self.error(key.span().start, &at, message);
                continue;
            };
            match self.value(value, &field.shape, &at) {
                Some(value) => drop(out.insert(name.to_owned(), value)),
                None => sound &= !field.required,
            }
        }
        for Field { key, .. } in spec.fields.iter().filter(|f| f.required && !table.contains_key(f.key)) {
            self.error(offset, &join(path, key), format!("Missing: {} needs the key {key}.", spec.name));
            sound = false;
        }
        sound.then_some(out)
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, shape: &Shape, path: &str) -> Option<Value> {
        let offset = value.span().start;
        self.source.note(path, offset);
        match (shape, value.get_ref()) {
            (Shape::Text, DeValue::String(text)) => Some(Value::String(text.to_string())),
            (Shape::Bool, DeValue::Boolean(flag)) => Some(Value::Bool(*flag)),
            (Shape::Integer, DeValue::Integer(_)) => self.integer(value, path).map(Value::from),
            (Shape::Count, DeValue::Integer(_)) => {
                let number = self.integer(value, path)?;
                match u32::try_from(number) {
                    Ok(count) => Some(Value::from(count)),
                    Err(_) => {
                        self.error(offset, path, format!("{number} is out of range: write 0 to {}.", u32::MAX));
                        None
                    }
                }
            }
            (Shape::Moment, DeValue::Integer(_)) => self.integer(value, path).map(Value::from),
            (Shape::Moment, DeValue::Datetime(moment)) => match milliseconds(moment) {
                Some(millis) => Some(Value::from(millis)),
                None => {
                    let message = "Needs date, time and offset from UTC, such as 2027-01-31T12:00:00Z.";
                    self.error(offset, path, message);
                    None
                }
            },
            (Shape::OneOf(words), DeValue::String(text)) => self.word(offset, text, words, path),
            (Shape::Object, DeValue::Table(table)) => self.free_table(table, path).map(Value::Object),
            (Shape::Table(spec) | Shape::Choice(spec), DeValue::Table(table)) => self.table(table, offset, spec, path).map(Value::Object),
            (Shape::MapOf(spec), DeValue::Table(table)) => self.map(table, &Shape::Table(spec), path),
            (Shape::Texts, DeValue::Table(table)) => self.map(table, &Shape::Text, path),
            (Shape::Phrases, DeValue::Table(table)) => self.phrases(table, path),
            (Shape::List(of), DeValue::Array(list)) => self.list(list, of, path),
            (_, found) => {
                self.error(offset, path, format!("Must be {}; found {}.", wanted(shape), found_name(found)));
                None
            }
        }
    }

    fn word(&mut self, offset: usize, text: &str, words: &[&'static str], path: &str) -> Option<Value> {
        if words.contains(&text) {
            return Some(Value::String(text.to_owned()));
        }
        let choice = listed(words.iter().copied());
        let message = match nearest(text, words.iter().copied()) {
            Some(near) => format!("“{}” is not one of {choice}. Did you mean {near}?", text.escape_debug()),
            None => format!("“{}” is not one of {choice}.", text.escape_debug()),
        };
        self.error(offset, path, message);
        None
    }

    fn integer(&mut self, value: &Spanned<DeValue<'_>>, path: &str) -> Option<i64> {
        let DeValue::Integer(number) = value.get_ref() else {
            return None;
        };
        let parsed = i64::from_str_radix(number.as_str(), number.radix()).ok();
        if parsed.is_none() {
            self.error(value.span().start, path, "The number is too large: it must fit 64 bits.");
        }
        parsed
    }

    /// A list with one wrong element is left out as a whole, so that positions stay true. Lists of the root keep their
    /// places instead: a wrong application doesn't hide the others.
    fn list(&mut self, list: &DeArray<'_>, of: &Shape, path: &str) -> Option<Value> {
        let at_root = !path.contains('.') && matches!(of, Shape::Table(_));
        let mut out = Vec::with_capacity(list.len());
        let mut sound = true;
        for (index, item) in list.iter().enumerate() {
            match self.value(item, of, &join(path, &index.to_string())) {
                Some(value) => out.push(value),
                None => {
                    sound = false;
                    out.push(Value::Null);
                }
            }
        }
        (sound || at_root).then_some(Value::Array(out))
    }

    fn map(&mut self, table: &DeTable<'_>, of: &Shape, path: &str) -> Option<Value> {
        let mut out = Map::new();
        for (key, value) in table {
            let name: &str = key.get_ref();
            if let Some(value) = self.value(value, of, &join(path, name)) {
                out.insert(name.to_owned(), value);
            }
        }
        Some(Value::Object(out))
    }

    fn phrases(&mut self, table: &DeTable<'_>, path: &str) -> Option<Value> {
        let mut out = Map::new();
        for (key, value) in table {
            let name: &str = key.get_ref();
            let of = if matches!(value.get_ref(), DeValue::Table(_)) {
                &Shape::Phrases
            } else {
                &Shape::Text
            };
            if let Some(value) = self.value(value, of, &join(path, name)) {
                out.insert(name.to_owned(), value);
            }
        }
        Some(Value::Object(out))
    }

    fn free_table(&mut self, table: &DeTable<'_>, path: &str) -> Option<Map<String, Value>> {
        let mut out = Map::new();
        for (key, value) in table {
            let name: &str = key.get_ref();
            let value = self.free(value, &join(path, name))?;
            out.insert(name.to_owned(), value);
        }
        Some(out)
    }

    /// Any value as JSON. Dates become text as written; JSON has no infinite numbers.
    fn free(&mut self, value: &Spanned<DeValue<'_>>, path: &str) -> Option<Value> {
        Some(match value.get_ref() {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Boolean(flag) => Value::Bool(*flag),
            DeValue::Datetime(moment) => Value::String(moment.to_string()),
            DeValue::Integer(_) => Value::from(self.integer(value, path)?),
            DeValue::Float(number) => {
                let parsed = number.as_str().parse::<f64>().ok().and_then(serde_json::Number::from_f64);
                let Some(parsed) = parsed else {
                    self.error(
                        value.span().start,
                        path,
                        "JSON can't carry this number. Write a finite one, or text.",
                    );
                    return None;
                };
                Value::Number(parsed)
            }
            DeValue::Array(list) => {
                let mut out = Vec::with_capacity(list.len());
                for (index, item) in list.iter().enumerate() {
                    out.push(self.free(item, &join(path, &index.to_string()))?);
                }
                Value::Array(out)
            }
            DeValue::Table(table) => Value::Object(self.free_table(table, path)?),
        })
    }
}

/// What a sentence says should stand there.
fn wanted(shape: &Shape) -> String {
    match shape {
        Shape::Text => "text in quotes".into(),
        Shape::Bool => "true or false".into(),
        Shape::Integer | Shape::Count => "a whole number".into(),
        Shape::OneOf(words) => format!("one of {} in quotes", listed(words.iter().copied())),
        Shape::Moment => "a moment such as 2027-01-31T12:00:00Z, or milliseconds since 1970".into(),
        Shape::Object | Shape::MapOf(_) | Shape::Texts | Shape::Phrases => "a table such as { key = \"value\" }".into(),
        Shape::List(Shape::Table(spec)) if spec.example.starts_with("[[") => {
            format!("a list of tables, each begun with {}", spec.example)
        }
        Shape::List(Shape::Table(spec)) => format!("a list of tables such as [{}]", spec.example),
        Shape::List(of) => format!("a list in brackets, of {}", wanted(of)),
        Shape::Table(spec) | Shape::Choice(spec) => format!("a table such as {}", spec.example),
    }
}

const fn found_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(true) => "true",
        DeValue::Boolean(false) => "false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// **Milliseconds** since the Unix epoch; `None` when date, time or offset is missing.
fn milliseconds(moment: &Datetime) -> Option<i64> {
    let (date, time, offset) = (moment.date?, moment.time?, moment.offset?);
    let offset_minutes = match offset {
        Offset::Z => 0,
        Offset::Custom { minutes } => i64::from(minutes),
    };
    // Days of the proleptic Gregorian calendar, counted in years that begin in March (so leap days come last).
    let (year, month, day) = (i64::from(date.year), i64::from(date.month), i64::from(date.day));
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    let minutes = (days * 24 + i64::from(time.hour)) * 60 + i64::from(time.minute) - offset_minutes;
    let seconds = minutes * 60 + i64::from(time.second.unwrap_or(0));
    Some(seconds * 1000 + i64::from(time.nanosecond.unwrap_or(0) / 1_000_000))
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    #[test]
    fn moments_are_counted_in_milliseconds() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1969-12-31T23:59:59.250Z", Some(-750)),
            ("2000-02-29T12:30:45Z", Some(951_827_445_000)),
            ("2026-01-01T00:00:00Z", Some(1_767_225_600_000)),
            ("2026-01-01T01:30:00+01:30", Some(1_767_225_600_000)),
            ("2100-03-01T00:00:00Z", Some(4_107_542_400_000)),
            ("2026-01-01T00:00:00", None),
            ("2026-01-01", None),
            ("07:30:00", None),
        ] {
            assert_eq!(milliseconds(&text.parse().unwrap()), expected, "{text}");
        }
    }
}
