//! The short-lived child as a program of its own, for this crate's tests.

fn main() -> std::process::ExitCode {
    runtime_embedded::helper_main(std::env::args_os().skip(1))
}
