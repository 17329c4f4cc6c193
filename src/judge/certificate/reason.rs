//! Why no path leads to a root: each of the verifier's errors by its name, and those apart that look alike to it.

use std::ops::RangeInclusive;

use webpki::Error;

use super::path::{NoPath, Sent, label, own_roots};
use super::trust::roots;
use super::unreadable;
use crate::observation::{Certificate, Key};
use crate::spec::Spec;

/// The words for a path that does not verify.
pub(super) fn reason(spec: &Spec, sent: &Sent, why: &NoPath) -> String {
    let error = match why {
        NoPath::NeverInDate => return "no moment lies in the validity of all certificates of the chain".into(),
        NoPath::Unreadable(why) => return unreadable(why),
        NoPath::Error(error) => error,
    };
    match error {
        Error::UnknownIssuer => unknown_issuer(spec, sent),
        Error::RequiredEkuNotFoundContext(_) | Error::EmptyEkuExtension => also(purpose(sent), spec, sent),
        Error::NameConstraintViolation => {
            "a name constraint of an issuer forbids a name of the certificate".into()
        }
        Error::PathLenConstraintViolated => "path is longer than an issuer's path length constraint allows".into(),
        // What `openssl req -x509` makes by default.
        Error::CaUsedAsEndEntity if sent.linked().first().is_some_and(|leaf| leaf.is_self_issued()) => {
            "certificate is self-signed, and an authority's, not a server's (CA:TRUE)".into()
        }
        Error::CaUsedAsEndEntity => {
            also("certificate is an authority's, not a server's (CA:TRUE)".into(), spec, sent)
        }
        Error::EndEntityUsedAsCa => "an issuer on the path is no authority (not CA:TRUE)".into(),
        Error::UnsupportedCriticalExtension => also(strange_extension(sent), spec, sent),
        Error::UnsupportedCertVersion => also(version(sent), spec, sent),
        Error::UnsupportedSignatureAlgorithmContext(_) => unaccepted_signature(sent),
        Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            "a signature on the path is of another algorithm than its issuer's key".into()
        }
        Error::InvalidSignatureForPublicKey => misfit_signature(spec, sent),
        Error::SignatureAlgorithmMismatch => "a certificate names two different signature algorithms".into(),
        Error::InvalidCertValidity => "a certificate ends before it begins".into(),
        Error::CertDistrusted => "an issuer on the path is distrusted".into(),
        Error::InvalidSerialNumber => "a certificate has an invalid serial number".into(),
        Error::MaximumPathDepthExceeded => {
            format!("path is too deep: {} certificates were sent", sent.sizes.len())
        }
        Error::MaximumSignatureChecksExceeded
        | Error::MaximumPathBuildCallsExceeded
        | Error::MaximumNameConstraintComparisonsExceeded => {
            format!("too many paths to try: {} certificates were sent", sent.sizes.len())
        }
        malformed => unreadable_part(spec, sent, malformed),
    }
}

/// A fault of the certificate itself is found before its issuer is looked for: both are said.
fn also(reason: String, spec: &Spec, sent: &Sent) -> String {
    let anchors = spec.certificate.roots.anchors();
    let linked = sent.linked();
    let leads_to_root = |last: &&Certificate| {
        let subjects = anchors.iter().map(|anchor| &anchor.subject[..]);
        // An anchor's name is without its header.
        subjects.filter(|subject| !subject.is_empty()).any(|subject| last.issuer.der.ends_with(subject))
    };
    match linked.last() {
        Some(last) if !leads_to_root(last) => format!("{reason}; {}", unknown_issuer(spec, sent)),
        _ => reason,
    }
}

