//! What can be asked.

use std::fmt;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::{Probe, Trick};
use crate::target::{Endpoint, Family, Origin};

/// The A or the AAAA records of a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Lookup {
    pub name: String,
    pub family: Family,
}

impl Lookup {
    /// At most this many addresses of one name are looked at.
    pub const MOST_ADDRESSES: usize = 64;
}

/// Does a TCP port take connections, and what does it say?
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Knock {
    pub at: SocketAddr,
    pub greet: Greet,
    /// A port of the same address that must answer in the same second for silence to count.
    pub beside: Option<u16>,
}

/// What an open port is told, so that it says what it is. Never a command that changes or reads data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Greet {
    /// It is open, and that is all we ask.
    Nothing,
    /// Whatever it says first, and whether it hangs up.
    Listen,
    /// PostgreSQL's SSLRequest; `S` or `N` comes back.
    Postgresql,
    /// PostgreSQL's StartupMessage as `postgres`, without a password; what is asked of us comes back.
    PostgresqlStartup,
    /// The same over TLS.
    PostgresqlStartupTls,
    /// Redis' PING; `+PONG`, `-NOAUTH` or `-DENIED` comes back.
    Redis,
    /// Whatever it says, at a port where nothing should be: who answers there answers everywhere.
    Decoy,
}

/// A TLS handshake with any certificate, to see the chain and what was negotiated.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Session {
    pub at: Endpoint,
    /// The name in the hello: the endpoint's, or none.
    #[serde(default)]
    pub sni: Sni,
}

impl Session {
    /// With the name of the endpoint, as a visitor.
    pub fn of(at: Endpoint) -> Self {
        Self { at, sni: Sni::Own }
    }
}

/// An HTTP exchange, 1.1 unless the reason says otherwise, and the typed reason it is sent. `plan::request` says what goes on the wire.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Http {
    pub at: Endpoint,
    pub method: Method,
    /// As the owner wrote it. `Absent` appends a random name to it.
    pub path: String,
    pub ask: Ask,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    Get,
    Head,
    Post,
    Options,
    Put,
    Patch,
    Delete,
    Trace,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// As a browser would; redirects inside the site are followed.
    Visit,
    /// The same at the end of the run: are we shut out by now?
    Again,
    /// A common path that tells whether an application is well, where `/` has nothing.
    Health,
    /// A random path below this one, which nobody made.
    Absent,
    /// Over plain HTTP: where does it lead?
    Upgrade,
    /// The path with its trailing slash added or taken away; where does it lead?
    Toggled,
    /// An application's own port, without the proxy.
    Direct,
    /// Another name in the Host field or beside it.
    Host { forgery: Forgery, sni: Sni },
    /// A script of another origin asks; by a preflight, whether it may use that method.
    Origin { claim: Claim, preflight: Option<String>, round: u8 },
    /// A script of a foreign origin asks by a preflight whether it may come into a private network.
    PrivateNetwork,
    /// A file that must not be served.
    File,
    /// A console, a page of diagnosis, what a development server sends.
    Debug,
    /// A folder: are the names of what it holds listed?
    Folder,
    /// A description of the API.
    Document,
    /// A path that refuses strangers, written so.
    Guarded { trick: Trick, round: u8 },
    /// Over plain HTTP, by the `www.` name or apex that nobody declared: where does it lead?
    Sibling,
    /// The same over HTTP/2.
    Http2,
    /// A file that a site publishes at a well-known place (RFC 8615).
    Published,
    /// Does the request come back in the answer? (RFC 9110 §9.3.8)
    Trace,
}

/// Which wrong host is named. `app.example.com` is the site's name, `n` the run's random number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Forgery {
    /// `golive-n.test`
    Foreign,
    /// `app.example.com.golive-n.test`
    Suffix,
    /// `golivenapp.example.com`
    Prefix,
    /// `appxexample.com`: the dot of that index is another character.
    UnescapedDot(u8),
    /// `app.example.com@golive-n.test`
    UserInfo,
    /// `golive-n.app.example.com`
    Subdomain,
    /// `localhost`
    Localhost,
    /// `127.0.0.1`
    Loopback,
    /// The address itself.
    Address,
    /// The true Host, and a foreign one in X-Forwarded-Host.
    XForwardedHost,
    XHost,
    XForwardedServer,
    /// RFC 7239.
    Forwarded,
    /// Two Host fields: the true one, then `golive-n.test`.
    OwnFirst,
    /// Two Host fields: `golive-n.test`, then the true one.
    OwnLast,
    /// A Host field without a value.
    Empty,
    /// No Host field.
    Missing,
    /// `app.example.com golive-n.test`
    Space,
    /// `golive-n.test@app.example.com`
    UserBefore,
    /// `app.example.com:x@golive-n.test`: where the port ends the name, the rest is another one.
    PortUser,
    /// The target is `https://golive-n.test/`, the Host true.
    ForeignTarget,
    /// The target is `https://app.example.com/`, the Host `golive-n.test`.
    OwnTarget,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Sni {
    #[default]
    Own,
    /// The name in the Host field.
    Forged,
    Absent,
}

