//! Which host ids a container's ids stand for. Decides nothing about what those ids may do.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use nix::unistd::{Gid, Uid};
use runtime::Home;
use serde::{Deserialize, Serialize};

/// Ids in a container's user namespace, when a whole range is to be had.
pub(crate) const RANGE: u32 = 65_536;

/// Host id of the first container's root. Above what systemd-nspawn takes for its containers
/// (0x0008_0000–0x6FFF_FFFF) and what distributions give out as subordinate ids (from 100,000).
const FIRST_BASE: u32 = 0x7000_0000;
/// Ranges below 0x7FFE_0000, where systemd's foreign ids begin.
pub(crate) const SLOTS: u32 = 4_094;

/// The user inside that programs run as, and its group.
pub(crate) const USER: u32 = 1000;

/// How a container's ids are mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Identity {
    /// We are root: the container has a range of host ids that nothing else has.
    Range { base: u32 },
    /// We are not, but have subordinate ids: the caller is [`USER`] inside, so that files which are
    /// seen on both sides have one owner; the others, root too, are subordinate ids. As podman's
    /// `keep-id:uid=1000`.
    Kept { uid: u32, gid: u32, first_uid: u32, first_gid: u32, count: u32 },
    /// What was done instead of [`Self::Kept`] before homes were shared, and is found in records only:
    /// the container's root is the caller, the others are subordinate ids.
    Subordinate { uid: u32, gid: u32, first_uid: u32, first_gid: u32, count: u32 },
    /// We are not and have none: one id, the caller's, which is [`USER`] inside.
    Single { uid: u32, gid: u32 },
}

/// One line of a uid or gid map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mapping {
    pub inside: u32,
    pub outside: u32,
    pub count: u32,
}

impl Identity {
    /// The identity of the container in `slot`, below [`SLOTS`], when we are root.
    pub(crate) fn of_slot(slot: u32) -> Self {
        Self::Range { base: FIRST_BASE + slot * RANGE }
    }

    /// The slot of an identity made by [`Self::of_slot`].
    pub(crate) fn slot(self) -> Option<u32> {
        match self {
            Self::Range { base } => base.checked_sub(FIRST_BASE).map(|offset| offset / RANGE),
            Self::Kept { .. } | Self::Subordinate { .. } | Self::Single { .. } => None,
        }
    }

    pub(crate) fn uids(self) -> Vec<Mapping> {
        match self {
            Self::Range { base } => vec![Mapping { inside: 0, outside: base, count: RANGE }],
            Self::Kept { uid, first_uid, count, .. } => around(uid, first_uid, count),
            Self::Subordinate { uid, first_uid, count, .. } => vec![
                Mapping { inside: 0, outside: uid, count: 1 },
                Mapping { inside: 1, outside: first_uid, count: count.min(RANGE - 1) },
            ],
            Self::Single { uid, .. } => vec![Mapping { inside: USER, outside: uid, count: 1 }],
        }
    }

    pub(crate) fn gids(self) -> Vec<Mapping> {
        match self {
            Self::Range { base } => vec![Mapping { inside: 0, outside: base, count: RANGE }],
            Self::Kept { gid, first_gid, count, .. } => around(gid, first_gid, count),
            Self::Subordinate { gid, first_gid, count, .. } => vec![
                Mapping { inside: 0, outside: gid, count: 1 },
                Mapping { inside: 1, outside: first_gid, count: count.min(RANGE - 1) },
            ],
            Self::Single { gid, .. } => vec![Mapping { inside: USER, outside: gid, count: 1 }],
        }
    }

    /// Whether the container has a root apart from its user.
    pub(crate) fn has_root(self) -> bool {
        !matches!(self, Self::Single { .. })
    }

    /// The id inside that the guest runs as.
    pub(crate) fn guest(self) -> u32 {
        if self.has_root() { 0 } else { USER }
    }

    /// The programs' user as the child names it, which lives in the container's user namespace unless
    /// we are root; none if that is the child itself.
    pub(crate) fn user(self) -> Option<u32> {
        match self {
            Self::Range { base } => Some(base + USER),
            Self::Kept { .. } | Self::Subordinate { .. } => Some(USER),
            Self::Single { .. } => None,
        }
    }

    /// The owner of the person's files on the host, as the child names it; none if that is the child
    /// itself.
    pub(crate) fn owner_of_home(self) -> Option<u32> {
        match self {
            Self::Range { .. } => Some(Home::OWNER),
            _ => self.user(),
        }
    }

    /// Whether programs have the server's own id on the host, though the guest has not.
    pub(crate) fn user_is_the_server(self) -> bool {
        matches!(self, Self::Kept { .. })
    }
}

/// `own` as [`USER`], and of the `count` ids from `first` as many as fit around it.
fn around(own: u32, first: u32, count: u32) -> Vec<Mapping> {
    let above = count.min(RANGE - 1).saturating_sub(USER);
    let below = Mapping { inside: 0, outside: first, count: USER };
    let above = Mapping { inside: USER + 1, outside: first + USER, count: above };
    vec![below, Mapping { inside: USER, outside: own, count: 1 }, above]
}

