//! Signed cookies of Node: cookie-signature, and Keygrip's second cookie.

use super::base64::{standard, url_safe};
use super::digest::Hash;
use super::trial::{Issued, Trial};
use crate::observation::TokenKind;

/// `s:value.signature`; Fastify, Remix, Hono and better-auth leave the `s:` away.
pub fn signature(issued: &Issued) -> Option<Trial<'_>> {
    issued.cookie.as_ref()?;
    let text = issued.text.strip_prefix("s:").unwrap_or(&issued.text);
    let (value, signature) = text.rsplit_once('.').filter(|(value, _)| !value.is_empty())?;
    let tag = standard(signature).filter(|tag| Hash::of_length(tag.len()) == Some(Hash::Sha256))?;
    Some(Trial::new(TokenKind::ExpressSession, Hash::Sha256.hmac(), move |secret| {
        Hash::Sha256.made(secret, &[value.as_bytes()], &tag)
    }))
}

/// The cookie `name.sig` signs `name=value` (cookies, `Cookies.prototype.set`); SHA-1 unless the application says otherwise.
pub fn keygrip(issued: &Issued) -> Option<Trial<'_>> {
    let name = issued.cookie.as_ref()?;
    let (value, signature) = issued.signed.as_ref()?;
    let tag = url_safe(signature)?;
    let hash = Hash::of_length(tag.len())?;
    Some(Trial::new(TokenKind::CookieSession, hash.hmac(), move |secret| {
        hash.made(secret, &[name.as_bytes(), b"=", value.as_bytes()], &tag)
    }))
}
