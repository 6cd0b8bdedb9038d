//! Sources against each other, and what is told of a wrong one.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;

struct Place {
    directory: TempDir,
    variables: BTreeMap<OsString, OsString>,
    is_root: bool,
}

impl Place {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a directory"), variables: BTreeMap::new(), is_root: false }
    }

    fn file(self, name: &str, text: &str) -> Self {
        let path = self.directory.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        std::fs::write(path, text).expect("written");
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    fn load(&self, flags: &[&str]) -> Result<Config, String> {
        let environment = Environment {
            variables: self.variables.clone(),
            working_dir: self.directory.path().to_owned(),
            program_dir: PathBuf::from("/opt/berth"),
            is_root: self.is_root,
        };
        let arguments = ["berth"].iter().chain(flags).map(OsString::from);
        let invocation = parse_command_line(arguments).map_err(|error| error.to_string())?;
        Config::load(&invocation, &environment).map_err(|error| {
            let told = error.to_string();
            assert!(!told.contains('\n'), "more than a line: {told}");
            told.replace(&format!("{}/", self.directory.path().display()), "")
        })
    }

    fn refusal(&self, flags: &[&str]) -> String {
        self.load(flags).err().expect("refused")
    }
}

#[test]
fn flags_win_over_variables_over_the_file_over_defaults() {
    let place = Place::new()
        .file("berth.toml", "listen = '127.0.0.1:1'\nlog = 'trace'\n[limits]\npids = 99\nmemory = '1GiB'\n");
    let place = place.variable("BERTH_LISTEN", "127.0.0.1:2").variable("BERTH_LIMITS_PIDS", "98");
    let config = place.load(&["--limits-pids", "97"]).expect("good");
    assert_eq!(config.listen.port(), 2);
    assert_eq!(config.log, "trace");
    let limits = config.rules.limits("standard");
    assert_eq!((limits.pids, limits.memory_bytes, limits.cpu_millis), (97, 1 << 30, 1000));
    assert_eq!(config.guest, PathBuf::from("/opt/berth/berth-guest"));
    let printed = describe(&config);
    for line in
        ["listen = \"127.0.0.1:2\"  # BERTH_LISTEN", "pids = 97  # --limits-pids", "cpu_millis = 1000  # default"]
    {
        assert!(printed.contains(line), "{line} in {printed}");
    }
}

#[test]
fn what_is_printed_can_be_used_as_a_file() {
    let printed = describe(&Place::new().load(&["--allowed-origins", "https://a.example"]).expect("good"));
    let again = Place::new().file("berth.toml", &printed).load(&[]).expect("good");
    assert_eq!(again.chosen.allowed_origins.as_ref().map_or(0, Vec::len), 1);
    assert_eq!(describe(&again).matches("berth.toml:").count(), printed.matches("  # ").count());
}

#[test]
fn agents_and_tiers_are_tables_of_the_file() {
    let text = "[agents.aider]\nname = 'Aider'\ncommand = 'aider'\nenvironment = { AIDER_DARK = 'true', N = 3 }\n\
                [agents.gemini]\nenabled = false\n[tiers.low]\nmemory = '512MiB'\n[limits]\nrunning = 3\n";
    let place = Place::new().file("berth.toml", text);
    let config = place.load(&[]).expect("good");
    let aider = config.rules.agent("aider").expect("an agent");
    assert_eq!((aider.command.as_str(), aider.environment["AIDER_DARK"].as_str()), ("aider", "true"));
    assert!(config.rules.agent("gemini").is_none() && config.rules.agent("shell").is_some());
    assert_eq!(config.rules.tier("low").map(|limits| limits.memory_bytes), Some(512 << 20));
    assert_eq!(config.rules.allowances.running, 3);
    let printed = describe(&config);
    let again = Place::new().file("berth.toml", &printed).load(&[]).expect("good");
    assert_eq!(again.rules.agents, config.rules.agents);

    let wrong = |text: &str| Place::new().file("berth.toml", text).refusal(&[]);
    assert_eq!(
        wrong("log = 'info'\n[agents.aider]\nname = 'Aider'\n"),
        "berth.toml:2: agents: the agent `aider` needs a command"
    );
    assert!(wrong("[agents.aider]\nnam = 'Aider'\n").contains("unknown field `nam`"));
    assert!(wrong("[agents]\naider = 'x'\n").contains("expected a table [agents.aider]"));
    assert!(wrong("[limits]\nrunning = 0\n").contains("at least 1"));
}