/// Three things look alike to the verifier; the names tell them apart.
fn unknown_issuer(spec: &Spec, sent: &Sent) -> String {
    let list = roots(spec);
    let linked = sent.linked();
    let Some(last) = linked.last() else { return unreadable_part(spec, sent, &Error::UnknownIssuer) };
    let (issuer, of) = (&last.issuer.words, label(linked.len() - 1, last));
    match linked.len() {
        1 if last.is_self_issued() => format!("certificate is self-signed and not among {list}"),
        _ if last.is_self_issued() => {
            format!("unknown issuer: the chain ends at {issuer}, which is not among {list}")
        }
        // A leaf comes with its intermediate.
        count if count == 1 || breaks(sent) => {
            let place = last.issuer_at.as_ref().map_or(String::new(), |at| format!(" ({at})"));
            format!(
                "missing intermediate: {issuer}{place}, issuer of the {of}, was not sent and is not among {list}"
            )
        }
        _ => format!("unknown issuer: {issuer}, issuer of the {of}, is not among {list}"),
    }
}

/// Certificates of other names were sent, or some that cannot be read, and nothing leads to them.
fn breaks(sent: &Sent) -> bool {
    let linked = sent.linked();
    let is_beside = |c: &Certificate| linked.iter().all(|l| l.subject.der != c.subject.der);
    sent.certificates.iter().any(|c| c.as_ref().map_or(true, is_beside))
}

/// A verifier refuses keys of another size in the same words as forgeries.
fn misfit_signature(spec: &Spec, sent: &Sent) -> String {
    let own = own_roots(spec);
    let own = own.iter().filter_map(|der| Certificate::read(der).ok());
    let all: Vec<Certificate> = sent.certificates.iter().flatten().cloned().chain(own).collect();
    let signs = |c: &Certificate| all.iter().any(|other| other != c && other.issuer.der == c.subject.der);
    let refused = all.iter().find_map(|c| match c.key {
        Key::Rsa(bits) if !RSA_BITS.contains(&bits) && signs(c) => Some((&c.subject.words, bits)),
        _ => None,
    });
    match refused {
        Some((issuer, bits)) => format!(
            "issuer {issuer} has an RSA key of {bits} bits; signatures by {} to {} are accepted",
            RSA_BITS.start(),
            RSA_BITS.end()
        ),
        None => "a signature on the path does not fit its issuer's key: \
                 forged, damaged, or by another authority of the same name"
            .into(),
    }
}

fn unaccepted_signature(sent: &Sent) -> String {
    match sent.first(|c| !c.signature.hash.is_sound()) {
        Some((label, c)) => format!("{label} is signed by {}, which is not accepted", c.signature.name),
        None => "a signature on the path is of an algorithm that is not accepted".into(),
    }
}

fn strange_extension(sent: &Sent) -> String {
    match sent.first(|c| !c.strange_critical.is_empty()) {
        Some((label, c)) => {
            format!("{label} has the critical extension {}, which is not understood", c.strange_critical[0])
        }
        None => "a critical extension on the path is not understood".into(),
    }
}

fn version(sent: &Sent) -> String {
    match sent.first(|c| c.version != 3) {
        Some((label, c)) => format!("{label} is X.509 v{}, and v3 is needed", c.version),
        None => "a certificate on the path is not X.509 v3".into(),
    }
}

fn purpose(sent: &Sent) -> String {
    let at_fault =
        sent.first(|c| c.not_for_servers).map_or("a certificate on the path".into(), |(label, _)| label);
    format!("{at_fault} is not meant for servers: its extended key usage lacks serverAuth")
}

/// A certificate that the verifier cannot read: by its length, by its reader's word, or by the verifier's.
fn unreadable_part(spec: &Spec, sent: &Sent, error: &Error) -> String {
    let part = |index: usize| match index {
        0 => "certificate".to_string(),
        _ => format!("certificate {} of {}", index + 1, sent.sizes.len()),
    };
    if let Some(index) = sent.sizes.iter().position(|size| *size > LARGEST) {
        return format!("{} is too large: {} bytes, at most {LARGEST} are read", part(index), sent.sizes[index]);
    }
    let broken = sent.certificates.iter().enumerate().find_map(|(index, c)| Some((index, c.as_ref().err()?)));
    match broken {
        Some((0, why)) => format!("{} could not be read: {why}", part(0)),
        Some((index, why)) => format!("{} could not be read: {why}; {}", part(index), unknown_issuer(spec, sent)),
        None => unreadable(&error.to_string()),
    }
}

