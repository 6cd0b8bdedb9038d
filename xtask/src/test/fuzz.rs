//! A short run of each fuzz target over what real programs wrote and every family of sequences.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process;
use crate::test::counts::Counts;
use crate::workspace::Workspace;

const TARGETS: &[&str] = &["screen", "snapshot"];
/// How long each is run, seconds.
const DURATION: u32 = 60;
/// How long one input may take before it counts as hung, seconds: it takes milliseconds.
const TIMEOUT: u32 = 10;
/// How much memory a target may have, MiB: 127 columns of the dearest cells, and the fuzzer's own corpus.
const MEMORY: u32 = 1024;
/// The longest input, bytes: room for many sequences, and still a thousand inputs a second.
const LENGTH: u32 = 2048;
/// Recordings of programs, whose pieces the fuzzer begins with.
const RECORDINGS: &str = "guest/tests/fixtures";
/// Bytes of one piece.
const PIECE: usize = 1024;

pub fn run(workspace: &Workspace) -> Result<Counts> {
    let target = workspace.target.join("fuzz");
    let seeds = target.join("seeds");
    write_seeds(&workspace.file(RECORDINGS), &seeds)?;
    let mut counts = Counts::default();
    for name in TARGETS {
        let corpus = target.join("corpus").join(name);
        // Each run begins anew and with the same chance, so that it tells of a change and not of luck. To hunt on, run
        // `cargo fuzz run` by hand.
        if corpus.exists() {
            fs::remove_dir_all(&corpus)?;
        }
        fs::create_dir_all(&corpus)?;
        // Without a sanitizer it runs on the stable toolchain; the guest's unsafe code is not in the screen.
        let mut command = workspace.cargo();
        command.args(["fuzz", "run", "--fuzz-dir", "fuzz", "--sanitizer", "none", name]).args([&corpus, &seeds]);
        command.args(["--", "-dict=fuzz/sequences.dict", "-print_final_stats=1", "-verbosity=0"]).args([
            "-seed=1".to_owned(),
            format!("-max_total_time={DURATION}"),
            format!("-timeout={TIMEOUT}"),
            format!("-rss_limit_mb={MEMORY}"),
            format!("-max_len={LENGTH}"),
        ]);
        command.env("CARGO_TARGET_DIR", &target);
        counts += match process::run(&mut command) {
            Ok(()) => Counts::success(),
            Err(error) => {
                eprintln!("      {name}: {error:#}; the input is in fuzz/artifacts");
                Counts::failure()
            }
        };
    }
    Ok(counts)
}

/// Writes the recordings' pieces as the targets read them: a size, then output.
fn write_seeds(recordings: &Path, seeds: &Path) -> Result<()> {
    fs::create_dir_all(seeds).with_context(|| format!("can't make {}", seeds.display()))?;
    for entry in fs::read_dir(recordings).with_context(|| format!("can't read {}", recordings.display()))? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "cast") {
            continue;
        }
        let text = fs::read_to_string(&path)?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let (size, output) = decode(&text).with_context(|| format!("{} is no asciicast", path.display()))?;
        for (number, piece) in output.chunks(PIECE).enumerate() {
            let file: PathBuf = seeds.join(format!("{name}-{number}"));
            fs::write(&file, [&size[..], piece].concat()).with_context(|| format!("can't write {}", file.display()))?;
        }
    }
    Ok(())
}

/// The size and all output of an asciicast.
fn decode(cast: &str) -> Option<([u8; 2], Vec<u8>)> {
    let mut lines = cast.lines().map(serde_json::from_str::<Value>);
    let header = lines.next()?.ok()?;
    let side = |name: &str| u8::try_from(header.get(name)?.as_u64()?).ok();
    let mut output = Vec::new();
    for line in lines {
        let line = line.ok()?;
        if line.get(1)?.as_str()? == "o" {
            output.extend_from_slice(line.get(2)?.as_str()?.as_bytes());
        }
    }
    Some(([side("width")?, side("height")?], output))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_its_size_and_what_was_written() {
        let cast = "{\"version\": 2, \"width\": 80, \"height\": 24}\n[0.1, \"o\", \"\\u001b[m\"]\n[0.2, \"r\", \"9x9\"]\n[0.3, \"o\", \"ä\"]\n";
        assert_eq!(decode(cast), Some(([80, 24], "\x1b[mä".as_bytes().to_vec())));
        assert_eq!(decode("{}"), None);
        assert_eq!(decode("no json"), None);
    }
}
