//! A terminal's WebSocket from the client's side, by hand: one write for a key, one read for its
//! echo, and frames given on as they arrive, so that the client adds as little as can be.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use protocol::frame::{ACK_INTERVAL, ClientFrame, ServerFrame};

use crate::terminal::{PATIENCE, Terminal};

/// Bytes read at once: several of the longest frames, as a browser takes them.
const READ_SIZE: usize = 256 * 1024;
/// The mask of every frame. RFC 6455 wants unpredictable ones, against caches; there are none here.
const MASK: [u8; 4] = [0x5a, 0xc3, 0x96, 0x3c];

const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// The byte stream beneath.
#[derive(Debug)]
pub enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    /// Gives up waiting for a peer that says nothing.
    pub fn set_patience(&self, limit: Duration) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => {
                stream.set_nodelay(true)?;
                stream.set_write_timeout(Some(limit))?;
                stream.set_read_timeout(Some(limit))
            }
            Self::Unix(stream) => {
                stream.set_write_timeout(Some(limit))?;
                stream.set_read_timeout(Some(limit))
            }
        }
    }

    /// Ends it at once.
    pub fn cut(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Both),
            Self::Unix(stream) => stream.shutdown(Shutdown::Both),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Unix(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            Self::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(stream) => stream.as_fd(),
            Self::Unix(stream) => stream.as_fd(),
        }
    }
}

/// What a socket brought.
#[derive(Debug, PartialEq)]
pub enum Event<'a> {
    /// Bytes of the terminal, or of a snapshot of it.
    Output(&'a [u8]),
    /// A text frame.
    Frame(ServerFrame),
    /// The other side closed, with this code; 0 when it gave none, or just hung up.
    Closed(u16),
    /// Nothing whole yet.
    Nothing,
}

/// A client's end of a terminal's socket. It acknowledges output as it is asked for more.
#[derive(Debug)]
pub struct Socket {
    stream: Stream,
    buffer: Vec<u8>,
    /// What has been read and not given on: `buffer[start..end]`.
    start: usize,
    end: usize,
    /// The frame that is being read, and how much of it is still to come.
    opcode: u8,
    remaining: u64,
    control: Vec<u8>,
    acknowledged: u64,
    snapshot_left: u64,
    /// The stream's present generation, from `hello`.
    pub epoch: String,
    /// Offset of the next byte of output.
    pub offset: u64,
    /// How many snapshots came.
    pub snapshots: u32,
}

