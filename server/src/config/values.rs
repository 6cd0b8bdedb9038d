//! From text to values: the defaults, and what each value must be.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::error::ConfigError;
use super::keys::KEYS;
use super::source::{Environment, Setting, Settings, Source};
use ipnet::IpNet;

use super::{Config, engines, rules, sign_in, size};

/// Only this machine, until somebody decides otherwise.
const LISTEN: &str = "127.0.0.1:7878";
/// Migrations say more of themselves than a person wants to know.
const LOG: &str = "info,sea_orm_migration=warn";

/// Below this nobody can work.
const LEAST_QUOTA: u64 = 1 << 20;

/// `/var/lib/berth` for root, else the person's own data directory.
pub(super) fn default_data_dir(environment: &Environment) -> PathBuf {
    if environment.is_root {
        return PathBuf::from("/var/lib/berth");
    }
    let directory = |name| environment.variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    directory("XDG_DATA_HOME")
        .or_else(|| directory("HOME").map(|home| home.join(".local/share")))
        .unwrap_or_else(|| environment.working_dir.clone())
        .join("berth")
}

/// Fills in the defaults and checks everything.
pub(super) fn check(mut settings: Settings, environment: &Environment) -> Result<Config, ConfigError> {
    let data_dir = settings.get("data_dir").and_then(|setting| setting.values.first());
    let data_dir = data_dir.map_or_else(|| default_data_dir(environment), PathBuf::from);
    let data_dir = environment.working_dir.join(data_dir);
    fill_in(&mut settings, &data_dir, &environment.program_dir);

    let path = |text: &str| Ok::<_, String>(environment.working_dir.join(text));
    let reader = Reader { settings: &settings };
    let config = Config {
        listen: reader.one("listen", |text| {
            SocketAddr::from_str(text).map_err(|_| format!("expected an address such as {LISTEN}, found `{text}`"))
        })?,
        data_dir,
        database_url: reader.one("database_url", check_database_url)?,
        chosen: sign_in::read(&reader, path)?,
        tls: sign_in::read_tls(&reader, path)?,
        waitlist: sign_in::read_waitlist(&reader, path)?,
        trusted_proxies: reader.many("trusted_proxies", network)?,
        admin_email: reader.optional("admin.email", |text| {
            text.parse().map_err(|_| format!("expected an address such as ada@example.org, found `{text}`"))
        })?,
        admin_password_file: reader.optional("admin.password_file", path)?,
        log: reader.one("log", check_filter)?,
        guest: reader.one("guest", path)?,
        runtime: engines::read_choice(&reader)?,
        docker: engines::read_docker(&reader, path)?,
        rules: rules::read(&reader)?,
        quota: reader.optional("storage.quota", |text| bytes(text, LEAST_QUOTA))?,
        settings: Settings::new(),
    };
    Ok(Config { settings, ..config })
}

fn fill_in(settings: &mut Settings, data_dir: &Path, program_dir: &Path) {
    let path = |path: PathBuf| path.to_string_lossy().into_owned();
    let defaults = [
        ("listen", LISTEN.into()),
        ("data_dir", path(data_dir.to_owned())),
        ("database_url", format!("sqlite://{}", path(data_dir.join("berth.db")))),
        ("log", LOG.into()),
        ("guest", path(program_dir.join("berth-guest"))),
    ];
    let defaults = defaults.into_iter().chain(rules::DEFAULTS.map(|(key, value)| (key, value.to_owned())));
    for (key, value) in defaults {
        settings.entry(key).or_insert_with(|| Setting { values: vec![value], from: Source::Default });
    }
}

pub(super) struct Reader<'a> {
    settings: &'a Settings,
}

impl Reader<'_> {
    pub(super) fn many<T>(
        &self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Vec<T>, ConfigError> {
        debug_assert!(KEYS.iter().any(|key| key.name == name), "{name} is not in the table of keys");
        let Some(setting) = self.settings.get(name) else { return Ok(Vec::new()) };
        let values = setting.values.iter().map(|text| parse(text));
        values.collect::<Result<_, _>>().map_err(|problem| ConfigError::Value {
            place: setting.from.clone(),
            key: name,
            problem,
        })
    }

    /// The values of `name` when it is set at all.
    pub(super) fn several<T>(
        &self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<Vec<T>>, ConfigError> {
        if self.settings.contains_key(name) { self.many(name, parse).map(Some) } else { Ok(None) }
    }

    /// What is wrong with the value of `name`, or with its having none.
    pub(super) fn refuse(&self, name: &'static str, problem: impl Into<String>) -> ConfigError {
        let place = self.settings.get(name).map_or(Source::Default, |setting| setting.from.clone());
        ConfigError::Value { place, key: name, problem: problem.into() }
    }

    pub(super) fn optional<T>(
        &self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ConfigError> {
        Ok(self.many(name, parse)?.pop())
    }

    pub(super) fn one<T>(
        &self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, ConfigError> {
        self.optional(name, parse)?.ok_or(ConfigError::Value {
            place: Source::Default,
            key: name,
            problem: "it has no value".into(),
        })
    }
}

/// A network, or one address.
fn network(text: &str) -> Result<IpNet, String> {
    let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    network.map_err(|_| format!("expected a network such as 10.0.0.0/8, found `{text}`"))
}

fn check_database_url(text: &str) -> Result<String, String> {
    // The text is not repeated: it may hold a password.
    let is_known = ["sqlite://", "postgres://", "postgresql://"]
        .iter()
        .any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()));
    if is_known { Ok(text.to_owned()) } else { Err("expected sqlite://PATH or postgres://USER@HOST/DATABASE".into()) }
}

fn check_filter(text: &str) -> Result<String, String> {
    tracing_subscriber::EnvFilter::try_new(text).map_err(|error| error.to_string())?;
    Ok(text.to_owned())
}

pub(super) fn number(text: &str, least: u32) -> Result<u32, String> {
    let number: u32 = text.parse().map_err(|_| format!("expected a whole number, found `{text}`"))?;
    if number < least { Err(format!("{number} is too little; at least {least}")) } else { Ok(number) }
}

pub(super) fn bytes(text: &str, least: u64) -> Result<u64, String> {
    let bytes = size::parse(text)?;
    if bytes < least { Err(format!("{text} is too little; at least {}", size::print(least))) } else { Ok(bytes) }
}
