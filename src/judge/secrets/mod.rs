//! Are the secrets of the deployment its own, and asked for?

mod datastore;

use super::{Check, check};

pub(super) const CHECKS: &[Check] = &[check!("secrets/datastore-asks-password", datastore::asks_password)];