impl Socket {
    /// Opens a socket at `path` over a connected stream. `headers` are whole lines. What is typed into it counts,
    /// whether or not the client before it, whose end the guest may not know of yet, still drives.
    pub fn open(mut stream: Stream, host: &str, path: &str, headers: &str) -> Result<Self> {
        stream.set_patience(PATIENCE)?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
        );
        stream.write_all(request.as_bytes())?;
        let mut socket = Self::over(stream);
        let head = loop {
            if let Some(at) = crate::terminal::find(&socket.buffer[..socket.end], b"\r\n\r\n") {
                break at + 4;
            }
            if socket.fill()? == 0 {
                bail!("hung up in the handshake");
            }
        };
        let answer = String::from_utf8_lossy(&socket.buffer[..socket.end]);
        if !answer.starts_with("HTTP/1.1 101") {
            bail!("{path} answered {}", answer.lines().next().unwrap_or_default());
        }
        socket.start = head;
        socket.write_text(&ClientFrame::TakeControl)?;
        Ok(socket)
    }

    fn over(stream: Stream) -> Self {
        Self {
            stream,
            buffer: vec![0; READ_SIZE],
            start: 0,
            end: 0,
            opcode: 0,
            remaining: 0,
            control: Vec::new(),
            acknowledged: 0,
            snapshot_left: 0,
            epoch: String::new(),
            offset: 0,
            snapshots: 0,
        }
    }

    /// What comes next, with at most `reads` reads of the stream.
    pub fn next(&mut self, mut reads: usize) -> Result<Event<'_>> {
        self.acknowledge()?;
        loop {
            if self.remaining > 0 && self.start < self.end {
                let length = usize::try_from(self.remaining).unwrap_or(usize::MAX).min(self.end - self.start);
                let piece = self.start..self.start + length;
                self.start += length;
                self.remaining -= length as u64;
                if self.opcode == BINARY {
                    self.count(length as u64);
                    return Ok(Event::Output(&self.buffer[piece]));
                }
                self.control.extend_from_slice(&self.buffer[piece]);
            }
            if self.remaining == 0 && self.opcode != 0 {
                let opcode = std::mem::take(&mut self.opcode);
                let payload = std::mem::take(&mut self.control);
                match opcode {
                    TEXT => {
                        if let Some(frame) = self.obey(&payload)? {
                            return Ok(Event::Frame(frame));
                        }
                    }
                    CLOSE => {
                        let code = payload.first_chunk().map_or(0, |code| u16::from_be_bytes(*code));
                        return Ok(Event::Closed(code));
                    }
                    PING => self.write_frame(PONG, &payload)?,
                    _ => {}
                }
                continue;
            }
            if self.remaining == 0 && self.header() {
                continue;
            }
            if reads == 0 {
                return Ok(Event::Nothing);
            }
            reads -= 1;
            if self.fill()? == 0 {
                return Ok(Event::Closed(0));
            }
        }
    }

    /// Cuts the connection, as when a laptop's lid falls: no close frame.
    pub fn cut(self) -> Result<()> {
        Ok(self.stream.cut()?)
    }

    /// Reads a frame's header if there is a whole one.
    fn header(&mut self) -> bool {
        let at = &self.buffer[self.start..self.end];
        let [first, second, rest @ ..] = at else { return false };
        let (length, size) = match second & 0x7f {
            126 => match rest.first_chunk() {
                Some(length) => (u64::from(u16::from_be_bytes(*length)), 4),
                None => return false,
            },
            127 => match rest.first_chunk() {
                Some(length) => (u64::from_be_bytes(*length), 10),
                None => return false,
            },
            short => (u64::from(short), 2),
        };
        // A continuation goes on as what it continues; fragments are only told apart by the guest.
        let opcode = first & 0x0f;
        self.opcode = if opcode == 0 { BINARY } else { opcode };
        self.remaining = length;
        self.start += size;
        true
    }

    fn fill(&mut self) -> Result<usize> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        let length = match self.stream.read(&mut self.buffer[self.end..]) {
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => 0,
            Err(error) => return Err(error).context("nothing came over the socket"),
        };
        self.end += length;
        Ok(length)
    }

    /// Takes note of a text frame; unknown ones are skipped.
    fn obey(&mut self, payload: &[u8]) -> Result<Option<ServerFrame>> {
        let Ok(frame) = serde_json::from_slice::<ServerFrame>(payload) else { return Ok(None) };
        match &frame {
            ServerFrame::Hello { epoch, offset, .. } => {
                self.epoch.clone_from(epoch);
                (self.offset, self.acknowledged) = (*offset, *offset);
            }
            ServerFrame::Snapshot { offset, bytes } => {
                self.snapshots += 1;
                self.snapshot_left = *bytes;
                self.offset = *offset;
                self.write_text(&ClientFrame::Ack { offset: *offset })?;
                self.acknowledged = *offset;
            }
            _ => {}
        }
        Ok(Some(frame))
    }

    fn count(&mut self, length: u64) {
        let of_snapshot = length.min(self.snapshot_left);
        self.snapshot_left -= of_snapshot;
        self.offset += length - of_snapshot;
    }

    fn acknowledge(&mut self) -> Result<()> {
        if self.offset - self.acknowledged >= ACK_INTERVAL {
            self.acknowledged = self.offset;
            self.write_text(&ClientFrame::Ack { offset: self.offset })?;
        }
        Ok(())
    }

    fn write_text(&mut self, frame: &ClientFrame) -> Result<()> {
        self.write_frame(TEXT, &serde_json::to_vec(frame)?)
    }

    fn write_frame(&mut self, opcode: u8, payload: &[u8]) -> Result<()> {
        let mut frame = Vec::with_capacity(payload.len() + 14);
        frame.push(0x80 | opcode);
        match u16::try_from(payload.len()) {
            #[allow(clippy::cast_possible_truncation)]
            Ok(length) if length < 126 => frame.push(0x80 | length as u8),
            Ok(length) => {
                frame.push(0x80 | 126);
                frame.extend_from_slice(&length.to_be_bytes());
            }
            Err(_) => {
                frame.push(0x80 | 127);
                frame.extend_from_slice(&(payload.len() as u64).to_be_bytes());
            }
        }
        frame.extend_from_slice(&MASK);
        frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        self.stream.write_all(&frame).context("the socket takes nothing")
    }
}

