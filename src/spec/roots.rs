//! The owner's own roots, read from a PEM file.

use base64::prelude::{BASE64_STANDARD, Engine};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, TrustAnchor};

use super::Roots;
use super::error::{Wrong, quoted};

/// Fetches a file by its name.
pub(super) type Read<'f> = &'f dyn Fn(&str) -> Result<Vec<u8>, String>;

impl Roots {
    /// What a path may end at.
    pub fn anchors(&self) -> Vec<TrustAnchor<'static>> {
        let own = match self {
            Self::Mozilla => return webpki_roots::TLS_SERVER_ROOTS.to_vec(),
            Self::Own(own) => own.iter().filter_map(|root| BASE64_STANDARD.decode(root).ok()),
        };
        let anchor =
            |der: Vec<u8>| webpki::anchor_from_trusted_cert(&der.into()).ok().map(|anchor| anchor.to_owned());
        own.filter_map(anchor).collect()
    }
}

/// `mozilla`, or the name of a PEM file.
pub(super) fn roots(read: Read, name: &str) -> Result<Roots, Wrong> {
    if name == "mozilla" { Ok(Roots::Mozilla) } else { own(read, name) }
}

/// The certificates of a PEM file. Other PEM blocks in it are passed over.
pub(super) fn own(read: Read, name: &str) -> Result<Roots, Wrong> {
    let no = |what: String| Err(Wrong::new(format!("{} {what}", quoted(name)), "\"mozilla\" or a PEM file"));
    let pem = match read(name) {
        Ok(pem) => pem,
        Err(e) => return no(format!("cannot be read: {e}")),
    };
    let found: Result<Vec<CertificateDer>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let certificates = match found {
        Ok(certificates) if certificates.is_empty() && pem.trim_ascii().is_empty() => return no("is empty".into()),
        Ok(certificates) if certificates.is_empty() => return no("holds no PEM certificate".into()),
        Ok(certificates) => certificates,
        // What the parser says may quote the file.
        Err(_) => return no("holds a PEM block that is cut off or no base64".into()),
    };
    let unusable = |der: &CertificateDer| webpki::anchor_from_trusted_cert(der).is_err();
    match certificates.iter().position(unusable) {
        Some(at) => no(format!("holds {} certificates, and number {} is none", certificates.len(), at + 1)),
        None => Ok(Roots::Own(certificates.iter().map(|der| BASE64_STANDARD.encode(der)).collect())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> String {
        let mut params = rcgen::CertificateParams::new([]).expect("no names");
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().expect("a key");
        params.self_signed(&key).expect("a certificate").pem()
    }

    #[test]
    fn certificates_of_a_pem_file_are_roots() {
        let read = |name: &str| match name {
            "two.pem" => Ok(format!("subject=CN = a\n{}\n{}", root(), root()).into_bytes()),
            other => Err(format!("no {other}")),
        };
        match roots(&read, "two.pem") {
            Ok(Roots::Own(list)) => assert_eq!(list.len(), 2),
            other => panic!("{other:?}"),
        }
        assert!(matches!(roots(&read, "mozilla"), Ok(Roots::Mozilla)));
    }

    #[test]
    fn what_is_no_root_is_said_with_the_file() {
        let cut = root().replace("-----END CERTIFICATE-----", "");
        let second = format!("{}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", root());
        for (pem, want) in [
            (Ok(""), "`ca.pem` is empty"),
            (Ok("hello"), "`ca.pem` holds no PEM certificate"),
            (Ok(cut.as_str()), "`ca.pem` holds a PEM block that is cut off or no base64"),
            (Ok(second.as_str()), "`ca.pem` holds 2 certificates, and number 2 is none"),
            (Err("No such file"), "`ca.pem` cannot be read: No such file"),
        ] {
            let read = |_: &str| pem.map(|text| text.as_bytes().to_vec()).map_err(String::from);
            let wrong = roots(&read, "ca.pem").expect_err("no roots");
            assert_eq!(wrong.message, want);
        }
    }
}
