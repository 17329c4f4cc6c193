//! Fetching a revocation list: where a certificate says, and never at a private address.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use rustls::{ClientConfig, RootCertStore};
use tokio::time::timeout;
use url::{Host, Url};

use super::net::Net;
use super::resolve::Names;
use super::tls::provider;
use crate::observation::{Crl, ErrorKind, Lookup, ProbeError, Revocation, Stage};
use crate::target::{Family, reserved};

/// Bytes of a list that are read.
const MOST_BYTES: usize = 8 * 1024 * 1024;

const MOST_REDIRECTS: usize = 3;

pub struct Fetcher<'a> {
    pub net: &'a Net,
    pub names: &'a Names,
    pub allow_private: bool,
}

impl Fetcher<'_> {
    /// # Errors
    /// It could not be fetched or read.
    pub async fn fetch(&self, question: &Crl) -> Result<Revocation, ProbeError> {
        if self.net.way.closed {
            return Err(ProbeError::not_sent("nothing leaves this machine, so no revocation list is fetched"));
        }
        let limit = self.net.limits().exchange();
        let list = timeout(limit, self.list(&question.url, limit)).await.unwrap_or_else(|_| {
            Err(error(ErrorKind::Timeout, format!("revocation list did not come in {} ms", limit.as_millis())))
        })?;
        Revocation::read(&list, question)
            .map_err(|why| error(ErrorKind::Malformed, format!("revocation list cannot be read: {why}")))
    }

    async fn list(&self, url: &str, limit: Duration) -> Result<Vec<u8>, ProbeError> {
        let mut url = Url::parse(url).map_err(|_| address("is no web address"))?;
        for _ in 0..=MOST_REDIRECTS {
            let response = self.response(&url, limit).await?;
            let next = response.headers().get("location").and_then(|value| value.to_str().ok());
            match next.filter(|_| response.status().is_redirection()).map(|next| url.join(next)) {
                Some(Ok(next)) => url = next,
                Some(Err(_)) => return Err(address("leads to no web address")),
                None if response.status() == 200 => return content(response).await,
                None => {
                    let detail = format!("revocation list: the server answers {}", response.status().as_u16());
                    return Err(error(ErrorKind::Malformed, detail));
                }
            }
        }
        Err(address("leads on and on"))
    }

    /// One request, to addresses that were looked at before.
    async fn response(&self, url: &Url, limit: Duration) -> Result<Response, ProbeError> {
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
            return Err(address("is no web address"));
        }
        let mut client = Client::builder().no_proxy().redirect(Policy::none()).referer(false).timeout(limit);
        match url.host() {
            Some(Host::Domain(name)) => {
                let at: Vec<SocketAddr> =
                    self.addresses(name).await?.into_iter().map(|ip| (ip, 0).into()).collect();
                client = client.resolve_to_addrs(name, &at);
            }
            Some(Host::Ipv4(ip)) => self.may_ask(ip.into())?,
            Some(Host::Ipv6(ip)) => self.may_ask(ip.into())?,
            None => return Err(address("is no web address")),
        }
        let client = client.tls_backend_preconfigured(tls()?).build().map_err(|e| sent(&e))?;
        client.get(url.clone()).send().await.map_err(|e| sent(&e))
    }

    /// Where a name leads, if that may be asked.
    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, ProbeError> {
        let mut found = vec![];
        let mut silent = None;
        for family in [Family::V4, Family::V6] {
            match self.names.lookup(&self.net.way, &Lookup { name: name.into(), family }).await {
                Ok(answer) => found.extend(answer.addresses.into_iter().take(MOST_ADDRESSES)),
                Err(error) => silent = Some(error),
            }
        }
        // One private address among public ones is no slip of a certification authority.
        found.iter().try_for_each(|ip| self.may_ask(*ip))?;
        match (found.is_empty(), silent) {
            (true, Some(error)) => Err(error),
            (true, None) => Err(address("has a host that does not exist")),
            (false, _) => Ok(found),
        }
    }

    fn may_ask(&self, ip: IpAddr) -> Result<(), ProbeError> {
        match reserved(ip) {
            Some(what) if !self.allow_private => Err(address(&format!("leads to {ip}, which is {what}"))),
            _ => Ok(()),
        }
    }
}

/// Reads no more than a list may have.
async fn content(mut response: Response) -> Result<Vec<u8>, ProbeError> {
    let mut list = vec![];
    while let Some(part) = response.chunk().await.map_err(|e| sent(&e))? {
        if list.len() + part.len() > MOST_BYTES {
            let detail = format!("revocation list has more than {} MiB", MOST_BYTES >> 20);
            return Err(error(ErrorKind::Malformed, detail));
        }
        list.extend_from_slice(&part);
    }
    Ok(list)
}

/// The list has its own signature; the server's certificate is a public one all the same.
fn tls() -> Result<ClientConfig, ProbeError> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let config = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    let config = config.map_err(|e| ProbeError::new(Stage::Handshake, ErrorKind::Local, e.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

fn sent(failed: &reqwest::Error) -> ProbeError {
    let (kind, what) = match failed {
        e if e.is_timeout() => (ErrorKind::Timeout, "did not come in time"),
        e if e.is_connect() => (ErrorKind::Unreachable, "cannot be fetched: no connection to its server"),
        _ => (ErrorKind::Closed, "cannot be fetched: its server breaks off"),
    };
    error(kind, format!("revocation list {what}"))
}

fn address(what: &str) -> ProbeError {
    error(ErrorKind::NotSent, format!("address of the revocation list {what}"))
}

fn error(kind: ErrorKind, detail: String) -> ProbeError {
    ProbeError::new(Stage::Exchange, kind, detail)
}

const MOST_ADDRESSES: usize = 4;
