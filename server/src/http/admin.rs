//! Administrators' pages: sessions, the runtime, people, and the audit log.

mod audit;
mod people;
mod runtime;
mod sessions;
mod waiting;

use ::app::model::error::ApiError;
use ::app::model::preferences::Preferences;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension};
use axum::http::StatusCode;
use axum::response::Response;
use maud::Markup;

use super::plain::{self, MAX_FORM};
use super::setup;
use crate::app::App;

const PEOPLE: &str = "/admin";
const SESSIONS: &str = "/admin/sessions";
const RUNTIME: &str = "/admin/runtime";
const AUDIT: &str = "/admin/audit";

/// Where administrators may go, besides their own account.
pub(super) const LINKS: &[(&str, &str)] =
    &[("Sessions", SESSIONS), ("Runtime", RUNTIME), ("People", PEOPLE), ("Audit log", AUDIT), ("Setup", setup::PATH)];

pub(super) fn router() -> Router<App> {
    people::router()
        .merge(sessions::router())
        .merge(runtime::router())
        .merge(audit::router())
        .layer(DefaultBodyLimit::max(MAX_FORM))
}

/// A page for administrators, in its reader's colours.
fn page(title: &str, preferences: Option<Extension<Preferences>>, body: &Markup) -> Response {
    let preferences = preferences.map(|Extension(preferences)| preferences).unwrap_or_default();
    plain::settings(title, &preferences, &[LINKS, &[("Account", "/account")]].concat(), body)
}

/// The status of a page that says why it did not do what it was asked.
fn refusal(mut page: Response, error: &ApiError) -> Response {
    *page.status_mut() = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    page
}

/// Bytes as people read them: at most one digit after the point.
fn size(bytes: u64) -> String {
    const GIGABYTE: u64 = 1_000_000_000;
    if bytes >= GIGABYTE && bytes.is_multiple_of(GIGABYTE) {
        return format!("{} GB", bytes / GIGABYTE);
    }
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let power = (0..UNITS.len() - 1).find(|power| bytes >> (10 * power) < 1024).unwrap_or(UNITS.len() - 1);
    let tenths = (u128::from(bytes) * 10) >> (10 * power);
    match (tenths / 10, tenths % 10) {
        (whole, 0) => format!("{whole} {}", UNITS[power]),
        (whole, _) if whole >= 100 => format!("{whole} {}", UNITS[power]),
        (whole, tenth) => format!("{whole}.{tenth} {}", UNITS[power]),
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_told_as_people_read_them() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1 KiB"),
            (1536, "1.5 KiB"),
            (3 << 30, "3 GiB"),
            (4_000_000_000, "4 GB"),
            (412 * (1 << 20) + (1 << 19), "412 MiB"),
            (u64::MAX, "16777215 TiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }
}
