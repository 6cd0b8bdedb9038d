//! The first system call filter: Docker's default list of what is allowed, narrowed. What is
//! neither allowed nor refused here answers ENOSYS, so that programs fall back from calls newer
//! than the list instead of failing. Rules on arguments are the second filter's (`filter.rs`).

use libcontainer::oci_spec::OciSpecError;
use libcontainer::oci_spec::runtime::{
    LinuxSeccomp, LinuxSeccompAction, LinuxSeccompBuilder, LinuxSyscall, LinuxSyscallBuilder,
};
use runtime::calls::{ALLOWED, REFUSED};

const ENOSYS: u32 = 38;
const EPERM: u32 = 1;

/// The filter as libcontainer wants it. The machine's own instruction set only: programs of
/// another, 32-bit ones too, are killed at their first call.
pub(super) fn profile() -> Result<LinuxSeccomp, OciSpecError> {
    LinuxSeccompBuilder::default()
        .default_action(LinuxSeccompAction::ScmpActErrno)
        .default_errno_ret(ENOSYS)
        .syscalls(vec![
            rule(ALLOWED, LinuxSeccompAction::ScmpActAllow, None)?,
            rule(REFUSED, LinuxSeccompAction::ScmpActErrno, Some(EPERM))?,
        ])
        .build()
}

fn rule(names: &[&str], action: LinuxSeccompAction, errno: Option<u32>) -> Result<LinuxSyscall, OciSpecError> {
    let builder = LinuxSyscallBuilder::default()
        .names(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
        .action(action);
    match errno {
        Some(errno) => builder.errno_ret(errno).build(),
        None => builder.build(),
    }
}
