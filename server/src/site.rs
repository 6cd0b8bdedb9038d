//! Where the site's files are, and what Leptos is told of them.

use std::path::{Path, PathBuf};

use leptos::config::{LeptosOptions, get_configuration};

use crate::config::Environment;

/// What a deployed binary reads, in the working directory or beside the binary.
const FILE_NAME: &str = "Leptos.toml";
/// The name of scripts and styles below `pkg/`.
const OUTPUT_NAME: &str = "berth";
/// Where cargo-leptos puts the site.
const SITE_ROOT: &str = "target/site";

/// Leptos' options, and the site root made absolute.
///
/// # Errors
/// One line, when there is a file that can't be read.
pub fn find(environment: &Environment) -> Result<(LeptosOptions, PathBuf), String> {
    let places = [&environment.working_dir, &environment.program_dir];
    let file = places.iter().map(|place| place.join(FILE_NAME)).find(|file| file.is_file());
    let options = match &file {
        Some(file) => {
            let path = file.to_string_lossy();
            get_configuration(Some(&path)).map_err(|error| format!("{path}: {error}"))?.leptos_options
        }
        None => LeptosOptions::builder().output_name(OUTPUT_NAME).site_root(SITE_ROOT).build(),
    };
    let beside_file = file.as_deref().and_then(Path::parent).unwrap_or(&environment.working_dir);
    let candidates = [
        environment.working_dir.join(&*options.site_root),
        beside_file.join(&*options.site_root),
        environment.program_dir.join("site"),
    ];
    let site_root = candidates.iter().find(|place| place.is_dir()).unwrap_or(&candidates[0]).clone();
    Ok((options, site_root))
}

/// Warns when the site's files are not there.
pub fn warn_if_empty(options: &LeptosOptions, site_root: &Path) {
    if !site_root.join(&*options.site_pkg_dir).is_dir() {
        let site_root = site_root.display();
        tracing::warn!(%site_root, "the site's files are not there; pages will have neither style nor script");
    }
}
