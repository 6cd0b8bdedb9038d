//! The stream of a terminal's output: where it stands, what a snapshot replaces, and from where a
//! reconnect goes on.
//!
//! A reconnect never clears the screen by itself. What is drawn stays until the first bytes that
//! replace it are there, and then both are written in one go.

/// Ends whatever sequence the cut came into, then resets the terminal (CAN, RIS). Written into
/// the stream and not called as a method, so that it takes its turn behind bytes still unparsed.
pub const RESET: &[u8] = b"\x18\x1bc";

/// Bytes for the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// Whether [`RESET`] goes before them.
    pub reset: bool,
    pub bytes: &'a [u8],
    /// What is parsed once they are; none in the middle of a snapshot.
    pub mark: Option<Mark>,
}

/// A place in the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Which stream: a mark of an earlier one says nothing about this.
    pub generation: u32,
    pub offset: u64,
    /// Whether a snapshot ends here.
    pub snapshot: bool,
}

/// A terminal's output, as far as it has come.
#[derive(Debug, Default)]
pub struct Stream {
    epoch: Option<String>,
    generation: u32,
    /// The offset of the next live byte.
    next: u64,
    snapshot: Option<Snapshot>,
    /// What is on the screen is not what comes before the next byte.
    stale: bool,
    drawn: bool,
}

#[derive(Debug)]
struct Snapshot {
    left: u64,
    offset: u64,
}

impl Stream {
    /// `since` and `epoch` for a reconnect; none when the screen has to come anew.
    #[must_use]
    pub fn resume(&self) -> Option<(u64, &str)> {
        if self.stale || self.snapshot.is_some() { None } else { Some((self.next, self.epoch.as_deref()?)) }
    }

    /// Which stream this is.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The connection was cut. A snapshot that was under way is lost.
    pub fn cut(&mut self) {
        if self.snapshot.take().is_some() {
            self.stale = true;
        }
    }

    /// The screen is another one, with nothing on it: all has to come anew.
    pub fn lost(&mut self) {
        self.snapshot = None;
        self.stale = true;
        self.drawn = false;
        self.generation = self.generation.wrapping_add(1);
    }

    /// A `hello`.
    pub fn greeted(&mut self, epoch: &str, offset: u64) {
        let same = self.epoch.as_deref() == Some(epoch);
        if !same || self.next != offset {
            self.stale |= self.drawn;
        }
        if !same {
            self.generation = self.generation.wrapping_add(1);
            self.epoch = Some(epoch.to_owned());
        }
        self.snapshot = None;
        self.next = offset;
    }

