//! Where WebSocket frames end in a stream of bytes (RFC 6455 §5.2), without looking into them.

/// The opcode of a close frame.
const CLOSE: u8 = 0x8;
/// The first byte, the length byte, and the longest extended length. A server's frames have no mask.
const MAX_HEADER: usize = 2 + 8;

/// Follows one direction of a stream, frame by frame.
#[derive(Debug, Default)]
pub(super) struct Boundary {
    header: [u8; MAX_HEADER],
    /// Bytes of the header seen so far; 0 between frames and within a payload.
    seen: usize,
    /// Payload bytes still to come.
    payload: u64,
    closed: bool,
}

impl Boundary {
    /// Whether the stream is between two frames.
    pub fn is_between(&self) -> bool {
        self.seen == 0 && self.payload == 0
    }

    /// Whether a close frame went by: nothing may be sent after it.
    pub fn saw_close(&self) -> bool {
        self.closed
    }

    /// How many bytes may be read without passing the end of the frame under way; 0 between frames.
    pub fn to_end(&self) -> u64 {
        match (self.payload, self.seen) {
            (0, 0) => 0,
            (0, seen) => (self.header_length().max(2) - seen) as u64,
            (payload, _) => payload,
        }
    }

    /// Follows `bytes`.
    pub fn advance(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.payload > 0 {
                let skipped = usize::try_from(self.payload).map_or(bytes.len(), |payload| payload.min(bytes.len()));
                self.payload -= skipped as u64;
                bytes = &bytes[skipped..];
                continue;
            }
            self.header[self.seen] = bytes[0];
            self.seen += 1;
            bytes = &bytes[1..];
            if self.seen >= 2 && self.seen == self.header_length() {
                self.payload = self.payload_length();
                self.closed |= self.header[0] & 0x0f == CLOSE;
                self.seen = 0;
            }
        }
    }

    /// Bytes of the header under way, as far as its length byte is known.
    fn header_length(&self) -> usize {
        match (self.seen, self.header[1] & 0x7f) {
            (0 | 1, _) => 0,
            (_, 126) => 4,
            (_, 127) => 10,
            _ => 2,
        }
    }

    fn payload_length(&self) -> u64 {
        let extended = |bytes: &[u8]| bytes.iter().fold(0, |length, byte| length << 8 | u64::from(*byte));
        match self.header[1] & 0x7f {
            126 => extended(&self.header[2..4]),
            127 => extended(&self.header[2..10]),
            short => u64::from(short),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(opcode: u8, payload: usize) -> Vec<u8> {
        let mut frame = vec![0x80 | opcode];
        match payload {
            0..126 => frame.push(u8::try_from(payload).unwrap_or_default()),
            126..65536 => {
                frame.push(126);
                frame.extend(u16::try_from(payload).unwrap_or_default().to_be_bytes());
            }
            _ => {
                frame.push(127);
                frame.extend((payload as u64).to_be_bytes());
            }
        }
        frame.resize(frame.len() + payload, 0xff);
        frame
    }

    #[test]
    fn ends_are_found_however_the_stream_is_cut() {
        let frames = [frame(2, 0), frame(1, 5), frame(2, 125), frame(2, 126), frame(2, 70_000), frame(9, 3)];
        let stream: Vec<u8> = frames.concat();
        let ends: Vec<usize> = frames
            .iter()
            .scan(0, |end, f| {
                *end += f.len();
                Some(*end)
            })
            .collect();
        for step in [1, 2, 3, 7, 1000, stream.len()] {
            let mut boundary = Boundary::default();
            let mut at = 0;
            for chunk in stream.chunks(step) {
                boundary.advance(chunk);
                at += chunk.len();
                assert_eq!(boundary.is_between(), ends.contains(&at), "at {at} in steps of {step}");
            }
            assert!(!boundary.saw_close());
        }
    }

    #[test]
    fn reading_to_the_end_never_passes_it() {
        for payload in [0, 5, 126, 70_000] {
            let bytes = frame(2, payload);
            let mut boundary = Boundary::default();
            boundary.advance(&bytes[..1]);
            let mut at = 1;
            while boundary.to_end() > 0 {
                let next = at + usize::try_from(boundary.to_end()).unwrap_or_default();
                assert!(next <= bytes.len(), "payload {payload}");
                boundary.advance(&bytes[at..next]);
                at = next;
            }
            assert_eq!(at, bytes.len());
            assert!(boundary.is_between());
        }
    }

    #[test]
    fn a_close_frame_is_noticed() {
        let mut boundary = Boundary::default();
        boundary.advance(&frame(8, 2));
        assert!(boundary.saw_close() && boundary.is_between());
    }
}
