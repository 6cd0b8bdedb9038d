//! Random output made of what programs really write, the same for the same seed.

/// A generator of numbers: xorshift64*, see Vigna, "An experimental exploration of Marsaglia's
/// xorshift generators, scrambled" (2016).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

const TEXT: &[&str] = &[
    "ls -la",
    "x",
    "  ",
    "Compiling berth v0.1.0",
    "äöü ß",
    "日本語",
    "한",
    "e\u{301}",
    "a\u{300}\u{301}\u{302}",
    "😀",
    "─│┌┐",
    "\u{301}",
    "0123456789abcdefghijklmnopqrstuvwxyz",
    "\r\n",
    "\r\n",
    "\n",
    "\r",
    "\t",
    "\x08",
    "q",
    "lqqk",
    "wide日",
    "日日日日日日日日日日日日日日日",
    "🇩🇪",
    "\u{200d}",
    "\u{ad}",
];

const SEQUENCES: &[&str] = &[
    "\x1b[m",
    "\x1b[1m",
    "\x1b[2;3m",
    "\x1b[4m",
    "\x1b[4:3m",
    "\x1b[21m",
    "\x1b[24m",
    "\x1b[7m",
    "\x1b[27m",
    "\x1b[9;53m",
    "\x1b[31m",
    "\x1b[1;32;44m",
    "\x1b[97;101m",
    "\x1b[38;5;208m",
    "\x1b[48;5;17m",
    "\x1b[38;2;1;2;3m",
    "\x1b[48:2::250:251:252m",
    "\x1b[58:5:9m",
    "\x1b[58;2;7;8;9m",
    "\x1b[59m",
    "\x1b[39;49m",
    "\x1b[0;22m",
    "\x1b[8m",
    "\x1b[K",
    "\x1b[1K",
    "\x1b[2K",
    "\x1b[J",
    "\x1b[1J",
    "\x1b[2J",
    "\x1b[3J",
    "\x1b[?J",
    "\x1b[?K",
    "\x1b[1\"q",
    "\x1b[0\"q",
    "\x1b[H",
    "\x1b[A",
    "\x1b[2B",
    "\x1b[3C",
    "\x1b[D",
    "\x1b[E",
    "\x1b[F",
    "\x1b[999C",
    "\x1b[999;999H",
    "\x1bM",
    "\x1bD",
    "\x1bE",
    "\x1b[L",
    "\x1b[2M",
    "\x1b[@",
    "\x1b[3@",
    "\x1b[P",
    "\x1b[2P",
    "\x1b[X",
    "\x1b[4X",
    "\x1b[S",
    "\x1b[2T",
    "\x1b[b",
    "\x1b[5b",
    "\x1b7",
    "\x1b8",
    "\x1b[s",
    "\x1b[u",
    "\x1bH",
    "\x1b[g",
    "\x1b[3g",
    "\x1b[I",
    "\x1b[Z",
    "\x1b#8",
    "\x1b[4h",
    "\x1b[4l",
    "\x1b[4l",
    "\x1b[20h",
    "\x1b[20l",
    "\x1b[?1h",
    "\x1b[?1l",
    "\x1b[?7l",
    "\x1b[?7h",
    "\x1b[?7h",
    "\x1b[?25l",
    "\x1b[?25h",
    "\x1b[?45h",
    "\x1b[?45l",
    "\x1b[?6h",
    "\x1b[?6l",
    "\x1b[?1000h",
    "\x1b[?1002;1006h",
    "\x1b[?1003l",
    "\x1b[?1004h",
    "\x1b[?1006l",
    "\x1b[?1007h",
    "\x1b[?2004h",
    "\x1b[?2004l",
    "\x1b[?2026h",
    "\x1b[?2026l",
    "\x1b[?12h",
    "\x1b=",
    "\x1b>",
    "\x1b[?1016h",
    "\x1b[?1049h",
    "\x1b[?1049l",
    "\x1b[?47h",
    "\x1b[?47l",
    "\x1b[?1048h",
    "\x1b[?1048l",
    "\x1b[?1047h",
    "\x1b[?1047l",
    "\x1b(0",
    "\x1b(B",
    "\x1b)0",
    "\x0e",
    "\x0f",
    "\x1bn",
    "\x1bo",
    "\x1b*A",
    "\x1b~",
    "\x1b[2 q",
    "\x1b[0 q",
    "\x1b[5 q",
    "\x1b[>1u",
    "\x1b[>5u",
    "\x1b[<u",
    "\x1b[=3;2u",
    "\x1b[!p",
    "\x1b[?u",
    "\x1b[c",
    "\x1b[6n",
    "\x1b]0;title\x07",
    "\x1b]2;ein Titel ü\x1b\\",
    "\x1b[22;0t",
    "\x1b[23;0t",
    "\x1b]4;1;#ff0000\x07",
    "\x1b]104;1\x07",
    "\x1b]104\x07",
    "\x1b]10;rgb:11/22/33\x1b\\",
    "\x1b]11;#123456\x07",
    "\x1b]111\x07",
    "\x1b]7;file://host/home/%C3%A4/x\x07",
    "\x1b]8;;https://example.org/a\x1b\\",
    "\x1b]8;id=7;http://example.org/b;c\x07",
    "\x1b]8;;\x1b\\",
    "\x1b]8;;javascript:x\x07",
    "\x1b]9;done\x07",
    "\x1b]777;notify;a;b\x07",
    "\x1bP$qm\x1b\\",
    "\x1b_apc text\x1b\\",
    "\x1bPq#0;2;0\x1b\\",
    "\x1b[ @",
    "\x1b[2 A",
    "\x1b['}",
    "\x1b[2'~",
    "\u{84}",
    "\u{85}",
    "\u{9b}1m",
    "\x1b[3\n1m",
    "\x1b[12\x18x",
    "\x1b]2;cut\x1b[1m",
    "\x1b[<0x",
    "\x1b[1<m",
];

/// About `pieces` pieces of output for a screen of this size.
pub fn stream(random: &mut Random, pieces: usize, cols: u16, rows: u16) -> Vec<u8> {
    let mut out = Vec::new();
    for _ in 0..pieces {
        match random.below(20) {
            0..9 => out.extend_from_slice(random.pick(TEXT).as_bytes()),
            9..17 => out.extend_from_slice(random.pick(SEQUENCES).as_bytes()),
            17 => {
                let (x, y) = (random.below(usize::from(cols)) + 1, random.below(usize::from(rows)) + 1);
                out.extend_from_slice(format!("\x1b[{y};{x}H").as_bytes());
            }
            18 => {
                let (top, bottom) = (random.below(usize::from(rows)) + 1, random.below(usize::from(rows)) + 1);
                let sequence = if random.below(3) == 0 { "\x1b[r".to_owned() } else { format!("\x1b[{top};{bottom}r") };
                out.extend_from_slice(sequence.as_bytes());
            }
            _ => out.extend((0..random.below(4)).map(|_| random.next() as u8)),
        }
    }
    out
}
