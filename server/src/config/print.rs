//! `berth config`: every value and where it came from, as a file that could be used as it is.

use std::fmt::Write as _;

use super::Config;
use super::keys::{KEYS, Key};

/// What is printed instead of a password.
const MASK: &str = "********";

/// The whole configuration, one line a key. Secrets are masked.
#[must_use]
pub fn describe(config: &Config) -> String {
    let mut text = String::new();
    let mut table = "";
    for key in &KEYS {
        let (in_table, name) = key.name.split_once('.').unwrap_or(("", key.name));
        if in_table != table {
            table = in_table;
            let _ = writeln!(text, "\n[{table}]");
        }
        let _ = match config.settings.get(key.name) {
            Some(setting) => writeln!(text, "{name} = {}  # {}", print(key, &setting.values), setting.from),
            None => writeln!(text, "# {name} is not set"),
        };
    }
    text
}

fn print(key: &Key, values: &[String]) -> String {
    let quoted = |value: &String| match (value.parse::<i64>(), value.parse::<bool>()) {
        (Ok(number), _) => number.to_string(),
        (_, Ok(is_so)) => is_so.to_string(),
        _ => toml::Value::String(mask(key, value)).to_string(),
    };
    if key.many {
        return format!("[{}]", values.iter().map(quoted).collect::<Vec<_>>().join(", "));
    }
    values.first().map(quoted).unwrap_or_default()
}

/// A URL's password is between the first colon after the scheme and the last `@`. Parameters may
/// hold one too (`?password=…`), so that those go as a whole.
fn mask(key: &Key, value: &str) -> String {
    let Some((scheme, rest)) = value.split_once("://").filter(|_| key.name == "database_url") else {
        return value.to_owned();
    };
    if scheme == "sqlite" {
        return value.to_owned();
    }
    let (rest, parameters) = match rest.split_once('?') {
        Some((rest, _)) => (rest, format!("?{MASK}")),
        None => (rest, String::new()),
    };
    let rest = match rest.rsplit_once('@') {
        Some((credentials, host)) => match credentials.split_once(':') {
            Some((user, _)) => format!("{user}:{MASK}@{host}"),
            None => format!("{credentials}@{host}"),
        },
        None => rest.to_owned(),
    };
    format!("{scheme}://{rest}{parameters}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_masked_wherever_a_url_may_hold_one() {
        let key = super::super::keys::find("database_url").expect("a key");
        for url in [
            "postgres://berth:hunter2@db/berth",
            "postgres://berth:hunt?er2@db/berth",
            "postgres://berth:hunter2@x@db/berth",
            "postgres://db/berth?user=berth&password=hunter2",
        ] {
            let masked = mask(key, url);
            assert!(!masked.contains("hunter2") && !masked.contains("er2"), "{masked}");
        }
        assert_eq!(mask(key, "sqlite:///var/lib/berth/berth.db"), "sqlite:///var/lib/berth/berth.db");
    }
}
