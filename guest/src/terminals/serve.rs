//! What a terminal does for its clients: greet them, hear them, send them what they lack.

use std::io::ErrorKind;
use std::os::fd::AsFd;
use std::time::Instant;

use protocol::close;
use protocol::frame::{ClientFrame, ServerFrame, Size};

use super::attached::{MAX_CLIENTS, MAX_SOCKETS};
use super::client::{Client, Phase, keep};
use super::mailbox::Attach;
use super::worker::{Worker, shorten};
use crate::sys::{self, Ended};
use crate::websocket::Event;

/// How much is read from a client at once, bytes. On the stack.
const READ_BYTES: usize = 16 * 1024;

impl Worker {
    /// Takes a client on.
    pub(super) fn attach(&mut self, attach: Attach) {
        if self.attached.clients.len() >= MAX_SOCKETS {
            return;
        }
        let id = self.attached.next_id();
        let mut client = Client::new(id, attach.socket, attach.since);
        client.size = attach.size;
        if self.attached.count() as usize >= MAX_CLIENTS {
            client.close(close::TOO_MANY);
            self.attached.clients.push(client);
            return;
        }
        self.attached.clients.push(client);
        if self.attached.driver.is_none() {
            self.attached.drive(Some(id));
            self.resize();
        } else {
            self.attached.mark_all(|marks| marks.driver = true);
        }
        let mut early = attach.early;
        if !early.is_empty() {
            self.take_in(self.attached.clients.len() - 1, &mut early);
        }
    }

