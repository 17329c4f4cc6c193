//! Lookups beside those of addresses.

use super::net::Way;
use super::resolve::Names;
use crate::observation::{Authorisations, Authorities, Authority, Caa, ProbeError};

impl Names {
    /// # Errors
    /// A resolver did not answer.
    pub async fn authorisations(&self, _: &Way, _: &Caa) -> Result<Authorisations, ProbeError> {
        Err(ProbeError::not_sent("no CAA record is asked for yet"))
    }

    /// # Errors
    /// A resolver did not answer.
    pub async fn authorities(&self, _: &Way, _: &Authority) -> Result<Authorities, ProbeError> {
        Err(ProbeError::not_sent("no authoritative server is asked yet"))
    }
}
