//! Frames as a server sends them: whole and unmasked.

const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;
const PONG: u8 = 0x8a;
/// The longest payload of a control frame.
const MAX_CONTROL: usize = 125;

/// A frame's first bytes.
pub struct Header {
    bytes: [u8; 10],
    length: usize,
}

impl Header {
    /// That of a binary frame of `length` bytes.
    #[must_use]
    pub fn binary(length: usize) -> Self {
        Self::new(BINARY, length)
    }

    /// As sent.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    fn new(first: u8, length: usize) -> Self {
        let mut bytes = [0; 10];
        bytes[0] = first;
        let used = match (u8::try_from(length), u16::try_from(length)) {
            (Ok(short), _) if short < 126 => {
                bytes[1] = short;
                2
            }
            (_, Ok(medium)) => {
                bytes[1] = 126;
                bytes[2..4].copy_from_slice(&medium.to_be_bytes());
                4
            }
            _ => {
                bytes[1] = 127;
                bytes[2..10].copy_from_slice(&(length as u64).to_be_bytes());
                10
            }
        };
        Self { bytes, length: used }
    }
}

/// Appends a text frame.
pub fn text(out: &mut Vec<u8>, payload: &[u8]) {
    whole(out, TEXT, payload);
}

/// Appends the answer to a ping.
pub fn pong(out: &mut Vec<u8>, payload: &[u8]) {
    whole(out, PONG, &payload[..payload.len().min(MAX_CONTROL)]);
}

/// Appends the last frame.
pub fn close(out: &mut Vec<u8>, code: u16) {
    whole(out, CLOSE, &code.to_be_bytes());
}

fn whole(out: &mut Vec<u8>, first: u8, payload: &[u8]) {
    out.extend_from_slice(Header::new(first, payload.len()).as_bytes());
    out.extend_from_slice(payload);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_the_shortest_form() {
        for (length, header) in [
            (0, &[BINARY, 0][..]),
            (125, &[BINARY, 125]),
            (126, &[BINARY, 126, 0, 126]),
            (65_535, &[BINARY, 126, 0xff, 0xff]),
            (65_536, &[BINARY, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            assert_eq!(Header::binary(length).as_bytes(), header);
        }
    }
}
