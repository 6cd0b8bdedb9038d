//! Who waits to be let in, on the page for administrators; its buttons send the form that the page's others do.

use ::app::model::waitlist::Waiting;
use maud::{Markup, html};

use super::people::FORM;
use crate::http::account::day;

/// How many are shown: those who have waited longest. The rest come up as these are answered.
const MOST_SHOWN: usize = 100;

pub(super) fn section(waitlist: &[Waiting]) -> Markup {
    html! {
        section class="card" aria-labelledby="waiting" {
            h2 id="waiting" { "Waiting" }
            @if waitlist.is_empty() {
                p class="quiet" { "Nobody. Whoever asks on the front page to be let in is listed here." }
            }
            ul class="rows" {
                @for waiting in waitlist.iter().take(MOST_SHOWN) { (row(waiting)) }
            }
            @if let Some(more @ 1..) = waitlist.len().checked_sub(MOST_SHOWN) {
                p class="quiet" { "And " (more) " who asked later." }
            }
        }
    }
}

fn row(waiting: &Waiting) -> Markup {
    html! {
        li class="row" {
            span class="row-text" {
                strong { (waiting.email) }
                br;
                small class="quiet" { "asked " (day(&waiting.asked_at)) }
            }
            form class="row-buttons" method="post" action=(FORM) {
                input type="hidden" name="email" value=(waiting.email);
                button class="button button-primary" type="submit" name="what" value="approve"
                    aria-label=(format!("Approve {}", waiting.email)) { "Approve" }
                button class="button" type="submit" name="what" value="dismiss"
                    aria-label=(format!("Dismiss {}", waiting.email)) { "Dismiss" }
            }
        }
    }
}