/// Which origin asks. Written for the site `https://app.example.com`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Claim {
    /// `https://golive-n.test`
    Foreign,
    /// The same with a cookie, as a browser sends it with credentials: some answer `*` to whoever has none.
    WithCookie,
    Null,
    /// `https://app.example.com.golive-n.test`: a prefix test.
    Suffix,
    /// `https://app.example.comgolive-n.test`: a prefix test that ends with the name.
    Joined,
    /// `https://golivenapp.example.com`: a suffix test without its dot.
    MissingDot,
    /// `https://golivenexample.com`: the same for the registrable domain.
    MissingDotParent,
    /// `https://appxexample.com`: a regular expression whose dot of that index is not escaped.
    UnescapedDot(u8),
    /// `https://appxexamplexcom`: none of them is.
    AllDots,
    /// `https://xample.com`: whether the name is a part of the registrable domain.
    DroppedFirst,
    /// `https://app.example.com_.golive-n.test`: browsers send such names, parsers cut them.
    Separator(String),
    /// `https://app.example.com._.golive-n.test`
    DottedSeparator(String),
    /// `https://localhost.golive-n.test`: a prefix test for development servers.
    Localhost,
    /// `https://app.example.com:8443`
    OtherPort,
    /// `https://APP.EXAMPLE.COM`, which no browser sends.
    UpperCase,
    /// `https://app.example.com.`: the site itself, by its rooted name.
    TrailingDot,
    /// `http://app.example.com`
    PlainHttp,
    /// One of the origins that development servers use.
    Development(String),
    /// `https://golive-n.app.example.com`
    Subdomain,
    /// `https://golive-n.test.app.example.com`
    DeepSubdomain,
    /// `https://golive-n.example.com`
    Sibling,
    /// `file://`
    File,
    /// `chrome-extension://` and 32 letters.
    Extension,
    /// One of the origins where anybody may publish.
    Shared(String),
    /// The same over plain http.
    Plain(Box<Claim>),
    /// The same for another site, which the owner's list names.
    Like(Origin, Box<Claim>),
    /// An origin of the owner's own list.
    Own(Origin),
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Options => "OPTIONS",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Trace => "TRACE",
        })
    }
}

impl fmt::Display for Forgery {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::UnescapedDot(index) => write!(f, "unescaped-dot-{index}"),
            Self::Foreign => f.write_str("foreign"),
            Self::Suffix => f.write_str("suffix"),
            Self::Prefix => f.write_str("prefix"),
            Self::UserInfo => f.write_str("user-info"),
            Self::Subdomain => f.write_str("subdomain"),
            Self::Localhost => f.write_str("localhost"),
            Self::Loopback => f.write_str("loopback"),
            Self::Address => f.write_str("address"),
            Self::XForwardedHost => f.write_str("x-forwarded-host"),
            Self::XHost => f.write_str("x-host"),
            Self::XForwardedServer => f.write_str("x-forwarded-server"),
            Self::Forwarded => f.write_str("forwarded"),
            Self::OwnFirst => f.write_str("own-first"),
            Self::OwnLast => f.write_str("own-last"),
            Self::Empty => f.write_str("empty"),
            Self::Missing => f.write_str("missing"),
            Self::Space => f.write_str("space"),
            Self::UserBefore => f.write_str("user-before"),
            Self::PortUser => f.write_str("port-user"),
            Self::ForeignTarget => f.write_str("foreign-target"),
            Self::OwnTarget => f.write_str("own-target"),
        }
    }
}

