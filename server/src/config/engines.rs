//! Keys that say what runs the containers.

use std::path::PathBuf;

use super::error::ConfigError;
use super::sign_in::{boolean, text};
use super::values::Reader;
use super::{Docker, EngineTls, RuntimeChoice};

/// What `cargo xtask image` makes.
const IMAGE: &str = "berth/session:latest";

pub(super) fn read_choice(reader: &Reader<'_>) -> Result<RuntimeChoice, ConfigError> {
    let choice = reader.optional("runtime", |text| match text {
        "auto" => Ok(RuntimeChoice::Auto),
        "embedded" => Ok(RuntimeChoice::Embedded),
        "docker" => Ok(RuntimeChoice::Docker),
        _ => Err(format!("expected auto, embedded or docker, found `{text}`")),
    })?;
    Ok(choice.unwrap_or_default())
}

pub(super) fn read_docker(
    reader: &Reader<'_>,
    path: impl Fn(&str) -> Result<PathBuf, String> + Copy,
) -> Result<Docker, ConfigError> {
    let url = reader.optional("docker.url", check_url)?;
    let files = [
        reader.optional("docker.tls_ca", path)?,
        reader.optional("docker.tls_cert", path)?,
        reader.optional("docker.tls_key", path)?,
    ];
    let tls = match files {
        [Some(authority), Some(certificate), Some(key)] => {
            if !url.as_ref().is_some_and(|url| url.starts_with("tcp://")) {
                return Err(reader.refuse("docker.tls_ca", "TLS is for a docker.url that begins with tcp://"));
            }
            Some(EngineTls { authority, certificate, key })
        }
        [None, None, None] => None,
        [authority, certificate, key] => {
            let all = [
                ("docker.tls_ca", authority.is_some()),
                ("docker.tls_cert", certificate.is_some()),
                ("docker.tls_key", key.is_some()),
            ];
            let given = all.iter().find(|(_, is_set)| *is_set).map_or("docker.tls_ca", |(name, _)| name);
            let missing: Vec<_> = all.iter().filter(|(_, is_set)| !is_set).map(|(name, _)| *name).collect();
            let are = if missing.len() == 1 { "is" } else { "are" };
            return Err(reader.refuse(given, format!("{} {are} not set", missing.join(" and "))));
        }
    };
    Ok(Docker {
        url,
        image: reader.optional("docker.image", text)?.unwrap_or_else(|| IMAGE.to_owned()),
        tls,
        pull: reader.optional("docker.pull", boolean)?.unwrap_or_default(),
    })
}

fn check_url(text: &str) -> Result<String, String> {
    let is_socket = text.strip_prefix("unix://").is_some_and(|path| path.starts_with('/'));
    let is_host = text.strip_prefix("tcp://").is_some_and(|host| !host.is_empty());
    if is_socket || is_host {
        Ok(text.to_owned())
    } else {
        Err(format!("expected unix:///PATH or tcp://HOST:PORT, found `{text}`"))
    }
}
