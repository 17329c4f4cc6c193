//! Extensions of a certificate that say where and how more is learned of it.

use std::collections::BTreeSet;

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{
    DistributionPointName, GeneralName, ParsedExtension, parse_ct_signed_certificate_timestamp_list,
};

use super::der::{Elements, INTEGER, SEQUENCE};

/// How many logs' timestamps a list holds (RFC 6962 §3.3). Two of one log prove no more than one.
pub(super) fn timestamps(list: &[u8]) -> usize {
    let read = parse_ct_signed_certificate_timestamp_list(list);
    read.map_or(0, |(_, list)| list.iter().map(|sct| sct.id.key_id).collect::<BTreeSet<_>>().len())
}

pub(super) fn embedded_logs(x509: &X509Certificate) -> usize {
    let lists = x509.extensions().iter().filter_map(|e| match e.parsed_extension() {
        ParsedExtension::SCT(list) => Some(list),
        _ => None,
    });
    lists.flatten().map(|sct| sct.id.key_id).collect::<BTreeSet<_>>().len()
}

/// Web addresses of its revocation lists (RFC 5280 §4.2.1.13), at most four.
pub(super) fn lists(x509: &X509Certificate) -> Vec<String> {
    let points = x509.extensions().iter().filter_map(|e| match e.parsed_extension() {
        ParsedExtension::CRLDistributionPoints(points) => Some(&points.points),
        _ => None,
    });
    let names = points.flatten().filter_map(|point| match &point.distribution_point {
        // A list for some reasons, or of another issuer, is not the whole list.
        Some(DistributionPointName::FullName(names)) if point.reasons.is_none() && point.crl_issuer.is_none() => {
            Some(names)
        }
        _ => None,
    });
    let addresses = names.flatten().filter_map(|name| match name {
        GeneralName::URI(uri) if is_web(uri) => Some((*uri).to_string()),
        _ => None,
    });
    addresses.take(4).collect()
}

/// RFC 7633 §4.2.3: status_request (5) among the TLS features, which asks for a stapled response.
pub(super) fn must_staple(x509: &X509Certificate) -> bool {
    let feature = x509.extensions().iter().find(|e| e.oid.to_id_string() == "1.3.6.1.5.5.7.1.24");
    let features = feature.and_then(|e| Elements(e.value).of(SEQUENCE));
    features.is_some_and(|list| Elements(list.content).any(|f| f.tag == INTEGER && f.content == [5]))
}

pub(super) fn for_ocsp(x509: &X509Certificate) -> bool {
    matches!(x509.extended_key_usage(), Ok(Some(usage)) if usage.value.ocsp_signing)
}

fn is_web(uri: &str) -> bool {
    let is_plain = uri.len() <= 1024 && uri.chars().all(|c| c.is_ascii_graphic());
    let scheme = uri.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    is_plain && scheme.is_some_and(|scheme| scheme == "http" || scheme == "https")
}