    /// A `snapshot` of `bytes` is next. An empty one is a chunk of its own.
    pub fn announced(&mut self, offset: u64, bytes: u64) -> Option<Chunk<'static>> {
        self.stale = true;
        self.next = offset;
        if bytes == 0 {
            self.snapshot = None;
            let mark = Some(self.mark(true));
            return Some(Chunk { reset: self.take_stale(), bytes: &[], mark });
        }
        self.snapshot = Some(Snapshot { left: bytes, offset });
        None
    }

    /// A binary frame: at most the end of a snapshot and live bytes after it.
    pub fn received<'a>(&mut self, frame: &'a [u8]) -> [Option<Chunk<'a>>; 2] {
        let Some(snapshot) = &mut self.snapshot else { return [self.live(frame), None] };
        let (redrawing, live) = match usize::try_from(snapshot.left) {
            Ok(left) if left <= frame.len() => frame.split_at(left),
            _ => (frame, &[][..]),
        };
        snapshot.left -= redrawing.len() as u64;
        let ends = snapshot.left == 0;
        if ends {
            self.next = snapshot.offset;
            self.snapshot = None;
        }
        let mark = ends.then(|| self.mark(true));
        let redraw = Chunk { reset: self.take_stale(), bytes: redrawing, mark };
        [Some(redraw), self.live(live)]
    }

    fn live<'a>(&mut self, bytes: &'a [u8]) -> Option<Chunk<'a>> {
        if bytes.is_empty() {
            return None;
        }
        self.next += bytes.len() as u64;
        let mark = Some(self.mark(false));
        Some(Chunk { reset: self.take_stale(), bytes, mark })
    }

    fn mark(&self, snapshot: bool) -> Mark {
        Mark { generation: self.generation, offset: self.next, snapshot }
    }

    fn take_stale(&mut self) -> bool {
        let reset = self.stale && self.drawn;
        self.stale = false;
        self.drawn = true;
        reset
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    fn written(stream: &mut Stream, frame: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for chunk in stream.received(frame).into_iter().flatten() {
            if chunk.reset {
                out.extend_from_slice(b"<reset>");
            }
            out.extend_from_slice(chunk.bytes);
        }
        out
    }

    fn drawn() -> Stream {
        let mut stream = Stream::default();
        stream.greeted("a", 100);
        assert_eq!(written(&mut stream, b"hello"), b"hello");
        stream
    }

    test_everywhere! {
        fn nothing_can_be_resumed_before_the_first_hello() {
            assert_eq!(Stream::default().resume(), None);
        }

        fn a_reconnect_goes_on_where_the_bytes_ended() {
            let mut stream = drawn();
            stream.cut();
            assert_eq!(stream.resume(), Some((105, "a")));
            stream.greeted("a", 105);
            assert_eq!(written(&mut stream, b" world"), b" world");
            assert_eq!(stream.resume(), Some((111, "a")));
        }

        fn the_screen_is_cleared_only_with_the_snapshots_first_bytes() {
            let mut stream = drawn();
            stream.cut();
            stream.greeted("a", 900);
            assert_eq!(stream.announced(900, 6), None);
            assert_eq!(written(&mut stream, b"abc"), b"<reset>abc");
            assert_eq!(written(&mut stream, b"def"), b"def");
            assert_eq!(stream.resume(), Some((900, "a")));
            assert_eq!(written(&mut stream, b"g"), b"g");
            assert_eq!(stream.resume(), Some((901, "a")));
        }

        fn a_snapshots_end_and_live_bytes_may_share_a_frame() {
            let mut stream = Stream::default();
            stream.greeted("a", 50);
            stream.announced(50, 3);
            let [redraw, live] = stream.received(b"abcXY");
            let redraw = redraw.expect("redraw");
            assert_eq!((redraw.bytes, redraw.reset), (&b"abc"[..], false));
            assert_eq!(redraw.mark, Some(Mark { generation: 1, offset: 50, snapshot: true }));
            let live = live.expect("live");
            assert_eq!((live.bytes, live.reset), (&b"XY"[..], false));
            assert_eq!(live.mark, Some(Mark { generation: 1, offset: 52, snapshot: false }));
        }

        fn the_middle_of_a_snapshot_marks_nothing() {
            let mut stream = Stream::default();
            stream.greeted("a", 50);
            stream.announced(50, 10);
            let [redraw, live] = stream.received(b"abc");
            assert_eq!(redraw.expect("redraw").mark, None);
            assert_eq!(live, None);
        }

        fn a_snapshot_cut_in_its_middle_is_asked_for_anew() {
            let mut stream = drawn();
            stream.announced(900, 6);
            assert_eq!(stream.resume(), None);
            assert_eq!(written(&mut stream, b"abc"), b"<reset>abc");
            stream.cut();
            assert_eq!(stream.resume(), None);
            stream.greeted("a", 950);
            stream.announced(950, 2);
            assert_eq!(written(&mut stream, b"zz"), b"<reset>zz");
            assert_eq!(stream.resume(), Some((950, "a")));
        }

        fn an_empty_snapshot_clears_the_screen() {
            let mut stream = drawn();
            let chunk = stream.announced(7, 0).expect("chunk");
            assert!(chunk.reset);
            assert_eq!(chunk.mark, Some(Mark { generation: 1, offset: 7, snapshot: true }));
            assert_eq!(written(&mut stream, b"x"), b"x");
        }

        fn another_epoch_draws_over_the_old_screen_once_it_has_bytes() {
            let mut stream = drawn();
            stream.cut();
            let before = stream.generation();
            stream.greeted("b", 0);
            assert_ne!(stream.generation(), before);
            assert_eq!(written(&mut stream, b"$ "), b"<reset>$ ");
            assert_eq!(stream.resume(), Some((2, "b")));
        }

        fn a_lost_screen_comes_anew_and_needs_no_clearing() {
            let mut stream = drawn();
            let before = stream.generation();
            stream.lost();
            assert_eq!(stream.resume(), None);
            assert_ne!(stream.generation(), before);
            stream.greeted("a", 105);
            stream.announced(105, 3);
            assert_eq!(written(&mut stream, b"abc"), b"abc");
            assert_eq!(stream.resume(), Some((105, "a")));
        }

        fn an_empty_frame_is_nothing() {
            assert_eq!(drawn().received(b""), [None, None]);
        }
    }
}
