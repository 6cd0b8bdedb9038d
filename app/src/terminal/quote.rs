//! A path as a POSIX shell takes it: one word, whatever is in it.

/// Quotes `path` where it needs it; none when it holds a control character, which would be a key
/// pressed rather than text.
#[must_use]
pub fn quote(path: &str) -> Option<String> {
    if path.is_empty() || path.chars().any(char::is_control) {
        return None;
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '+' | ',' | '@' | '%' | ':');
    if path.chars().all(plain) && !path.starts_with('-') {
        return Some(path.to_owned());
    }
    Some(format!("'{}'", path.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    test_everywhere! {
        fn a_plain_path_stays_as_it_is() {
            for path in ["/home/a/uploads/photo-1.png", "/tmp/a_b.c", "a@b:c%d,e+f"] {
                assert_eq!(quote(path).as_deref(), Some(path));
            }
        }

        fn anything_else_is_one_quoted_word() {
            for (path, expected) in [
                ("/a b.png", "'/a b.png'"),
                ("/it's", r"'/it'\''s'"),
                ("/$(reboot)`id`", "'/$(reboot)`id`'"),
                ("/a;b|c&d>e<f*g?h[i]{j}!k#l~m\\n\"o", "'/a;b|c&d>e<f*g?h[i]{j}!k#l~m\\n\"o'"),
                ("/höher/日本.png", "'/höher/日本.png'"),
                ("-rf", "'-rf'"),
                ("~root", "'~root'"),
                ("a=b", "'a=b'"),
            ] {
                assert_eq!(quote(path).as_deref(), Some(expected), "{path}");
            }
        }

        fn what_would_press_keys_is_not_quoted_but_refused() {
            for path in ["", "/a\nb", "/a\rb", "/a\u{1b}[201~b", "/a\u{3}", "/a\u{9b}b", "/a\0"] {
                assert_eq!(quote(path), None, "{path:?}");
            }
        }
    }
}
