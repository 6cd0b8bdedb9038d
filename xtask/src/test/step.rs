//! The steps of `cargo xtask test`: what each needs and what it runs.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::process;
use crate::setup::{self, Item};
use crate::test::counts::Counts;
use crate::test::fuzz;
use crate::workspace::{WASM_TARGET, Workspace, musl_target};
use crate::{guest, lint, site};

/// In the order in which they run: what is quick to fail comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Step {
    /// rustfmt
    Fmt,
    /// The rules that `cargo xtask lint` knows
    Lint,
    /// clippy for what runs on the host
    Clippy,
    /// clippy for what runs in a container
    ClippyGuest,
    /// clippy for what runs in the browser
    ClippyWasm,
    /// The guest's build
    Guest,
    /// Unit and integration tests, and the drivers' conformance suite on this kernel
    Native,
    /// The examples in the documentation
    Doc,
    /// A minute of each fuzz target
    Fuzz,
    /// Tests that run in a browser by themselves
    Wasm,
    /// The release build of server and page
    Site,
    /// Playwright against the real product
    Browser,
}

impl Step {
    pub const ALL: &[Self] = &[
        Self::Fmt,
        Self::Lint,
        Self::Clippy,
        Self::ClippyGuest,
        Self::ClippyWasm,
        Self::Guest,
        Self::Native,
        Self::Doc,
        Self::Fuzz,
        Self::Wasm,
        Self::Site,
        Self::Browser,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::Fmt => "rustfmt",
            Self::Lint => "xtask lint",
            Self::Clippy => "clippy, server",
            Self::ClippyGuest => "clippy, guest",
            Self::ClippyWasm => "clippy, wasm32",
            Self::Guest => "build of the guest",
            Self::Native => "unit, integration and conformance tests",
            Self::Doc => "documentation tests",
            Self::Fuzz => "fuzzing of the screen",
            Self::Wasm => "wasm tests",
            Self::Site => "release build of server and page",
            Self::Browser => "Playwright, desktop and phone",
        }
    }

    /// The steps without which this one can't run.
    pub fn needs(self) -> &'static [Self] {
        match self {
            Self::Native => &[Self::Guest],
            Self::Browser => &[Self::Guest, Self::Site],
            _ => &[],
        }
    }

    pub fn setup(self) -> &'static [Item] {
        match self {
            Self::Fmt => &[Item::Components],
            Self::Lint => &[],
            Self::Clippy => &[Item::System, Item::Components],
            Self::ClippyGuest | Self::ClippyWasm => &[Item::System, Item::Components, Item::Targets],
            Self::Guest => &[Item::System, Item::Targets],
            Self::Native => &[Item::System, Item::TestSystem, Item::Nextest],
            Self::Doc => &[Item::System],
            Self::Fuzz => &[Item::System, Item::CargoFuzz],
            Self::Wasm => &[Item::System, Item::TestSystem, Item::Targets, Item::WasmBindgen],
            Self::Site => setup::SERVE,
            Self::Browser => &[Item::TestSystem, Item::Npm],
        }
    }

    /// Runs the step. An error is one failure.
    pub fn run(self, workspace: &Workspace) -> Result<Counts> {
        match self {
            Self::Fmt => check(workspace, &["fmt", "--all", "--check"]),
            Self::Lint => match lint::check(workspace)? {
                0 => Ok(Counts::success()),
                _ => Ok(Counts::failure()),
            },
            Self::Clippy => {
                let others = ["--exclude", FRONTEND, "--exclude", GUEST];
                clippy(workspace, &[&["--workspace"], &others[..]].concat())
            }
            Self::ClippyGuest => clippy(workspace, &["--package", GUEST, "--target", &musl_target()]),
            Self::ClippyWasm => clippy(workspace, &[&["--package", FRONTEND][..], PAGE].concat()),
            Self::Guest => guest::build(workspace).map(|_| Counts::success()),
            Self::Native => native(workspace),
            Self::Doc => {
                let mut command = workspace.cargo();
                command.args(["test", "--doc", "--workspace", "--exclude", FRONTEND]);
                let kept = process::run_and_keep(&mut command)?;
                Ok(Counts::of_libtest(&kept.text).checked(kept.success))
            }
            Self::Fuzz => fuzz::run(workspace),
            Self::Wasm => wasm(workspace),
            Self::Site => site::build(workspace).map(|_| Counts::success()),
            Self::Browser => browser(workspace),
        }
    }
}

