//! What is wrong with the configuration, in one line.

use thiserror::Error;

use super::source::Source;

/// A configuration that can't be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file that was asked for can't be read.
    #[error("{path}: {problem}")]
    File { path: String, problem: String },
    /// The file is not TOML.
    #[error("{place}: {problem}")]
    Syntax { place: Source, problem: String },
    /// A key or variable that means nothing.
    #[error("{place}: unknown {what} `{name}`{}", hint.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    Unknown { place: Source, what: &'static str, name: String, hint: Option<String> },
    /// A value that can't be used.
    #[error("{place}: {key}: {problem}")]
    Value { place: Source, key: &'static str, problem: String },
}
