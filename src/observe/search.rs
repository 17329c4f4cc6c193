//! Pages and their scripts, read as streams.

use super::net::Net;
use super::record::Recorder;
use crate::observation::{ProbeError, Search, Searched};
use crate::spec::Spec;

pub struct Searcher<'a> {
    pub net: &'a Net,
    pub spec: &'a Spec,
    pub recorder: &'a Recorder,
}

impl Searcher<'_> {
    pub async fn search(&self, _question: &Search) -> Result<Searched, ProbeError> {
        Err(ProbeError::not_sent("not searched"))
    }
}