impl Terminal for Socket {
    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.write_frame(BINARY, bytes)
    }

    fn receive(&mut self) -> Result<&[u8]> {
        // The loop ends in a second look at the same piece: the borrow checker can't see that a
        // piece returned from inside it leaves the loop.
        let piece = loop {
            match self.next(usize::MAX)? {
                Event::Output(bytes) => break bytes.len(),
                Event::Closed(code) => bail!("the socket closed with {code}"),
                Event::Frame(_) | Event::Nothing => {}
            }
        };
        Ok(&self.buffer[self.start - piece..self.start])
    }

    fn receive_ready(&mut self) -> Result<Option<&[u8]>> {
        let mut reads = 1;
        let piece = loop {
            match self.next(std::mem::take(&mut reads))? {
                Event::Output(bytes) => break bytes.len(),
                Event::Closed(code) => bail!("the socket closed with {code}"),
                Event::Nothing => return Ok(None),
                Event::Frame(_) => {}
            }
        };
        Ok(Some(&self.buffer[self.start - piece..self.start]))
    }

    fn descriptor(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }

    fn set_read_size(&mut self, bytes: usize) {
        // What is read already must stay.
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        self.buffer.resize(bytes.max(self.end), 0);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![0x80 | opcode];
        match payload.len() {
            length if length < 126 => frame.push(u8::try_from(length).unwrap()),
            length if length < 65536 => {
                frame.push(126);
                frame.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
            }
            length => {
                frame.push(127);
                frame.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
        frame.extend_from_slice(payload);
        frame
    }

    #[test]
    fn frames_are_understood_however_they_are_cut() {
        let text = |frame: &ServerFrame| self::frame(TEXT, &serde_json::to_vec(frame).unwrap());
        let mut wire = text(&ServerFrame::Hello {
            epoch: "e".into(),
            offset: 10,
            cols: 80,
            rows: 24,
            driver: true,
            title: String::new(),
            process: String::new(),
        });
        wire.extend(frame(BINARY, &[7; 300]));
        wire.extend(frame(TEXT, br#"{"type":"of the future"}"#));
        wire.extend(text(&ServerFrame::Snapshot { offset: 1000, bytes: 5 }));
        wire.extend(frame(BINARY, b"12345"));
        wire.extend(frame(BINARY, &[8; 70_000]));
        wire.extend(frame(CLOSE, &1013u16.to_be_bytes()));
        for cut in [1, 2, 7, 311, 4096, wire.len()] {
            let (ours, theirs) = UnixStream::pair().unwrap();
            let bytes = wire.clone();
            // The other end is read too, or its acknowledgements would end in a reset.
            let mut reader = theirs.try_clone().unwrap();
            let writer = std::thread::spawn(move || {
                let mut theirs = theirs;
                bytes.chunks(cut).for_each(|piece| theirs.write_all(piece).unwrap());
            });
            let acks = std::thread::spawn(move || {
                let mut all = Vec::new();
                reader.read_to_end(&mut all).unwrap();
                all
            });
            let mut socket = Socket::over(Stream::Unix(ours));
            let mut output = Vec::new();
            let code = loop {
                match socket.next(1).unwrap() {
                    Event::Output(piece) => output.extend_from_slice(piece),
                    Event::Closed(code) => break code,
                    Event::Frame(_) | Event::Nothing => {}
                }
            };
            assert_eq!(code, 1013);
            assert_eq!((output.len(), socket.offset, socket.snapshots), (70_305, 71_000, 1), "cut at {cut}");
            assert_eq!(socket.epoch, "e");
            drop(socket);
            writer.join().unwrap();
            assert!(!acks.join().unwrap().is_empty(), "a snapshot is acknowledged");
        }
    }
}
