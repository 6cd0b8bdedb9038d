//! What is shown of a person's files, and what is asked of it: all that the views of the drawer share.

use std::ops::Range;

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::SessionId;

use crate::api::storage::browse_files;
use crate::browser::{remember, remembered};
use crate::contexts::toasts::Toasts;
use crate::contexts::working::Working;
use crate::files::browser::sending::Uploads;
use crate::files::listing::Listing;
use crate::files::selection::Selection;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::session::Session;
use crate::model::storage::{At, Browse, Entry, FilePath, PAGE, Sort, Undone};
use crate::time::Clock;

/// Which of the views is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum View {
    Folder,
    Search,
    Trash,
}

/// What lies over the list. Another folder may be open by the time that it is answered.
#[derive(Debug, Clone)]
pub enum Ask {
    /// The name of a folder to make in this one.
    NewFolder(At),
    Rename(At),
    /// Where these go to; copies of them, if so.
    Place {
        items: Vec<At>,
        is_copy: bool,
    },
    /// Whether it is to be done although it is protected; asked twice.
    Protected {
        what: String,
        then: Callback<()>,
    },
    /// Whether this is removed for ever.
    ForEver {
        what: String,
        then: Callback<()>,
    },
    /// What was not done of several things.
    Undone {
        what: String,
        list: Vec<Undone>,
    },
    Preview {
        at: At,
        entry: Entry,
    },
}

/// Order of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    pub sort: Sort,
    pub descending: bool,
}

#[derive(Clone, Copy)]
pub struct Explorer {
    pub place: RwSignal<At>,
    pub order: RwSignal<Order>,
    pub hidden: RwSignal<bool>,
    pub view: RwSignal<View>,
    pub listing: RwSignal<Listing>,
    pub selection: RwSignal<Selection>,
    /// Whether a press selects.
    pub selecting: RwSignal<bool>,
    /// Rows that are drawn.
    pub drawn: RwSignal<Range<u32>>,
    /// Why the folder can't be shown.
    pub failure: RwSignal<Option<ApiError>>,
    pub ask: RwSignal<Option<Ask>>,
    /// The row whose menu is open, and where on the screen.
    pub menu: RwSignal<Option<(String, f64, f64)>>,
    pub sessions: RwSignal<Vec<Session>>,
    /// Whether anybody sees it.
    pub seen: Signal<bool>,
    /// Asks for the keyboard in the list.
    pub focus: Trigger,
    /// Tells that files came or went, to those who count.
    pub counted: Trigger,
    pub uploads: Uploads,
    pub clock: Clock,
    pub toasts: Toasts,
    pub(super) busy: RwSignal<u32>,
    /// Whether the folder changed while it was being read.
    stale: StoredValue<bool>,
    reading: StoredValue<u32>,
    /// Whether the folder that was left is gone, and not to be come back to.
    left_for_good: StoredValue<bool>,
}

/// What the browser remembers.
const HIDDEN: &str = "berth:files:hidden";

impl Explorer {
    /// Begins at `place`; nothing is read until it is `seen`.
    pub fn new(place: At, seen: Signal<bool>) -> Self {
        let explorer = Self {
            place: RwSignal::new(place),
            order: RwSignal::new(Order { sort: Sort::Name, descending: false }),
            hidden: RwSignal::new(remembered(HIDDEN).is_some_and(|kept| kept == "true")),
            view: RwSignal::new(View::Folder),
            listing: RwSignal::new(Listing::default()),
            selection: RwSignal::new(Selection::default()),
            selecting: RwSignal::new(false),
            drawn: RwSignal::new(0..PAGE / 4),
            failure: RwSignal::new(None),
            ask: RwSignal::new(None),
            menu: RwSignal::new(None),
            sessions: RwSignal::new(Vec::new()),
            seen,
            focus: Trigger::new(),
            counted: Trigger::new(),
            uploads: Uploads::get(),
            clock: Clock::here(),
            toasts: Toasts::get(),
            busy: RwSignal::new(0),
            stale: StoredValue::new(false),
            reading: StoredValue::new(0),
            left_for_good: StoredValue::new(false),
        };
        let busy = explorer.busy;
        Working::get().watch(Signal::derive(move || busy.get() > 0));
        explorer.read_what_is_drawn();
        explorer.follow_changes();
        explorer
    }

    fn read_what_is_drawn(self) {
        Effect::new(move |_| {
            self.listing.track();
            let drawn = self.drawn.get();
            if !self.seen.get() || self.failure.with(Option::is_some) {
                return;
            }
            // Asking is nothing that is to be seen.
            let wanted = self.listing.try_update_untracked(|listing| listing.want(drawn)).unwrap_or_default();
            for offset in wanted {
                spawn_local(self.read(offset, PAGE));
            }
        });
    }

    fn follow_changes(self) {
        let visible = RwSignal::new(crate::browser::is_visible());
        let listener = window_event_listener(leptos::ev::visibilitychange, move |_| {
            visible.set(crate::browser::is_visible());
        });
        on_cleanup(move || listener.remove());
        let follows = Memo::new(move |_| visible.get() && self.seen.get());
        Effect::new(move |was: Option<bool>| {
            let place = self.place.get();
            let follows = follows.get();
            if follows {
                // It may have changed while nobody looked.
                if was == Some(false) {
                    self.changed();
                }
                crate::files::browser::changes::follow(&place, move || self.changed());
            }
            follows
        });
    }

