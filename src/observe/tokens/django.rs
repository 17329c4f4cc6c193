//! What Django signs: signed cookies, sessions kept in cookies, messages, and objects.

use super::base64::{is_payload, url_safe};
use super::digest::Hash;
use super::trial::{Issued, Trial};
use crate::observation::TokenKind;

/// `value:time:signature`, or without the time.
pub fn read(issued: &Issued) -> Option<Trial<'_>> {
    let (signed, signature) = issued.text.rsplit_once(':')?;
    let tag = url_safe(signature)?;
    // SHA-1 until Django 3.0.
    let hash = Hash::of_length(tag.len()).filter(|hash| matches!(hash, Hash::Sha1 | Hash::Sha256))?;
    let timed = signed.rsplit_once(':').is_some_and(|(_, time)| is_time(time));
    if !timed && !is_payload(signed) {
        return None;
    }
    Some(Trial::new(TokenKind::DjangoSigning, hash.hmac(), move |secret| {
        let made = |parts: &[&[u8]]| {
            let key = hash.digest(&[parts, &[b"signer", secret]].concat());
            hash.made(key.as_ref(), &[signed.as_bytes()], &tag)
        };
        // `get_cookie_signer` puts its own name before the key; `salted_hmac` puts the salt before both.
        let made_as_cookie = |salt: &[&[u8]]| {
            let key = hash.digest(&[salt, &[b"signer", b"django.http.cookies", secret]].concat());
            hash.made(key.as_ref(), &[signed.as_bytes()], &tag)
        };
        let of_name = |name: &str| made_as_cookie(&[name.as_bytes()]) || made_as_cookie(&[V2, name.as_bytes()]);
        SALTS.iter().any(|salt| made(&[salt.as_bytes()]))
            || COOKIE_SALTS.iter().any(|salt| made_as_cookie(&[salt.as_bytes()]))
            || issued.cookie.as_deref().is_some_and(of_name)
    }))
}

/// Seconds in base 62, from 2005 to 2050 (`signing.b62_encode`).
fn is_time(text: &str) -> bool {
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(u64::from(b - b'0')),
        b'A'..=b'Z' => Some(u64::from(b - b'A') + 10),
        b'a'..=b'z' => Some(u64::from(b - b'a') + 36),
        _ => None,
    };
    let seconds = || text.bytes().try_fold(0, |sum: u64, b| Some(sum * 62 + digit(b)?));
    text.len() == 6 && seconds().is_some_and(|seconds| (1_104_537_600..2_524_608_000).contains(&seconds))
}

/// `signing.dumps`, the session backend, and the defaults of the two signers.
const SALTS: [&str; 4] = [
    "django.core.signing",
    "django.contrib.sessions.backends.signed_cookies",
    "django.core.signing.TimestampSigner",
    "django.core.signing.Signer",
];

const COOKIE_SALTS: [&str; 2] = ["django.contrib.messages", "django.core.signing.get_cookie_signer"];

/// `_cookie_signer_salt`, without a salt of the application's own; before it, the name alone was the salt.
const V2: &[u8] = b"django.http.cookies.v2:0:";
