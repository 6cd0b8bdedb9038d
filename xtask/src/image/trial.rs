//! Trying an image: a container of it with the guest as its init, in which every tool runs as a session's shell would
//! run it. The container has no network, so nothing passes that only works by downloading the rest of itself.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use super::engine::Engine;
use super::tools::{Package, Tool, Tools};
use super::variant::Variant;
use crate::lint::pins::Pins;
use crate::process;
use crate::progress::seconds;
use crate::test::counts::Counts;
use crate::workspace::Workspace;

/// How long one command may take, seconds: the slowest takes a few on a busy machine.
const LIMIT: u32 = 60;

/// The environment that the guest starts a login shell with.
const ENVIRONMENT: &[&str] = &[
    "HOME=/home/user",
    "LANG=C.UTF-8",
    "LOGNAME=user",
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "SHELL=/bin/bash",
    "TERM=xterm-256color",
    "USER=user",
];

/// What must hold besides, each with the commands that tell.
const CHECKS: &[(&str, &str)] = &[
    ("the user is 1000 of group 1000", r#"[ "$(id --user):$(id --group):$(id --name --user)" = 1000:1000:user ]"#),
    ("the workspace is the user's", "touch ~/workspace/file && rm ~/workspace/file"),
    ("text is UTF-8", r#"letter=ä; [ "${#letter}" = 1 ]"#),
    ("there are authorities to trust", "[ -s /etc/ssl/certs/ca-certificates.crt ]"),
    ("nobody else's authorities are left", "[ ! -e /tmp/authorities ]"),
    ("the agents are not the user's to change", "! [ -w /opt/agents ] && ! [ -w /opt/agents/node_modules ]"),
    ("npm puts global packages into home", r#"[ "$(npm prefix --global)" = "$HOME/.local" ]"#),
    ("what is in ~/.local/bin comes first", r#"[ "${PATH%%:*}" = "$HOME/.local/bin" ]"#),
    ("Python makes environments", "python3 -m venv /tmp/environment && /tmp/environment/bin/pip --version"),
    (
        "the compile cache is read",
        "NODE_DEBUG_NATIVE=COMPILE_CACHE gemini --version 2>&1 | grep --max-count=1 'was accepted'",
    ),
];

pub fn run(workspace: &Workspace, engine: &Engine, image: &str, tools: &Tools, variant: Variant) -> Result<Counts> {
    let pins = Pins::read(workspace)?;
    let container = Container::start(workspace, engine, image)?;
    let mut counts = Counts::default();
    for tool in &tools.0 {
        let package = tool.package(variant);
        if *package == Package::None {
            eprintln!("      -     {}: {variant} has no package of it", tool.name);
            continue;
        }
        let begun = Instant::now();
        let result = container.run(&tool.command).and_then(|said| version(tool, package, &pins, &said));
        counts += tell(&tool.name, result, begun);
    }
    for (what, command) in CHECKS {
        let begun = Instant::now();
        counts += tell(what, container.run(command).map(|_| String::new()), begun);
    }
    let begun = Instant::now();
    counts += tell("the guest is init and answers", container.ask_guest(), begun);
    container.remove()?;
    Ok(counts)
}

fn tell(what: &str, result: Result<String>, begun: Instant) -> Counts {
    let took = seconds(begun.elapsed());
    match result {
        Ok(version) => {
            eprintln!("      ok    {what}{}{version} ({took})", if version.is_empty() { "" } else { ": " });
            Counts::success()
        }
        Err(error) => {
            eprintln!("      FAIL  {what}: {error:#}");
            Counts::failure()
        }
    }
}

/// The line with the version in what a tool said; of npm's it has to be the pinned one.
fn version(tool: &Tool, package: &Package, pins: &Pins, said: &str) -> Result<String> {
    let wanted = match package {
        Package::Npm(name) => Some(pins.version(name).with_context(|| format!("{name} is not pinned"))?),
        Package::System(_) | Package::None => None,
    };
    let has_it = |line: &&str| match wanted {
        Some(version) => line.contains(version),
        None => line.chars().any(|c| c.is_ascii_digit()),
    };
    let line = said.lines().map(str::trim).find(has_it);
    let line = line.with_context(|| {
        format!("`{}` said nothing of version {}: {said:?}", tool.command, wanted.unwrap_or("whatever"))
    })?;
    Ok(line.to_owned())
}

/// The guest in the image.
const GUEST: &str = "/usr/local/libexec/berth-guest";
/// Where the guest's configuration and socket are.
const GUEST_DIRECTORY: &str = "/run/berth";
/// Nobody else comes near this guest: its socket is root's, in a container without a network.
const GUEST_TOKEN: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
/// What the guest as root needs, as the drivers give it.
const CAPABILITIES: &[&str] = &["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID"];
/// How often and how many seconds apart `curl` asks for a guest that does not listen yet.
const ASKING: &[&str] = &["--retry", "20", "--retry-delay", "1", "--retry-all-errors"];

/// A container as a session has it. It goes with this, at the latest.
struct Container<'a> {
    engine: &'a Engine,
    id: Option<String>,
}

impl<'a> Container<'a> {
    fn start(workspace: &Workspace, engine: &'a Engine, image: &str) -> Result<Self> {
        let mut command = engine.command();
        command.args(["create", "--network", "none", "--user", "0:0", "--cap-drop", "ALL"]);
        command.args(CAPABILITIES.iter().flat_map(|name| ["--cap-add", name]));
        command.args(["--security-opt", "no-new-privileges", "--volume", "/home/user"]);
        command.args(["--entrypoint", GUEST, image, &format!("{GUEST_DIRECTORY}/guest.json")]);
        let id = process::output(&mut command)?.trim().to_owned();
        let container = Self { engine, id: Some(id.clone()) };
        // Copied and not mounted, because the engine may be on another host.
        let directory = workspace.notes()?.join("guest");
        fs::create_dir_all(&directory).with_context(|| format!("can't make {}", directory.display()))?;
        let file = directory.join("guest.json");
        fs::write(&file, configuration()).with_context(|| format!("can't write {}", file.display()))?;
        process::output(engine.command().arg("cp").arg(&directory).arg(format!("{id}:{GUEST_DIRECTORY}")))?;
        process::output(engine.command().args(["start", &id]))?;
        Ok(container)
    }

    /// How the guest says it is, if it is the container's first process.
    fn ask_guest(&self) -> Result<String> {
        let mut exec = self.engine.command();
        exec.args(["exec", "--user", "0:0"]).args(&self.id).args(["curl", "--silent", "--show-error", "--fail"]);
        exec.args(ASKING).args(["--unix-socket", &format!("{GUEST_DIRECTORY}/guest.sock")]);
        exec.args(["--header", &format!("Authorization: Bearer {GUEST_TOKEN}"), "http://guest/health"]);
        let health = process::output(&mut exec)?;
        let read: serde_json::Value = serde_json::from_str(&health).with_context(|| format!("it said {health:?}"))?;
        if read["pid"] != 1 {
            bail!("it is not init: {health}");
        }
        Ok(health)
    }

    /// What a login shell of user 1000 prints when it runs this; its errors too, where `ssh` tells its version.
    fn run(&self, command: &str) -> Result<String> {
        let mut exec = self.engine.command();
        exec.args(["exec", "--user", "1000:1000", "--workdir", "/home/user/workspace"]).args(&self.id);
        exec.args(["/usr/bin/env", "-i"]).args(ENVIRONMENT).args(["timeout", &LIMIT.to_string()]);
        exec.args(["/bin/bash", "-lc", &format!("{{ {command}\n}} 2>&1")]).stdin(Stdio::null());
        let output = exec.output().with_context(|| format!("can't run {}", process::line(&exec)))?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            let engine = String::from_utf8_lossy(&output.stderr);
            bail!("`{command}` failed: {}\n{said}{engine}", output.status);
        }
        Ok(said)
    }

    fn remove(mut self) -> Result<()> {
        self.id.take().map_or(Ok(()), |id| process::output(&mut removal(self.engine, &id)).map(drop))
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id.take()
            && let Err(error) = process::output(&mut removal(self.engine, &id))
        {
            eprintln!("      the container {id} is left: {error:#}");
        }
    }
}

/// The guest's configuration, as the protocol's `guest::Config` has it.
fn configuration() -> String {
    serde_json::json!({
        "session": "imagetrial00",
        "token": GUEST_TOKEN,
        "listen": { "unix": format!("{GUEST_DIRECTORY}/guest.sock") },
        "user": { "uid": 1000, "gid": 1000 },
        "directory": "/home/user/workspace",
        "home": "/home/user",
        "shell": "/bin/bash",
        "env": {},
    })
    .to_string()
}

fn removal(engine: &Engine, id: &str) -> Command {
    let mut command = engine.command();
    command.args(["rm", "--force", "--volumes", id]);
    command
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_version_is_the_first_line_with_a_number_or_the_pinned_one() {
        let pins = Pins::parse(r#"{"dependencies": {"a": "1.2.3"}}"#).unwrap();
        let tools = Tools::parse("a npm:a a a --version").unwrap();
        let tool = &tools.0[0];
        let npm = Package::Npm("a".to_owned());
        assert_eq!(version(tool, &npm, &pins, "Hello\na v1.2.3\n").unwrap(), "a v1.2.3");
        assert!(version(tool, &npm, &pins, "a v1.2.4\n").is_err());
        let system = Package::System("a".to_owned());
        assert_eq!(version(tool, &system, &pins, "a\nby b\n  version 9 \n").unwrap(), "version 9");
        assert!(version(tool, &system, &pins, "").is_err());
    }
}
