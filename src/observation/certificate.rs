//! Certificates of a handshake, read: what X.509 says, before anyone asks whether it is good.

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use x509_parser::asn1_rs::Oid;
use x509_parser::certificate::X509Certificate;
use x509_parser::error::X509Error;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::nom::{self, error::ErrorKind};
use x509_parser::parse_x509_certificate;
use x509_parser::public_key::PublicKey;
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo, X509Name};

use super::Handshake;

/// When the server's own certificate is valid, both ends included (RFC 5280 §4.1.2.5), in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    pub not_before: i64,
    pub not_after: i64,
}

/// One certificate (RFC 5280 §4.1). A field that cannot be read is empty; the rest stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// 1 to 3.
    pub version: u32,
    pub subject: Name,
    pub issuer: Name,
    pub not_before: i64,
    pub not_after: i64,
    pub key: Key,
    pub signature: Signature,
    /// dNSName entries of subjectAltName, as they stand.
    pub dns_names: Vec<String>,
    /// iPAddress entries of subjectAltName.
    pub addresses: Vec<IpAddr>,
    /// An extended key usage is there, and serverAuth is not in it.
    pub not_for_servers: bool,
    /// Critical extensions that have no meaning here, dotted.
    pub strange_critical: Vec<String>,
    /// Where it says that its issuer's certificate is (RFC 5280 §4.2.2.1, caIssuers).
    pub issuer_at: Option<String>,
}

/// A distinguished name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// Two names are the same when these bytes are.
    pub der: Vec<u8>,
    /// The common name, else the organisation, else all of it; at most 64 characters.
    pub words: String,
    pub common: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// Bits of the modulus.
    Rsa(usize),
    P256,
    P384,
    P521,
    Ed25519,
    Ed448,
    /// Its algorithm or curve, dotted.
    Other(String),
}

/// What an issuer signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// `RSA with SHA-256`; dotted when it has no name here.
    pub name: String,
    pub hash: Hash,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    Md2,
    Md5,
    Sha1,
    /// Any of the family, 224 bits and more.
    Sha2,
    /// Part of the scheme (EdDSA).
    Own,
    Unknown,
}

impl Handshake {
    /// The chain in DER, the leaf first.
    ///
    /// # Errors
    /// The recording holds something that is no base64.
    pub fn chain_der(&self) -> Result<Vec<Vec<u8>>, base64::DecodeError> {
        self.chain.iter().map(|text| STANDARD.decode(text)).collect()
    }

    /// The validity of the server's own certificate; `None` when it cannot be read.
    pub fn leaf(&self) -> Option<Leaf> {
        let der = STANDARD.decode(self.chain.first()?).ok()?;
        let Certificate { not_before, not_after, .. } = Certificate::read(&der).ok()?;
        Some(Leaf { not_before, not_after })
    }
}

impl Certificate {
    /// # Errors
    /// What is wrong with the encoding, completing "could not be read: …".
    pub fn read(der: &[u8]) -> Result<Self, String> {
        let x509 = match parse_x509_certificate(der) {
            Ok(([], x509)) => x509,
            Ok((rest, _)) => return Err(format!("{} bytes follow it", rest.len())),
            Err(nom::Err::Incomplete(_)) => return Err(CUT.into()),
            Err(nom::Err::Error(e) | nom::Err::Failure(e)) => return Err(wrong(&e)),
        };
        let names = alternative_names(&x509);
        Ok(Self {
            version: x509.version().0.saturating_add(1),
            subject: name(x509.subject()),
            issuer: name(x509.issuer()),
            not_before: x509.validity().not_before.timestamp(),
            not_after: x509.validity().not_after.timestamp(),
            key: key(x509.public_key()),
            signature: signature(&x509.signature_algorithm),
            dns_names: names.iter().filter_map(dns_name).collect(),
            addresses: names.iter().filter_map(address).collect(),
            not_for_servers: not_for_servers(&x509),
            strange_critical: strange_critical(&x509),
            issuer_at: issuer_at(&x509),
        })
    }

    /// Issuer and subject are one name (RFC 5280 §3.2).
    pub fn is_self_issued(&self) -> bool {
        self.issuer.der == self.subject.der
    }
}

impl Hash {
    /// No two documents with the same hash can be made, as far as is known (RFC 6194 for SHA-1, RFC 6151 for MD5).
    pub fn is_sound(self) -> bool {
        matches!(self, Self::Sha2 | Self::Own)
    }
}

fn wrong(error: &X509Error) -> String {
    match error {
        X509Error::NomError(ErrorKind::Eof | ErrorKind::Complete) => CUT.into(),
        X509Error::NomError(_) | X509Error::Der(_) | X509Error::Generic => "it is no certificate".into(),
        other => other.to_string(),
    }
}

const CUT: &str = "it ends early";

