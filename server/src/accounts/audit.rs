//! Who did what to what, from where, when. Secrets never get here: an entry holds names and ids only.

use app::backend::{Access, Actor};
use app::model::account::AuditEntry;
use time::OffsetDateTime;

use super::to_text;
use crate::database::{Database, StoredEntry};

/// The longest text of an entry, bytes: whoever fails to sign in chooses what is written.
const MAX_TEXT: usize = 256;

/// The audit log. Clones share it.
#[derive(Debug, Clone)]
pub struct Audit {
    database: Database,
}

impl Audit {
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Notes that `actor` did `action` to `target`.
    pub async fn record(&self, actor: &Actor, action: &str, target: &str) {
        let who = if actor.access == Access::CommandLine { "command line" } else { &actor.email };
        self.write(who, action, target, &actor.address).await;
    }

    /// Notes what somebody did who had not signed in.
    pub async fn record_nobody(&self, action: &str, target: &str, address: std::net::IpAddr) {
        self.write("nobody", action, target, &address.to_string()).await;
    }

    /// What happened has happened; that it can't be written down is told in the log, where it then stands.
    async fn write(&self, who: &str, action: &str, target: &str, address: &str) {
        let entry = StoredEntry {
            id: 0,
            at: OffsetDateTime::now_utc(),
            who: cut(who),
            action: action.to_owned(),
            target: cut(target),
            address: address.to_owned(),
        };
        if let Err(error) = self.database.insert_audit(&entry).await {
            let StoredEntry { who, action, target, address, .. } = entry;
            tracing::error!(%error, who, action, target, address, "the audit log could not be written");
        }
    }
}

/// On one line and of a sane length. Postgres takes no NUL.
fn cut(text: &str) -> String {
    let mut length = 0;
    let fits = |character: &char| {
        length += character.len_utf8();
        length <= MAX_TEXT
    };
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).take_while(fits).collect()
}

pub(super) fn to_model(entry: StoredEntry) -> AuditEntry {
    let StoredEntry { id, at, who, action, target, address } = entry;
    AuditEntry { id, at: to_text(at), who, action, target, address }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_one_line_of_a_sane_length() {
        assert_eq!(cut("a\r\nb\0c"), "a  b c");
        assert_eq!(cut(&"é".repeat(1000)).len(), MAX_TEXT);
    }
}
