//! A site as a person writes it, and the endpoints it means.

mod address;
mod ports;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use address::reserved;
pub use ports::{PortRange, PortSet};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    Http,
    Https,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Family {
    #[serde(rename = "IPv4")]
    V4,
    #[serde(rename = "IPv6")]
    V6,
}

/// A host as it stands in a URL: a name in lower-case A-labels without a trailing dot, or an address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    Name(String),
    Address(IpAddr),
}

/// A web origin (RFC 6454): scheme, host and port. Written without its default port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String"))]
#[serde(try_from = "String", into = "String")]
pub struct Origin {
    pub scheme: Scheme,
    pub host: Host,
    pub port: u16,
}

/// One place a request can go: the name it is for, and the address it is sent to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Endpoint {
    pub scheme: Scheme,
    pub host: Host,
    pub ip: IpAddr,
    pub port: u16,
}

impl Scheme {
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl Family {
    pub fn of(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }
}

impl Host {
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Address(_) => None,
        }
    }
}

impl Origin {
    /// The endpoint of this origin at one address.
    pub fn at(&self, ip: IpAddr) -> Endpoint {
        Endpoint { scheme: self.scheme, host: self.host.clone(), ip, port: self.port }
    }
}

impl Endpoint {
    pub fn socket(&self) -> SocketAddr {
        (self.ip, self.port).into()
    }

    pub fn origin(&self) -> Origin {
        Origin { scheme: self.scheme, host: self.host.clone(), port: self.port }
    }

    /// The value of the Host field: the authority without a default port (RFC 9110 §7.2).
    pub fn authority(&self) -> String {
        authority(&self.host, self.port, self.scheme)
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }
}

fn authority(host: &Host, port: u16, scheme: Scheme) -> String {
    if port == scheme.default_port() { host.to_string() } else { format!("{host}:{port}") }
}

/// Why a text is no origin. The message completes "`TEXT` …".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAnOrigin(pub String);

impl fmt::Display for NotAnOrigin {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotAnOrigin {}

impl FromStr for Origin {
    type Err = NotAnOrigin;

    /// Reads `app.example.com`, `https://app.example.com`, `https://[2001:db8::7]:8443`. Without a scheme it is https.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let no = |why: &str| Err(NotAnOrigin(why.into()));
        let full = if text.contains("://") { text.into() } else { format!("https://{}", bracketed(text)) };
        let url = match url::Url::parse(&full) {
            Ok(url) => url,
            Err(e) => return no(&format!("is no host name or URL ({e})")),
        };
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            other => return no(&format!("has the scheme {other}; https is asked")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return no("holds credentials; write the site without them");
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return no("holds a path or query; paths belong to `paths` in golive.toml");
        }
        let host = match url.host() {
            Some(url::Host::Domain(name)) => Host::from_str(name)?,
            Some(url::Host::Ipv4(ip)) => Host::Address(ip.into()),
            Some(url::Host::Ipv6(ip)) => Host::Address(ip.into()),
            None => return no("names no host"),
        };
        match url.port_or_known_default() {
            Some(0) | None => no("has no usable port; 1 to 65535"),
            Some(port) => Ok(Self { scheme, host, port }),
        }
    }
}

/// A bare IPv6 address gets the brackets that a URL wants.
fn bracketed(text: &str) -> String {
    if text.parse::<std::net::Ipv6Addr>().is_ok() { format!("[{text}]") } else { text.into() }
}

impl FromStr for Host {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(ip) = text.trim_matches(['[', ']']).parse() {
            return Ok(Self::Address(ip));
        }
        let name = url::Host::parse(text.strip_suffix('.').unwrap_or(text));
        match name {
            Ok(url::Host::Domain(name)) if is_name(&name) => Ok(Self::Name(name)),
            Ok(url::Host::Ipv4(ip)) => Ok(Self::Address(ip.into())),
            _ => Err(NotAnOrigin("is no host name".into())),
        }
    }
}

/// RFC 1035 §2.3.4 for the lengths; underscores occur in real names.
fn is_name(name: &str) -> bool {
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    name.len() <= 253 && name.split('.').all(label)
}

impl TryFrom<String> for Origin {
    type Error = NotAnOrigin;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.to_string()
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(ip)) => write!(f, "{ip}"),
            Self::Address(IpAddr::V6(ip)) => write!(f, "[{ip}]"),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, authority(&self.host, self.port, self.scheme))
    }
}

impl Serialize for Host {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Host {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Host {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Host".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_read_as_a_person_writes_it() {
        for (text, want) in [
            ("app.example.com", Some("https://app.example.com")),
            ("https://App.Example.COM/", Some("https://app.example.com")),
            ("app.example.com.", Some("https://app.example.com")),
            ("https://app.example.com:443", Some("https://app.example.com")),
            ("app.example.com:8443", Some("https://app.example.com:8443")),
            ("bücher.example", Some("https://xn--bcher-kva.example")),
            ("203.0.113.7", Some("https://203.0.113.7")),
            ("2001:db8::7", Some("https://[2001:db8::7]")),
            ("https://[2001:db8::7]:8443", Some("https://[2001:db8::7]:8443")),
            ("app.example.com/path", None),
            ("https://user:secret@app.example.com", None),
            ("ftp://app.example.com", None),
            ("https://app.example.com:0", None),
            ("https://app.example.com:70000", None),
            ("-app.example.com", None),
            ("app..example.com", None),
            ("", None),
            ("two words", None),
        ] {
            assert_eq!(text.parse::<Origin>().ok().map(|o| o.to_string()).as_deref(), want, "{text}");
        }
    }
}