fn name(name: &X509Name) -> Name {
    let common = name.iter_common_name().find_map(|cn| cn.as_str().ok());
    let organisation = name.iter_organization().find_map(|o| o.as_str().ok());
    let words = common.or(organisation).map_or_else(|| name.to_string(), str::to_owned);
    let words = if words.is_empty() { "a nameless issuer".into() } else { short(&words) };
    Name { der: name.as_raw().to_vec(), words, common: common.map(short) }
}

/// A name may be as long as the certificate.
fn short(text: &str) -> String {
    match text.char_indices().nth(64) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into(),
    }
}

fn key(spki: &SubjectPublicKeyInfo) -> Key {
    let algorithm = spki.algorithm.algorithm.to_id_string();
    match (spki.parsed(), algorithm.as_str()) {
        (Ok(PublicKey::RSA(rsa)), _) => Key::Rsa(bits(rsa.modulus)),
        (Ok(PublicKey::EC(_)), _) => curve(&spki.algorithm),
        (_, "1.3.101.112") => Key::Ed25519,
        (_, "1.3.101.113") => Key::Ed448,
        _ => Key::Other(algorithm),
    }
}

fn bits(modulus: &[u8]) -> usize {
    match modulus.iter().position(|byte| *byte != 0) {
        Some(first) => (modulus.len() - first) * 8 - modulus[first].leading_zeros() as usize,
        None => 0,
    }
}

// RFC 5480 §2.1.1.1
fn curve(algorithm: &AlgorithmIdentifier) -> Key {
    let oid = algorithm.parameters.as_ref().and_then(|any| Oid::try_from(any).ok());
    match oid.map(|oid| oid.to_id_string()) {
        Some(oid) if oid == "1.2.840.10045.3.1.7" => Key::P256,
        Some(oid) if oid == "1.3.132.0.34" => Key::P384,
        Some(oid) if oid == "1.3.132.0.35" => Key::P521,
        Some(oid) => Key::Other(oid),
        None => Key::Other("an elliptic curve without a name".into()),
    }
}

// RFC 3279 §2.2, RFC 4055 §5, RFC 5758 §3, RFC 8410 §3
fn signature(algorithm: &AlgorithmIdentifier) -> Signature {
    let oid = algorithm.algorithm.to_id_string();
    let (name, hash) = match oid.as_str() {
        "1.2.840.113549.1.1.2" => ("RSA with MD2", Hash::Md2),
        "1.2.840.113549.1.1.4" => ("RSA with MD5", Hash::Md5),
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => ("RSA with SHA-1", Hash::Sha1),
        "1.2.840.113549.1.1.10" => return pss(algorithm),
        "1.2.840.113549.1.1.11" => ("RSA with SHA-256", Hash::Sha2),
        "1.2.840.113549.1.1.12" => ("RSA with SHA-384", Hash::Sha2),
        "1.2.840.113549.1.1.13" => ("RSA with SHA-512", Hash::Sha2),
        "1.2.840.113549.1.1.14" => ("RSA with SHA-224", Hash::Sha2),
        "1.2.840.10040.4.3" => ("DSA with SHA-1", Hash::Sha1),
        "1.2.840.10045.4.1" => ("ECDSA with SHA-1", Hash::Sha1),
        "1.2.840.10045.4.3.1" => ("ECDSA with SHA-224", Hash::Sha2),
        "1.2.840.10045.4.3.2" => ("ECDSA with SHA-256", Hash::Sha2),
        "1.2.840.10045.4.3.3" => ("ECDSA with SHA-384", Hash::Sha2),
        "1.2.840.10045.4.3.4" => ("ECDSA with SHA-512", Hash::Sha2),
        "1.3.101.112" => ("Ed25519", Hash::Own),
        "1.3.101.113" => ("Ed448", Hash::Own),
        _ => return Signature { name: oid, hash: Hash::Unknown },
    };
    Signature { name: name.into(), hash }
}

/// RFC 4055 §3.1: the parameters name the hash; it is SHA-1 when they do not.
fn pss(algorithm: &AlgorithmIdentifier) -> Signature {
    let parameters = algorithm.parameters.as_ref().map(RsaSsaPssParams::try_from);
    let hash = match &parameters {
        Some(Ok(parameters)) => parameters.hash_algorithm_oid().to_id_string(),
        _ => return Signature { name: "RSASSA-PSS without a hash".into(), hash: Hash::Unknown },
    };
    let (hash, name) = match hash.as_str() {
        "1.3.14.3.2.26" => (Hash::Sha1, "RSASSA-PSS with SHA-1"),
        "2.16.840.1.101.3.4.2.1" => (Hash::Sha2, "RSASSA-PSS with SHA-256"),
        "2.16.840.1.101.3.4.2.2" => (Hash::Sha2, "RSASSA-PSS with SHA-384"),
        "2.16.840.1.101.3.4.2.3" => (Hash::Sha2, "RSASSA-PSS with SHA-512"),
        _ => (Hash::Unknown, "RSASSA-PSS with another hash"),
    };
    Signature { name: name.into(), hash }
}

