//! TLS hellos written by hand: one version or one offer each, to see whether it is taken.

mod group;
mod suite;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::target::Endpoint;

pub use group::Group;
pub use suite::Suite;

/// Does the server take this offer?
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Hello {
    pub at: Endpoint,
    pub offer: Offer,
}

/// What a hello offers, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Offer {
    Ssl3,
    Tls10,
    Tls11,
    /// All suites that are not weak.
    Tls12,
    Tls13,
    /// Up to TLS 1.2, suites without encryption; and so on, one weakness each.
    Null,
    Anonymous,
    Export,
    Rc4,
    /// DES and 3DES.
    Des,
    Idea,
    Seed,
    Md5,
    /// All weak suites by TLS 1.0: some servers know them in that version only.
    WeakTls10,
    /// Up to TLS 1.2, the client encrypts its secret with the certificate's key.
    StaticRsa,
    /// Up to TLS 1.2, ECDHE with CBC.
    Cbc,
    /// Up to TLS 1.2, Diffie-Hellman over a prime: it shows the prime's size.
    Dhe,
    /// Up to TLS 1.2, compression by deflate beside none.
    Compression,
    Chrome,
    Firefox,
    Safari,
    /// TLS 1.3 with X25519MLKEM768 and no other group.
    PostQuantum,
}

/// What came back to a hello. Silence is no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Offered {
    /// The server goes on with the handshake, to the end of what it says in clear.
    Taken(Taken),
    /// A fatal alert, by its name in RFC 8446 §6.
    Alert(String),
    Closed,
    Reset,
}

/// What a server chose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Taken {
    pub version: Version,
    pub suite: Suite,
    /// Of a key exchange over a curve, or the one that TLS 1.3 asks for.
    pub group: Option<Group>,
    /// The size of the prime of a Diffie-Hellman exchange.
    pub dh_bits: Option<u16>,
    /// Deflate was chosen.
    pub compressed: bool,
    /// RFC 5746 §3.2: renegotiation_info came back.
    pub renegotiation_info: bool,
    /// DER in base64, as sent, where a whole version was offered; none in TLS 1.3, which encrypts it.
    pub chain: Vec<String>,
    pub chain_cut: bool,
    /// RFC 6962 §3.3: those of the extension, in base64, at most 16.
    pub scts: Vec<String>,
    /// RFC 6066 §8: the stapled OCSP response, DER in base64.
    pub ocsp: Option<String>,
}

/// A version of the protocol, from the oldest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Version {
    #[serde(rename = "SSLv3")]
    Ssl3,
    #[serde(rename = "TLS 1.0")]
    Tls10,
    #[serde(rename = "TLS 1.1")]
    Tls11,
    #[serde(rename = "TLS 1.2")]
    Tls12,
    #[serde(rename = "TLS 1.3")]
    Tls13,
}

impl Offer {
    pub const ALL: [Self; 22] = [
        Self::Ssl3,
        Self::Tls10,
        Self::Tls11,
        Self::Tls12,
        Self::Tls13,
        Self::Null,
        Self::Anonymous,
        Self::Export,
        Self::Rc4,
        Self::Des,
        Self::Idea,
        Self::Seed,
        Self::Md5,
        Self::WeakTls10,
        Self::StaticRsa,
        Self::Cbc,
        Self::Dhe,
        Self::Compression,
        Self::Chrome,
        Self::Firefox,
        Self::Safari,
        Self::PostQuantum,
    ];

    /// The newest version that is offered.
    pub fn version(self) -> Version {
        match self {
            Self::Ssl3 => Version::Ssl3,
            Self::Tls10 | Self::WeakTls10 => Version::Tls10,
            Self::Tls11 => Version::Tls11,
            Self::Tls13 | Self::Chrome | Self::Firefox | Self::Safari | Self::PostQuantum => Version::Tls13,
            _ => Version::Tls12,
        }
    }

