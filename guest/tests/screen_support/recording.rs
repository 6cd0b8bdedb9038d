//! Recordings of programs: asciicasts of version 2, see `fixtures/README.md`.

use std::path::Path;

use protocol::frame::Size;
use serde_json::Value;

/// Bytes of a chunk at most: no multiple of anything, so that cuts fall inside sequences and characters.
const CHUNK: usize = 499;

/// What happened to the terminal, in order.
#[derive(Debug, Clone)]
pub enum Event {
    Output(Vec<u8>),
    Resize(Size),
}

#[derive(Debug)]
pub struct Recording {
    pub name: String,
    pub size: Size,
    pub events: Vec<Event>,
}

/// All of them, by name.
pub fn all() -> Vec<Recording> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut recordings: Vec<Recording> = std::fs::read_dir(folder)
        .expect("the fixtures")
        .map(|entry| entry.expect("a fixture").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "cast"))
        .map(|path| read(&path))
        .collect();
    recordings.sort_by(|left, right| left.name.cmp(&right.name));
    recordings
}

fn read(path: &Path) -> Recording {
    let text = std::fs::read_to_string(path).expect("a recording");
    let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("json"));
    let header = lines.next().expect("a header");
    assert_eq!(header["version"], 2, "{}", path.display());
    let side = |name: &str| u16::try_from(header[name].as_u64().expect("a size")).expect("a size");
    let mut events = Vec::new();
    for line in lines {
        let data = line[2].as_str().expect("data");
        match line[1].as_str().expect("a kind") {
            "o" => events.extend(data.as_bytes().chunks(CHUNK).map(|chunk| Event::Output(chunk.to_vec()))),
            "r" => {
                let (cols, rows) = data.split_once('x').expect("a size");
                let size = Size { cols: cols.parse().expect("columns"), rows: rows.parse().expect("rows") };
                events.push(Event::Resize(size));
            }
            other => panic!("{}: an event of kind {other:?}", path.display()),
        }
    }
    let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
    Recording { name, size: Size { cols: side("width"), rows: side("height") }, events }
}
