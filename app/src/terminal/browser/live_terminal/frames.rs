//! What the guest tells beside a terminal's bytes.

use leptos::prelude::*;
use protocol::frame::{ServerFrame, Size};

use super::LiveTerminal;
use crate::browser::is_visible;
use crate::terminal::browser::notify::notify;
use crate::terminal::state::{Driver, Exit};

impl LiveTerminal {
    pub(super) fn obey(&self, frame: ServerFrame) {
        match frame {
            ServerFrame::Hello { epoch, offset, cols, rows, driver, title, process } => {
                let mut work = self.work.borrow_mut();
                let drove = work.drives && work.greeted;
                work.greeted = true;
                work.stream.greeted(&epoch, offset);
                work.acks.restart(offset);
                work.link.greeted();
                drop(work);
                self.socket_opened();
                self.tell_status();
                let _ = self.state.title.try_set(title);
                let _ = self.state.process.try_set(process);
                let _ = self.state.exit.try_set(None);
                self.drive(driver, Size { cols, rows });
                // The guest may still hold the socket that a sleeping laptop left behind for the driver.
                if drove && !driver {
                    self.take_control();
                }
            }
            ServerFrame::Snapshot { offset, bytes } => {
                let chunk = self.work.borrow_mut().stream.announced(offset, bytes);
                chunk.into_iter().for_each(|chunk| self.write(chunk));
            }
            ServerFrame::Process { name } => {
                let _ = self.state.process.try_set(name);
            }
            ServerFrame::Driver { you, count } => {
                let _ = self.state.driver.try_set(Driver { you, count });
                self.drive(you, self.widget().size());
            }
            ServerFrame::Resized { cols, rows } => {
                if !self.work.borrow().drives {
                    self.widget().watch(Size { cols, rows });
                }
            }
            ServerFrame::Exit { code, signal } => {
                let _ = self.state.exit.try_set(Some(Exit { code, signal }));
            }
            ServerFrame::Title { title } => {
                let _ = self.state.title.try_set(title);
            }
            ServerFrame::Cwd { path } => {
                let _ = self.state.cwd.try_set(Some(path));
            }
            ServerFrame::Bell => self.rang(),
            ServerFrame::Notification { title, body } => self.called(&title, &body),
            ServerFrame::Pong { .. } => {}
        }
    }

    /// Who drives fits the terminal to the page; who watches takes the driver's size.
    fn drive(&self, you: bool, size: Size) {
        self.work.borrow_mut().drives = you;
        let _ = self.state.driver.try_update(|driver| driver.you = you);
        if you {
            self.widget().fit();
            if self.widget().size() != size {
                self.resized(self.widget().size());
            }
        } else {
            self.widget().watch(size);
        }
    }

    /// A program wants attention; it is remembered until somebody looks.
    pub(super) fn called(&self, title: &str, body: &str) {
        if !(self.shown.get() && is_visible()) {
            let _ = self.state.calls.try_set(true);
        }
        notify(self.terminal, self.state, title, body, self.shown.get());
    }
}
