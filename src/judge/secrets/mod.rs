//! Does anything that the site issues or takes rest on a secret that others know?

mod accounts;

use super::{Check, check};

pub(super) const CHECKS: &[Check] = &[check!("secrets/default-credentials-refused", accounts::refused)];
