//! What the image is built on: the distribution's own image, one that is named, or one made here by debootstrap.

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::Options;
use super::engine::Engine;
use crate::process;
use crate::setup::{self, Item};
use crate::workspace::Workspace;

/// What a base made here is called. With a registry's name before it, Podman asks none.
const MADE: &str = "localhost/berth/base:debian";
const SCRIPT: &str = "image/bootstrap.sh";

pub struct Base {
    name: String,
    note: &'static str,
}

impl Base {
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.name, self.note)
    }
}

/// Sees that the engine has a base.
pub fn get(workspace: &Workspace, engine: &Engine, options: &Options) -> Result<Base> {
    if options.bootstrap {
        return make(workspace, engine, options);
    }
    if let Some(name) = &options.base {
        return pull(engine, name).with_context(|| format!("the engine has no {name} and can't pull it"));
    }
    let name = options.variant.base(workspace)?;
    match pull(engine, &name) {
        Ok(base) => Ok(base),
        Err(error) if options.test && options.variant.suite(workspace)?.is_some() => {
            eprintln!("      {name} can't be pulled, so a base made by debootstrap does: {error:#}");
            if engine.has_image(MADE)? {
                return Ok(Base { name: MADE.to_owned(), note: "made by debootstrap before" });
            }
            make(workspace, engine, options)
        }
        Err(error) => Err(error.context(format!(
            "{name} can't be pulled. On a machine without a registry, give --bootstrap (Debian only, as root) or --base"
        ))),
    }
}

fn pull(engine: &Engine, name: &str) -> Result<Base> {
    let note = if engine.has_image(name)? {
        "there already"
    } else {
        engine.pull(name)?;
        "pulled"
    };
    Ok(Base { name: name.to_owned(), note })
}

/// Makes one anew, which takes a minute.
fn make(workspace: &Workspace, engine: &Engine, options: &Options) -> Result<Base> {
    if !setup::is_root() {
        bail!("debootstrap makes devices and changes owners, so it has to be run by root");
    }
    let suite = options.variant.suite(workspace)?.context("debootstrap makes Debian only")?;
    setup::set_up(workspace, Item::ImageSystem)?;
    let place = workspace.notes()?.join("base");
    clear(&place)?;
    fs::create_dir_all(&place).with_context(|| format!("can't make {}", place.display()))?;
    let made = make_in(workspace, engine, &suite, &place);
    clear(&place)?;
    made?;
    Ok(Base { name: MADE.to_owned(), note: "made by debootstrap" })
}

fn make_in(workspace: &Workspace, engine: &Engine, suite: &str, place: &Path) -> Result<()> {
    let tar = place.join("base.tar");
    let mut command = workspace.command("unshare");
    command.args(["--mount", "--propagation", "private", "sh"]).arg(workspace.file(SCRIPT));
    process::run(command.arg(suite).arg(place.join("root")).arg(&tar))?;
    engine.import(&tar, MADE)
}

fn clear(place: &Path) -> Result<()> {
    if place.exists() {
        fs::remove_dir_all(place).with_context(|| format!("can't remove {}", place.display()))?;
    }
    Ok(())
}
