//! Running other programs: to the end, for their output, or for both at once.

use std::io::{self, Read, Write};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, bail};

/// Runs a command that shows its own output, and fails when it does.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("can't run {}", line(command)))?;
    if !status.success() {
        bail!("`{}` failed: {status}", line(command));
    }
    Ok(())
}

/// What a command prints on its standard output; its errors are part of the error.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("can't run {}", line(command)))?;
    if !output.status.success() {
        bail!("`{}` failed: {}\n{}", line(command), output.status, String::from_utf8_lossy(&output.stderr).trim_end());
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{}` printed something that is not UTF-8", line(command)))
}

/// How a command ended whose output was both shown and kept.
pub struct Kept {
    pub success: bool,
    /// Standard output, then standard error, without colours.
    pub text: String,
}

/// Runs a command and shows its output while keeping it.
pub fn run_and_keep(command: &mut Command) -> Result<Kept> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("can't run {}", line(command)))?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let out = thread::spawn(move || copy(out, io::stdout()));
    let err = thread::spawn(move || copy(err, io::stderr()));
    let status = child.wait()?;
    let mut text = Vec::new();
    for thread in [out, err] {
        match thread.join() {
            Ok(kept) => text.extend(kept?),
            Err(_) => bail!("the reader of `{}` panicked", line(command)),
        }
    }
    Ok(Kept { success: status.success(), text: without_colours(&String::from_utf8_lossy(&text)) })
}

/// The command as one would type it.
pub fn line(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}

fn copy(from: Option<impl Read>, mut to: impl Write) -> io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    let Some(mut from) = from else { return Ok(kept) };
    let mut buffer = [0; 8192];
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok(kept);
        }
        to.write_all(&buffer[..count])?;
        to.flush()?;
        kept.extend_from_slice(&buffer[..count]);
    }
}

/// The text without `ESC [ … letter`.
fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            chars.by_ref().skip(1).find(char::is_ascii_alphabetic);
        } else {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn output_is_kept_without_colours_and_failure_is_told() {
        let kept = run_and_keep(Command::new("sh").args(["-c", r"printf 'a\033[1;31mb\033[0mc'; echo d >&2; exit 3"]));
        let kept = kept.unwrap();
        assert_eq!(kept.text, "abcd\n");
        assert!(!kept.success);
    }

    #[test]
    fn a_failure_names_the_command_and_what_it_said() {
        let error = output(Command::new("sh").args(["-c", "echo why >&2; exit 1"])).unwrap_err().to_string();
        assert!(error.contains("sh -c") && error.contains("why"), "{error}");
        assert!(run(&mut Command::new("false")).is_err());
        assert!(run(&mut Command::new("no-such-program")).is_err());
    }
}
