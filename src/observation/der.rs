//! DER (X.690), element by element, as slices of what was read; and what is signed in X.509 is one shape.

use rustls::crypto::aws_lc_rs;
use x509_parser::asn1_rs::{Any, FromDer};

/// One element. `content` is without its header.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    pub tag: u8,
    pub content: &'a [u8],
    pub whole: &'a [u8],
}

/// The elements that follow one another; it ends before the first that cannot be read.
#[derive(Clone, Copy)]
pub(super) struct Elements<'a>(pub &'a [u8]);

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const ENUMERATED: u8 = 0x0a;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;

/// A tag of the context, constructed.
pub(super) const fn tagged(number: u8) -> u8 {
    0xa0 | number
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let (rest, any) = Any::from_der(self.0).ok()?;
        let whole = &self.0[..self.0.len() - rest.len()];
        let tag = *whole.first()?;
        let content = &whole[whole.len().checked_sub(any.data.len())?..];
        self.0 = rest;
        Some(Element { tag, content, whole })
    }
}

impl<'a> Elements<'a> {
    /// The next, when it has that tag.
    pub fn of(&mut self, tag: u8) -> Option<Element<'a>> {
        self.next().filter(|element| element.tag == tag)
    }

    /// The next, when it has that tag; else it stays.
    pub fn optional(&mut self, tag: u8) -> Option<Element<'a>> {
        let mut ahead = *self;
        let found = ahead.of(tag)?;
        *self = ahead;
        Some(found)
    }
}

/// What an issuer signed: a list, a response (RFC 5280 §5.1, RFC 6960 §4.2.1).
#[derive(Clone, Copy)]
pub(super) struct Signed<'a> {
    pub content: Element<'a>,
    algorithm: Element<'a>,
    signature: &'a [u8],
    /// What follows the signature.
    pub rest: Elements<'a>,
}

impl<'a> Signed<'a> {
    pub fn read(der: &'a [u8]) -> Option<Self> {
        let mut parts = Elements(Elements(der).of(SEQUENCE)?.content);
        let content = parts.of(SEQUENCE)?;
        let algorithm = parts.of(SEQUENCE)?;
        let signature = bits(parts.of(BIT_STRING)?)?;
        Some(Self { content, algorithm, signature, rest: parts })
    }

    /// The signature fits this key, a subjectPublicKeyInfo without its header.
    pub fn is_by(&self, key_info: &[u8]) -> bool {
        let mut parts = Elements(key_info);
        let (Some(algorithm), Some(key)) = (parts.of(SEQUENCE), parts.of(BIT_STRING).and_then(bits)) else {
            return false;
        };
        aws_lc_rs::default_provider().signature_verification_algorithms.all.iter().any(|known| {
            *known.signature_alg_id() == *self.algorithm.content
                && *known.public_key_alg_id() == *algorithm.content
                && known.verify_signature(key, self.content.whole, self.signature).is_ok()
        })
    }
}

/// A bit string of whole octets.
fn bits(element: Element<'_>) -> Option<&[u8]> {
    match element.content {
        [0, octets @ ..] => Some(octets),
        _ => None,
    }
}

/// In hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn elements_follow_one_another() {
        let bytes = [0x02, 1, 5, 0x30, 2, 0x05, 0, 0x04, 9];
        let tags: Vec<(u8, &[u8])> = Elements(&bytes).map(|e| (e.tag, e.content)).collect();
        assert_eq!(tags, [(INTEGER, &[5][..]), (SEQUENCE, &[5, 0])]);
        let mut parts = Elements(&bytes);
        assert!(parts.optional(SEQUENCE).is_none() && parts.optional(INTEGER).is_some());
        assert!(parts.of(INTEGER).is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_not(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let read: usize = Elements(&bytes).map(|e| e.whole.len()).sum();
            prop_assert!(read <= bytes.len());
            prop_assert!(Signed::read(&bytes).is_none_or(|signed| !signed.is_by(&bytes)));
        }
    }
}
