//! What a page knows of sessions, brought up to date from three sides: reads, answers to writes,
//! and live events. They travel apart, so an older word may come after a newer one; it is ignored.

use std::cmp::Ordering;

use protocol::SessionId;

use crate::model::session::Session;
use crate::time;

/// Whether `incoming` tells nothing that `known` doesn't know better.
fn is_older(known: &Session, incoming: &Session) -> bool {
    known.id == incoming.id && by_age(&incoming.active_at, &known.active_at) == Ordering::Less
}

fn by_age(a: &str, b: &str) -> Ordering {
    time::parse(a).cmp(&time::parse(b))
}

/// Takes `incoming` in, unless it is older than what is known.
pub fn update(known: &mut Session, incoming: Session) {
    if known.id == incoming.id && !is_older(known, &incoming) {
        *known = incoming;
    }
}

/// Takes `incoming` into the list, newest activity first.
pub fn update_list(known: &mut Vec<Session>, incoming: Session) {
    match known.iter_mut().find(|session| session.id == incoming.id) {
        Some(session) => update(session, incoming),
        None => known.push(incoming),
    }
    known.sort_by(|a, b| by_age(&b.active_at, &a.active_at));
}

#[cfg(any(feature = "hydrate", test))]
/// Takes a whole list in: what it lacks is gone.
pub fn replace_list(known: &mut Vec<Session>, read: Vec<Session>) {
    known.retain(|session| read.iter().any(|still| still.id == session.id));
    for session in read {
        update_list(known, session);
    }
}

/// Forgets one.
pub fn remove(known: &mut Vec<Session>, id: &SessionId) {
    known.retain(|session| session.id != *id);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::session::SessionState;
    use crate::terminal::test_everywhere;

    fn session(id: &str, state: SessionState, active_at: &str) -> Session {
        Session {
            id: id.parse().expect("session id"),
            name: id.into(),
            agent: "shell".into(),
            tier: "standard".into(),
            runtime: None,
            keep: false,
            state,
            stopped_by: None,
            can_resume: false,
            created_at: "2026-01-01T00:00:00Z".into(),
            active_at: active_at.into(),
            start: Vec::new(),
            doing: None,
            ready_ms: None,
        }
    }

    fn ids(list: &[Session]) -> Vec<&str> {
        list.iter().map(|session| session.id.as_str()).collect()
    }

    const A: &str = "aaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbb";

    test_everywhere! {
        fn the_newest_activity_comes_first() {
            let mut list = Vec::new();
            update_list(&mut list, session(A, SessionState::Created, "2026-01-01T00:00:01Z"));
            update_list(&mut list, session(B, SessionState::Created, "2026-01-01T00:00:02Z"));
            assert_eq!(ids(&list), [B, A]);
            update_list(&mut list, session(A, SessionState::Running, "2026-01-01T00:00:02.5Z"));
            assert_eq!(ids(&list), [A, B]);
        }

        fn an_answer_that_an_event_overtook_is_ignored() {
            let mut known = session(A, SessionState::Running, "2026-01-01T00:00:00.123Z");
            update(&mut known, session(A, SessionState::Created, "2026-01-01T00:00:00.12Z"));
            assert_eq!(known.state, SessionState::Running);
            update(&mut known, session(A, SessionState::Stopping, "2026-01-01T00:00:00.123Z"));
            assert_eq!(known.state, SessionState::Stopping);
        }

        fn another_session_changes_nothing() {
            let mut known = session(A, SessionState::Running, "2026-01-01T00:00:00Z");
            update(&mut known, session(B, SessionState::Stopped, "2027-01-01T00:00:00Z"));
            assert_eq!(known.id.as_str(), A);
        }

        fn what_a_new_read_lacks_is_gone() {
            let mut list = vec![
                session(A, SessionState::Running, "2026-01-01T00:00:02Z"),
                session(B, SessionState::Running, "2026-01-01T00:00:01Z"),
            ];
            replace_list(&mut list, vec![session(B, SessionState::Stopped, "2026-01-01T00:00:03Z")]);
            assert_eq!(ids(&list), [B]);
            assert_eq!(list.first().map(|session| &session.state), Some(&SessionState::Stopped));
            remove(&mut list, &B.parse().expect("session id"));
            assert!(list.is_empty());
        }
    }
}
