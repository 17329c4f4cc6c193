//! Does anything that the internet can see show a secret?

mod files;
mod served;

use super::{Check, check};

pub(super) const CHECKS: &[Check] = &[check!("exposure/secret-file-hidden", files::secret_file_hidden)];
