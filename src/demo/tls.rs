//! The deployment's certificates, made at each start, and the TLS handshake with its names.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, CustomExtension, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData, SignatureAlgorithm,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::Acceptor;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ServerConfig, crypto};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::{ALIAS, Fault, SITE};

/// What the deployment shows of itself, and what it is verified with.
pub(super) struct Identity {
    pub config: Arc<ServerConfig>,
    /// DER.
    pub roots: Vec<Vec<u8>>,
}

/// Makes the certificates, 90 days long and 61 to go at `now`.
///
/// # Errors
/// A certificate could not be made.
pub(super) fn identity(fault: Option<&Fault>, now: jiff::Timestamp) -> io::Result<Identity> {
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let Chain { certificates, root } = chain(fault.map_or("", |f| f.name), &key, now)?;
    let provider = Arc::new(crypto::aws_lc_rs::default_provider());
    let private = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let private = provider.key_provider.load_private_key(private).map_err(io::Error::other)?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(CertifiedKey::new(certificates, private))));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Identity { config: Arc::new(config), roots: vec![root.to_vec()] })
}

/// Completes a handshake for one of the site's names, and ends any other with an alert.
///
/// # Errors
/// The handshake was not completed.
pub(super) async fn accept(stream: TcpStream, config: Arc<ServerConfig>) -> io::Result<TlsStream<TcpStream>> {
    let mut start = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
    let name = start.client_hello().server_name().map(str::to_ascii_lowercase);
    if name.is_some_and(|name| [SITE, ALIAS].contains(&name.as_str())) {
        return start.into_stream(config).await;
    }
    start.io.write_all(UNRECOGNISED_NAME).await?;
    start.io.shutdown().await?;
    Err(io::Error::other("no name of the site"))
}

struct Chain {
    /// As sent: the leaf first.
    certificates: Vec<CertificateDer<'static>>,
    /// The trusted one.
    root: CertificateDer<'static>,
}

fn chain(fault: &str, key: &KeyPair, now: jiff::Timestamp) -> io::Result<Chain> {
    let root = authority("golive demo root", None, now)?;
    let between = authority("golive demo intermediate", Some(&root), now)?;
    let names = if fault == "certificate-lacks-alias" { &[SITE][..] } else { &[SITE, ALIAS] };
    let left = match fault {
        "certificate-due" => 5,
        "certificate-expired" => -2,
        _ => 61,
    };
    let mut params = leaf(names, left, now)?;
    if fault == "certificate-must-staple" {
        params.custom_extensions.push(must_staple());
    }
    let sent = |leaf: Certificate| vec![leaf.der().clone(), between.der().clone()];
    let (certificates, root) = match fault {
        "certificate-sha1" => return signed_with_sha1(params, key),
        "certificate-self-signed" => {
            (vec![params.self_signed(key).map_err(io::Error::other)?.der().clone()], root)
        }
        "certificate-intermediate-missing" => (vec![signed(&params, key, &between)?.der().clone()], root),
        "certificate-key-weak" => (sent(signed(&params, &Rsa1024::new(), &between)?), root),
        "certificate-unknown-issuer" => {
            (sent(signed(&params, key, &between)?), authority("golive demo root of others", None, now)?)
        }
        _ => (sent(signed(&params, key, &between)?), root),
    };
    Ok(Chain { certificates, root: root.der().clone() })
}

type Authority = CertifiedIssuer<'static, KeyPair>;

/// A root, or an intermediate that `above` signs; good for ten years.
fn authority(name: &str, above: Option<&Authority>, now: jiff::Timestamp) -> io::Result<Authority> {
    let mut params = named(name)?;
    params.is_ca = IsCa::Ca(match above {
        None => BasicConstraints::Unconstrained,
        Some(_) => BasicConstraints::Constrained(0),
    });
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    valid(&mut params, now, -1825 * DAY, 1825 * DAY);
    let key = KeyPair::generate().map_err(io::Error::other)?;
    match above {
        None => CertifiedIssuer::self_signed(params, key),
        Some(above) => CertifiedIssuer::signed_by(params, key, above),
    }
    .map_err(io::Error::other)
}

/// A certificate of 90 days, and half a day more than `left` to go, so that a run does not see the day turn.
fn leaf(names: &[&str], left: i64, now: jiff::Timestamp) -> io::Result<CertificateParams> {
    let mut params = named(SITE)?;
    for name in names {
        params.subject_alt_names.push(rcgen::SanType::DnsName((*name).try_into().map_err(io::Error::other)?));
    }
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let end = left * DAY + DAY / 2;
    valid(&mut params, now, end - 90 * DAY, end);
    Ok(params)
}

/// RFC 7633 §4.1: the TLS feature status_request (5).
fn must_staple() -> CustomExtension {
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 24], vec![0x30, 3, 2, 1, 5])
}

fn named(common_name: &str) -> io::Result<CertificateParams> {
    let mut params = CertificateParams::new([]).map_err(io::Error::other)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn signed(params: &CertificateParams, key: &impl PublicKeyData, by: &Authority) -> io::Result<Certificate> {
    params.signed_by(key, by).map_err(io::Error::other)
}

/// No library of ours signs with SHA-1: intermediate, root and the intermediate's key come from a file.
fn signed_with_sha1(params: CertificateParams, key: &KeyPair) -> io::Result<Chain> {
    let file = include_bytes!("sha1.pem");
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(file).collect();
    let certificates = certificates.map_err(io::Error::other)?;
    let [between, root] = <[_; 2]>::try_from(certificates).map_err(|_| io::Error::other("sha1.pem is cut"))?;
    let private = PrivateKeyDer::from_pem_slice(file).map_err(io::Error::other)?;
    let private = KeyPair::try_from(&private).map_err(io::Error::other)?;
    let mut issuer = named("golive demo intermediate signed with SHA-1")?;
    issuer.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let leaf = params.signed_by(key, &Issuer::new(issuer, private)).map_err(io::Error::other)?;
    Ok(Chain { certificates: vec![leaf.der().clone(), between], root })
}

/// From and until so many seconds after `now`.
fn valid(params: &mut CertificateParams, now: jiff::Timestamp, from: i64, until: i64) {
    let moment = |seconds| {
        let since = u64::try_from(now.as_second() + seconds).unwrap_or(0);
        rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(since)
    };
    (params.not_before, params.not_after) = (moment(from), moment(until));
}

/// A public key of 1024 bits (RFC 8017 §A.1.1) that nobody holds the private half of: no library of ours signs with
/// one that short, so the handshake is signed with the other key. Verifiers refuse to look at either proof.
struct Rsa1024(Vec<u8>);

impl Rsa1024 {
    fn new() -> Self {
        Self([&[0x30, 0x81, 0x89, 0x02, 0x81, 0x81, 0][..], &[0xc5; 128], &[0x02, 0x03, 1, 0, 1]].concat())
    }
}

impl PublicKeyData for Rsa1024 {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}

/// RFC 8446 §5.1, §6: a fatal alert, unrecognized_name (112), as nginx's ssl_reject_handshake sends it.
const UNRECOGNISED_NAME: &[u8] = &[21, 3, 3, 0, 2, 2, 112];

const DAY: i64 = 86_400;
