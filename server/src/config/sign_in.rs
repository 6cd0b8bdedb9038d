//! Keys that belong together: how people sign in, TLS, the waitlist.

use std::path::{Path, PathBuf};

use super::error::ConfigError;
use super::values::Reader;
use super::{TlsFiles, Turnstile, Waitlist};
use crate::settings::{Choices, Oidc, Proxy, Secret, check_issuer};

/// Where Cloudflare verifies Turnstile's tokens (developers.cloudflare.com/turnstile, "Validate the token").
const TURNSTILE: &str = "https://challenges.cloudflare.com/turnstile/v0/siteverify";

/// What the wizard is not asked, because it stands here.
pub(super) fn read(
    reader: &Reader<'_>,
    path: impl Fn(&str) -> Result<PathBuf, String> + Copy,
) -> Result<Choices, ConfigError> {
    Ok(Choices {
        public_url: reader.optional("public_url", |text| text.parse())?,
        allowed_origins: reader.several("allowed_origins", |text| text.parse())?,
        allowed_people: reader.several("allowed_people", |text| text.parse())?,
        passwords: reader.optional("sign_in.passwords", boolean)?,
        oidc: read_oidc(reader, path)?,
        proxy: read_proxy(reader)?,
    })
}

fn read_oidc(reader: &Reader<'_>, path: impl Fn(&str) -> Result<PathBuf, String>) -> Result<Option<Oidc>, ConfigError> {
    let issuer = reader.optional("oidc.issuer", check_issuer)?;
    let client_id = reader.optional("oidc.client_id", text)?;
    let client_secret = read_secret(reader, "oidc.client_secret_file", path)?;
    let name = reader.optional("oidc.name", text)?;
    let trust_email = reader.optional("oidc.trust_email", boolean)?;
    match (issuer, client_id) {
        (Some(issuer), Some(client_id)) => {
            let name = name.unwrap_or_default();
            let trust_email = trust_email.unwrap_or_default();
            Ok(Some(Oidc { issuer, client_id, client_secret, name, trust_email }))
        }
        (Some(_), None) => Err(reader.refuse("oidc.issuer", "oidc.client_id is not set")),
        (None, Some(_)) => Err(reader.refuse("oidc.client_id", "oidc.issuer is not set")),
        (None, None) => Ok(None),
    }
}

fn read_proxy(reader: &Reader<'_>) -> Result<Option<Proxy>, ConfigError> {
    let issuer = reader.optional("proxy.issuer", check_issuer)?;
    let audience = reader.optional("proxy.audience", text)?;
    let jwks_url = reader.optional("proxy.jwks_url", check_issuer)?;
    let header = reader.optional("proxy.header", |text| {
        http::HeaderName::try_from(text).map(|name| name.to_string()).map_err(|_| "expected a header's name".into())
    })?;
    match (issuer, audience) {
        (Some(issuer), Some(audience)) => Ok(Some(Proxy { issuer, audience, jwks_url, header })),
        (Some(_), None) => Err(reader.refuse("proxy.issuer", "proxy.audience is not set")),
        (None, Some(_)) => Err(reader.refuse("proxy.audience", "proxy.issuer is not set")),
        (None, None) => Ok(None),
    }
}

/// Both files or neither.
pub(super) fn read_tls(
    reader: &Reader<'_>,
    path: impl Fn(&str) -> Result<PathBuf, String> + Copy,
) -> Result<Option<TlsFiles>, ConfigError> {
    match (reader.optional("tls.cert", path)?, reader.optional("tls.key", path)?) {
        (Some(cert), Some(key)) => Ok(Some(TlsFiles { cert, key })),
        (Some(_), None) => Err(reader.refuse("tls.cert", "tls.key is not set")),
        (None, Some(_)) => Err(reader.refuse("tls.key", "tls.cert is not set")),
        (None, None) => Ok(None),
    }
}

pub(super) fn read_waitlist(
    reader: &Reader<'_>,
    path: impl Fn(&str) -> Result<PathBuf, String>,
) -> Result<Waitlist, ConfigError> {
    let is_open = reader.optional("waitlist.open", boolean)?.unwrap_or_default();
    let site_key = reader.optional("turnstile.site_key", text)?;
    let secret = read_secret(reader, "turnstile.secret_file", path)?;
    let verify_url = reader.optional("turnstile.verify_url", check_issuer)?;
    let turnstile = match (site_key, secret) {
        (Some(site_key), Some(secret)) => {
            let verify_url = verify_url.unwrap_or_else(|| TURNSTILE.to_owned());
            Some(Turnstile { site_key, secret, verify_url })
        }
        (Some(_), None) => return Err(reader.refuse("turnstile.site_key", "turnstile.secret_file is not set")),
        (None, Some(_)) => return Err(reader.refuse("turnstile.secret_file", "turnstile.site_key is not set")),
        (None, None) if verify_url.is_some() => {
            return Err(reader.refuse("turnstile.verify_url", "turnstile.site_key is not set"));
        }
        (None, None) => None,
    };
    Ok(Waitlist { is_open, turnstile })
}

/// The first line of the file that `name` names.
fn read_secret(
    reader: &Reader<'_>,
    name: &'static str,
    path: impl Fn(&str) -> Result<PathBuf, String>,
) -> Result<Option<Secret>, ConfigError> {
    reader.optional(name, |text| first_line(&path(text)?))
}

fn first_line(path: &Path) -> Result<Secret, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    match text.lines().next().map(str::trim) {
        Some(line) if !line.is_empty() => Ok(Secret::from(line.to_owned())),
        _ => Err(format!("{}: its first line is empty", path.display())),
    }
}

pub(super) fn boolean(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| format!("expected true or false, found `{text}`"))
}

pub(super) fn text(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() { Err("it is empty".into()) } else { Ok(text.to_owned()) }
}
