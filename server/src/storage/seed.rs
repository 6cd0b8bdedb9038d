//! What a new person finds in their home.

use std::ffi::OsStr;
use std::io::{self, Write as _};

use app::model::storage::FilePath;

use super::tree::Tree;

const FOLDER: &str = "Getting started";
const FILE: &str = "Welcome.md";
const WELCOME: &str = include_str!("seed/welcome.md");

/// Puts the "getting started" folder into a home, unless it is there; answers where it is.
pub(super) fn seed(home: &Tree) -> io::Result<FilePath> {
    let path = super::path(FOLDER);
    match home.make_folders(&path)?.make_file(OsStr::new(FILE)) {
        Ok(mut file) => file.write_all(WELCOME.as_bytes())?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    Ok(path)
}
