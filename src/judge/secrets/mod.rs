//! Does anything that the site does rest on a secret that others know?

mod tokens;

use super::{Check, check};

pub(super) const CHECKS: &[Check] = &[check!("secrets/token-secret-unguessed", tokens::unguessed)];
