//! The addresses at which files are read and sent; the rest are server functions.

use std::fmt::Write as _;

use crate::model::storage::{At, Clash, FilePath};

/// Where a session is told of in a query, and the paths; each begins with `?` or `&` as it must.
fn query(begin: &str, at: &At) -> String {
    let mut address = begin.to_owned();
    let mut mark = '?';
    if let Some(session) = &at.session {
        // Ids need no encoding.
        let _ = write!(address, "?session={session}");
        mark = '&';
    }
    let _ = write!(address, "{mark}path={}", encode(at.path.as_str()));
    address
}

/// Bytes of a file, as the page may show them.
#[must_use]
pub fn preview(at: &At) -> String {
    query("/api/storage/preview", at)
}

/// A Markdown file as a document of its own.
#[must_use]
pub fn rendered(at: &At, theme: &str) -> String {
    format!("{}&as=html&theme={theme}", preview(at))
}

/// A file as it is, or several things of one tree as a zip.
#[must_use]
pub fn download(first: &At, more: &[FilePath]) -> String {
    let mut address = query("/api/storage/download", first);
    for path in more {
        let _ = write!(address, "&path={}", encode(path.as_str()));
    }
    address
}

/// Changes of a folder.
#[must_use]
pub fn events(folder: &At) -> String {
    query("/api/storage/events", folder)
}

/// Where a file goes that is sent whole.
#[must_use]
pub fn upload(at: &At, clash: Clash, even_protected: bool) -> String {
    let clash = match clash {
        Clash::Refuse => "refuse",
        Clash::Replace => "replace",
        Clash::KeepBoth => "keep_both",
    };
    format!("{}&clash={clash}&even_protected={even_protected}", query("/api/storage/upload", at))
}

/// Where parts begin.
pub const BEGIN: &str = "/api/storage/upload/initiate";
pub const COMPLETE: &str = "/api/storage/upload/complete";
pub const ABORT: &str = "/api/storage/upload/abort";

/// Where a part goes.
#[must_use]
pub fn part(upload: &str, number: u32) -> String {
    format!("/api/storage/upload/part?upload={}&number={number}", encode(upload))
}

/// Which parts are there.
#[must_use]
pub fn status(upload: &str) -> String {
    format!("/api/storage/upload/status?upload={}", encode(upload))
}

/// The page of a folder.
#[must_use]
pub fn page(at: &At) -> String {
    if at.session.is_none() && at.path.is_root() { "/files".to_owned() } else { query("/files", at) }
}

/// As a query has it.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'/') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    fn home(path: &str) -> At {
        At::home(path.parse().expect("a path"))
    }

    test_everywhere! {
        fn a_path_can_not_leave_its_place_in_the_query() {
            assert_eq!(preview(&home("a b/ä&x=1#?%2e+.txt")), "/api/storage/preview?path=a%20b/%C3%A4%26x%3D1%23%3F%252e%2B.txt");
        }

        fn a_session_comes_first() {
            let at = At { session: Some("aaaaaaaaaaaa".parse().expect("an id")), path: "x".parse().expect("a path") };
            assert_eq!(events(&at), "/api/storage/events?session=aaaaaaaaaaaa&path=x");
            assert_eq!(page(&at), "/files?session=aaaaaaaaaaaa&path=x");
            assert_eq!(upload(&at, Clash::KeepBoth, false), "/api/storage/upload?session=aaaaaaaaaaaa&path=x&clash=keep_both&even_protected=false");
        }

        fn several_are_named_one_after_the_other() {
            let more = ["b", "c&d"].map(|path| path.parse().expect("a path"));
            assert_eq!(download(&home("a"), &more), "/api/storage/download?path=a&path=b&path=c%26d");
            assert_eq!(page(&home("")), "/files");
        }
    }
}
