//! The way from the server's certificate to a root (RFC 5280 §6), using only what was sent.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage};

use super::{leaf, unreadable};
use crate::observation::{Certificate, Handshake, Seen};
use crate::spec::{Roots, Spec};

/// A chain as it was sent, and what verifying it came to.
pub(super) struct Sent {
    /// The leaf first. What cannot be read holds the reason.
    pub certificates: Vec<Result<Certificate, String>>,
    /// In bytes.
    pub sizes: Vec<usize>,
    /// More was sent than is kept.
    pub cut: bool,
    /// The path without its root, whatever the dates on it say; or why there is none.
    pub verified: Result<Vec<Certificate>, NoPath>,
}

pub(super) enum NoPath {
    Error(Error),
    /// No moment lies in the validity of all its certificates.
    NeverInDate,
    /// There is one, and why a certificate on it cannot be read.
    Unreadable(String),
}

/// The certificates that strength and dates are judged on.
pub(super) struct Path {
    /// The leaf first, the root not among them.
    pub certificates: Vec<Certificate>,
    pub verified: bool,
}

/// # Errors
/// The chain cannot be read at all, as a message.
pub(super) fn verify(spec: &Spec, seen: &Seen, handshake: &Handshake) -> Result<Sent, String> {
    let chain = handshake.chain_der().map_err(|e| unreadable(&e.to_string()))?;
    if chain.is_empty() {
        return Err("no certificate was sent".into());
    }
    let anchors = spec.certificate.roots.anchors();
    let sizes = chain.iter().map(Vec::len).collect();
    let certificates: Vec<_> = chain.iter().map(|der| Certificate::read(der)).collect();
    let ders: Vec<CertificateDer> = chain.into_iter().map(CertificateDer::from).collect();
    let path = path(&ders, &certificates, &anchors, seen.started_at().0);
    let verified = path.and_then(|ders| {
        let read = ders.iter().map(|der| Certificate::read(der)).collect::<Result<_, _>>();
        read.map_err(NoPath::Unreadable)
    });
    Ok(Sent { certificates, sizes, cut: handshake.chain_cut, verified })
}

/// The path that verifies, or else what links by name.
///
/// # Errors
/// The server's certificate cannot be read, as a message.
pub(super) fn judged(spec: &Spec, seen: &Seen, handshake: &Handshake) -> Result<Path, String> {
    leaf(handshake)?;
    let sent = verify(spec, seen, handshake)?;
    Ok(match sent.verified {
        Ok(certificates) => Path { certificates, verified: true },
        Err(_) => Path { certificates: sent.below_root().cloned().collect(), verified: false },
    })
}

/// Certificates of the owner's roots, in DER.
pub(super) fn own_roots(spec: &Spec) -> Vec<CertificateDer<'static>> {
    match &spec.certificate.roots {
        Roots::Mozilla => vec![],
        Roots::Own(roots) => roots.iter().filter_map(|root| Some(STANDARD.decode(root).ok()?.into())).collect(),
    }
}

impl Path {
    /// What must be said beside a verdict on certificates that no root vouches for.
    pub fn caveat(&self) -> &'static str {
        if self.verified { "" } else { "; no path verifies, so what was sent is judged" }
    }
}

impl Sent {
    /// What links by name from the leaf up, a root that was sent included. Empty when the leaf cannot be read.
    pub fn linked(&self) -> Vec<&Certificate> {
        let Some(Ok(leaf)) = self.certificates.first() else { return vec![] };
        let mut linked = vec![leaf];
        let mut rest: Vec<&Certificate> = self.certificates[1..].iter().flatten().collect();
        let mut last = leaf;
        while !last.is_self_issued()
            && let Some(at) = rest.iter().position(|c| c.subject.der == last.issuer.der)
        {
            last = rest.remove(at);
            linked.push(last);
        }
        linked
    }

    /// The linked without a root: that is trusted because it is in the list, whatever its signature and dates are.
    pub fn below_root(&self) -> impl Iterator<Item = &Certificate> {
        let linked = self.linked().into_iter().enumerate();
        linked.filter(|(depth, c)| *depth == 0 || !c.is_self_issued()).map(|(_, c)| c)
    }

    /// The first of the linked that is at fault, with its label.
    pub fn first(&self, at_fault: impl Fn(&Certificate) -> bool) -> Option<(String, &Certificate)> {
        let found = self.linked().into_iter().enumerate().find(|(_, c)| at_fault(c));
        found.map(|(depth, c)| (label(depth, c), c))
    }
}

/// The leaf is the certificate; those above it have names.
pub(super) fn label(depth: usize, certificate: &Certificate) -> String {
    match depth {
        0 => "certificate".into(),
        _ => format!("intermediate {}", certificate.subject.words),
    }
}

/// Verifies now and, when dates are all that is wrong, at a moment inside every validity: a date hides other reasons.
fn path(
    ders: &[CertificateDer],
    certificates: &[Result<Certificate, String>],
    anchors: &[TrustAnchor],
    now: i64,
) -> Result<Vec<Vec<u8>>, NoPath> {
    // A path that is ever valid is valid when the last of its certificates begins to be.
    let moments = certificates.iter().flatten().map(|c| c.not_before);
    for moment in std::iter::once(now).chain(moments) {
        match path_at(ders, anchors, moment) {
            Err(Error::CertExpired { .. } | Error::CertNotValidYet { .. }) => {}
            decided => return decided.map_err(NoPath::Error),
        }
    }
    Err(NoPath::NeverInDate)
}

fn path_at(ders: &[CertificateDer], anchors: &[TrustAnchor], moment: i64) -> Result<Vec<Vec<u8>>, Error> {
    let [leaf, others @ ..] = ders else { return Err(Error::BadDer) };
    let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms.all;
    let time = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(moment).unwrap_or(0)));
    let certificate = EndEntityCert::try_from(leaf)?;
    let usage = KeyUsage::server_auth();
    let path = certificate.verify_for_usage(algorithms, anchors, others, time, usage, None, None)?;
    let above = path.intermediate_certificates().map(|c| c.der().to_vec());
    Ok(std::iter::once(leaf.to_vec()).chain(above).collect())
}