    fn browse(self, offset: u32, limit: u32) -> Browse {
        let Order { sort, descending } = self.order.get_untracked();
        let hidden = self.hidden.get_untracked();
        Browse { sort, descending, hidden, offset, limit, ..Browse::first(self.place.get_untracked()) }
    }

    /// Reads rows of the folder.
    pub(super) async fn read(self, offset: u32, limit: u32) {
        // Whoever looked may have left, here and below.
        let Some(ticket) = self.listing.try_with_untracked(Listing::ticket) else { return };
        self.reading.update_value(|reading| *reading += 1);
        let answer = browse_files(self.browse(offset, limit)).await;
        if self.reading.try_update_value(|reading| *reading -= 1).is_none() {
            return;
        }
        match answer {
            Ok(answer) => {
                let taken = self.listing.try_update(|listing| listing.take(ticket, answer));
                if taken == Some(true) {
                    self.settle();
                }
            }
            Err(error) if ticket == self.listing.with_untracked(Listing::ticket) => self.could_not_read(error),
            Err(_) => {}
        }
        if self.reading.get_value() == 0 && self.stale.try_update_value(std::mem::take) == Some(true) {
            self.listing.update(Listing::renew);
        }
    }

    /// Selection and keyboard stay with what they are at.
    fn settle(self) {
        self.listing.with_untracked(|listing| {
            let name_of = |row| listing.get(row).map(|entry| entry.name.clone());
            self.selection.update(|selection| {
                selection.follow(listing.total().unwrap_or(0), |name| listing.find(name), name_of);
                if !selection.is_empty() && listing.is_whole() {
                    selection.retain(|name| listing.find(name).is_some());
                }
            });
        });
    }

    fn could_not_read(self, error: ApiError) {
        let place = self.place.get_untracked();
        if error.code == ErrorCode::AuthError {
            crate::browser::go_to_sign_in();
        } else if error.code == ErrorCode::NotFound && !(place.session.is_none() && place.path.is_root()) {
            let at = match place.path.parent() {
                Some(path) => At { path, ..place.clone() },
                None => At::home(FilePath::default()),
            };
            let gone = place.path.name().map_or_else(|| "The workspace".to_owned(), |name| format!("“{name}”"));
            self.toasts.tell(format!("{gone} is not there any more."));
            self.left_for_good.set_value(true);
            self.go(at);
        } else {
            self.failure.set(Some(error));
        }
    }

    /// Whether the folder that was just left is gone; asked once.
    pub fn takes_left_for_good(self) -> bool {
        self.left_for_good.try_update_value(std::mem::take) == Some(true)
    }

    /// Shows another folder.
    pub fn go(self, place: At) {
        // Whoever looked may have left.
        let Some(now) = self.place.try_get_untracked() else { return };
        if now != place {
            self.place.set(place);
            self.begin_anew();
        }
        self.view.set(View::Folder);
    }

    /// Forgets what is here: other rows are to be shown.
    fn begin_anew(self) {
        self.failure.set(None);
        self.menu.set(None);
        self.selecting.set(false);
        self.selection.update(Selection::leave);
        self.drawn.set(0..PAGE / 4);
        self.listing.update(Listing::clear);
    }

    pub fn sort_by(self, sort: Sort) {
        self.order.update(|order| {
            let descending = order.sort == sort && !order.descending;
            *order = Order { sort, descending };
        });
        self.listing.update(Listing::clear);
    }

    pub fn show_hidden(self, hidden: bool) {
        self.hidden.set(hidden);
        remember(HIDDEN, if hidden { "true" } else { "false" });
        self.begin_anew();
    }

    /// The folder changed: it is read again, as often as that can be done.
    pub fn changed(self) {
        match self.failure.try_with_untracked(Option::is_some) {
            Some(true) => self.failure.set(None),
            Some(false) => {}
            // Nobody looks any more.
            None => return,
        }
        if self.reading.try_get_value().is_none_or(|reading| reading > 0) {
            let _ = self.stale.try_set_value(true);
        } else {
            self.listing.update(Listing::renew);
        }
        self.counted.notify();
    }

    /// What a name of the open folder is.
    pub fn at(self, name: &str) -> Option<At> {
        let At { session, path } = self.place.get_untracked();
        path.join(name).ok().map(|path| At { session, path })
    }

    /// What names of the open folder are.
    pub fn all_at(self, names: &[String]) -> Vec<At> {
        names.iter().filter_map(|name| self.at(name)).collect()
    }

    /// Whether this is the folder that is open.
    pub fn is_at(self, session: Option<&SessionId>, folder: Option<&FilePath>) -> bool {
        self.place.try_with_untracked(|at| at.session.as_ref() == session && Some(&at.path) == folder) == Some(true)
    }

    /// A row's entry, by its name.
    pub fn entry(self, name: &str) -> Option<Entry> {
        self.listing.with_untracked(|listing| listing.get(listing.find(name)?).cloned())
    }

    /// What is selected, or else the row that the keyboard is at.
    pub fn chosen(self) -> Vec<String> {
        self.selection.with_untracked(|selection| {
            if selection.is_empty() {
                selection.at().map(ToOwned::to_owned).into_iter().collect()
            } else {
                selection.names().map(ToOwned::to_owned).collect()
            }
        })
    }

    pub fn provide(self) {
        provide_context(self);
    }
}
