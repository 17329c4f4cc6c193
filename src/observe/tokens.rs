//! Tokens in an answer, and the secrets that are tried on them.

use super::http::Raw;
use crate::observation::Token;
use crate::spec::Candidate;

pub struct Tokens {}

impl Tokens {
    /// The built-in list, and the owner's.
    pub fn new(_own: &[Candidate]) -> Self {
        Self {}
    }

    /// Every token of a known form, once a place.
    pub fn of(&self, _raw: &Raw) -> Vec<Token> {
        vec![]
    }
}