const FRONTEND: &str = "berth-frontend";
const GUEST: &str = "berth-guest";
/// The shared crate as the browser runs it.
const PAGE: &[&str] = &["--package", "berth-app", "--features", "berth-app/hydrate", "--target", WASM_TARGET];
/// Where Playwright is told to put its report.
const REPORT: &str = "end2end/results/report.json";

fn check(workspace: &Workspace, arguments: &[&str]) -> Result<Counts> {
    process::run(workspace.cargo().args(arguments)).map(|()| Counts::success())
}

fn clippy(workspace: &Workspace, what: &[&str]) -> Result<Counts> {
    check(workspace, &[&["clippy", "--all-targets"], what, &["--", "-D", "warnings"]].concat())
}

/// Containers that get all they should have want root, so that is who runs the tests.
fn native(workspace: &Workspace) -> Result<Counts> {
    let mut command = workspace.cargo();
    command.args(["nextest", "run", "--workspace", "--exclude", FRONTEND, "--no-fail-fast", "--retries", "1"]);
    command.env("BERTH_GUEST", guest_binary(workspace));
    // A server of a test's must not find an engine of this host's.
    command.env("BERTH_RUNTIME", "embedded");
    if !setup::is_root() {
        if workspace.which(&["sudo"]).is_none() {
            bail!(
                "these tests start containers, which takes root here; run `cargo xtask test` as root or install sudo"
            );
        }
        eprintln!("      as root through sudo, because containers are started");
        let host = std::env::consts::ARCH.to_uppercase();
        command.env(format!("CARGO_TARGET_{host}_UNKNOWN_LINUX_GNU_RUNNER"), "sudo --preserve-env");
    }
    let kept = process::run_and_keep(&mut command)?;
    let counts = Counts::of_nextest(&kept.text).context("nextest ran no tests")?;
    Ok(counts.checked(kept.success))
}

fn wasm(workspace: &Workspace) -> Result<Counts> {
    let driver = setup::browser_driver(workspace).context("there is no ChromeDriver")?;
    let capabilities = workspace.notes()?.join("webdriver.json");
    let browser = setup::browser(workspace).context("there is no Chromium")?;
    let text = serde_json::json!({ "goog:chromeOptions": { "binary": browser, "args": BROWSER_ARGUMENTS } });
    fs::write(&capabilities, text.to_string()).with_context(|| format!("can't write {}", capabilities.display()))?;
    let mut command = workspace.cargo();
    command
        .args(["test", "--lib", "--tests", "--no-fail-fast"])
        .args(PAGE)
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner")
        .env("CHROMEDRIVER", driver)
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", capabilities);
    let kept = process::run_and_keep(&mut command)?;
    Ok(Counts::of_libtest(&kept.text).checked(kept.success))
}

/// Root, who runs CI, can't have Chromium's sandbox; the rest keeps it from calling out.
const BROWSER_ARGUMENTS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
];

fn browser(workspace: &Workspace) -> Result<Counts> {
    let site = site::build(workspace)?;
    let report = workspace.file(REPORT);
    if report.exists() {
        fs::remove_file(&report)?;
    }
    let mut command: Command = workspace.command("playwright");
    command.args(["test", "--config", "end2end"]).envs(site.variables());
    command.env("E2E_SERVER", &site.server).env("BERTH_GUEST", guest_binary(workspace));
    if let Some(browser) = setup::browser(workspace) {
        command.env("CHROMIUM", browser);
    }
    let kept = process::run_and_keep(&mut command)?;
    let report = fs::read_to_string(&report).context("Playwright left no report")?;
    Ok(Counts::of_playwright(&report)?.checked(kept.success))
}

/// Where the guest's build puts it beside the server for release.
fn guest_binary(workspace: &Workspace) -> PathBuf {
    workspace.target.join("release").join(GUEST)
}
