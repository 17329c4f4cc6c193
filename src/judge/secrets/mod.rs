//! Are the secrets of the deployment its own, and asked for?

mod accounts;
mod datastore;
mod tokens;

use super::{Check, check};

pub(super) const CHECKS: &[Check] = &[
    check!("secrets/token-secret-unguessed", tokens::unguessed),
    check!("secrets/default-credentials-refused", accounts::refused),
    check!("secrets/datastore-asks-password", datastore::asks_password),
];
