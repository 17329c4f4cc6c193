//! This machine's own trust store: who is trusted here alone may be opening our TLS.

use std::env;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::LazyLock;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage};

use crate::observation::{Certificate, Handshake};

/// The issuer of a chain that leads to a root of this machine's and to none of Mozilla's.
pub fn local_issuer(shown: &Handshake) -> Option<String> {
    let chain: Vec<CertificateDer> = shown.chain_der().ok()?.into_iter().map(CertificateDer::from).collect();
    let now = UnixTime::now();
    if leads(&chain, webpki_roots::TLS_SERVER_ROOTS, now) {
        return None;
    }
    issuer(&chain, &STORE, now)
}

fn issuer(chain: &[CertificateDer], store: &[CertificateDer], now: UnixTime) -> Option<String> {
    let anchors: Vec<TrustAnchor> =
        store.iter().filter_map(|der| webpki::anchor_from_trusted_cert(der).ok()).collect();
    let last = Certificate::read(chain.last()?).ok()?;
    leads(chain, &anchors, now).then_some(last.issuer.words)
}

fn leads(chain: &[CertificateDer], anchors: &[TrustAnchor], now: UnixTime) -> bool {
    let [leaf, others @ ..] = chain else { return false };
    let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms.all;
    let path = |leaf: &EndEntityCert| {
        leaf.verify_for_usage(algorithms, anchors, others, now, KeyUsage::server_auth(), None, None).is_ok()
    };
    EndEntityCert::try_from(leaf).is_ok_and(|leaf| path(&leaf))
}

/// Read once.
static STORE: LazyLock<Vec<CertificateDer<'static>>> =
    LazyLock::new(|| places().into_iter().find_map(read).unwrap_or_default());

/// Where OpenSSL and the distributions keep it.
fn places() -> Vec<PathBuf> {
    let usual = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];
    let named = env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    named.into_iter().chain(usual.map(PathBuf::from)).collect()
}

#[expect(clippy::disallowed_methods, reason = "this machine's store is a fact of the place a run is made from")]
fn read(place: PathBuf) -> Option<Vec<CertificateDer<'static>>> {
    let mut pem = vec![];
    File::open(place).ok()?.take(MOST_BYTES).read_to_end(&mut pem).ok()?;
    Some(CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok).collect())
}

/// Usual stores have a quarter of a megabyte.
const MOST_BYTES: u64 = 8 << 20;

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

    use super::*;

    #[test]
    fn an_authority_of_this_machine_alone_is_named() {
        let root = |name: &str| {
            let mut params = CertificateParams::new([]).unwrap();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.distinguished_name.push(rcgen::DnType::CommonName, name);
            let key = KeyPair::generate().unwrap();
            let der = params.self_signed(&key).unwrap().der().clone();
            (der, Issuer::new(params, key))
        };
        let (ours, issuer_here) = root("Antivirus");
        let (other, _) = root("Antivirus");
        let leaf_key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["app.example.com".into()]).unwrap();
        let leaf = params.signed_by(&leaf_key, &issuer_here).unwrap().der().clone();
        let now = UnixTime::now();
        let name = Some("Antivirus".to_string());
        for (chain, store, want) in [
            (vec![leaf.clone()], vec![ours.clone()], name.clone()),
            (vec![leaf.clone(), ours.clone()], vec![ours.clone()], name),
            // The name alone is no issuer.
            (vec![leaf.clone()], vec![other], None),
            (vec![leaf.clone()], vec![], None),
            (vec![], vec![ours.clone()], None),
            (vec![b"no certificate".to_vec().into()], vec![ours], None),
        ] {
            assert_eq!(issuer(&chain, &store, now), want);
        }
    }
}
