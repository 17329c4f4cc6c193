//! Tokens in an answer, and the secrets that are tried on them. It happens before redaction: of a token only its
//! place and kind are kept, of a secret only its name.

mod base64;
mod candidates;
mod digest;
mod django;
mod express;
mod issued;
mod itsdangerous;
mod jose;
pub(super) mod known;
mod sealed;
mod trial;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use self::candidates::Candidates;
use self::digest::Hash;
use self::trial::{Issued, Trial};
use super::http::Raw;
use crate::observation::{Token, TokenKind, TokenPlace};
use crate::spec::Candidate;

pub struct Tokens {
    candidates: Candidates,
    tried: Mutex<Tried>,
}

impl Tokens {
    /// The built-in list, and the owner's.
    pub fn new(own: &[Candidate]) -> Self {
        Self { candidates: Candidates::new(own), tried: Mutex::default() }
    }

    /// Every token of a known form, once a place. What came in a coding was not looked into.
    pub fn of(&self, raw: &Raw, coded: bool) -> Vec<Token> {
        let mut tokens: BTreeMap<TokenPlace, Token> = BTreeMap::new();
        for issued in issued::issued(raw, coded) {
            let trials = trials(&issued);
            if trials.is_empty() {
                continue;
            }
            let token = self.token(&issued, &trials);
            if tokens.get(&token.place).is_none_or(|held| held.fits.is_none() && token.fits.is_some()) {
                tokens.insert(token.place.clone(), token);
            }
            if tokens.len() == MOST_TOKENS {
                break;
            }
        }
        tokens.into_values().collect()
    }

    fn token(&self, issued: &Issued, trials: &[Trial]) -> Token {
        let first = &trials[0];
        let mut token = Token {
            place: issued.place.clone(),
            kind: first.kind,
            algorithm: first.algorithm.clone(),
            known: 0,
            own: 0,
            fits: None,
        };
        if first.fits.is_none() {
            return token;
        }
        let Some(found) = self.found(issued, trials) else { return token };
        (token.known, token.own) = (self.candidates.known, self.candidates.own);
        if let Some((kind, name)) = found {
            (token.kind, token.fits) = (kind, Some(name));
        }
        token
    }

    /// The kind and the secret that fit; the outer `None`: it was not tried any more.
    fn found(&self, issued: &Issued, trials: &[Trial]) -> Option<Found> {
        let key = fingerprint(issued);
        let work = (issued.text.len() + 256) * trials.len() * self.candidates.len();
        {
            let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(found) = tried.found.get(&key) {
                return Some(found.clone());
            }
            if !tried.takes(&issued.place, work) {
                return None;
            }
        }
        let found = trials.iter().find_map(|trial| {
            let name = self.candidates.first(trial.fits.as_ref()?)?;
            Some((trial.kind, name.to_string()))
        });
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        tried.found.insert(key, found.clone());
        Some(found)
    }
}

type Found = Option<(TokenKind, String)>;

/// What a run has tried: the same token is tried once, and not more of them than need be.
#[derive(Default)]
struct Tried {
    found: BTreeMap<[u8; 32], Found>,
    places: BTreeMap<TokenPlace, usize>,
    work: usize,
}

impl Tried {
    /// Whether one more token of a place is tried, which takes so much work.
    fn takes(&mut self, place: &TokenPlace, work: usize) -> bool {
        let count = self.places.get(place).copied();
        let is_room = count.map_or(self.places.len() < MOST_PLACES, |count| count < MOST_OF_PLACE);
        if !is_room || self.work + work > MOST_WORK {
            return false;
        }
        self.work += work;
        self.places.insert(place.clone(), count.unwrap_or(0) + 1);
        true
    }
}

/// Every form that a text has, the likeliest first.
fn trials(issued: &Issued) -> Vec<Trial<'_>> {
    if let Some(trials) = jose::read(issued) {
        return trials;
    }
    let alone = [sealed::iron, sealed::fernet, express::keygrip, django::read, jose::csrf];
    if let Some(trial) = alone.iter().find_map(|read| read(issued)) {
        return vec![trial];
    }
    itsdangerous::read(issued).into_iter().chain(express::signature(issued)).collect()
}

/// Of the text and of what else a secret is tried with.
fn fingerprint(issued: &Issued) -> [u8; 32] {
    let signed = issued.signed.as_ref().map_or(["", ""], |(value, signature)| [value, signature]);
    let parts = [issued.cookie.as_deref().unwrap_or_default(), &issued.text, signed[0], signed[1]];
    let lengths = parts.map(|part| part.len().to_be_bytes());
    let all = lengths.iter().zip(parts).flat_map(|(length, part)| [&length[..], part.as_bytes()]);
    let digest = Hash::Sha256.digest(&all.collect::<Vec<_>>());
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest.as_ref());
    bytes
}

/// Of one answer.
const MOST_TOKENS: usize = 16;
/// Of a run. A site that gives each visitor a new token shows by the first what it signs them with.
const MOST_PLACES: usize = 256;
const MOST_OF_PLACE: usize = 128;
/// Of a run, in bytes that are hashed: some seconds of arithmetic.
const MOST_WORK: usize = 2 << 30;

#[cfg(test)]
mod tests;
