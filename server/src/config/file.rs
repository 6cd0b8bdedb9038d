//! `berth.toml`: every key with the line it stands on. Keys that mean nothing are refused.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::ConfigError;
use super::keys::{self, KEYS};
use super::source::{Setting, Settings, Source};

/// The key whose value in the file is a table of tables.
const AGENTS: &str = "agents";

/// Reads the file at `path`.
pub(super) fn read(path: &Path) -> Result<Settings, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| ConfigError::File { path: path.display().to_string(), problem: error.to_string() })?;
    parse(&text, path)
}

/// The settings in `text`, which is the file at `path`.
pub(super) fn parse(text: &str, path: &Path) -> Result<Settings, ConfigError> {
    let file = File { text, path };
    let table = DeTable::parse(text).map_err(|error| ConfigError::Syntax {
        place: file.place(error.span().map_or(0, |span| span.start)),
        problem: error.message().replace('\n', " "),
    })?;
    let mut settings = Settings::new();
    file.read_table("", table.get_ref(), &mut settings)?;
    Ok(settings)
}

struct File<'a> {
    text: &'a str,
    path: &'a Path,
}

impl File<'_> {
    fn read_table(&self, prefix: &str, table: &DeTable<'_>, into: &mut Settings) -> Result<(), ConfigError> {
        for (key, value) in table {
            let name = format!("{prefix}{}", key.get_ref());
            let inner = format!("{name}.");
            match (value.get_ref(), keys::find(&name)) {
                (DeValue::Table(table), None) if KEYS.iter().any(|key| key.name.starts_with(&inner)) => {
                    self.read_table(&inner, table, into)?;
                }
                (DeValue::Table(agents), Some(known)) if known.name == AGENTS => {
                    let place = self.place(key.span().start);
                    let values = agents.iter().map(|(id, agent)| read_agent(id.get_ref(), agent.get_ref()));
                    let values = values.collect::<Result<_, _>>().map_err(|problem| ConfigError::Value {
                        place: place.clone(),
                        key: known.name,
                        problem,
                    })?;
                    into.insert(known.name, Setting { values, from: place });
                }
                (_, Some(known)) => {
                    let place = self.place(key.span().start);
                    let values = read_values(value, known.many).map_err(|problem| ConfigError::Value {
                        place: place.clone(),
                        key: known.name,
                        problem,
                    })?;
                    into.insert(known.name, Setting { values, from: place });
                }
                (_, None) => {
                    let hint = keys::nearest(&name, KEYS.iter().map(|key| key.name.to_owned()));
                    return Err(ConfigError::Unknown { place: self.place(key.span().start), what: "key", name, hint });
                }
            }
        }
        Ok(())
    }

    /// The line that byte `offset` is on.
    fn place(&self, offset: usize) -> Source {
        let before = self.text.as_bytes().iter().take(offset);
        Source::File(self.path.to_owned(), 1 + before.filter(|byte| **byte == b'\n').count())
    }
}

/// `[agents.ID]` as the JSON that a flag would have.
fn read_agent(id: &str, agent: &DeValue<'_>) -> Result<String, String> {
    let DeValue::Table(table) = agent else {
        return Err(format!("expected a table [agents.{id}], found a {}", agent.type_str()));
    };
    let mut entry = serde_json::Map::from_iter([("id".to_owned(), id.into())]);
    for (key, value) in table {
        let value = match value.get_ref() {
            DeValue::Table(variables) => variables
                .iter()
                .map(|(name, value)| Ok((name.get_ref().to_string(), read_value(value)?.into())))
                .collect::<Result<serde_json::Map<_, _>, String>>()?
                .into(),
            DeValue::Boolean(is_so) => (*is_so).into(),
            _ => read_value(value)?.into(),
        };
        entry.insert(key.get_ref().to_string(), value);
    }
    Ok(serde_json::Value::Object(entry).to_string())
}

fn read_values(value: &Spanned<DeValue<'_>>, many: bool) -> Result<Vec<String>, String> {
    match (value.get_ref(), many) {
        (DeValue::Array(items), true) => items.iter().map(read_value).collect(),
        (_, true) => Err(format!("expected an array of strings, found a {}", value.get_ref().type_str())),
        (_, false) => Ok(vec![read_value(value)?]),
    }
}

/// Strings, whole numbers, `true` and `false` as they are written; what they mean is checked with all other sources'.
fn read_value(value: &Spanned<DeValue<'_>>) -> Result<String, String> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map(|n| n.to_string()).map_err(|e| e.to_string())
        }
        DeValue::Boolean(is_so) => Ok(is_so.to_string()),
        other => Err(format!("expected a string, `true`, `false` or a whole number, found a {}", other.type_str())),
    }
}
