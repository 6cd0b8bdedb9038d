//! OSC: titles, directories, colours, links and notifications.
//!
//! The clipboard (52) is the page's business; a snapshot repeats nothing of it and a read is never
//! answered.

use std::sync::Arc;

use protocol::guest::Progress;

use super::ScreenEvent;
use super::color;
use super::extras::{Link, MAX_LINK_BYTES};
use super::state::State;
use super::titles::sanitize;

/// Bytes of a notification's title and of its text that are passed on.
const MAX_NOTIFICATION: usize = 1024;
/// The longest path Linux has, bytes.
const MAX_PATH: usize = 4096;

impl State {
    pub(super) fn dispatch_osc(&mut self, payload: &[u8]) {
        let (number, rest) = match payload.iter().position(|byte| *byte == b';') {
            Some(at) => (&payload[..at], &payload[at + 1..]),
            None => (payload, &[][..]),
        };
        match number {
            b"0" | b"2" => {
                let title = self.titles.set(rest);
                self.emit(ScreenEvent::Title(title));
            }
            b"4" => self.palette(rest),
            b"7" => self.directory(rest),
            b"8" => self.hyperlink(rest),
            b"9" => self.notify(rest),
            b"10" => self.special_colors(rest, 0),
            b"11" => self.special_colors(rest, 1),
            b"12" => self.special_colors(rest, 2),
            b"104" => self.restore_palette(rest),
            b"110" => self.colors.special[0] = None,
            b"111" => self.colors.special[1] = None,
            b"112" => self.colors.special[2] = None,
            b"777" => self.notify_named(rest),
            _ => {}
        }
    }

    fn palette(&mut self, rest: &[u8]) {
        let text = String::from_utf8_lossy(rest);
        let mut slots = text.split(';');
        while let (Some(index), Some(spec)) = (slots.next(), slots.next()) {
            let Some(index) = color_index(index) else { continue };
            if spec == "?" {
                self.reply_palette(index);
            } else if let Some(color) = color::parse(spec) {
                self.colors.palette.insert(index, color);
            }
        }
    }

    fn restore_palette(&mut self, rest: &[u8]) {
        if rest.is_empty() {
            return self.colors.palette.clear();
        }
        for index in String::from_utf8_lossy(rest).split(';').filter_map(color_index) {
            self.colors.palette.remove(&index);
        }
    }

    fn special_colors(&mut self, rest: &[u8], first: usize) {
        for (which, spec) in (first..3).zip(String::from_utf8_lossy(rest).split(';')) {
            if spec == "?" {
                self.reply_special(which);
            } else if let Some(color) = color::parse(spec) {
                self.colors.special[which] = Some(color);
            }
        }
    }

    fn directory(&mut self, rest: &[u8]) {
        let Some(path) = file_path(rest) else { return };
        if self.cwd.as_deref() != Some(&path) {
            self.cwd = Some(path.clone());
            self.emit(ScreenEvent::Cwd(path));
        }
    }

    /// `OSC 8 ; params ; uri`. A link that isn't kept ends the one before it all the same.
    fn hyperlink(&mut self, rest: &[u8]) {
        let text = String::from_utf8_lossy(rest);
        let Some((params, uri)) = text.split_once(';') else { return };
        if uri.is_empty() && !params.trim().is_empty() {
            return;
        }
        let id = params.trim().split(':').find_map(|param| param.strip_prefix("id=")).unwrap_or_default();
        let mut extra = self.extras.get(self.pen);
        extra.link = is_link(id, uri).then(|| Arc::new(Link { id: id.to_owned(), uri: uri.to_owned() }));
        let number = self.extras.number(extra);
        self.pen.set_extra(number);
    }

    /// OSC 9. ConEmu's progress reports (`9;4;state;percent`) are not for the person to read.
    fn notify(&mut self, rest: &[u8]) {
        if rest == b"4" || rest.starts_with(b"4;") {
            let state = rest.split(|byte| *byte == b';').nth(1).unwrap_or_default();
            self.progress = match state {
                b"" | b"0" => Progress::None,
                b"1" => Progress::Normal,
                b"2" => Progress::Error,
                b"3" => Progress::Indeterminate,
                b"4" => Progress::Paused,
                _ => self.progress,
            };
            return;
        }
        let body = sanitize(rest, MAX_NOTIFICATION);
        if !body.is_empty() {
            self.emit(ScreenEvent::Notification { title: String::new(), body });
        }
    }

    /// `OSC 777 ; notify ; title ; body`.
    fn notify_named(&mut self, rest: &[u8]) {
        let mut parts = rest.splitn(3, |byte| *byte == b';');
        if parts.next() != Some(b"notify") {
            return;
        }
        let title = sanitize(parts.next().unwrap_or_default(), MAX_NOTIFICATION);
        let body = sanitize(parts.next().unwrap_or_default(), MAX_NOTIFICATION);
        if !(title.is_empty() && body.is_empty()) {
            self.emit(ScreenEvent::Notification { title, body });
        }
    }
}

fn color_index(text: &str) -> Option<u8> {
    // `parse` would take a sign.
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Only web addresses, of printable characters and bounded length, are kept as links.
fn is_link(id: &str, uri: &str) -> bool {
    let scheme = uri.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https"))
        && id.len() + uri.len() <= MAX_LINK_BYTES
        && !id.chars().chain(uri.chars()).any(char::is_control)
}

/// The path of `file://host/path`, percent-decoded: absolute, without control characters.
fn file_path(uri: &[u8]) -> Option<String> {
    let rest = uri.strip_prefix(b"file://")?;
    let encoded = &rest[rest.iter().position(|byte| *byte == b'/')?..];
    let mut path = Vec::with_capacity(encoded.len());
    let mut at = 0;
    while at < encoded.len() {
        let decoded = (encoded[at] == b'%')
            .then(|| encoded.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        path.push(decoded.unwrap_or(encoded[at]));
        at += if decoded.is_some() { 3 } else { 1 };
    }
    let path = String::from_utf8(path).ok()?;
    (path.len() <= MAX_PATH && !path.chars().any(char::is_control)).then_some(path)
}