/// What rustls-webpki verifies with.
const RSA_BITS: RangeInclusive<usize> = 2048..=8192;

/// In bytes: rustls-webpki reads a header of four octets, whose length takes two.
const LARGEST: usize = 4 + 0xffff;

#[cfg(test)]
mod tests {
    use rcgen::{
        BasicConstraints, CustomExtension, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, NameConstraints,
    };

    use super::super::issued::*;
    use super::super::trust::trusted;
    use crate::finding::Status::{self, Fail, Pass};
    use crate::spec::Spec;

    const APP: &str = "app.example.com";

    fn judge(spec: &Spec, chain: &[&[u8]]) -> (Status, String) {
        only(trusted(spec, &shown(APP, chain)))
    }

    #[test]
    fn each_reason_has_its_name() {
        let (root, other, namesake) = (root("Own Root"), root("Other Root"), root("Own Root"));
        let middle = root.below("Middle", |_| {});
        let foreign = other.below("Foreign", |_| {});
        let good = middle.leaf(&[APP], |_| {});
        let cut = good[..300].to_vec();
        let permitted = |name: &str| {
            let permitted_subtrees = vec![GeneralSubtree::DnsName(name.into())];
            Some(NameConstraints { permitted_subtrees, excluded_subtrees: vec![] })
        };
        let narrow = root.below("Narrow", |p| p.name_constraints = permitted("elsewhere.example"));
        let flat = root.below("Flat", |p| p.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)));
        let deep = flat.below("Deep", |_| {});
        let plain = root.below("Plain", |p| p.is_ca = IsCa::ExplicitNoCa);
        let mail = root.below("Mail", |p| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection]);
        let for_clients =
            |p: &mut rcgen::CertificateParams| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let strange = |p: &mut rcgen::CertificateParams| {
            let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
            extension.set_criticality(true);
            p.custom_extensions.push(extension);
        };
        let forged = namesake.leaf(&[APP], |_| {});
        let doubly = other.leaf(&[APP], for_clients);
        let for_clients = root.leaf(&[APP], for_clients);
        let for_anything = root.leaf(&[APP], |p| p.extended_key_usages.clear());
        let (mailed, narrowed) = (mail.leaf(&[APP], |_| {}), narrow.leaf(&[APP], |_| {}));
        let (deepest, plainest) = (deep.leaf(&[APP], |_| {}), plain.leaf(&[APP], |_| {}));
        let (expired, strange) = (root.leaf(&[APP], |p| valid(p, -90, -3)), root.leaf(&[APP], strange));
        let (alien, stale) = (foreign.leaf(&[APP], |_| {}), other.leaf(&[APP], |p| valid(p, -90, -3)));
        let own = self_signed(&[APP]);
        let spec = trusting(&root);
        for (chain, status, message) in [
            (vec![&good, &middle.der], Pass, "trusted by certificate.roots"),
            (vec![&good, &middle.der, &root.der], Pass, "trusted by certificate.roots"),
            (vec![&for_anything], Pass, "trusted by certificate.roots"),
            (vec![&expired], Pass, "trusted by certificate.roots, but not in date"),
            (vec![&good], Fail, MISSING),
            (vec![&good, &foreign.der], Fail, MISSING),
            (vec![&alien, &foreign.der, &other.der], Fail, "unknown issuer: the chain ends at Other Root, NOT"),
            (
                vec![&alien, &foreign.der],
                Fail,
                "unknown issuer: Other Root, issuer of the intermediate Foreign, is not among certificate.roots",
            ),
            (vec![&own], Fail, "certificate is self-signed and not among certificate.roots"),
            (vec![&for_clients], Fail, "certificate is not meant for servers: NO EKU"),
            (
                vec![&doubly],
                Fail,
                "certificate is not meant for servers: NO EKU; missing intermediate: Other Root, issuer of the \
                 certificate, was not sent and is not among certificate.roots",
            ),
            (vec![&mailed, &mail.der], Fail, "intermediate Mail is not meant for servers: NO EKU"),
            (
                vec![&narrowed, &narrow.der],
                Fail,
                "a name constraint of an issuer forbids a name of the certificate",
            ),
            (
                vec![&deepest, &deep.der, &flat.der],
                Fail,
                "path is longer than an issuer's path length constraint allows",
            ),
            (vec![&middle.der], Fail, "certificate is an authority's, not a server's (CA:TRUE)"),
            (vec![&other.der], Fail, "certificate is self-signed, and an authority's, not a server's (CA:TRUE)"),
            (vec![&plainest, &plain.der], Fail, "an issuer on the path is no authority (not CA:TRUE)"),
            (vec![&strange], Fail, "certificate has the critical extension 1.2.3.4, which is not understood"),
            (
                vec![&forged],
                Fail,
                "a signature on the path does not fit its issuer's key: \
                 forged, damaged, or by another authority of the same name",
            ),
            (
                vec![&stale, &other.der],
                Fail,
                "unknown issuer: the chain ends at Other Root, NOT; \
                 certificate expired 3 days ago, on 2026-02-27 00:00:00 UTC",
            ),
            (vec![&cut, &middle.der], Fail, "certificate could not be read: it ends early"),
            (vec![&good, &cut], Fail, &format!("certificate 2 of 2 could not be read: it ends early; {MISSING}")),
            (vec![], Fail, "no certificate was sent"),
        ] {
            let chain: Vec<&[u8]> = chain.into_iter().map(|der| &der[..]).collect();
            let message = message.replace("NOT", "which is not among certificate.roots");
            let message = message.replace("NO EKU", "its extended key usage lacks serverAuth");
            assert_eq!(judge(&spec, &chain), (status, message));
        }
    }

    const MISSING: &str = "missing intermediate: Middle, issuer of the certificate, was not sent \
                           and is not among certificate.roots";

    #[test]
    fn a_path_may_be_too_deep() {
        let root = root("Root");
        let mut chain = vec![root.below("0", |_| {})];
        for depth in 1..10 {
            chain.insert(0, chain[0].below(&depth.to_string(), |_| {}));
        }
        let leaf = chain[0].leaf(&[APP], |_| {});
        let sent: Vec<&[u8]> = std::iter::once(&leaf[..]).chain(chain.iter().map(|c| &c.der[..])).collect();
        let message = "path is too deep: 11 certificates were sent";
        assert_eq!(judge(&trusting(&root), &sent), (Fail, message.into()));
    }

    #[test]
    fn what_the_verifier_cannot_hold_is_too_large() {
        let names = |n| rcgen::SanType::DnsName(format!("n{n}.example.com").try_into().unwrap());
        let root = root("Root");
        let large = root.leaf(&[APP], |p| p.subject_alt_names = (0..5000).map(names).collect());
        let message = format!("certificate is too large: {} bytes, at most 65539 are read", large.len());
        assert_eq!(judge(&trusting(&root), &[&large]), (Fail, message));
    }

    #[test]
    fn what_openssl_made_has_its_names() {
        for (root, leaf, status, message) in [
            (
                ROOT_1024,
                LEAF_BY_1024,
                Fail,
                "issuer test root 1024 has an RSA key of 1024 bits; signatures by 2048 to 8192 are accepted",
            ),
            (ROOT_2048, LEAF_1024, Pass, "trusted by certificate.roots"),
            (ROOT_2048, LEAF_SHA1, Fail, "certificate is signed by RSA with SHA-1, which is not accepted"),
            (ROOT_2048, LEAF_V1, Fail, "certificate is X.509 v1, and v3 is needed"),
        ] {
            assert_eq!(judge(&trusting_der(&made(root)), &[&made(leaf)]), (status, message.into()), "{leaf}");
        }
    }

    #[test]
    fn a_path_that_was_never_in_date_is_no_path() {
        let root = root("Root");
        let middle = root.below("Middle", |p| valid(p, -300, -200));
        let leaf = middle.leaf(&[APP], |_| {});
        let message = "no moment lies in the validity of all certificates of the chain; \
                       intermediate Middle expired 200 days ago, on 2025-08-14 00:00:00 UTC";
        assert_eq!(judge(&trusting(&root), &[&leaf, &middle.der]), (Fail, message.into()));
    }
}
