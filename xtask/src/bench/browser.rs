//! `cargo xtask bench --browser`: the page, measured in a browser by the scripts under `end2end/bench/`. They
//! write what they measured, a line of JSON each; this shows it.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::Options;
use crate::workspace::Workspace;
use crate::{setup, site};

const CONFIG: &str = "end2end/bench/playwright.config.ts";
const HEADS: [&str; 6] = ["benchmark", "measure", "measured", "limit", "", "note"];

#[derive(Deserialize, Serialize)]
struct Row {
    benchmark: String,
    measure: String,
    value: f64,
    unit: String,
    limit: Option<Limit>,
    #[serde(default)]
    samples: u32,
    #[serde(default)]
    note: String,
}

#[derive(Deserialize, Serialize)]
#[serde(tag = "kind", content = "bound", rename_all = "snake_case")]
enum Limit {
    Below(f64),
    AtLeast(f64),
}

impl Row {
    /// Whether it keeps its limit; none without one.
    fn passed(&self) -> Option<bool> {
        self.limit.as_ref().map(|limit| match limit {
            Limit::Below(bound) => self.value < *bound,
            Limit::AtLeast(bound) => self.value >= *bound,
        })
    }

    fn cells(&self) -> [String; 6] {
        let Self { benchmark, measure, value, unit, limit, note, .. } = self;
        let limit = match limit {
            None => "–".to_owned(),
            Some(Limit::Below(bound)) => format!("< {bound} {unit}"),
            Some(Limit::AtLeast(bound)) => format!("≥ {bound} {unit}"),
        };
        let verdict = match self.passed() {
            None => "",
            Some(true) => "PASS",
            Some(false) => "FAIL",
        };
        [benchmark.clone(), measure.clone(), format!("{value:.1} {unit}"), limit, verdict.to_owned(), note.clone()]
    }
}

/// Measures, and prints the table. Fails when a limit is missed or a script fails, unless told not to.
pub fn run(workspace: &Workspace, site: &site::Site, guest: &Path, options: &Options) -> Result<ExitCode> {
    let rows = workspace.notes()?.join("bench-browser.jsonl");
    fs::write(&rows, "").with_context(|| format!("can't write {}", rows.display()))?;
    let mut command = workspace.command("playwright");
    command.args(["test", "--config", CONFIG]).envs(site.variables());
    command.env("E2E_SERVER", &site.server).env("BERTH_GUEST", guest).env("BENCH_ROWS", &rows);
    if options.quick {
        command.env("BENCH_QUICK", "1");
    }
    if !options.only.is_empty() {
        command.args(["--grep", &format!("^.*\\b({})$", options.only.join("|"))]);
    }
    if let Some(browser) = setup::browser(workspace) {
        command.env("CHROMIUM", browser);
    }
    let ended_well = command.status().context("can't run playwright")?.success();
    let rows = read(&fs::read_to_string(&rows)?)?;
    println!("\n{}", table(&rows));
    if let Some(path) = &options.json {
        fs::write(std::path::absolute(path)?, serde_json::to_string_pretty(&rows)?)?;
    }
    let passed = ended_well && !rows.is_empty() && rows.iter().all(|row| row.passed() != Some(false));
    Ok(if passed || options.no_fail { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read(lines: &str) -> Result<Vec<Row>> {
    lines.lines().map(|line| serde_json::from_str(line).context("a benchmark wrote something else")).collect()
}

/// In Markdown, so that it can go into the documentation as it is.
fn table(rows: &[Row]) -> String {
    let line = |cells: [String; 6]| format!("| {} |\n", cells.join(" | "));
    let mut table = line(HEADS.map(str::to_owned));
    table.push_str("|---|---|---|---|---|---|\n");
    rows.iter().for_each(|row| table.push_str(&line(row.cells())));
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = concat!(
        r#"{"benchmark":"echo","measure":"p50","value":12.34,"unit":"ms","limit":{"kind":"below","bound":25}}"#,
        "\n",
        r#"{"benchmark":"six-floods","measure":"frames","value":12,"unit":"/s","limit":{"kind":"at_least","bound":30},"note":"busy"}"#,
        "\n",
        r#"{"benchmark":"echo","measure":"p99","value":90,"unit":"ms"}"#,
    );

    #[test]
    fn a_row_says_whether_its_limit_is_kept() {
        let rows = read(LINES).unwrap();
        assert_eq!(rows.iter().map(Row::passed).collect::<Vec<_>>(), [Some(true), Some(false), None]);
        let table = table(&rows);
        assert!(table.contains("| echo | p50 | 12.3 ms | < 25 ms | PASS |  |"), "{table}");
        assert!(table.contains("| six-floods | frames | 12.0 /s | ≥ 30 /s | FAIL | busy |"), "{table}");
        assert!(table.contains("| echo | p99 | 90.0 ms | – |  |  |"), "{table}");
    }

    #[test]
    fn what_is_no_row_is_an_error() {
        assert!(read("not json").is_err());
    }
}
