//! Where the open folder is: home or a session's workspace, and the folders down to it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::SessionId;

use super::explorer::Explorer;
use crate::api::session::list_sessions;
use crate::components::icons;
use crate::model::storage::{At, FilePath};

/// Folders from the root down, each with its name.
pub fn steps(at: &At, root: String) -> Vec<(String, At)> {
    let mut steps = vec![(root, At { session: at.session.clone(), path: FilePath::default() })];
    let mut path = FilePath::default();
    for name in at.path.names() {
        if let Ok(inner) = path.join(name) {
            path = inner;
            steps.push((name.to_owned(), At { session: at.session.clone(), path: path.clone() }));
        }
    }
    steps
}

#[component]
pub fn Crumbs() -> AnyView {
    let explorer: Explorer = expect_context();
    let steps = Memo::new(move |_| {
        let place = explorer.place.get();
        let root = explorer.root_name(place.session.as_ref());
        steps(&place, root)
    });
    view! {
        <nav class="crumbs" aria-label="Folders">
            <ol>
                {move || {
                    let steps = steps.get();
                    let last = steps.len() - 1;
                    steps
                        .into_iter()
                        .enumerate()
                        .map(|(place, (name, at))| {
                            view! {
                                <li>
                                    <button
                                        class="crumb"
                                        aria-current=(place == last).then_some("location")
                                        title=name.clone()
                                        on:click=move |_| explorer.go(at.clone())
                                    >
                                        {name.clone()}
                                    </button>
                                </li>
                            }
                        })
                        .collect_view()
                }}
            </ol>
        </nav>
    }
    .into_any()
}

/// The switch between home and the workspaces.
#[component]
pub fn Roots() -> AnyView {
    let explorer: Explorer = expect_context();
    explorer.read_sessions();
    let value = move || {
        explorer.place.with(|place| place.session.as_ref().map_or_else(String::new, |session| session.to_string()))
    };
    let chosen = move |event| {
        let session = event_target_value(&event).parse::<SessionId>().ok();
        explorer.go(At { session, path: FilePath::default() });
    };
    view! {
        <label class="file-root">
            {icons::folder()} <span class="visually-hidden">"Whose files"</span>
            <select class="input" prop:value=value on:change=chosen>
                <option value="">"Home"</option>
                {move || {
                    let here = explorer.place.with(|place| place.session.clone());
                    let sessions = explorer.sessions.get();
                    let unknown = here.clone().filter(|id| !sessions.iter().any(|session| session.id == *id));
                    let options = sessions.into_iter().map(|session| (session.id, session.name));
                    options
                        .chain(unknown.map(|id| (id, "A workspace".to_owned())))
                        .map(|(id, name)| {
                            let selected = here.as_ref() == Some(&id);
                            view! {
                                <option value=id.to_string() selected=selected>
                                    {format!("Workspace of {name}")}
                                </option>
                            }
                        })
                        .collect_view()
                }}
            </select>
        </label>
    }
    .into_any()
}

impl Explorer {
    pub fn root_name(self, session: Option<&SessionId>) -> String {
        match session {
            None => "Home".to_owned(),
            Some(id) => self.sessions.with(|sessions| {
                let known = sessions.iter().find(|session| session.id == *id);
                known.map_or_else(|| "Workspace".to_owned(), |session| session.name.clone())
            }),
        }
    }

    /// Reads them again each time that somebody comes to look.
    fn read_sessions(self) {
        Effect::new(move |_| {
            if self.seen.get() {
                spawn_local(async move {
                    // Without them there is home; the list of sessions says why.
                    if let Ok(read) = list_sessions().await {
                        let _ = self.sessions.try_set(read);
                    }
                });
            }
        });
    }
}
