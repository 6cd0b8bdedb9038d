//! OSC 52: a program puts text on the person's clipboard. It may not read it, ever.

/// The most text that a program may put on the clipboard, bytes.
pub const MAX_TEXT: usize = 1024 * 1024;

/// The text of `data`, what stands between `OSC 52 ;` and its end: `<which>;<base64>`. None when it
/// asks to read (`?`), clears, or isn't what it should be.
#[must_use]
pub fn text(data: &str) -> Option<String> {
    let (which, encoded) = data.split_once(';')?;
    // Clipboard, primary, secondary, selection and cut buffers: a browser has but the first.
    if !which.bytes().all(|c| matches!(c, b'c' | b'p' | b'q' | b's' | b'0'..=b'7')) || encoded == "?" {
        return None;
    }
    // Known before anything is decoded.
    if encoded.len() / 4 * 3 > MAX_TEXT + 2 {
        return None;
    }
    let text = String::from_utf8(decode(encoded.as_bytes())?).ok()?;
    (!text.is_empty() && text.len() <= MAX_TEXT).then_some(text)
}

/// Base64 of RFC 4648, its padding left out or not.
fn decode(encoded: &[u8]) -> Option<Vec<u8>> {
    let padding = encoded.iter().rev().take_while(|c| **c == b'=').count();
    let body = &encoded[..encoded.len() - padding];
    if padding > 2 || body.len() % 4 == 1 || (padding > 0 && !encoded.len().is_multiple_of(4)) {
        return None;
    }
    let mut out = Vec::with_capacity(body.len() / 4 * 3 + 2);
    for group in body.chunks(4) {
        let mut bits = 0u32;
        for c in group {
            bits = bits << 6 | u32::from(digit(*c)?);
        }
        bits <<= 6 * (4 - group.len());
        out.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    Some(out)
}

fn digit(c: u8) -> Option<u8> {
    match c {
        b'A'..=b'Z' => Some(c - b'A'),
        b'a'..=b'z' => Some(c - b'a' + 26),
        b'0'..=b'9' => Some(c - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    test_everywhere! {
        fn text_is_decoded() {
            for (data, expected) in [
                ("c;aGVsbG8=", "hello"),
                ("c;aGVsbG8", "hello"),
                (";aGk=", "hi"),
                ("pc;aMO2aGVy", "höher"),
                ("s0;YWJj", "abc"),
                ("c;Pz8/Pz4+", "????>>"),
            ] {
                assert_eq!(text(data).as_deref(), Some(expected), "{data}");
            }
        }

        fn reading_and_clearing_do_nothing() {
            for data in ["c;?", ";?", "p;?", "c;", "c", "", "c;!"] {
                assert_eq!(text(data), None, "{data}");
            }
        }

        fn what_is_not_base64_of_utf8_is_refused() {
            for data in ["c;aGVsbG8==", "c;a", "c;====", "c;aGVs\nbG8=", "c;_w==", "c;/w==", "x;aGk=", "c;aGk=;aGk=", "c;é"] {
                assert_eq!(text(data), None, "{data:?}");
            }
        }

        fn a_megabyte_is_the_most() {
            let exactly = format!("c;{}", "YWFh".repeat(MAX_TEXT / 3) + "YQ==");
            assert_eq!(text(&exactly).map(|text| text.len()), Some(MAX_TEXT));
            let more = format!("c;{}", "YWFh".repeat(MAX_TEXT / 3) + "YWE=");
            assert_eq!(text(&more), None);
            assert_eq!(text(&format!("c;{}", "YWFh".repeat(MAX_TEXT))), None);
        }
    }
}
