//! Which versions, suites and keys does the server take? Hellos written by hand, one offer each.

use super::Check;

pub(super) const CHECKS: &[Check] = &[];
