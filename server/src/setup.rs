//! The setup wizard: what each step asks, whether an answer will do, and what is done with them all.
//!
//! Before there is an administrator it obeys whoever has the setup token, later administrators. Its pages are in
//! `http`; what it decides is kept by [`crate::settings`].

mod answers;
mod check;
mod configure;

pub use check::{check, check_places};
pub use configure::{Refusal, configure};

use std::num::NonZeroU32;

use app::model::setup::SetupAnswers;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::Mutex;

use crate::app::App;
use crate::settings::Settings;

/// Runs of the wizard a minute, everybody's together.
const RUNS_A_MINUTE: NonZeroU32 = NonZeroU32::new(5).unwrap();

/// The wizard's steps.
const FIRST_STEP: u8 = 1;
/// The first of an administrator, whom the two before it made.
const FIRST_STEP_AGAIN: u8 = 3;
pub const LAST_STEP: u8 = 5;

/// Where a run begins: the server's first, or another.
#[must_use]
pub fn first_step(is_first: bool) -> u8 {
    if is_first { FIRST_STEP } else { FIRST_STEP_AGAIN }
}

/// What keeps two runs from each other.
#[derive(Debug)]
pub struct Wizard {
    running: Mutex<()>,
    runs: DefaultDirectRateLimiter,
}

impl Default for Wizard {
    fn default() -> Self {
        Self { running: Mutex::new(()), runs: RateLimiter::direct(Quota::per_minute(RUNS_A_MINUTE)) }
    }
}

impl Wizard {
    /// Counts one run; answers how long to wait instead when there were too many.
    fn count(&self) -> Option<std::time::Duration> {
        self.runs.check().err().map(|until| until.wait_time_from(DefaultClock::default().now()))
    }
}

/// Whom the wizard obeys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setter {
    /// Whoever has the setup token.
    First,
    /// An administrator who runs it again.
    Admin(app::backend::Actor),
}

/// The wizard's answers as they are now, for a run from `origin`, the address of the page.
#[must_use]
pub fn prefill(app: &App, origin: Option<String>) -> SetupAnswers {
    answers::of_settings(&app.settings.current(), origin)
}

/// Where the provider is to send people back to, by these answers.
#[must_use]
pub fn redirect_address(app: &App, answers: &SetupAnswers) -> String {
    let settings = app.settings.current();
    let typed = answers.public_url.trim().trim_end_matches('/');
    if typed.is_empty() { address(app, &settings) } else { typed.to_owned() }
}

fn address(app: &App, settings: &Settings) -> String {
    settings.address_for_people(app.config.listen)
}
