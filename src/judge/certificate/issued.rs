//! Certificates made for the tests of this family.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    SignatureAlgorithm,
};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::finding::{Status, Verdict};
use crate::observation::*;
use crate::spec::{Roots, Spec};
use crate::target::{Endpoint, Origin};

/// 2026-03-02T00:00:00Z.
pub const NOW: i64 = 1_772_409_600;
const DAY: i64 = 86_400;

pub struct Authority {
    pub der: Vec<u8>,
    params: CertificateParams,
    key: KeyPair,
}

/// A root that is valid for ten years.
pub fn root(name: &str) -> Authority {
    root_of(name, &rcgen::PKCS_ECDSA_P256_SHA256)
}

pub fn root_of(name: &str, algorithm: &'static SignatureAlgorithm) -> Authority {
    let key = KeyPair::generate_for(algorithm).unwrap();
    let params = authority(name);
    let der = params.self_signed(&key).unwrap().der().to_vec();
    Authority { der, params, key }
}

impl Authority {
    /// An intermediate with a name of its own.
    pub fn below(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Authority {
        self.vouch(name, KeyPair::generate().unwrap(), change)
    }

    /// The same name and key, vouched for by another.
    pub fn cross(&self, by: &Authority) -> Authority {
        let key = KeyPair::from_pkcs8_der_and_sign_algo(&self.key.serialized_der().into(), self.key.algorithm());
        let params = self.params.clone();
        by.vouch("", key.unwrap(), |p| *p = params)
    }

    /// A server's certificate of 90 days, 61 of them left.
    pub fn leaf(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        self.leaf_of(&rcgen::PKCS_ECDSA_P256_SHA256, names, change)
    }

    pub fn leaf_of(
        &self,
        algorithm: &'static SignatureAlgorithm,
        names: &[&str],
        change: impl FnOnce(&mut CertificateParams),
    ) -> Vec<u8> {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let params = server(names, change);
        params.signed_by(&key, &Issuer::from_params(&self.params, &self.key)).unwrap().der().to_vec()
    }

    fn vouch(&self, name: &str, key: KeyPair, change: impl FnOnce(&mut CertificateParams)) -> Authority {
        let mut params = authority(name);
        change(&mut params);
        let issuer = Issuer::from_params(&self.params, &self.key);
        let der = params.signed_by(&key, &issuer).unwrap().der().to_vec();
        Authority { der, params, key }
    }
}

/// A server's certificate that vouches for itself.
pub fn self_signed(names: &[&str]) -> Vec<u8> {
    server(names, |_| {}).self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
}

/// Days from now.
pub fn valid(params: &mut CertificateParams, from: i64, to: i64) {
    let moment = |days: i64| {
        let seconds = u64::try_from(NOW + days * DAY).unwrap();
        rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds)
    };
    params.not_before = moment(from);
    params.not_after = moment(to);
}

/// A promise whose root is this authority's.
pub fn trusting(root: &Authority) -> Spec {
    trusting_der(&root.der)
}

pub fn trusting_der(root: &[u8]) -> Spec {
    let mut spec = Spec::of(site("app.example.com"));
    spec.certificate.roots = Roots::Own(vec![STANDARD.encode(root)]);
    spec
}

/// A run in which one address of a host showed this chain.
pub fn shown(host: &str, chain: &[&[u8]]) -> Seen {
    shown_as(host, handshake(chain))
}

pub fn shown_as(host: &str, handshake: Handshake) -> Seen {
    seen(host, Ok(handshake), None)
}

/// A run in which the handshake had no answer.
pub fn silent(host: &str) -> Seen {
    seen(host, Err(ProbeError::new(Stage::Handshake, ErrorKind::Timeout, "no answer within 5 s")), None)
}

/// A run in which the address also answered a visit, so many milliseconds after the start.
pub fn visited(host: &str, chain: &[&[u8]], date: Option<&str>, asked_at_ms: u64) -> Seen {
    let fields = date.iter().map(|date| ("Date".into(), (*date).into())).collect();
    let response = Response { status: 200, fields, cookies: vec![], tokens: None, content: Content::default() };
    let origin = site(host).to_string();
    let request = Request { method: Method::Get, origin, target: "/".into(), sni: None, fields: vec![] };
    let outcome = Ok(Exchange { hops: vec![Hop { request, response }], stopped: None });
    let question = Http { at: endpoint(host), method: Method::Get, path: "/".into(), ask: Ask::Visit };
    let visit = Observation { question, asked_at_ms, elapsed_ms: 9, attempts: 1, outcome };
    seen(host, Ok(handshake(chain)), Some(visit))
}

fn seen(host: &str, outcome: Result<Handshake, ProbeError>, visit: Option<Observation<Http>>) -> Seen {
    let mut observations = Observations::begin(site(host), Timestamp(NOW), Nonce(1), Vantage::default());
    let question = Session::of(endpoint(host));
    let mut wanted: BTreeSet<Probe> = [question.clone().into()].into();
    observations.insert(Observation { question, asked_at_ms: 0, elapsed_ms: 9, attempts: 1, outcome }.into());
    if let Some(visit) = visit {
        wanted.insert(visit.question.clone().into());
        observations.insert(visit.into());
    }
    Seen::complete(observations, "not sent", |_| wanted.clone())
}

fn endpoint(host: &str) -> Endpoint {
    site(host).at(IpAddr::from([203, 0, 113, 7]))
}

pub fn handshake(chain: &[&[u8]]) -> Handshake {
    Handshake {
        chain: chain.iter().map(|der| STANDARD.encode(der)).collect(),
        chain_cut: false,
        version: "TLS 1.3".into(),
        suite: "TLS13_AES_128_GCM_SHA256".into(),
        group: Some("X25519MLKEM768".into()),
        alpn: Some("http/1.1".into()),
        key_proven: true,
        staple: Some(String::new()),
        local_issuer: None,
    }
}

pub fn site(host: &str) -> Origin {
    host.parse().unwrap()
}

/// The only verdict's status and message.
pub fn only(verdicts: Vec<Verdict>) -> (Status, String) {
    let [verdict] = <[Verdict; 1]>::try_from(verdicts).unwrap();
    (verdict.status, verdict.message)
}

/// A certificate that OpenSSL made (tests/observations/certificate).
pub fn made(pem: &str) -> Vec<u8> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap().to_vec()
}

pub const ROOT_2048: &str = include_str!("../../../tests/observations/certificate/root-2048.pem");
pub const ROOT_1024: &str = include_str!("../../../tests/observations/certificate/root-1024.pem");
pub const LEAF_BY_1024: &str = include_str!("../../../tests/observations/certificate/leaf-by-1024.pem");
pub const LEAF_1024: &str = include_str!("../../../tests/observations/certificate/leaf-1024.pem");
pub const LEAF_SHA1: &str = include_str!("../../../tests/observations/certificate/leaf-sha1.pem");
pub const LEAF_V1: &str = include_str!("../../../tests/observations/certificate/leaf-v1.pem");
pub const LEAF_LOGGED: &str = include_str!("../../../tests/observations/revocation/logged.pem");
pub const LEAF_LOGGED_ONCE: &str = include_str!("../../../tests/observations/revocation/logged-once.pem");

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    valid(&mut params, -365, 3650);
    params
}

fn server(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).into()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, "app.example.com");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    valid(&mut params, -29, 61);
    change(&mut params);
    params
}
