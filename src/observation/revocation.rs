//! A certificate revocation list (RFC 5280 §5), fetched when the owner asks for it.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::TrustAnchor;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use webpki::{BorrowedCertRevocationList, CertRevocationList};

use super::der::{Elements, INTEGER, SEQUENCE, Signed, hex, tagged};
use super::ocsp::moment;
use super::{Certificate, Handshake};

/// Does the list at this address, by this issuer, hold the serial number?
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Crl {
    pub url: String,
    /// In hexadecimal digits.
    pub serial: String,
    /// The certificate is an intermediate's.
    pub authority: bool,
    pub signer: Signer,
}

/// Who must have signed a list: name and key without their headers, DER in base64.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Signer {
    pub name: String,
    pub key: String,
}

/// What a list says of a serial number. Moments are in seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    pub this_update: i64,
    pub next_update: i64,
    /// When the certificate was revoked, where it stands in the list.
    pub revoked: Option<i64>,
    /// Its signature fits the issuer's key.
    pub signed: bool,
    /// It is the issuer's list for certificates of this address (RFC 5280 §5.2.5).
    pub covers: bool,
}

impl Crl {
    /// Certificates of one chain whose lists are read.
    pub const MOST: usize = 4;

    /// The first list of each certificate from the leaf up whose issuer is known: it was sent, or is a root.
    pub fn of(handshake: &Handshake, anchors: &[TrustAnchor]) -> Vec<Self> {
        let chain = handshake.chain_der().unwrap_or_default();
        let chain: Vec<_> = chain.iter().map(|der| Certificate::read(der)).collect();
        let Some(Ok(leaf)) = chain.first() else { return vec![] };
        let (mut path, mut lists) = (vec![leaf], vec![]);
        while let Some(last) = path.last().copied()
            && path.len() <= Self::MOST
            && !last.is_self_issued()
        {
            if let (Some(url), Some(signer)) =
                (last.lists.first(), Signer::of(last, chain.iter().flatten(), anchors))
            {
                let (url, serial) = (url.clone(), last.serial.clone());
                lists.push(Self { url, serial, authority: path.len() > 1, signer });
            }
            let is_above = |c: &&Certificate| c.subject.der == last.issuer.der && !path.contains(c);
            let Some(above) = chain.iter().flatten().find(is_above) else { break };
            path.push(above);
        }
        lists
    }
}

impl Signer {
    /// A certificate's issuer, among those that were sent, or among the roots.
    pub fn of<'a>(
        certificate: &Certificate,
        sent: impl IntoIterator<Item = &'a Certificate>,
        anchors: &[TrustAnchor],
    ) -> Option<Self> {
        let name = bare(&certificate.issuer.der);
        let above = sent.into_iter().find(|c| c.subject.der == certificate.issuer.der);
        let key = match above {
            Some(above) => &above.key_info[..],
            None => &anchors.iter().find(|anchor| *anchor.subject == *name)?.subject_public_key_info[..],
        };
        Some(Self { name: STANDARD.encode(name), key: STANDARD.encode(key) })
    }

    pub(super) fn der(&self) -> (Vec<u8>, Vec<u8>) {
        let der = |text: &String| STANDARD.decode(text).unwrap_or_default();
        (der(&self.name), der(&self.key))
    }
}

impl Revocation {
    /// # Errors
    /// Why the bytes are no list that can be used.
    pub fn read(der: &[u8], question: &Crl) -> Result<Self, String> {
        let list = BorrowedCertRevocationList::from_der(der).map_err(|e| format!("{e:?}"))?;
        let list = CertRevocationList::Borrowed(list);
        let serial = unhex(&question.serial).ok_or("no serial number")?;
        let found = list.find_serial(&serial).map_err(|e| format!("{e:?}"))?;
        let revoked = found.map(|entry| i64::try_from(entry.revocation_date.as_secs()).unwrap_or(i64::MAX));
        let scope = list.issuing_distribution_point().map(<[u8]>::to_vec);
        let signed = Signed::read(der).ok_or("it ends early")?;
        let mut parts = Elements(signed.content.content);
        parts.optional(INTEGER);
        parts.of(SEQUENCE).ok_or("it ends early")?;
        let issuer = parts.of(SEQUENCE).ok_or("it has no issuer")?;
        let this_update = parts.next().and_then(moment).ok_or("it has no date")?;
        let next_update = parts.next().and_then(moment).ok_or("it has no end")?;
        let (name, key) = question.signer.der();
        let covers = issuer.content == name && scope.is_none_or(|scope| holds(&scope, question));
        Ok(Self { this_update, next_update, revoked, signed: signed.is_by(&key), covers })
    }
}

/// Whether an issuing distribution point is for all certificates of the kind, or for those of this address.
fn holds(scope: &[u8], question: &Crl) -> bool {
    let mut parts = Elements(scope);
    // The value of the extension, with its header or without it.
    if let Some(inner) = parts.optional(SEQUENCE) {
        parts = Elements(inner.content);
    }
    let part = parts.optional(tagged(0)).and_then(|point| Elements(point.content).of(tagged(0)));
    let url = question.url.as_bytes();
    let at_url = part.is_none_or(|names| Elements(names.content).any(|n| n.tag == URI && n.content == url));
    // Only for users [1], for authorities [2], for some reasons [3], with other issuers [4], for attributes [5].
    at_url
        && parts.all(|flag| match flag.tag & 0x1f {
            _ if flag.content == [0] => true,
            1 => !question.authority,
            2 => question.authority,
            _ => false,
        })
}

const URI: u8 = 0x86;

/// The content of one element.
pub(super) fn bare(der: &[u8]) -> &[u8] {
    Elements(der).next().map_or(&[], |element| element.content)
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    let octet = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    (0..digits.len()).step_by(2).map(octet).collect()
}

impl fmt::Display for Crl {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let signer = Sha256::digest(format!("{} {}", self.signer.name, self.signer.key));
        write!(f, "crl:{}:{}:{}", self.url, self.serial, hex(&signer[..4]))
    }
}
