//! One terminal's thread: its PTY, its stream and its clients, and nothing shared with another's.
//!
//! A thread a terminal, so that the kernel keeps a flood in one from holding up an echo in another,
//! and each waits in one `ppoll` without a timer unless something is due.
//!
//! A turn of the loop: hear clients, read the PTY, send, then run the screen, so that what a person
//! sees never waits for it.

use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::TryRecvError;
use std::time::{Duration, Instant};

use protocol::TerminalId;
use protocol::frame::{RING_BYTES, Size};
use protocol::guest::Terminal;

use super::attached::Attached;
use super::command::Command;
use super::foreground::Foreground;
use super::input::Input;
use super::mailbox::{Inbox, Letter};
use super::shell::Shell;
use super::stream::{Stop, Stream};
use super::{Activity, client};
use crate::screen::ScreenEvent;
use crate::sys::{self, Ended, Interest, Pty};

/// How long clients may take to fetch the last output of a process that ended.
const FAREWELL_LIMIT: Duration = Duration::from_secs(10);
/// The longest title, path or notification passed on, bytes.
const MAX_TEXT: usize = 1024;

/// See the module.
pub struct Worker {
    pub id: TerminalId,
    pub size: Size,
    pub stream: Stream,
    pub foreground: Foreground,
    pub input: Input,
    pub command: Option<Command>,
    /// How the process ended, and until when clients may fetch what it wrote.
    pub ended: Option<(Ended, Instant)>,
    /// The session stops: sockets close with 4503.
    pub stopping: bool,
    pub attached: Attached,
    pub activity: Arc<Activity>,
    /// Gone once the process ended, and whoever still has the terminal open is hung up on.
    pty: Option<Pty>,
    inbox: Inbox,
    pub(super) events: Vec<ScreenEvent>,
    orphaned: bool,
}

impl Worker {
    /// A terminal for `shell`, not running yet.
    ///
    /// # Errors
    /// When the kernel has no random bytes.
    pub fn new(
        id: TerminalId,
        shell: Shell,
        size: Size,
        name: String,
        inbox: Inbox,
        activity: Arc<Activity>,
    ) -> std::io::Result<Self> {
        Ok(Self {
            id,
            size,
            stream: Stream::new(size)?,
            foreground: Foreground::new(name),
            input: Input::default(),
            command: None,
            ended: None,
            stopping: false,
            attached: Attached::default(),
            activity,
            pty: Some(shell.pty),
            inbox,
            events: Vec::new(),
            orphaned: false,
        })
    }

    /// Runs until the process ended and the last client has gone.
    pub fn run(mut self) {
        let mut interests = Vec::new();
        while !self.is_over() {
            self.list_interests(&mut interests);
            let limit = self.deadline().map(|due| due.saturating_duration_since(Instant::now()));
            if let Err(error) = sys::wait(&mut interests, limit) {
                eprintln!("berth-guest: terminal {} can't wait: {error}", self.id);
                return;
            }
            self.turn(&interests);
        }
    }

    fn is_over(&self) -> bool {
        self.attached.clients.is_empty() && (self.ended.is_some() || self.orphaned)
    }

    fn list_interests(&self, interests: &mut Vec<Interest>) {
        interests.clear();
        interests.push(Interest::new(self.inbox.bell.as_raw_fd(), !self.orphaned, false));
        let wants_output = self.attached.read_limit() > self.stream.ring.end();
        let wants_room = !self.input.is_empty();
        // A negative descriptor is one to skip.
        let terminal = self.pty.as_ref().map_or(-1, |pty| pty.master.as_raw_fd());
        let terminal = if wants_output || wants_room { terminal } else { -1 };
        interests.push(Interest::new(terminal, wants_output, wants_room));
        // Who types into a full terminal is heard no further, so that its socket holds it back. The others are:
        // they may take over, and what they acknowledge is theirs.
        let deaf_to = self.attached.driver.filter(|_| self.input.is_full());
        let clients = self.attached.clients.iter();
        interests.extend(clients.map(|client| {
            let hears = Some(client.id) != deaf_to;
            Interest::new(client.socket.as_raw_fd(), hears, client.blocked)
        }));
    }

    fn deadline(&self) -> Option<Instant> {
        let ended = self.ended.map(|(_, until)| until);
        let command = self.command.as_ref().map(Command::deadline);
        let due = [self.stream.deadline(), self.foreground.deadline(), self.attached.deadline(), ended, command];
        due.into_iter().flatten().min()
    }

    fn turn(&mut self, interests: &[Interest]) {
        let known = interests.len() - 2;
        for (client, interest) in self.attached.clients[..known].iter_mut().zip(&interests[2..]) {
            if interest.is_writable() {
                client.blocked = false;
            }
        }
        for (index, interest) in interests[2..].iter().enumerate() {
            if interest.is_readable() {
                self.hear(index);
            }
        }
        if interests[0].is_readable() {
            self.inbox.bell.silence();
            self.open_letters();
            self.stopping |= self.inbox.fate.stopping.load(Ordering::Relaxed);
            if let (Some(how), None) = (self.inbox.fate.ended.get(), self.ended) {
                self.end(*how);
            }
        }
        if interests[1].is_writable()
            && let Some(pty) = &self.pty
        {
            self.input.flush(pty.master.as_fd());
        }
        self.resize();
        if interests[1].is_readable() {
            self.read();
        }
        self.stream.expire(Instant::now());
        self.pump_all();
        self.stream.run_screen(&mut self.events);
        if self.handle_events() {
            self.pump_all();
        }
        let now = Instant::now();
        if let Some(pty) = &self.pty
            && self.foreground.look(pty.master.as_fd(), now)
        {
            self.attached.mark_all(|marks| marks.process = true);
            self.pump_all();
        }
        self.type_command(now);
        if self.ended.is_some_and(|(_, until)| now >= until) {
            self.attached.clients.clear();
        }
        self.attached.check_progress(self.stream.ring.end(), now);
        if self.attached.forget_gone(now) {
            // The drive may have passed to a client of another size.
            self.resize();
            self.pump_all();
        }
    }

