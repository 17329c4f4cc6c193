//! What itsdangerous signs: sessions of Starlette and of Flask, and whatever else an application has it sign.

use super::base64::{is_json, is_payload, standard, url_safe};
use super::digest::Hash;
use super::trial::{Issued, Trial};
use crate::observation::TokenKind;

/// `payload.time.signature`, or without the time.
pub fn read(issued: &Issued) -> Vec<Trial<'_>> {
    let Some((signed, signature)) = issued.text.rsplit_once('.') else { return vec![] };
    let Some(tag) = url_safe(signature) else { return vec![] };
    let Some(hash) = Hash::of_length(tag.len()) else { return vec![] };
    let timed = signed.rsplit_once('.').filter(|(_, time)| is_time(time));
    let payload = timed.map_or(signed, |(payload, _)| payload);
    let compact = is_payload(payload);
    let derivations: &[(TokenKind, &[Derivation])] = match (timed, is_starlette(payload)) {
        (None, _) if !compact => return vec![],
        (None, _) => &[(TokenKind::Itsdangerous, PLAIN)],
        (Some(_), true) if compact => &[STARLETTE, FLASK, (TokenKind::Itsdangerous, SERIALIZER)],
        (Some(_), true) => &[STARLETTE],
        (Some(_), false) if compact => &[FLASK, (TokenKind::Itsdangerous, PLAIN)],
        (Some(_), false) => &[(TokenKind::Itsdangerous, SIGNER)],
    };
    let trial = |(kind, derivations): &'static (TokenKind, &'static [Derivation])| {
        let tag = tag.clone();
        Trial::new(*kind, hash.hmac(), move |secret| {
            let mut keys = derivations.iter().map(|derivation| derivation.key(hash, secret));
            keys.any(|key| hash.made(&key, &[signed.as_bytes()], &tag))
        })
    };
    derivations.iter().map(trial).collect()
}

/// itsdangerous, `Signer.derive_key`.
enum Derivation {
    /// `django-concat`, the default.
    Concat(&'static str),
    Hmac(&'static str),
}

impl Derivation {
    fn key(&self, hash: Hash, secret: &[u8]) -> Vec<u8> {
        match self {
            Self::Concat(salt) => hash.digest(&[salt.as_bytes(), b"signer", secret]).as_ref().into(),
            Self::Hmac(salt) => hash.mac(secret, &[salt.as_bytes()]).as_ref().into(),
        }
    }
}

/// The time of signing: four bytes, from 2011 on.
fn is_time(text: &str) -> bool {
    let bytes = url_safe(text).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
    bytes.is_some_and(|bytes| u32::from_be_bytes(bytes) >= 1_293_840_000)
}

/// Starlette: base64 of what `json.dumps` writes by default, with a space after each colon.
fn is_starlette(payload: &str) -> bool {
    let Some(json) = standard(payload).filter(|_| payload.len().is_multiple_of(4)) else { return false };
    json.starts_with(b"{") && json.windows(3).any(|three| three == b"\": ") && is_json(&json)
}

type Known = (TokenKind, &'static [Derivation]);

/// starlette, `middleware/sessions.py`: a TimestampSigner.
const STARLETTE: Known = (TokenKind::StarletteSession, SIGNER);
/// flask, `sessions.py`.
const FLASK: Known = (TokenKind::FlaskSession, &[Derivation::Hmac("cookie-session")]);
const SIGNER: &[Derivation] = &[Derivation::Concat("itsdangerous.Signer")];
const SERIALIZER: &[Derivation] = &[Derivation::Concat("itsdangerous")];
const PLAIN: &[Derivation] = &[Derivation::Concat("itsdangerous"), Derivation::Concat("itsdangerous.Signer")];
