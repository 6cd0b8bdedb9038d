//! How a fuzzer's bytes are read: a size, then output in which 0xff begins a change of size and 0xfe
//! ends a read. Neither is in any UTF-8, so that every recording of a program is a good beginning.

use protocol::frame::Size;

/// What happens to a screen.
pub enum Step<'a> {
    Output(&'a [u8]),
    Resize(Size),
}

/// The size to begin with and what happens after. Nothing for what is too short to hold a size.
pub fn read(data: &[u8]) -> Option<(Size, Vec<Step<'_>>)> {
    let [cols, rows, output @ ..] = data else { return None };
    let mut steps = Vec::new();
    let mut rest = output;
    while let Some(at) = rest.iter().position(|byte| *byte >= 0xfe) {
        steps.push(Step::Output(&rest[..at]));
        rest = match &rest[at..] {
            [0xff, cols, rows, after @ ..] => {
                steps.push(Step::Resize(size(*cols, *rows)));
                after
            }
            [_, after @ ..] => after,
            [] => &[],
        };
    }
    steps.push(Step::Output(rest));
    Some((size(*cols, *rows), steps))
}

/// At most 127 columns and 63 rows: the time an input takes is better spent on others.
fn size(cols: u8, rows: u8) -> Size {
    Size { cols: u16::from(cols & 0x7f), rows: u16::from(rows & 0x3f) }
}
