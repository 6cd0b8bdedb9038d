//! SGR: colours and attributes of the pen.

use super::cell::{
    BLINK, BOLD, COLOR, COLOR_16, COLOR_256, COLOR_RGB, DIM, INVERSE, INVISIBLE, ITALIC, OVERLINE, STRIKE,
};
use super::parser::Params;
use super::state::State;

impl State {
    pub(super) fn select_graphics(&mut self, p: &Params) {
        let mut at = 0;
        while at < p.len() {
            let value = p.get(at);
            let pen = &mut self.pen;
            match value {
                0 => self.reset_graphics(),
                1 => pen.fg |= BOLD,
                2 => pen.bg |= DIM,
                3 => pen.bg |= ITALIC,
                4 => {
                    let style = p.subs(at).first().copied().unwrap_or(1);
                    pen.set_underline(u32::try_from(style).ok().filter(|style| *style <= 5).unwrap_or(1));
                }
                5 => pen.fg |= BLINK,
                7 => pen.fg |= INVERSE,
                8 => pen.fg |= INVISIBLE,
                9 => pen.fg |= STRIKE,
                21 => pen.set_underline(2),
                22 => {
                    pen.fg &= !BOLD;
                    pen.bg &= !DIM;
                }
                23 => pen.bg &= !ITALIC,
                24 => pen.set_underline(0),
                25 => pen.fg &= !BLINK,
                27 => pen.fg &= !INVERSE,
                28 => pen.fg &= !INVISIBLE,
                29 => pen.fg &= !STRIKE,
                30..=37 => pen.fg = pen.fg & !COLOR | COLOR_16 | (value - 30) as u32,
                39 => pen.fg &= !COLOR,
                40..=47 => pen.bg = pen.bg & !COLOR | COLOR_16 | (value - 40) as u32,
                49 => pen.bg &= !COLOR,
                53 => pen.bg |= OVERLINE,
                55 => pen.bg &= !OVERLINE,
                90..=97 => pen.fg = pen.fg & !COLOR | COLOR_16 | (value - 90 + 8) as u32,
                100..=107 => pen.bg = pen.bg & !COLOR | COLOR_16 | (value - 100 + 8) as u32,
                38 | 48 | 58 => at += self.extended_color(p, at),
                59 => self.set_underline_color(0),
                _ => {}
            }
            at += 1;
        }
    }

    /// SGR 0 leaves a link as it is.
    fn reset_graphics(&mut self) {
        self.pen.fg = 0;
        self.pen.bg = 0;
        if self.pen.ext != 0 {
            self.pen.set_underline(0);
            self.set_underline_color(0);
        }
    }

    fn set_underline_color(&mut self, color: u32) {
        let mut extra = self.extras.get(self.pen);
        if extra.underline_color != color {
            extra.underline_color = color;
            let number = self.extras.number(extra);
            self.pen.set_extra(number);
            self.sweep();
        }
    }

    /// 38, 48 or 58 with what follows, with `:`, `;` or both. Returns how many parameters beyond the
    /// first it took. What is missing is 0, as in xterm.js.
    fn extended_color(&mut self, p: &Params, at: usize) -> usize {
        // [which, kind, colour space, value or red, green, blue]
        let mut parts = [0, 0, -1, 0, 0, 0];
        let mut space = 0;
        let mut advance = 0;
        loop {
            parts[advance + space] = p.get(at + advance);
            let subs = p.subs(at + advance);
            if !subs.is_empty() {
                for (i, sub) in subs.iter().enumerate() {
                    if parts[1] == 5 {
                        space = 1;
                    }
                    let Some(part) = parts.get_mut(advance + i + 1 + space) else { break };
                    *part = *sub;
                }
                break;
            }
            if (parts[1] == 5 && advance + space >= 2) || (parts[1] == 2 && advance + space >= 5) {
                break;
            }
            if parts[1] != 0 {
                space = 1;
            }
            advance += 1;
            if at + advance >= p.len() || advance + space >= parts.len() {
                break;
            }
        }
        let byte = |part: i32| u32::from(part.max(0) as u8);
        let color = match parts[1] {
            2 => COLOR_RGB | byte(parts[3]) << 16 | byte(parts[4]) << 8 | byte(parts[5]),
            5 => COLOR_256 | byte(parts[3]),
            _ => return advance,
        };
        match parts[0] {
            38 => self.pen.fg = self.pen.fg & !COLOR | color,
            48 => self.pen.bg = self.pen.bg & !COLOR | color,
            _ => self.set_underline_color(color),
        }
        advance
    }
}
