//! Colours that programs changed with OSC 4, 10, 11 and 12.

use std::collections::BTreeMap;

/// A colour as 0xRRGGBB.
pub(super) type Rgb = u32;

/// Changed colours; what is absent is the page's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Colors {
    pub palette: BTreeMap<u8, Rgb>,
    /// Text, background and cursor: OSC 10, 11 and 12.
    pub special: [Option<Rgb>; 3],
}

/// A colour in one of the forms XParseColor(3) knows, without names, as xterm.js reads it.
pub(super) fn parse(text: &str) -> Option<Rgb> {
    let text = text.to_ascii_lowercase();
    let is_hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut parts = [0_u32; 3];
    if let Some(rest) = text.strip_prefix("rgb:") {
        let mut pieces = rest.split('/');
        let length = rest.find('/')?;
        if !(1..=4).contains(&length) {
            return None;
        }
        let most = (1 << (4 * length)) - 1;
        for part in &mut parts {
            let piece = pieces.next()?;
            if piece.len() != length || !is_hex(piece) {
                return None;
            }
            let value = u32::from_str_radix(piece, 16).ok()?;
            *part = (value * 255 * 2 + most) / (most * 2);
        }
        if pieces.next().is_some() {
            return None;
        }
    } else {
        let hex = text.strip_prefix('#')?;
        if !matches!(hex.len(), 3 | 6 | 9 | 12) || !is_hex(hex) {
            return None;
        }
        let length = hex.len() / 3;
        for (at, part) in parts.iter_mut().enumerate() {
            let value = u32::from_str_radix(&hex[at * length..][..length], 16).ok()?;
            *part = if length == 1 { value << 4 } else { value >> (4 * (length - 2)) };
        }
    }
    Some(parts[0] << 16 | parts[1] << 8 | parts[2])
}

/// The colour in the form that queries are answered and snapshots written in.
pub(super) fn format(color: Rgb) -> String {
    let [_, r, g, b] = color.to_be_bytes();
    format!("rgb:{r:02x}{r:02x}/{g:02x}{g:02x}/{b:02x}{b:02x}")
}
