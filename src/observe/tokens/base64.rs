//! Base64 as libraries write it: each of the two alphabets, with padding or without.

use base64::Engine as _;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// RFC 4648 §5.
pub fn url_safe(text: &str) -> Option<Vec<u8>> {
    engine(&URL_SAFE, false).decode(text).ok()
}

/// RFC 4648 §4.
pub fn standard(text: &str) -> Option<Vec<u8>> {
    engine(&STANDARD, false).decode(text).ok()
}

/// A secret, in either alphabet. Bits that are left over at its end are nobody's concern.
pub fn loose(text: &str) -> Option<Vec<u8>> {
    let decoded = |alphabet| engine(alphabet, true).decode(text).ok();
    decoded(&STANDARD).or_else(|| decoded(&URL_SAFE))
}

/// base64url of JSON, behind a point where it is compressed: itsdangerous (`URLSafeSerializerMixin`) and Django
/// (`Signer.sign_object`) alike.
pub fn is_payload(text: &str) -> bool {
    match text.strip_prefix('.') {
        // RFC 1950 §2.2: deflate, with a window of 32 KiB.
        Some(zipped) => url_safe(zipped).is_some_and(|bytes| bytes.first() == Some(&0x78)),
        None => url_safe(text).is_some_and(|json| is_json(&json)),
    }
}

pub fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok()
}

fn engine(alphabet: &Alphabet, trailing_bits: bool) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(trailing_bits);
    GeneralPurpose::new(alphabet, config)
}
