//! What xterm.js tells of input, as bytes.

/// The bytes behind xterm.js' binary strings, one a character: some mouse reports aren't UTF-8.
#[must_use]
pub fn from_binary_string(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    test_everywhere! {
        fn binary_strings_are_bytes_and_not_utf8() {
            assert_eq!(from_binary_string("\u{1b}[M\u{20}\u{ff}"), [0x1b, b'[', b'M', 0x20, 0xff]);
            assert_eq!(from_binary_string("é"), [0xe9]);
        }
    }
}
