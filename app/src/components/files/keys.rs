//! The list by keyboard.

use std::cell::RefCell;
use std::ops::Range;

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;

use super::explorer::{Ask, Explorer};
use super::list::row_id;
use crate::files::listing::MOST_ROWS;
use crate::files::says;
use crate::files::selection::Move;
use crate::files::type_ahead::{self, TypeAhead};
use crate::model::error::ApiError;
use crate::model::storage::MAX_PAGE;
use crate::time::now_ms;

/// Without a menu's button to stand at, it opens so far within its row, CSS pixels.
const WITHIN: f64 = 48.0;

/// How often rows are read whose names are wanted and which change meanwhile.
const MOST_READS: usize = 3;

thread_local! {
    static TYPED: RefCell<TypeAhead> = RefCell::default();
}

/// Does what a key on the list means; a page of it has `page` rows.
pub fn heard(explorer: Explorer, page: u32, event: &KeyboardEvent) {
    // Those of the buttons in the list's head are theirs.
    if event.is_composing() || event.target() != event.current_target() {
        return;
    }
    let main = event.ctrl_key() || event.meta_key();
    let key = event.key();
    let page = i64::from(page);
    let is_space = key == " " && !TYPED.with_borrow(|typed| typed.is_typing(now_ms()));
    let to = match key.as_str() {
        "ArrowDown" if !event.alt_key() => Some(Move::By(1)),
        "ArrowUp" if !event.alt_key() => Some(Move::By(-1)),
        "PageDown" => Some(Move::By(page)),
        "PageUp" => Some(Move::By(-page)),
        "Home" => Some(Move::First),
        "End" => Some(Move::Last),
        _ => None,
    };
    if let Some(to) = to {
        go(explorer, to, event.shift_key());
    } else if main && key.eq_ignore_ascii_case("a") && !event.shift_key() {
        select_all(explorer);
    } else if main {
        return;
    } else if is_space {
        toggle(explorer);
    } else {
        match key.as_str() {
            "Enter" => open(explorer),
            "Backspace" | "ArrowUp" => explorer.up(),
            "F2" => rename(explorer),
            "Delete" => {
                let chosen = explorer.chosen();
                if !chosen.is_empty() {
                    explorer.delete(&chosen);
                }
            }
            "Escape" if explorer.selection.with_untracked(|selection| !selection.is_empty()) => {
                explorer.selection.update(|selection| selection.clear());
                explorer.selecting.set(false);
            }
            "F10" if event.shift_key() => menu(explorer),
            "ContextMenu" => menu(explorer),
            letter if letter.chars().count() == 1 && !event.alt_key() => type_ahead(explorer, letter),
            _ => return,
        }
    }
    event.prevent_default();
    event.stop_propagation();
}

fn name_of(explorer: Explorer, row: u32) -> Option<String> {
    explorer.listing.with_untracked(|listing| listing.get(row).map(|entry| entry.name.clone()))
}

fn total(explorer: Explorer) -> u32 {
    explorer.listing.with_untracked(|listing| listing.total()).unwrap_or(0)
}

fn go(explorer: Explorer, to: Move, extends: bool) {
    let total = total(explorer);
    if total == 0 {
        return;
    }
    let row = explorer.selection.with_untracked(|selection| selection.towards(to, total));
    if extends {
        extend(explorer, row);
    } else {
        let name = name_of(explorer, row);
        explorer.selection.update(|selection| selection.go_to(row, name.as_deref()));
    }
}

/// Selects the range to `row`, whose names may have to be read first.
pub fn extend(explorer: Explorer, row: u32) {
    let range = explorer.selection.with_untracked(|selection| selection.range_to(row));
    let name = name_of(explorer, row);
    // Where the keyboard is shows at once.
    explorer.selection.update(|selection| selection.extend(row, name.as_deref(), []));
    with_names(explorer, range, move |names| {
        explorer.selection.update(|selection| {
            // Another key may have come meanwhile.
            if selection.cursor() == row {
                selection.extend(row, name.as_deref(), names);
            }
        });
    });
}

fn select_all(explorer: Explorer) {
    with_names(explorer, 0..total(explorer), move |names| {
        explorer.selection.update(|selection| selection.set(names));
    });
}

/// Gives the names of rows, once they are here.
fn with_names(explorer: Explorer, rows: Range<u32>, then: impl FnOnce(Vec<String>) + 'static) {
    if let Some(names) = explorer.listing.with_untracked(|listing| listing.names(rows.clone())) {
        then(names);
        return;
    }
    if rows.end - rows.start > MOST_ROWS {
        let why = format!("At most {} can be selected at once.", says::count(MOST_ROWS.into(), "item", "items"));
        explorer.toasts.fail("They were not selected", &ApiError::conflict(why));
        return;
    }
    let place = explorer.place.get_untracked();
    spawn_local(async move {
        // What changes while it is read is read once more.
        for _ in 0..MOST_READS {
            let mut offset = rows.start / MAX_PAGE * MAX_PAGE;
            while offset < rows.end {
                let chunk = offset.max(rows.start)..(offset + MAX_PAGE).min(rows.end);
                if explorer.listing.try_with_untracked(|listing| listing.names(chunk).is_none()) == Some(true) {
                    explorer.read(offset, MAX_PAGE).await;
                }
                offset += MAX_PAGE;
            }
            if explorer.place.try_get_untracked().as_ref() != Some(&place) {
                return;
            }
            if let Some(names) = explorer.listing.with_untracked(|listing| listing.names(rows.clone())) {
                then(names);
                return;
            }
        }
        let error = ApiError::conflict("The folder changes while it is read. Try once more.");
        explorer.toasts.fail("They were not selected", &error);
    });
}

fn toggle(explorer: Explorer) {
    let row = explorer.selection.with_untracked(|selection| selection.cursor());
    if let Some(name) = name_of(explorer, row) {
        explorer.selection.update(|selection| selection.toggle(row, &name));
    }
}

fn open(explorer: Explorer) {
    let row = explorer.selection.with_untracked(|selection| selection.cursor());
    if let Some(entry) = explorer.listing.with_untracked(|listing| listing.get(row).cloned()) {
        explorer.open(&entry);
    }
}

fn rename(explorer: Explorer) {
    let row = explorer.selection.with_untracked(|selection| selection.cursor());
    if let Some(at) = name_of(explorer, row).and_then(|name| explorer.at(&name)) {
        explorer.ask.set(Some(Ask::Rename(at)));
    }
}

fn menu(explorer: Explorer) {
    let row = explorer.selection.with_untracked(|selection| selection.cursor());
    let element = document().get_element_by_id(&row_id(row));
    if let (Some(name), Some(element)) = (name_of(explorer, row), element) {
        let place = element.unchecked_into::<web_sys::Element>().get_bounding_client_rect();
        explorer.menu.set(Some((name, place.left() + WITHIN, place.bottom())));
    }
}

fn type_ahead(explorer: Explorer, letter: &str) {
    let (typed, may_stay) = TYPED.with_borrow_mut(|keys| keys.press(letter, now_ms()));
    let from = explorer.selection.with_untracked(|selection| selection.cursor());
    let found = explorer.listing.with_untracked(|listing| {
        let names = listing.loaded().map(|(row, entry)| (row, entry.name.as_str()));
        type_ahead::find(names, &typed, from, may_stay)
    });
    if let Some(row) = found {
        let name = name_of(explorer, row);
        explorer.selection.update(|selection| selection.go_to(row, name.as_deref()));
    }
}