    /// What a suite's name has in common with the others of an offer of one weakness.
    pub fn weakness(self) -> Option<&'static str> {
        match self {
            Self::Null => Some("_NULL_"),
            Self::Anonymous => Some("_anon_"),
            Self::Export => Some("_EXPORT"),
            Self::Rc4 => Some("_RC4_"),
            Self::Des => Some("DES_"),
            Self::Idea => Some("_IDEA_"),
            Self::Seed => Some("_SEED_"),
            Self::Md5 => Some("_MD5"),
            _ => None,
        }
    }

    /// A version with all that belongs to it, rather than one property.
    pub fn is_version(self) -> bool {
        matches!(self, Self::Ssl3 | Self::Tls10 | Self::Tls11 | Self::Tls12 | Self::Tls13)
    }

    /// Flags by which `openssl s_client` offers the same, in words of a shell; `None` where OpenSSL 3 cannot.
    pub(super) fn openssl(self) -> Option<&'static str> {
        Some(match self {
            Self::Tls10 => "-tls1 -cipher ALL:@SECLEVEL=0",
            Self::Tls11 => "-tls1_1 -cipher ALL:@SECLEVEL=0",
            Self::Tls12 => "-tls1_2 -cipher ALL:@SECLEVEL=0",
            Self::Tls13 => "-tls1_3",
            Self::Null => "-tls1_2 -cipher eNULL:@SECLEVEL=0",
            Self::Anonymous => "-tls1_2 -cipher aNULL:@SECLEVEL=0",
            Self::StaticRsa => "-tls1_2 -cipher 'kRSA:!eNULL:@SECLEVEL=0'",
            Self::Cbc => "-tls1_2 -cipher 'ECDHE+AES:!AESGCM:!AESCCM:@SECLEVEL=0'",
            Self::Dhe => "-tls1_2 -cipher 'kDHE:!aNULL:@SECLEVEL=0'",
            Self::Chrome | Self::Firefox | Self::Safari => "-brief",
            // Known since 3.5.
            Self::PostQuantum => "-tls1_3 -groups X25519MLKEM768",
            // Compiled out of OpenSSL 3 as it is commonly built.
            Self::Ssl3
            | Self::Export
            | Self::Rc4
            | Self::Des
            | Self::Idea
            | Self::Seed
            | Self::Md5
            | Self::WeakTls10
            | Self::Compression => return None,
        })
    }
}

impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Ssl3 => "sslv3",
            Self::Tls10 => "tls-1.0",
            Self::Tls11 => "tls-1.1",
            Self::Tls12 => "tls-1.2",
            Self::Tls13 => "tls-1.3",
            Self::Null => "null",
            Self::Anonymous => "anonymous",
            Self::Export => "export",
            Self::Rc4 => "rc4",
            Self::Des => "des",
            Self::Idea => "idea",
            Self::Seed => "seed",
            Self::Md5 => "md5",
            Self::WeakTls10 => "weak-tls-1.0",
            Self::StaticRsa => "static-rsa",
            Self::Cbc => "cbc",
            Self::Dhe => "dhe",
            Self::Compression => "compression",
            Self::Chrome => "chrome",
            Self::Firefox => "firefox",
            Self::Safari => "safari",
            Self::PostQuantum => "post-quantum",
        })
    }
}

impl fmt::Display for Hello {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "hello:{}:{}@{}", self.offer, self.at.origin(), self.at.socket())
    }
}

impl Version {
    /// As it stands on the wire.
    pub fn number(self) -> u16 {
        match self {
            Self::Ssl3 => 0x0300,
            Self::Tls10 => 0x0301,
            Self::Tls11 => 0x0302,
            Self::Tls12 => 0x0303,
            Self::Tls13 => 0x0304,
        }
    }

    pub fn of(number: u16) -> Option<Self> {
        [Self::Ssl3, Self::Tls10, Self::Tls11, Self::Tls12, Self::Tls13].into_iter().find(|v| v.number() == number)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Ssl3 => "SSLv3",
            Self::Tls10 => "TLS 1.0",
            Self::Tls11 => "TLS 1.1",
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        })
    }
}
