//! The session of a new visitor, as Starlette's SessionMiddleware keeps it in a cookie.

use std::sync::LazyLock;

use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

use super::{Entry, random};

/// No two visitors have the same.
pub(super) fn begun(entry: Entry) -> String {
    static OWN: LazyLock<String> = LazyLock::new(|| random() + &random());
    let content = BASE64_STANDARD.encode(format!(r#"{{"visitor": "{}"}}"#, random()));
    let seconds = u32::try_from(jiff::Timestamp::now().as_second()).unwrap_or_default();
    let time = BASE64_URL_SAFE_NO_PAD.encode(seconds.to_be_bytes());
    signed(if entry.has("session-secret-known") { KNOWN } else { &OWN }, &format!("{content}.{time}"))
}

#[cfg(test)]
pub(super) fn is_known(session: &str) -> bool {
    session.rsplit_once('.').is_some_and(|(content, _)| signed(KNOWN, content) == session)
}

/// itsdangerous, `TimestampSigner`.
fn signed(secret: &str, content: &str) -> String {
    let salted = ["itsdangerous.Signer", "signer", secret].concat();
    let key = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, salted.as_bytes());
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_ref());
    let signature = hmac::sign(&key, content.as_bytes());
    format!("{content}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature.as_ref()))
}

const KNOWN: &str = "REPLACE_ME";