impl fmt::Display for Sni {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Own => "own-sni",
            Self::Forged => "forged-sni",
            Self::Absent => "no-sni",
        })
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Foreign => f.write_str("foreign"),
            Self::WithCookie => f.write_str("with-cookie"),
            Self::Null => f.write_str("null"),
            Self::Suffix => f.write_str("suffix"),
            Self::MissingDot => f.write_str("missing-dot"),
            Self::MissingDotParent => f.write_str("missing-dot-parent"),
            Self::UnescapedDot(index) => write!(f, "unescaped-dot-{index}"),
            Self::Joined => f.write_str("joined"),
            Self::AllDots => f.write_str("all-dots"),
            Self::DroppedFirst => f.write_str("dropped-first"),
            Self::Separator(text) => write!(f, "separator-{text}"),
            Self::DottedSeparator(text) => write!(f, "dotted-separator-{text}"),
            Self::Localhost => f.write_str("localhost"),
            Self::OtherPort => f.write_str("other-port"),
            Self::UpperCase => f.write_str("upper-case"),
            Self::TrailingDot => f.write_str("trailing-dot"),
            Self::PlainHttp => f.write_str("plain-http"),
            Self::Development(origin) => write!(f, "development-{origin}"),
            Self::Subdomain => f.write_str("subdomain"),
            Self::DeepSubdomain => f.write_str("deep-subdomain"),
            Self::Sibling => f.write_str("sibling"),
            Self::File => f.write_str("file"),
            Self::Extension => f.write_str("extension"),
            Self::Shared(origin) => write!(f, "shared-{origin}"),
            Self::Plain(claim) => write!(f, "plain-{claim}"),
            Self::Like(origin, claim) => write!(f, "like-{origin}-{claim}"),
            Self::Own(origin) => write!(f, "own-{origin}"),
        }
    }
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Visit => f.write_str("visit"),
            Self::Again => f.write_str("again"),
            Self::Health => f.write_str("health"),
            Self::Absent => f.write_str("absent"),
            Self::Upgrade => f.write_str("upgrade"),
            Self::Toggled => f.write_str("toggled"),
            Self::Direct => f.write_str("direct"),
            Self::Host { forgery, sni } => write!(f, "host:{forgery}:{sni}"),
            Self::Origin { claim, preflight: None, .. } => write!(f, "origin:{claim}"),
            Self::Origin { claim, preflight: Some(method), .. } => write!(f, "origin:{claim}:preflight-{method}"),
            Self::PrivateNetwork => f.write_str("private-network"),
            Self::File => f.write_str("file"),
            Self::Debug => f.write_str("debug"),
            Self::Folder => f.write_str("folder"),
            Self::Document => f.write_str("document"),
            Self::Guarded { trick, .. } => write!(f, "guarded:{trick}"),
            Self::Sibling => f.write_str("sibling"),
            Self::Http2 => f.write_str("http2"),
            Self::Published => f.write_str("published"),
            Self::Trace => f.write_str("trace"),
        }
    }
}

/// The stable id of a question.
impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Lookup(Lookup { name, family }) => write!(f, "lookup:{name}:{family}"),
            Self::Knock(Knock { at, greet: Greet::Nothing, .. }) => write!(f, "port:{at}"),
            Self::Knock(Knock { at, greet: Greet::Listen, .. }) => write!(f, "port:{at}:listen"),
            Self::Knock(Knock { at, greet: Greet::Postgresql, .. }) => write!(f, "port:{at}:postgresql"),
            Self::Knock(Knock { at, greet: Greet::PostgresqlStartup, .. }) => write!(f, "port:{at}:startup"),
            Self::Knock(Knock { at, greet: Greet::PostgresqlStartupTls, .. }) => {
                write!(f, "port:{at}:startup-tls")
            }
            Self::Knock(Knock { at, greet: Greet::Redis, .. }) => write!(f, "port:{at}:redis"),
            Self::Knock(Knock { at, greet: Greet::Decoy, .. }) => write!(f, "port:{at}:decoy"),
            Self::Session(Session { at, sni: Sni::Own }) => write!(f, "session:{}@{}", at.origin(), at.socket()),
            Self::Session(Session { at, sni }) => write!(f, "session:{sni}:{}@{}", at.origin(), at.socket()),
            Self::Hello(q) => q.fmt(f),
            Self::Quic(q) => q.fmt(f),
            Self::Route(q) => q.fmt(f),
            Self::Passage(q) => q.fmt(f),
            Self::Sweep(q) => q.fmt(f),
            Self::Caa(q) => q.fmt(f),
            Self::Authority(q) => q.fmt(f),
            Self::Crl(q) => q.fmt(f),
            Self::Smoke(q) => q.fmt(f),
            Self::Search(q) => q.fmt(f),
            Self::OwnFile(q) => q.fmt(f),
            Self::Http(Http { at, method, path, ask }) => {
                write!(f, "{ask}:")?;
                if matches!(ask, Ask::Upgrade) {
                    write!(f, "{method}:")?;
                }
                write!(f, "{}@{}", at.url(path), at.socket())?;
                match ask {
                    Ask::Origin { round, .. } | Ask::Guarded { round, .. } => write!(f, "#{round}"),
                    _ => Ok(()),
                }
            }
        }
    }
}
