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
//! server killed at any line goes on from the row when it is started again ([`reconcile`]). What does not fit between
//! rows and containers while it runs is mended when an administrator asks ([`mend`]).
//!
//! Not here: routes and their errors (`http`), terminal sockets (`terminal`), containers (`runtime`).

mod context;
pub mod guest;
pub(crate) mod inventory;
mod mend;
mod oversight;
mod owner;
mod reconcile;
mod registry;
mod service;
mod stage;

pub use service::SessionService;