#[test]
fn the_file_that_is_named_wins_over_the_one_here_over_the_data_directorys() {
    let place = Place::new().file("data/berth.toml", "log = 'error'");
    assert_eq!(place.load(&["--data-dir", "data"]).expect("good").log, "error");
    let place = place.file("berth.toml", "log = 'warn'");
    assert_eq!(place.load(&["--data-dir", "data"]).expect("good").log, "warn");
    let named = place.directory.path().join("other.toml");
    let place = place.file("other.toml", "log = 'debug'").variable("BERTH_CONFIG", named.to_str().expect("utf-8"));
    assert_eq!(place.load(&[]).expect("good").log, "debug");
    assert!(place.refusal(&["--config", "/nowhere.toml"]).starts_with("/nowhere.toml: No such file"));
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_nearest_key() {
    let unknown = |text: &str| Place::new().file("berth.toml", text).refusal(&[]);
    assert_eq!(unknown("log = 'info'\n\nlisen = 'x'\n"), "berth.toml:3: unknown key `lisen`; did you mean `listen`?");
    assert_eq!(
        unknown("[limits]\n# how many\npidz = 5\n"),
        "berth.toml:3: unknown key `limits.pidz`; did you mean `limits.pids`?"
    );
    assert_eq!(unknown("[qqqq]\nx = 1\n"), "berth.toml:1: unknown key `qqqq`");
    let variable = Place::new().variable("BERTH_DATADIR", "x").refusal(&[]);
    assert_eq!(variable, "environment: unknown variable `BERTH_DATADIR`; did you mean `BERTH_DATA_DIR`?");
    assert!(Place::new().refusal(&["--lisen", "x"]).contains("--listen"));
}

#[test]
fn a_wrong_value_is_refused_with_its_place() {
    let wrong = |text: &str| Place::new().file("berth.toml", text).refusal(&[]);
    assert_eq!(
        wrong("\nlisten = 7878"),
        "berth.toml:2: listen: expected an address such as 127.0.0.1:7878, found `7878`"
    );
    assert_eq!(
        wrong("log = 1.5"),
        "berth.toml:1: log: expected a string, `true`, `false` or a whole number, found a float"
    );
    for (text, told) in [
        ("[oidc]\nissuer = 'https://id.example'", "berth.toml:2: oidc.issuer: oidc.client_id is not set"),
        ("[oidc]\nissuer = 'http://id.example'", "berth.toml:2: oidc.issuer: expected an https:// address"),
        ("[proxy]\naudience = 'x'", "berth.toml:2: proxy.audience: proxy.issuer is not set"),
        ("[tls]\ncert = 'x'", "berth.toml:2: tls.cert: tls.key is not set"),
        ("[turnstile]\nsecret_file = 'none'", "berth.toml:2: turnstile.secret_file: none: No such file"),
        ("[sign_in]\npasswords = 'maybe'", "berth.toml:2: sign_in.passwords: expected true or false"),
        ("allowed_people = ['example.org']", "berth.toml:1: allowed_people: expected an email or a domain"),
    ] {
        assert!(wrong(text).starts_with(told), "{}", wrong(text));
    }
    assert_eq!(
        wrong("allowed_origins = 'x'"),
        "berth.toml:1: allowed_origins: expected an array of strings, found a string"
    );
    assert!(wrong("allowed_origins = ['null']").starts_with("berth.toml:1: allowed_origins: expected an origin"));
    assert!(wrong("allowed_origins = ['*']").starts_with("berth.toml:1: allowed_origins: expected an origin"));
    assert_eq!(wrong("[limits]\nmemory = '1KiB'"), "berth.toml:2: limits.memory: 1KiB is too little; at least 32MiB");
    assert_eq!(wrong("[limits]\npids = -5"), "berth.toml:2: limits.pids: expected a whole number, found `-5`");
    assert!(wrong("listen = 'a'\nlog = = 2\n").starts_with("berth.toml:2: "));
    assert!(wrong("listen = '127.0.0.1:1'\nlisten = '127.0.0.1:2'\n").starts_with("berth.toml:2: "));
    let secret = Place::new().variable("BERTH_DATABASE_URL", "mysql://u:hunter2@h/d").refusal(&[]);
    assert!(
        secret.starts_with("BERTH_DATABASE_URL: database_url: expected sqlite://") && !secret.contains("hunter2"),
        "{secret}"
    );
}

#[test]
fn the_waitlist_is_closed_until_it_is_opened_and_turnstile_takes_both_of_its_keys() {
    let closed = Place::new().load(&[]).expect("good").waitlist;
    assert_eq!(closed, Waitlist::default());
    assert!(!closed.is_open);
    let place = Place::new().file("secret", "hunter2\n");
    let keys = ["--waitlist-open", "true", "--turnstile-site-key", "0x4AAA", "--turnstile-secret-file", "secret"];
    let open = place.load(&keys).expect("good").waitlist;
    let turnstile = open.turnstile.expect("configured");
    assert!(open.is_open && turnstile.secret.reveal() == "hunter2");
    assert_eq!(turnstile.verify_url, "https://challenges.cloudflare.com/turnstile/v0/siteverify");
    let elsewhere = [&keys[..], &["--turnstile-verify-url", "http://127.0.0.1:9/verify"]].concat();
    let turnstile = place.load(&elsewhere).expect("good").waitlist.turnstile.expect("configured");
    assert_eq!(turnstile.verify_url, "http://127.0.0.1:9/verify");
    for (flags, told) in [
        (&keys[..4], "--turnstile-site-key: turnstile.site_key: turnstile.secret_file is not set"),
        (&keys[4..], "--turnstile-secret-file: turnstile.secret_file: turnstile.site_key is not set"),
        (&elsewhere[6..], "--turnstile-verify-url: turnstile.verify_url: turnstile.site_key is not set"),
    ] {
        assert_eq!(place.refusal(flags), told);
    }
    assert!(place.refusal(&["--waitlist-open", "maybe"]).contains("expected true or false"));
    assert!(place.refusal(&["--turnstile-verify-url", "http://elsewhere.example"]).contains("expected an https://"));
}

#[test]
fn what_runs_sessions_is_chosen_by_itself_until_somebody_chooses() {
    let config = Place::new().load(&[]).expect("good");
    assert_eq!(config.runtime, RuntimeChoice::Auto);
    assert_eq!(config.docker, Docker { url: None, image: "berth/session:latest".into(), tls: None, pull: false });
    let flags = ["--runtime", "docker", "--docker-url", "tcp://10.0.0.1:2376", "--docker-pull", "true"];
    let tls = ["--docker-tls-ca", "ca.pem", "--docker-tls-cert", "cert.pem", "--docker-tls-key", "/key.pem"];
    let place = Place::new();
    let config = place.load(&[&flags[..], &tls].concat()).expect("good");
    assert_eq!((config.runtime, config.docker.pull), (RuntimeChoice::Docker, true));
    let files = config.docker.tls.expect("configured");
    let here = place.directory.path();
    assert_eq!(
        (files.authority, files.certificate, files.key),
        (here.join("ca.pem"), here.join("cert.pem"), "/key.pem".into())
    );
    for (flags, told) in [
        (&["--runtime", "podman"][..], "--runtime: runtime: expected auto, embedded or docker, found `podman`"),
        (
            &["--docker-url", "/var/run/docker.sock"],
            "--docker-url: docker.url: expected unix:///PATH or tcp://HOST:PORT",
        ),
        (&["--docker-url", "unix://docker.sock"], "--docker-url: docker.url: expected unix:///PATH"),
        (&tls, "--docker-tls-ca: docker.tls_ca: TLS is for a docker.url that begins with tcp://"),
        (&tls[..4], "--docker-tls-ca: docker.tls_ca: docker.tls_key is not set"),
        (&tls[4..], "--docker-tls-key: docker.tls_key: docker.tls_ca and docker.tls_cert are not set"),
        (&["--docker-image", " "], "--docker-image: docker.image: it is empty"),
        (&["--docker-pull", "maybe"], "--docker-pull: docker.pull: expected true or false"),
    ] {
        let refusal = place.refusal(flags);
        assert!(refusal.starts_with(told), "{refusal}");
    }
}

#[test]
fn the_data_directory_is_the_systems_for_root_and_the_persons_otherwise() {
    let root = Place { is_root: true, ..Place::new() };
    assert_eq!(root.load(&[]).expect("good").data_dir, PathBuf::from("/var/lib/berth"));
    let person = Place::new().variable("HOME", "/home/person");
    assert_eq!(person.load(&[]).expect("good").data_dir, PathBuf::from("/home/person/.local/share/berth"));
    let person = person.variable("XDG_DATA_HOME", "/data");
    let config = person.load(&[]).expect("good");
    assert_eq!(
        (config.data_dir, config.database_url.as_str()),
        ("/data/berth".into(), "sqlite:///data/berth/berth.db")
    );
}

#[test]
fn variables_of_a_terminal_inside_a_container_are_left_alone() {
    let inside = Place::new()
        .variable("BERTH_SESSION", "abcdefghij01")
        .variable("BERTH_TERMINAL", "1")
        .variable("BERTH_LOG", "");
    assert!(inside.load(&[]).is_ok());
}
