//! Frames as a client sends them. Binary payload is handed on as it arrives, never gathered, so a
//! client can't make the guest hold more than one text frame of [`MAX_CLIENT_FRAME`].

use std::ops::Range;

use protocol::close;
use protocol::frame::MAX_CLIENT_FRAME;

use super::PROTOCOL_ERROR;

/// What a client sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// Bytes of a binary frame, now unmasked at this place in the buffer.
    Binary(Range<usize>),
    /// A whole text message.
    Text(Vec<u8>),
    /// To be answered with the same payload.
    Ping(Vec<u8>),
    /// The client is leaving.
    Close,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

struct Frame {
    kind: Kind,
    last: bool,
    left: usize,
    mask: [u8; 4],
    /// Payload bytes seen, for the mask's phase.
    seen: usize,
}

/// One client's stream of frames.
#[derive(Default)]
pub struct Decoder {
    header: Vec<u8>,
    frame: Option<Frame>,
    /// The kind of message whose next fragment is awaited.
    message: Option<Kind>,
    text: Vec<u8>,
    control: Vec<u8>,
}

impl Decoder {
    /// The next thing in `buffer` from `at` on, which is moved behind it; none when all of the
    /// buffer is used up.
    ///
    /// # Errors
    /// The code to close with, when the client broke the protocol or a limit.
    pub fn next(&mut self, buffer: &mut [u8], at: &mut usize) -> Result<Option<Event>, u16> {
        loop {
            let Some(frame) = &mut self.frame else {
                if !self.read_header(buffer, at)? {
                    return Ok(None);
                }
                continue;
            };
            let take = frame.left.min(buffer.len() - *at);
            let range = *at..*at + take;
            for (position, byte) in buffer[range.clone()].iter_mut().enumerate() {
                *byte ^= frame.mask[(frame.seen + position) & 3];
            }
            *at += take;
            frame.seen += take;
            frame.left -= take;
            let (kind, last, done) = (frame.kind, frame.last, frame.left == 0);
            match kind {
                Kind::Binary => {}
                Kind::Text if self.text.len() + take > MAX_CLIENT_FRAME => return Err(close::TOO_BIG),
                Kind::Text => self.text.extend_from_slice(&buffer[range.clone()]),
                Kind::Close | Kind::Ping | Kind::Pong => self.control.extend_from_slice(&buffer[range.clone()]),
            }
            if done {
                self.frame = None;
            }
            match kind {
                Kind::Binary if !range.is_empty() => return Ok(Some(Event::Binary(range))),
                Kind::Text if done && last => return Ok(Some(Event::Text(std::mem::take(&mut self.text)))),
                Kind::Ping if done => return Ok(Some(Event::Ping(std::mem::take(&mut self.control)))),
                Kind::Close if done => return Ok(Some(Event::Close)),
                Kind::Pong if done => self.control.clear(),
                _ => {}
            }
            if !done && *at == buffer.len() {
                return Ok(None);
            }
        }
    }

    /// Takes a frame's header from the buffer; false when there is only a part of one.
    fn read_header(&mut self, buffer: &[u8], at: &mut usize) -> Result<bool, u16> {
        while self.header.len() < header_length(&self.header) {
            let Some(byte) = buffer.get(*at) else { return Ok(false) };
            self.header.push(*byte);
            *at += 1;
        }
        let (first, second) = (self.header[0], self.header[1]);
        let last = first & 0x80 != 0;
        if first & 0x70 != 0 || second & 0x80 == 0 {
            return Err(PROTOCOL_ERROR);
        }
        let (length, mask) = self.header[2..].split_at(self.header.len() - 6);
        let length = match length {
            [] => u64::from(second & 0x7f),
            bytes => bytes.iter().fold(0, |length, byte| length << 8 | u64::from(*byte)),
        };
        let kind = match (first & 0x0f, self.message) {
            (0, Some(kind)) => kind,
            (1, None) => Kind::Text,
            (2, None) => Kind::Binary,
            (8, _) => Kind::Close,
            (9, _) => Kind::Ping,
            (10, _) => Kind::Pong,
            _ => return Err(PROTOCOL_ERROR),
        };
        let left = usize::try_from(length).unwrap_or(usize::MAX);
        if left > MAX_CLIENT_FRAME {
            return Err(close::TOO_BIG);
        }
        match kind {
            Kind::Text | Kind::Binary => self.message = (!last).then_some(kind),
            Kind::Close | Kind::Ping | Kind::Pong if !last || left > 125 => return Err(PROTOCOL_ERROR),
            Kind::Close | Kind::Ping | Kind::Pong => {}
        }
        let mask = [mask[0], mask[1], mask[2], mask[3]];
        self.header.clear();
        self.frame = Some(Frame { kind, last, left, mask, seen: 0 });
        Ok(true)
    }
}

