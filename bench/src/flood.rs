//! The coloured text that floods are made of: the same from a script in the terminal and, byte by
//! byte, in here, so that whatever arrives can be compared with what was written.

/// Lines in the text; about 4 MB. A stream repeats it.
const LINES: usize = 40_000;

/// The text as a terminal puts it out: each line ends in CR LF.
pub fn text() -> Vec<u8> {
    let mut text = Vec::with_capacity(LINES * 110);
    for i in 0..LINES {
        text.extend_from_slice(
            format!(
                "\x1b[38;5;{}m{i:07}\x1b[0m src/module_{}/file_{}.rs:\x1b[1;3{}m{}\x1b[0m: \x1b[32mok\x1b[0m the quick brown fox jumps over it\r\n",
                i % 256,
                i % 97,
                i % 31,
                i % 8,
                i % 1000
            )
            .as_bytes(),
        );
    }
    text
}

/// A line of bash that writes the text to `path`. Only builtins, so that it runs in any container.
pub fn script(path: &str) -> String {
    let format = r"\e[38;5;%dm%07d\e[0m src/module_%d/file_%d.rs:\e[1;3%dm%d\e[0m: \e[32mok\e[0m the quick brown fox jumps over it\n";
    format!(
        "for ((i=0; i<{LINES}; i++)); do printf '{format}' $((i%256)) $i $((i%97)) $((i%31)) $((i%8)) $((i%1000)); done >{path}"
    )
}

/// Compares a stream with the text, repeated without end.
#[derive(Debug)]
pub struct Check<'a> {
    text: &'a [u8],
    at: usize,
    /// Bytes seen.
    pub seen: u64,
    /// Where the stream first differed.
    pub broken_at: Option<u64>,
}

impl<'a> Check<'a> {
    /// A stream from its start.
    pub fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, seen: 0, broken_at: None }
    }

    /// The stream goes on with `bytes`.
    pub fn take(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let length = bytes.len().min(self.text.len() - self.at);
            let (head, rest) = bytes.split_at(length);
            if self.broken_at.is_none() && head != &self.text[self.at..self.at + length] {
                let same = head.iter().zip(&self.text[self.at..]).take_while(|(a, b)| a == b).count();
                self.broken_at = Some(self.seen + same as u64);
            }
            self.seen += length as u64;
            self.at = (self.at + length) % self.text.len();
            bytes = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_doubled_or_changed_byte_is_noticed() {
        let text = b"0123456789";
        let broken = |pieces: &[&[u8]]| {
            let mut check = Check::new(text);
            pieces.iter().for_each(|piece| check.take(piece));
            check.broken_at
        };
        assert_eq!(broken(&[b"01234", b"567890123456789012"]), None);
        assert_eq!(broken(&[b"01234", b"67"]), Some(5));
        assert_eq!(broken(&[b"0123", b"3"]), Some(4));
        assert_eq!(broken(&[b"0123456789", b"01x3"]), Some(12));
    }
}