    fn read(&mut self) {
        let Some(pty) = &self.pty else { return };
        let before = self.stream.ring.end();
        let stop = self.stream.read_from(pty.master.as_fd(), self.attached.read_limit(), &mut self.events);
        if stop == Stop::Gone {
            self.pty = None;
        }
        if self.stream.ring.end() > before {
            self.foreground.stir(Instant::now());
            if let Some(command) = &mut self.command {
                command.shell_wrote();
            }
        }
    }

    /// Types bytes into the terminal, after those that still wait for room.
    pub fn write(&mut self, bytes: &[u8]) {
        if let Some(pty) = &self.pty {
            self.input.write(pty.master.as_fd(), bytes);
        }
    }

    fn type_command(&mut self, now: Instant) {
        let Some(pty) = &self.pty else { return };
        if let Some(command) = self.command.take_if(|command| command.is_due(pty.master.as_fd(), now)) {
            self.write(&command.into_line());
        }
    }

    pub(super) fn resize(&mut self) {
        let Some((size, from)) = self.attached.wanted_size.take() else { return };
        if size == self.size {
            return;
        }
        self.stream.run_screen(&mut self.events);
        self.size = size;
        self.stream.screen.resize(size);
        if let Some(pty) = &self.pty
            && let Err(error) = sys::set_size(pty.master.as_fd(), size)
        {
            eprintln!("berth-guest: terminal {} keeps its size: {error}", self.id);
        }
        for client in self.attached.clients.iter_mut().filter(|client| Some(client.id) != from) {
            client.marks.resized = true;
        }
    }

    fn open_letters(&mut self) {
        loop {
            match self.inbox.letters.try_recv() {
                Ok(letter) => self.open(letter),
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => {
                    self.orphaned = true;
                    return;
                }
            }
        }
    }

    fn open(&mut self, letter: Letter) {
        match letter {
            Letter::Attach(attach) => self.attach(*attach),
            // Whoever asked may have gone, which is no failure.
            Letter::Describe(reply) => drop(reply.send(self.describe())),
            Letter::Contents { ansi, reply } => drop(reply.send(self.stream.screen.contents(ansi))),
            Letter::Input { bytes, reply } => {
                let has_room = !self.input.is_full();
                if has_room {
                    self.activity.typed();
                    self.write(&bytes);
                    self.foreground.stir(Instant::now());
                }
                // As above.
                let _ = reply.send(has_room);
            }
            Letter::Command(line) => self.command = Some(Command::new(line)),
        }
    }

    /// Reads the last that the process wrote, then closes the terminal: what it left running in
    /// the background and still writes to it is hung up on.
    fn end(&mut self, how: Ended) {
        if let Some(pty) = self.pty.take() {
            let last = self.stream.ring.end() + RING_BYTES as u64 / 4;
            while self.stream.read_from(pty.master.as_fd(), last, &mut self.events) == Stop::Enough
                && self.stream.ring.end() < last
            {}
        }
        self.stream.release();
        self.ended = Some((how, Instant::now() + FAREWELL_LIMIT));
        self.command = None;
        self.foreground.rest();
    }

    fn describe(&self) -> Terminal {
        Terminal {
            id: self.id,
            cols: self.size.cols,
            rows: self.size.rows,
            title: shorten(self.stream.screen.title()),
            process: self.foreground.name.clone(),
            clients: self.attached.count(),
            offset: self.stream.ring.end(),
            progress: self.stream.screen.progress(),
        }
    }

    /// Whether an answer is the guest's to give: an OSC tells of colours.
    fn answers(&self, reply: &[u8]) -> bool {
        self.attached.count() == 0 || !reply.starts_with(b"\x1b]")
    }

    /// Passes on what the screen has found; whether there was anything.
    fn handle_events(&mut self) -> bool {
        let mut events = std::mem::take(&mut self.events);
        let any = !events.is_empty();
        for event in events.drain(..) {
            match event {
                ScreenEvent::Title(_) => self.attached.mark_all(|marks| marks.title = true),
                ScreenEvent::Cwd(_) => self.attached.mark_all(|marks| marks.cwd = true),
                ScreenEvent::Bell => self.attached.mark_all(|marks| marks.bell = true),
                ScreenEvent::Notification { title, body } => self.attached.mark_all(|marks| {
                    client::keep(&mut marks.notifications, (shorten(&title), shorten(&body)));
                }),
                // The guest answers all but for colours, which only a page knows: two answers would be
                // typed twice. One that reads no answers gets no more of them: they must not pile up.
                ScreenEvent::Reply(bytes) if !self.input.is_full() && self.answers(&bytes) => self.write(&bytes),
                ScreenEvent::Reply(_) => {}
            }
        }
        self.events = events;
        any
    }
}

/// The beginning of `text`, no longer than is passed on.
pub fn shorten(text: &str) -> String {
    text[..text.floor_char_boundary(MAX_TEXT)].to_owned()
}
