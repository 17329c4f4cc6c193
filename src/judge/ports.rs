//! ports

use super::{Check, check};

pub(super) const CHECKS: &[Check] = &[];