fn alternative_names<'a, 'b>(x509: &'b X509Certificate<'a>) -> &'b [GeneralName<'a>] {
    match x509.subject_alternative_name() {
        Ok(Some(names)) => &names.value.general_names,
        Ok(None) | Err(_) => &[],
    }
}

fn dns_name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).into()),
        _ => None,
    }
}

/// RFC 5280 §4.2.1.6: four octets or sixteen.
fn address(name: &GeneralName) -> Option<IpAddr> {
    let GeneralName::IPAddress(octets) = name else { return None };
    let v4 = <[u8; 4]>::try_from(*octets).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(*octets).map(IpAddr::from)).ok()
}

fn not_for_servers(x509: &X509Certificate) -> bool {
    match x509.extended_key_usage() {
        Ok(Some(usage)) => !usage.value.server_auth,
        Ok(None) | Err(_) => false,
    }
}

fn strange_critical(x509: &X509Certificate) -> Vec<String> {
    let strange = x509.extensions().iter().filter(|e| e.critical && e.parsed_extension().unsupported());
    strange.map(|e| e.oid.to_id_string()).collect()
}

fn issuer_at(x509: &X509Certificate) -> Option<String> {
    let access = x509.extensions().iter().find_map(|e| match e.parsed_extension() {
        ParsedExtension::AuthorityInfoAccess(access) => Some(access),
        _ => None,
    })?;
    access.accessdescs.iter().find_map(|d| match &d.access_location {
        GeneralName::URI(uri) if d.access_method.to_id_string() == "1.3.6.1.5.5.7.48.2" => Some(short(uri)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair};

    use super::*;

    fn made(change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        let mut params = CertificateParams::new(["app.example.com".into(), "2001:db8::7".into()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2026, 2, 1);
        params.not_after = rcgen::date_time_ymd(2026, 5, 2);
        change(&mut params);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    fn handshake(chain: Vec<String>) -> Handshake {
        Handshake {
            chain,
            chain_cut: false,
            version: "TLS 1.3".into(),
            suite: "TLS13_AES_128_GCM_SHA256".into(),
            group: None,
            alpn: None,
            key_proven: true,
            local_issuer: None,
        }
    }

    #[test]
    fn the_leaf_says_when_it_is_valid() {
        let der = STANDARD.encode(made(|_| {}));
        let leaf = Leaf { not_before: 1_769_904_000, not_after: 1_777_680_000 };
        for (chain, want) in [
            (vec![der.clone()], Some(leaf)),
            (vec![der, "not a certificate".into()], Some(leaf)),
            (vec!["AAAA".into()], None),
            (vec!["not base64".into()], None),
            (vec![], None),
        ] {
            assert_eq!(handshake(chain).leaf(), want);
        }
    }

    #[test]
    fn a_certificate_is_read_field_by_field() {
        let read = Certificate::read(&made(|p| p.distinguished_name.push(DnType::CommonName, "Own"))).unwrap();
        assert_eq!((read.version, read.key, read.signature.name.as_str()), (3, Key::P256, "ECDSA with SHA-256"));
        assert_eq!(read.dns_names, ["app.example.com"]);
        assert_eq!(read.addresses, ["2001:db8::7".parse::<IpAddr>().unwrap()]);
        assert_eq!((read.subject.words.as_str(), read.subject.common.as_deref()), ("Own", Some("Own")));
        let organised = made(|p| {
            p.distinguished_name.remove(DnType::CommonName);
            p.distinguished_name.push(DnType::OrganizationName, "O".repeat(70));
        });
        let read = Certificate::read(&organised).unwrap();
        assert_eq!((read.subject.words, read.subject.common), (format!("{}…", "O".repeat(64)), None));
    }

    #[test]
    fn a_date_beyond_the_calendar_is_kept() {
        let read = Certificate::read(&made(|p| p.not_after = rcgen::date_time_ymd(9999, 12, 31))).unwrap();
        assert_eq!(read.not_after, 253_402_214_400);
    }

    #[test]
    fn what_is_no_certificate_says_why() {
        let der = made(|_| {});
        let longer = [&der[..], b"tail"].concat();
        for (bytes, why) in [
            (&der[..200], "it ends early"),
            (&longer, "4 bytes follow it"),
            (b"", "it ends early"),
            (b"\x02\x01\x05", "it is no certificate"),
        ] {
            assert_eq!(Certificate::read(bytes), Err(why.into()));
        }
    }

    #[test]
    fn the_size_of_a_modulus_is_its_bits() {
        for (modulus, want) in [(&[0, 0x80, 0][..], 16), (&[0x7f, 0], 15), (&[0, 0, 1], 1), (&[0], 0), (&[], 0)] {
            assert_eq!(bits(modulus), want);
        }
    }
}
