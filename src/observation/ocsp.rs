//! A stapled OCSP response (RFC 6960 §4.2), read: what it says of one certificate, and who signed it.

use x509_parser::asn1_rs::FromDer;
use x509_parser::time::ASN1Time;

use super::Certificate;
use super::der::{
    ENUMERATED, Element, Elements, GENERALIZED_TIME, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, Signed,
    hex, tagged,
};
use super::extension::timestamps;
use super::revocation::{Signer, bare};

/// What a response says of one certificate. Moments are in seconds since 1970.
pub struct Staple<'a> {
    pub standing: Standing,
    pub this_update: i64,
    /// Newer information is always there when this is absent.
    pub next_update: Option<i64>,
    /// Signed certificate timestamps in it, of different logs.
    pub logs: usize,
    signed: Signed<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Good,
    /// Since then.
    Revoked(i64),
    /// The responder does not know the certificate.
    Unknown,
}

impl<'a> Staple<'a> {
    /// # Errors
    /// Why it says nothing of the certificate with that serial number.
    pub fn read(der: &'a [u8], serial: &str) -> Result<Self, String> {
        let mut parts = Elements(Elements(der).of(SEQUENCE).ok_or("is no OCSP response")?.content);
        match parts.of(ENUMERATED).ok_or("is no OCSP response")?.content {
            [0] => {}
            [code] => return Err(format!("is the responder's error {code}")),
            _ => return Err("is no OCSP response".into()),
        }
        let signed = parts.of(tagged(0)).and_then(basic).ok_or("cannot be read")?;
        let mut data = Elements(signed.content.content);
        data.optional(tagged(0));
        // The responder, by its name or by its key.
        data.next();
        data.of(GENERALIZED_TIME).ok_or("cannot be read")?;
        let responses = data.of(SEQUENCE).ok_or("cannot be read")?;
        let found = Elements(responses.content).take(MOST_RESPONSES).find_map(|single| told(single, serial));
        let Told { standing, this_update, next_update, logs } = found.ok_or("speaks of other certificates")?;
        Ok(Self { standing, this_update, next_update, logs, signed })
    }

    /// The issuer signed it, or a responder that the issuer named at `now` (RFC 6960 §4.2.2.2).
    pub fn is_signed_by(&self, issuer: &Signer, now: i64) -> bool {
        let (name, key) = issuer.der();
        let certificates = self.signed.rest.clone().of(tagged(0)).and_then(|c| Elements(c.content).of(SEQUENCE));
        let mut delegates = certificates.map_or(Elements(&[]), |c| Elements(c.content)).take(MOST_DELEGATES);
        let may_speak = |der: Element| {
            Certificate::read(der.whole).is_ok_and(|c| {
                c.for_ocsp
                    && bare(&c.issuer.der) == name
                    && (c.not_before..=c.not_after).contains(&now)
                    && Signed::read(der.whole).is_some_and(|signed| signed.is_by(&key))
                    && self.signed.is_by(&c.key_info)
            })
        };
        self.signed.is_by(&key) || delegates.any(may_speak)
    }
}

struct Told {
    standing: Standing,
    this_update: i64,
    next_update: Option<i64>,
    logs: usize,
}

/// The only type of response that there is: id-pkix-ocsp-basic.
fn basic(bytes: Element) -> Option<Signed> {
    let mut parts = Elements(Elements(bytes.content).of(SEQUENCE)?.content);
    let kind = parts.of(OBJECT_IDENTIFIER)?.content;
    let response = parts.of(OCTET_STRING)?.content;
    (kind == [0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1]).then(|| Signed::read(response)).flatten()
}

/// A SingleResponse on that serial number.
fn told(single: Element, serial: &str) -> Option<Told> {
    let mut parts = Elements(single.content);
    let mut id = Elements(parts.of(SEQUENCE)?.content);
    id.of(SEQUENCE)?;
    id.of(OCTET_STRING)?;
    id.of(OCTET_STRING)?;
    if hex(id.of(INTEGER)?.content) != serial {
        return None;
    }
    let state = parts.next()?;
    let standing = match state.tag & 0x1f {
        0 => Standing::Good,
        1 => Standing::Revoked(moment(Elements(state.content).of(GENERALIZED_TIME)?)?),
        _ => Standing::Unknown,
    };
    let this_update = moment(parts.of(GENERALIZED_TIME)?)?;
    let next_update = match parts.optional(tagged(0)) {
        Some(end) => Some(moment(Elements(end.content).of(GENERALIZED_TIME)?)?),
        None => None,
    };
    let extensions = parts.optional(tagged(1)).and_then(|e| Elements(e.content).of(SEQUENCE));
    let logs = extensions.map_or(0, |extensions| Elements(extensions.content).find_map(logged).unwrap_or(0));
    Some(Told { standing, this_update, next_update, logs })
}

/// RFC 6962 §3.3: the extension with the timestamps of a response.
fn logged(extension: Element) -> Option<usize> {
    let mut parts = Elements(extension.content);
    let id = parts.of(OBJECT_IDENTIFIER)?.content;
    let value = parts.last().filter(|value| value.tag == OCTET_STRING)?;
    (id == [0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 4, 5]).then(|| timestamps(value.content))
}

/// A time of either kind.
pub(super) fn moment(element: Element) -> Option<i64> {
    ASN1Time::from_der(element.whole).ok().map(|(_, time)| time.timestamp())
}

const MOST_RESPONSES: usize = 64;
const MOST_DELEGATES: usize = 4;
