//! What a person types or pastes, as frames.

use protocol::frame::MAX_CLIENT_FRAME;

/// Splits `bytes` into frames that the guest takes. A paste may be longer than one.
pub fn frames(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.chunks(MAX_CLIENT_FRAME)
}

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
        fn a_long_paste_is_cut_into_frames_that_lose_nothing() {
            let paste: Vec<u8> = (0..MAX_CLIENT_FRAME * 2 + 5).map(|i| i as u8).collect();
            let cut: Vec<&[u8]> = frames(&paste).collect();
            assert_eq!(cut.iter().map(|frame| frame.len()).collect::<Vec<_>>(), [MAX_CLIENT_FRAME, MAX_CLIENT_FRAME, 5]);
            assert_eq!(cut.concat(), paste);
        }

        fn nothing_typed_is_no_frame() {
            assert_eq!(frames(b"").count(), 0);
        }

        fn binary_strings_are_bytes_and_not_utf8() {
            assert_eq!(from_binary_string("\u{1b}[M\u{20}\u{ff}"), [0x1b, b'[', b'M', 0x20, 0xff]);
            assert_eq!(from_binary_string("é"), [0xe9]);
        }
    }
}
