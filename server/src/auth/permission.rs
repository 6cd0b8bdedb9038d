//! What a credential may be used for: a browser for all that its person may do, a token for its scopes.

use app::backend::{Access, Actor};
use app::model::account::{Role, Scope};

/// A part of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// What only its person may do, in a browser: pages, server functions, passwords, tokens themselves.
    Own,
    /// What belongs to no other area: the description, health, who is signed in, preferences.
    General,
    Sessions,
    Storage,
    Jobs,
    /// Other people, and what the server itself does.
    Admin,
    /// The same as pages, for browsers.
    AdminPages,
}

impl Area {
    /// The area of an address. What is not known by name is [`Self::Own`], so that a new part of the API is
    /// closed to tokens until it is listed here.
    #[must_use]
    pub fn of(path: &str) -> Self {
        let mut parts = path.trim_start_matches('/').split('/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("admin" | "setup"), _, _) | (Some("api"), Some("setup"), _) => Self::AdminPages,
            (Some("api"), Some("admin" | "users"), _) => Self::Admin,
            (Some("api"), Some("sessions" | "terminal" | "presets"), _) => Self::Sessions,
            (Some("api"), Some("storage"), _) => Self::Storage,
            (Some("api"), Some("jobs"), _) => Self::Jobs,
            (Some("api"), Some("preferences" | "health" | "openapi.json" | "docs"), _)
            | (Some("api"), Some("user"), None) => Self::General,
            _ => Self::Own,
        }
    }
}

/// Whether `actor` may read in, or change something in, `area`.
#[must_use]
pub fn may(actor: &Actor, area: Area, is_read: bool) -> bool {
    if matches!(area, Area::Admin | Area::AdminPages) && actor.role != Role::Admin {
        return false;
    }
    let Access::Token(scopes) = &actor.access else { return true };
    let has = |scope| scopes.contains(&scope);
    match area {
        Area::Own | Area::AdminPages => false,
        Area::General if is_read => !scopes.is_empty(),
        Area::General => has(Scope::Sessions),
        Area::Sessions => has(Scope::Sessions) || (is_read && has(Scope::Read)),
        Area::Storage => has(Scope::Storage) || (is_read && has(Scope::Read)),
        Area::Jobs => has(Scope::Jobs) || (is_read && has(Scope::Read)),
        Area::Admin => has(Scope::Admin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_has_its_area_and_an_unknown_one_is_closed_to_tokens() {
        for (path, area) in [
            ("/api/sessions", Area::Sessions),
            ("/api/sessions/abc/start", Area::Sessions),
            ("/api/terminal/abc-1/ws", Area::Sessions),
            ("/api/storage/browse", Area::Storage),
            ("/api/jobs", Area::Jobs),
            ("/api/preferences", Area::General),
            ("/api/user", Area::General),
            ("/api/user/sessions", Area::Own),
            ("/api/user/password", Area::Own),
            ("/api/tokens", Area::Own),
            ("/api/users/ada@example.org", Area::Admin),
            ("/api/admin/audit", Area::Admin),
            ("/admin", Area::AdminPages),
            ("/admin/people", Area::AdminPages),
            ("/setup", Area::AdminPages),
            ("/api/setup/configure", Area::AdminPages),
            ("/rpc/session/list", Area::Own),
            ("/", Area::Own),
            ("//api/sessions", Area::Sessions),
            ("/api", Area::Own),
            ("/api/nothing", Area::Own),
        ] {
            assert_eq!(Area::of(path), area, "{path}");
        }
    }

    #[test]
    fn a_token_has_its_scopes_and_never_more_than_its_person() {
        let actor =
            |role, scopes: &[Scope]| Actor { role, access: Access::Token(scopes.to_vec()), ..Actor::person("ada") };
        let reader = actor(Role::User, &[Scope::Read]);
        assert!(may(&reader, Area::Sessions, true) && may(&reader, Area::Storage, true));
        assert!(!may(&reader, Area::Sessions, false) && !may(&reader, Area::Own, true));
        let sessions = actor(Role::User, &[Scope::Sessions]);
        assert!(may(&sessions, Area::Sessions, false) && may(&sessions, Area::General, false));
        assert!(!may(&sessions, Area::Storage, true));
        for scopes in [&[][..], &[Scope::Read], &[Scope::Read, Scope::Sessions, Scope::Storage, Scope::Jobs]] {
            assert!(!may(&actor(Role::Admin, scopes), Area::Admin, true), "{scopes:?}");
        }
        assert!(may(&actor(Role::Admin, &[Scope::Admin]), Area::Admin, false));
        assert!(!may(&actor(Role::User, &[Scope::Admin]), Area::Admin, true));
        assert!(!may(&Actor::person("ada"), Area::Admin, true) && may(&Actor::person("ada"), Area::Own, false));
    }
}