/// How long the header will be that begins so.
fn header_length(header: &[u8]) -> usize {
    match header.get(1).map(|second| second & 0x7f) {
        None => 2,
        Some(126) => 8,
        Some(127) => 14,
        Some(_) => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![first];
        match payload.len() {
            short @ 0..126 => bytes.push(0x80 | short as u8),
            medium @ 126..65_536 => {
                bytes.push(0x80 | 126);
                bytes.extend((medium as u16).to_be_bytes());
            }
            long => {
                bytes.push(0x80 | 127);
                bytes.extend((long as u64).to_be_bytes());
            }
        }
        let mask = [0x12, 0x34, 0x56, 0x78];
        bytes.extend(mask);
        bytes.extend(payload.iter().enumerate().map(|(at, byte)| byte ^ mask[at & 3]));
        bytes
    }

    fn decode(stream: &[u8], pieces: usize) -> Result<(Vec<u8>, Vec<Event>), u16> {
        let (mut decoder, mut binary, mut events) = (Decoder::default(), Vec::new(), Vec::new());
        for piece in stream.chunks(pieces) {
            let (mut buffer, mut at) = (piece.to_vec(), 0);
            while let Some(event) = decoder.next(&mut buffer, &mut at)? {
                match event {
                    Event::Binary(range) => binary.extend_from_slice(&buffer[range]),
                    other => events.push(other),
                }
            }
            assert_eq!(at, buffer.len());
        }
        Ok((binary, events))
    }

    #[test]
    fn frames_are_the_same_however_the_stream_is_cut() {
        let input: Vec<u8> = (0..70_000u32).map(|at| at as u8).collect();
        let mut stream = Vec::new();
        for part in [&input[..1], &input[1..200], &input[200..65_736], &[], &input[65_736..]] {
            stream.extend(frame(0x82, part));
        }
        stream.extend(frame(0x01, b"one "));
        stream.extend(frame(0x89, b"ping"));
        stream.extend(frame(0x80, b"two"));
        stream.extend(frame(0x8a, b"unasked"));
        stream.extend(frame(0x81, b""));
        stream.extend(frame(0x88, &1000u16.to_be_bytes()));
        let events =
            [Event::Ping(b"ping".to_vec()), Event::Text(b"one two".to_vec()), Event::Text(vec![]), Event::Close];
        for pieces in [1, 2, 3, 7, 1000, stream.len()] {
            let (binary, found) = decode(&stream, pieces).expect("valid frames");
            assert!(binary == input && found == events, "pieces of {pieces}");
        }
    }

    #[test]
    fn what_breaks_a_limit_is_refused_by_its_header_alone() {
        let too_long = frame(0x82, &vec![0; MAX_CLIENT_FRAME + 1]);
        assert_eq!(decode(&too_long[..14], 14), Err(close::TOO_BIG));
        let huge = [0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
        assert_eq!(decode(&huge, 14), Err(close::TOO_BIG));
        let mut fragments = frame(0x01, &vec![b'a'; MAX_CLIENT_FRAME]);
        fragments.extend(frame(0x80, b"b"));
        assert_eq!(decode(&fragments, 4096), Err(close::TOO_BIG));
    }

    #[test]
    fn what_breaks_the_protocol_is_refused() {
        for wrong in [
            vec![0x82, 0x01, 0x00, 0, 0, 0, 0],
            frame(0xc2, b"reserved bit"),
            frame(0x80, b"continues nothing"),
            frame(0x83, b"unknown"),
            frame(0x09, b"fragmented ping"),
            frame(0x89, &[0; 126]),
            [frame(0x01, b"a"), frame(0x81, b"b")].concat(),
        ] {
            assert_eq!(decode(&wrong, wrong.len()), Err(PROTOCOL_ERROR));
        }
    }
}
