//! `cargo xtask test`: every check there is, in order. A step that fails hides no later one that could still run.

pub mod counts;
mod fuzz;
mod step;

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Args;

use crate::progress::{Progress, seconds};
use crate::setup;
use crate::workspace::Workspace;

use counts::Counts;
use step::Step;

#[derive(Args)]
pub struct Options {
    /// Run these steps only, and those they need
    #[arg(long, value_name = "STEP", num_args = 1.., value_delimiter = ',')]
    only: Vec<Step>,
}

/// How a step went.
struct Outcome {
    step: Step,
    took: Duration,
    counts: Counts,
    note: String,
}

pub fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let steps = choose(&options.only);
    let items: Vec<_> =
        steps.iter().flat_map(|step| step.setup()).copied().collect::<BTreeSet<_>>().into_iter().collect();
    let mut progress = Progress::new(items.len() + steps.len());
    if let Err(error) = setup::run(workspace, &items, &mut progress) {
        eprintln!("\nerror: {error:#}");
        println!("{}", Counts::failure().totals());
        return Ok(ExitCode::FAILURE);
    }
    let mut outcomes: Vec<Outcome> = Vec::new();
    for step in steps {
        let begun = progress.announce(step.title());
        let failed_need =
            step.needs().iter().find(|need| outcomes.iter().any(|o| o.step == **need && o.counts.failed > 0));
        let (counts, note) = match failed_need {
            Some(need) => (Counts::failure(), format!("not run, because “{}” failed", need.title())),
            None => match step.run(workspace) {
                Ok(counts) => (counts, String::new()),
                Err(error) => (Counts::failure(), format!("{error:#}")),
            },
        };
        if !note.is_empty() {
            eprintln!("      {note}");
        }
        let took = begun.elapsed();
        eprintln!("      {counts} ({})", seconds(took));
        outcomes.push(Outcome { step, took, counts, note });
    }
    Ok(report(&outcomes, progress.elapsed()))
}

/// The steps asked for and those they need, in order; all, when none is asked for.
fn choose(only: &[Step]) -> BTreeSet<Step> {
    if only.is_empty() {
        return Step::ALL.iter().copied().collect();
    }
    let mut chosen: BTreeSet<Step> = only.iter().copied().collect();
    for step in only {
        chosen.extend(step.needs());
    }
    chosen
}

/// Prints how each step went and, last, the totals.
fn report(outcomes: &[Outcome], took: Duration) -> ExitCode {
    println!();
    let mut total = Counts::default();
    for Outcome { step, took, counts, note } in outcomes {
        let first_line = note.lines().next().unwrap_or_default();
        println!("{:<44} {:>13}  {counts} {first_line}", step.title(), seconds(*took));
        total += *counts;
    }
    println!("{:<44} {:>13}", "in all", seconds(took));
    println!("{}", total.totals());
    if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_step_brings_those_it_needs_and_keeps_the_order() {
        let chosen: Vec<Step> = choose(&[Step::Browser, Step::Fmt]).into_iter().collect();
        assert_eq!(chosen, [Step::Fmt, Step::Guest, Step::Site, Step::Browser]);
        assert_eq!(choose(&[]).len(), Step::ALL.len());
    }

    #[test]
    fn every_need_comes_before_what_needs_it() {
        for step in Step::ALL {
            assert!(step.needs().iter().all(|need| need < step), "{step:?}");
        }
    }
}
