//! What was measured, against what was demanded: the table on stdout and the JSON file.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;
use serde_json::json;

use crate::machine::Machine;

/// What a value must keep to.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(tag = "kind", content = "bound", rename_all = "snake_case")]
pub enum Limit {
    /// Less than this many of the row's unit.
    Below(f64),
    /// At most this many of the row's unit.
    AtMost(f64),
    /// At least this many of the row's unit.
    AtLeast(f64),
    /// At most so many times the floor.
    AtMostFloors(f64),
    /// At least so many times the floor.
    AtLeastFloors(f64),
}

/// One measured value.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// The benchmark's name, as `--only` takes it.
    pub benchmark: &'static str,
    /// What of it, such as `p50`.
    pub measure: String,
    pub value: f64,
    pub unit: &'static str,
    /// The same of the bare PTY, measured in the same minutes.
    pub floor: Option<f64>,
    pub limit: Option<Limit>,
    pub samples: usize,
    /// What else is worth knowing.
    pub note: String,
}

impl Row {
    /// A row without floor, limit or note.
    pub fn new(benchmark: &'static str, measure: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self {
            benchmark,
            measure: measure.into(),
            value,
            unit,
            floor: None,
            limit: None,
            samples: 1,
            note: String::new(),
        }
    }

    /// With the bare PTY's value.
    pub fn floor(mut self, floor: f64) -> Self {
        self.floor = Some(floor);
        self
    }

    /// With what it must keep to.
    pub fn limit(mut self, limit: Limit) -> Self {
        self.limit = Some(limit);
        self
    }

    /// From so many samples.
    pub fn samples(mut self, samples: usize) -> Self {
        self.samples = samples;
        self
    }

    /// With a remark.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// The value in floors.
    pub fn ratio(&self) -> Option<f64> {
        self.floor.filter(|floor| *floor > 0.0).map(|floor| self.value / floor)
    }

    /// Whether it keeps its limit; `None` without one. A limit in floors is missed without a floor.
    pub fn passed(&self) -> Option<bool> {
        let ratio = self.ratio();
        self.limit.map(|limit| match limit {
            Limit::Below(bound) => self.value < bound,
            Limit::AtMost(bound) => self.value <= bound,
            Limit::AtLeast(bound) => self.value >= bound,
            Limit::AtMostFloors(bound) => ratio.is_some_and(|ratio| ratio <= bound),
            Limit::AtLeastFloors(bound) => ratio.is_some_and(|ratio| ratio >= bound),
        })
    }

    fn cells(&self) -> [String; 8] {
        let unit = self.unit;
        let limit = match self.limit {
            None => "–".into(),
            Some(Limit::Below(bound)) => format!("< {} {unit}", number(bound)),
            Some(Limit::AtMost(bound)) => format!("≤ {} {unit}", number(bound)),
            Some(Limit::AtLeast(bound)) => format!("≥ {} {unit}", number(bound)),
            Some(Limit::AtMostFloors(bound)) => format!("≤ {bound} × floor"),
            Some(Limit::AtLeastFloors(bound)) => format!("≥ {bound} × floor"),
        };
        [
            self.benchmark.into(),
            self.measure.clone(),
            format!("{} {unit}", number(self.value)),
            self.floor.map_or("–".into(), |floor| format!("{} {unit}", number(floor))),
            self.ratio().map_or("–".into(), |ratio| format!("{ratio:.2}")),
            limit,
            match self.passed() {
                None => "",
                Some(true) => "PASS",
                Some(false) => "FAIL",
            }
            .into(),
            self.note.clone(),
        ]
    }
}

/// All that was measured in one run.
#[derive(Debug)]
pub struct Report {
    pub machine: Machine,
    /// How busy others kept it when a benchmark began, 0–1, at the worst.
    pub disturbance: f64,
    pub rows: Vec<Row>,
    /// Benchmarks that could not be measured, and why. Each counts as missed.
    pub errors: Vec<(&'static str, String)>,
}

impl Report {
    /// Whether everything was measured and every limit kept.
    pub fn passed(&self) -> bool {
        self.errors.is_empty() && self.rows.iter().all(|row| row.passed() != Some(false))
    }

    /// The table, in Markdown, so that it can go into the documentation as it is.
    pub fn table(&self) -> String {
        let heads = ["benchmark", "measure", "measured", "floor", "ratio", "limit", "", "note"].map(String::from);
        let rows: Vec<_> = self.rows.iter().map(Row::cells).collect();
        let mut widths = heads.each_ref().map(|head| head.chars().count());
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let mut table = String::new();
        let mut line = |cells: &[String; 8]| {
            for (cell, width) in cells.iter().zip(widths) {
                let _ = write!(table, "| {cell:<width$} ");
            }
            table.push_str("|\n");
        };
        line(&heads);
        line(&widths.map(|width| "-".repeat(width)));
        rows.iter().for_each(line);
        for (benchmark, error) in &self.errors {
            let _ = writeln!(table, "\n{benchmark} could not be measured: {error}");
        }
        table
    }

    /// Writes it as JSON.
    pub fn write(&self, path: &Path) -> Result<()> {
        let rows: Vec<_> = self
            .rows
            .iter()
            .map(|row| {
                let mut value = serde_json::to_value(row)?;
                value["ratio"] = json!(row.ratio());
                value["passed"] = json!(row.passed());
                Ok(value)
            })
            .collect::<Result<_>>()?;
        let errors: Vec<_> =
            self.errors.iter().map(|(name, error)| json!({"benchmark": name, "error": error})).collect();
        let whole = json!({"machine": self.machine, "disturbance": self.disturbance, "passed": self.passed(), "rows": rows, "errors": errors});
        std::fs::write(path, serde_json::to_string_pretty(&whole)? + "\n")
            .with_context(|| format!("can't write {}", path.display()))
    }
}

/// A number with three significant digits, or whole from 100 on.
fn number(value: f64) -> String {
    match value.abs() {
        whole if whole >= 100.0 || (whole - whole.round()).abs() < 1e-9 => format!("{value:.0}"),
        tens if tens >= 10.0 => format!("{value:.1}"),
        ones if ones >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_keeps_or_misses_its_limit() {
        let row = Row::new("echo", "p50", 220.0, "µs").floor(75.0);
        assert_eq!(row.passed(), None);
        assert_eq!(row.clone().limit(Limit::AtMostFloors(3.0)).passed(), Some(true));
        assert_eq!(row.clone().limit(Limit::AtMostFloors(2.9)).passed(), Some(false));
        assert_eq!(row.clone().limit(Limit::Below(220.0)).passed(), Some(false));
        assert_eq!(row.clone().limit(Limit::AtMost(220.0)).passed(), Some(true));
        assert_eq!(row.limit(Limit::AtLeast(221.0)).passed(), Some(false));
        let no_floor = Row::new("echo", "p50", 1.0, "µs").limit(Limit::AtMostFloors(3.0));
        assert_eq!(no_floor.passed(), Some(false), "without a floor nothing can be within it");
    }
}