    /// Reads from the client at `index` what it sent.
    pub(super) fn hear(&mut self, index: usize) {
        let mut buffer = [0; READ_BYTES];
        let client = &mut self.attached.clients[index];
        match sys::receive(client.socket.as_fd(), &mut buffer) {
            Ok(0) => client.phase = Phase::Gone,
            Ok(count) => self.take_in(index, &mut buffer[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(_) => client.phase = Phase::Gone,
        }
    }

    fn take_in(&mut self, index: usize, bytes: &mut [u8]) {
        let mut at = 0;
        loop {
            let client = &mut self.attached.clients[index];
            let next = client.decoder.next(bytes, &mut at);
            let id = client.id;
            let leaving = matches!(client.phase, Phase::Closing(_) | Phase::Gone);
            let done = match next {
                Ok(None) => return,
                Ok(Some(Event::Close)) => {
                    client.close(close::ENDED);
                    client.flush();
                    client.phase = Phase::Gone;
                    return;
                }
                // What a client says after we have closed is of no interest, but for its own close.
                Err(_) if leaving => return,
                Ok(Some(_)) if leaving => Ok(()),
                Ok(Some(Event::Binary(range))) => {
                    self.take_input(id, &bytes[range]);
                    Ok(())
                }
                Ok(Some(Event::Text(text))) => match serde_json::from_slice(&text) {
                    Ok(frame) => self.obey(index, &frame),
                    Err(_) => Err(close::BAD_REQUEST),
                },
                Ok(Some(Event::Ping(payload))) => {
                    keep(&mut client.marks.pings, payload);
                    Ok(())
                }
                Err(code) => Err(code),
            };
            if let Err(code) = done {
                self.attached.clients[index].close(code);
                return;
            }
        }
    }

    /// Types what the driver typed. What a watcher types counts for nothing.
    fn take_input(&mut self, id: u64, bytes: &[u8]) {
        if self.attached.driver == Some(id) {
            self.activity.typed();
            self.foreground.stir(Instant::now());
            self.write(bytes);
        }
    }

    fn obey(&mut self, index: usize, frame: &ClientFrame) -> Result<(), u16> {
        let client = &mut self.attached.clients[index];
        let drives = self.attached.driver == Some(client.id);
        match *frame {
            ClientFrame::Resize { cols, rows } => {
                let size = Size { cols, rows };
                if !size.is_valid() {
                    return Err(close::BAD_REQUEST);
                }
                client.size = Some(size);
                if drives {
                    self.attached.wanted_size = Some((size, Some(client.id)));
                }
            }
            ClientFrame::Ack { offset } => client.acknowledge(offset),
            ClientFrame::Ping { t } => keep(&mut client.marks.pongs, t),
            ClientFrame::TakeControl if drives => {}
            ClientFrame::TakeControl => {
                let id = client.id;
                self.attached.drive(Some(id));
            }
        }
        Ok(())
    }

    /// Sends every client what it lacks and has room for.
    pub(super) fn pump_all(&mut self) {
        for index in 0..self.attached.clients.len() {
            self.pump(index);
        }
    }

    fn pump(&mut self, index: usize) {
        loop {
            let count = self.attached.count();
            let client = &mut self.attached.clients[index];
            if client.blocked || client.phase == Phase::Gone || !client.flush() {
                return;
            }
            let is_held = self.stream.is_held();
            match client.phase {
                Phase::Closing(_) | Phase::Gone => return,
                Phase::Joining { .. } => {
                    if !client.may_be_shown(is_held) {
                        return;
                    }
                    self.greet(index);
                    continue;
                }
                Phase::Live => {}
            }
            let drives = self.attached.driver == Some(client.id);
            self.tell_marks(index, drives, count);
            let client = &mut self.attached.clients[index];
            if !client.is_drained() {
                continue;
            }
            let window_end = client.window_end();
            if client.cursor < self.stream.ring.start() {
                if client.cursor >= window_end || !client.may_be_shown(is_held) {
                    return;
                }
                let (snapshot, offset) = self.stream.snapshot(&mut self.events);
                client.restore(&snapshot, offset);
                continue;
            }
            let until = self.stream.sendable().min(window_end);
            if client.cursor < until {
                if !client.send_stream(&self.stream.ring, until) {
                    return;
                }
            } else if let Some((how, _)) = self.ended
                && client.cursor == self.stream.ring.end()
            {
                if self.stopping {
                    client.close(close::STOPPED);
                } else {
                    client.tell(&match how {
                        Ended::Code(code) => ServerFrame::Exit { code: Some(code), signal: None },
                        Ended::Signal(signal) => ServerFrame::Exit { code: None, signal: Some(signal) },
                    });
                    client.close(close::ENDED);
                }
            } else {
                return;
            }
        }
    }

    fn greet(&mut self, index: usize) {
        let client = &mut self.attached.clients[index];
        let Phase::Joining { since } = std::mem::replace(&mut client.phase, Phase::Live) else { return };
        let held = self.stream.ring.start()..=self.stream.ring.end();
        let continues =
            since.and_then(|(offset, epoch)| (epoch == self.stream.epoch && held.contains(&offset)).then_some(offset));
        let snapshot = continues.is_none().then(|| self.stream.snapshot(&mut self.events));
        let offset = continues.unwrap_or(self.stream.ring.end());
        client.cursor = offset;
        client.tell(&ServerFrame::Hello {
            epoch: self.stream.epoch.clone(),
            offset,
            cols: self.size.cols,
            rows: self.size.rows,
            driver: self.attached.driver == Some(client.id),
            title: shorten(self.stream.screen.title()),
            process: self.foreground.name.clone(),
        });
        if let Some((snapshot, offset)) = snapshot {
            client.restore(&snapshot, offset);
        }
        client.marks.cwd = self.stream.screen.cwd().is_some();
        client.marks.resized = false;
    }

    fn tell_marks(&mut self, index: usize, drives: bool, count: u32) {
        let client = &mut self.attached.clients[index];
        let marks = std::mem::take(&mut client.marks);
        if marks.resized {
            client.tell(&ServerFrame::Resized { cols: self.size.cols, rows: self.size.rows });
        }
        if marks.driver {
            client.tell(&ServerFrame::Driver { you: drives, count });
        }
        if marks.title {
            client.tell(&ServerFrame::Title { title: shorten(self.stream.screen.title()) });
        }
        if marks.process {
            client.tell(&ServerFrame::Process { name: self.foreground.name.clone() });
        }
        if marks.cwd
            && let Some(path) = self.stream.screen.cwd()
        {
            client.tell(&ServerFrame::Cwd { path: shorten(path) });
        }
        if marks.bell {
            client.tell(&ServerFrame::Bell);
        }
        for (title, body) in marks.notifications {
            client.tell(&ServerFrame::Notification { title, body });
        }
        for t in marks.pongs {
            client.tell(&ServerFrame::Pong { t });
        }
        for payload in marks.pings {
            client.pong(&payload);
        }
    }
}