/// Mappings as the kernel's `uid_map` wants them.
pub(crate) fn map_text(mappings: &[Mapping]) -> String {
    mappings.iter().fold(String::new(), |mut text, mapping| {
        // Writing to a String can't fail.
        let _ = writeln!(text, "{} {} {}", mapping.inside, mapping.outside, mapping.count);
        text
    })
}

/// Whether we are root with all of the host's ids, which is what ranges need.
pub(crate) fn is_host_root() -> bool {
    let covers = |path: &str| {
        fs::read_to_string(path).is_ok_and(|map| {
            map.lines().any(|line| {
                let mut numbers = line.split_whitespace().filter_map(|n| n.parse::<u64>().ok());
                let (inside, count) = (numbers.next(), numbers.nth(1));
                inside == Some(0) && count.is_some_and(|c| c >= u64::from(FIRST_BASE) + u64::from(SLOTS * RANGE))
            })
        })
    };
    Uid::effective().is_root() && covers("/proc/self/uid_map") && covers("/proc/self/gid_map")
}

/// The identity for a caller who is not root: subordinate ids if there are enough of them and the
/// tools that set them up, else the caller's own id alone. Also answers why ids are few.
pub(crate) fn unprivileged() -> (Identity, Option<String>) {
    let (uid, gid) = (Uid::effective().as_raw(), Gid::effective().as_raw());
    let single = Identity::Single { uid, gid };
    for tool in ["newuidmap", "newgidmap"] {
        if crate::tools::find(tool).is_none() {
            return (single, Some(format!("{tool} is not installed")));
        }
    }
    let name = nix::unistd::User::from_uid(Uid::effective()).ok().flatten().map(|user| user.name);
    let uids = subordinate(Path::new("/etc/subuid"), name.as_deref(), uid);
    let gids = subordinate(Path::new("/etc/subgid"), name.as_deref(), uid);
    match (uids, gids) {
        (Some((first_uid, uids)), Some((first_gid, gids))) => {
            (Identity::Kept { uid, gid, first_uid, first_gid, count: uids.min(gids) }, None)
        }
        _ => (single, Some("no subordinate ids in /etc/subuid and /etc/subgid".to_owned())),
    }
}

/// The first range of `path` that is the caller's and holds at least the container's user.
fn subordinate(path: &Path, name: Option<&str>, uid: u32) -> Option<(u32, u32)> {
    let text = fs::read_to_string(path).ok()?;
    parse_subordinate(&text, name, uid)
}

fn parse_subordinate(text: &str, name: Option<&str>, uid: u32) -> Option<(u32, u32)> {
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let owner = fields.next()?;
        let (first, count) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        let ours = Some(owner) == name || owner == uid.to_string();
        (ours && count > USER).then_some((first, count))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn neighbouring_slots_share_no_id() {
        let (first, second) = (Identity::of_slot(0).uids()[0], Identity::of_slot(1).uids()[0]);
        assert_eq!(first.outside + first.count, second.outside);
        assert_eq!(Identity::of_slot(7).slot(), Some(7));
        assert!(Identity::of_slot(SLOTS - 1).uids()[0].outside < 0x7FFE_0000 - RANGE + 1);
    }

    #[test]
    fn a_subordinate_range_belongs_to_the_caller_and_holds_the_user() {
        let text = "other:1:65536\nme:100:500\nme:200000:65536\n1234:300000:65536\n";
        assert_eq!(parse_subordinate(text, Some("me"), 1), Some((200_000, 65_536)));
        assert_eq!(parse_subordinate(text, None, 1234), Some((300_000, 65_536)));
        assert_eq!(parse_subordinate(text, Some("nobody"), 2), None);
    }

    #[test]
    fn a_map_has_a_line_a_range() {
        let identity = Identity::Subordinate { uid: 5, gid: 6, first_uid: 100, first_gid: 200, count: 65_536 };
        assert_eq!(map_text(&identity.uids()), "0 5 1\n1 100 65535\n");
        assert_eq!(map_text(&identity.gids()), "0 6 1\n1 200 65535\n");
    }

    #[test]
    fn a_kept_id_is_the_user_and_no_other_is_given_twice() {
        let identity = Identity::Kept { uid: 5, gid: 6, first_uid: 100_000, first_gid: 200_000, count: 65_536 };
        assert_eq!(map_text(&identity.uids()), "0 100000 1000\n1000 5 1\n1001 101000 64535\n");
        assert_eq!(map_text(&identity.gids()), "0 200000 1000\n1000 6 1\n1001 201000 64535\n");
        let few = Identity::Kept { uid: 5, gid: 6, first_uid: 100_000, first_gid: 200_000, count: USER + 1 };
        assert_eq!(map_text(&few.uids()), "0 100000 1000\n1000 5 1\n1001 101000 1\n");
    }

    #[test]
    fn identities_of_earlier_records_are_what_they_were() {
        let stored = r#"{"Subordinate":{"uid":5,"gid":6,"first_uid":100,"first_gid":200,"count":65536}}"#;
        let identity: Identity = serde_json::from_str(stored).unwrap();
        assert_eq!(map_text(&identity.uids()), "0 5 1\n1 100 65535\n");
        assert_eq!(serde_json::from_str::<Identity>(r#"{"Range":{"base":7}}"#).unwrap(), Identity::Range { base: 7 });
    }
}
