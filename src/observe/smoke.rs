//! The owner's steps, one after the other, at one address.

use super::dialogue::Places;
use super::net::Net;
use super::record::Recorder;
use crate::observation::{Nonce, ProbeError, Smoke, Walked};
use crate::spec::Spec;

pub struct Walker<'a> {
    pub net: &'a Net,
    pub spec: &'a Spec,
    pub recorder: &'a Recorder,
    pub places: &'a Places,
    pub nonce: Nonce,
}

impl Walker<'_> {
    pub async fn walk(&self, _question: &Smoke) -> Result<Walked, ProbeError> {
        Err(ProbeError::not_sent("not walked"))
    }
}
