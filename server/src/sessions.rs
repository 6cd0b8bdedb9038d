//! Sessions: their state machine, the task that owns each, and what a restart of the server finds.
//!
//! ```text
//!                 start                    stages done
//!   created ─────────────▶ starting(stage) ────────────▶ running
//!      ▲                    │  ▲        │                  │  │
//!   create            stop  │  │ start  │ stage fails      │  │ container ends by itself
//!                           ▼  │        ▼                  │  ▼
//!                      stopping│◀─────── │ ◀── stop ───────┘ failed(cause) ── start ──▶ starting
//!                           │  │        └────────────────▶ failed(cause)
//!                           ▼  │
//!                         stopped
//!
//!   any ── delete ──▶ deleting ──▶ (no row)
//! ```
//!
//! Each transition is in the database before its effect begins, and each effect may be repeated, so a
//! server killed at any line goes on from the row when it is started again ([`reconcile`]). Running sessions are
//! looked at every few seconds ([`pulse`]); one in which nothing happens is stopped ([`idle`]). What does not fit between
//! rows and containers while it runs is mended when an administrator asks ([`mend`]).
//!
//! Not here: routes and their errors (`http`), terminal sockets (`terminal`), containers (`runtime`).

pub mod agents;
mod context;
mod creation;
pub mod guest;
mod idle;
pub(crate) mod inventory;
mod mend;
mod oversight;
mod owner;
mod presets;
mod pulse;
mod reconcile;
mod registry;
pub mod rules;
mod service;
mod stage;
mod typed;

pub use service::SessionService;
