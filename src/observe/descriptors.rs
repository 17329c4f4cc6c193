//! How many files and sockets this process may have open.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Raises the limit to `wanted` as far as this user may. Returns what holds afterwards.
pub fn raise(wanted: usize) -> usize {
    let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
    // Where the limit cannot be read, the least that POSIX promises (_POSIX_OPEN_MAX) is safe.
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return 20 };
    let raised = wanted.min(hard);
    let holds =
        if soft < raised && setrlimit(Resource::RLIMIT_NOFILE, raised, hard).is_ok() { raised } else { soft };
    usize::try_from(holds).unwrap_or(usize::MAX)
}
