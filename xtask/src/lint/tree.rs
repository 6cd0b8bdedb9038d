//! The text files of the repository, by their paths from its root.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::workspace::tracked_files;

pub struct Tree {
    files: BTreeMap<String, String>,
}

impl Tree {
    /// Reads every file that is tracked, or about to be; what is no text is left out.
    pub fn read(root: &Path) -> Result<Self> {
        let mut files = BTreeMap::new();
        for path in tracked_files(root)? {
            let content = fs::read(root.join(&path)).with_context(|| format!("can't read {path}"))?;
            if let Ok(text) = String::from_utf8(content) {
                files.insert(path, text);
            }
        }
        Ok(Self { files })
    }

    pub fn text(&self, path: &str) -> Result<&str> {
        self.files.get(path).map(String::as_str).with_context(|| format!("there is no {path}"))
    }

    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The Rust files.
    pub fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files().filter(|(path, _)| path.ends_with(".rs"))
    }

    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        Self { files: files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect() }
    }
}
