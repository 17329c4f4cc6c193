//! What is encrypted and then signed: iron's seals, and Fernet. The signature alone shows the secret.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2;

use super::base64::url_safe;
use super::digest::Hash;
use super::trial::{Issued, Trial};
use crate::observation::TokenKind;

/// `Fe26.2*id*salt*iv*content*end*salt*mac`, and `~2` behind it from iron-session 6 on (iron-webcrypto, `seal`).
pub fn iron(issued: &Issued) -> Option<Trial<'_>> {
    let seal = issued.text.split_once('~').map_or(issued.text.as_str(), |(seal, _)| seal);
    let parts: Vec<&str> = seal.splitn(9, '*').collect();
    let ["Fe26.2", _, _, _, _, _, salt, mac] = parts[..] else { return None };
    let tag = url_safe(mac).filter(|tag| tag.len() == 32)?;
    let signed = &seal[..seal.len() - salt.len() - mac.len() - 2];
    Some(Trial::new(TokenKind::IronSession, Hash::Sha256.hmac(), move |secret| {
        // No shorter password is taken, nor a shorter key: a key of bytes has no salt.
        let key = match (secret.len() >= 32, salt.is_empty()) {
            (false, _) => return false,
            (true, true) => secret.to_vec(),
            (true, false) => {
                let mut key = vec![0; 32];
                pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA1, NonZeroU32::MIN, salt.as_bytes(), secret, &mut key);
                key
            }
        };
        Hash::Sha256.made(&key, &[signed.as_bytes()], &tag)
    }))
}

/// Version, time, IV, content and HMAC (the Fernet specification, "Token Format").
pub fn fernet(issued: &Issued) -> Option<Trial<'_>> {
    let token = url_safe(&issued.text).filter(|token| token.len() >= 73 && (token.len() - 57) % 16 == 0)?;
    let seconds = token[1..9].iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    if token[0] != 0x80 || seconds >= 1 << 33 {
        return None;
    }
    Some(Trial::new(TokenKind::Fernet, Hash::Sha256.hmac(), move |secret| {
        let (signed, tag) = token.split_at(token.len() - 32);
        secret.len() == 32 && Hash::Sha256.made(&secret[..16], &[signed], tag)
    }))
}
