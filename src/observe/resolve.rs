//! Addresses of a name: A and AAAA apart, so that one failing family is not taken for an absent one.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::rr::{RData, RecordType};
use hickory_resolver::{Resolver, ResolverBuilder, TokioResolver};

use super::net::Way;
use crate::observation::{Addresses, ErrorKind, Lookup, ProbeError, Stage};
use crate::target::Family;

/// A resolver's silence is believed after this long, twice.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// More records than this are not kept.
pub(super) const MOST_RECORDS: usize = 1024;

/// The resolver of a run; the hosts file is not asked, since a visitor does not have it.
pub struct Names {
    resolver: Option<Result<TokioResolver, String>>,
    servers: String,
    /// Where authoritative servers are asked.
    pub(super) port: u16,
}

impl Names {
    pub fn new(way: &Way) -> Self {
        if way.closed {
            return Self { resolver: None, servers: String::new(), port: DNS };
        }
        let builder = match &way.resolvers {
            None => Resolver::builder_tokio(),
            Some(servers) => Ok(asking(servers)),
        };
        let resolver = builder.map_err(|e| e.to_string()).and_then(|mut builder| {
            strict(builder.options_mut());
            builder.build().map_err(|e| e.to_string())
        });
        let servers = match &way.resolvers {
            Some(servers) => servers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            None => "this machine's resolver".into(),
        };
        Self { resolver: Some(resolver), servers, port: DNS }
    }

    /// `None` in a closed way.
    ///
    /// # Errors
    /// This machine has none.
    pub(super) fn resolver(&self) -> Result<Option<&TokioResolver>, ProbeError> {
        match &self.resolver {
            None => Ok(None),
            Some(Ok(resolver)) => Ok(Some(resolver)),
            Some(Err(e)) => {
                let detail = format!("no resolver: {e}");
                Err(ProbeError::new(Stage::Resolve, ErrorKind::Local, detail))
            }
        }
    }

    pub async fn lookup(&self, way: &Way, question: &Lookup) -> Result<Addresses, ProbeError> {
        if let Some(pinned) = way.pins.get(&question.name) {
            let addresses = pinned.iter().filter(|ip| Family::of(**ip) == question.family).copied().collect();
            return Ok(Addresses { addresses, aliases: vec![], absent: false, pinned: !way.closed });
        }
        let absent = Addresses { addresses: vec![], aliases: vec![], absent: true, pinned: false };
        let Some(resolver) = self.resolver()? else { return Ok(absent) };
        let kind = match question.family {
            Family::V4 => RecordType::A,
            Family::V6 => RecordType::AAAA,
        };
        // Rooted, or the search list of this machine would apply.
        match resolver.lookup(format!("{}.", question.name), kind).await {
            Ok(found) => {
                let mut addresses: Vec<IpAddr> = vec![];
                let mut aliases = vec![];
                for record in found.answers().iter().take(MOST_RECORDS) {
                    match &record.data {
                        RData::A(a) => addresses.push(a.0.into()),
                        RData::AAAA(a) => addresses.push(a.0.into()),
                        RData::CNAME(name) => aliases.push(name.0.to_ascii().trim_end_matches('.').to_lowercase()),
                        _ => {}
                    }
                }
                addresses.sort_unstable();
                addresses.dedup();
                Ok(Addresses { addresses, aliases, absent: false, pinned: false })
            }
            Err(e) if e.is_nx_domain() => Ok(absent),
            Err(e) if e.is_no_records_found() => Ok(Addresses { absent: false, ..absent }),
            Err(e) => Err(self.error(&question.name, kind, &e)),
        }
    }

    pub(super) fn error(&self, name: &str, record: RecordType, error: &NetError) -> ProbeError {
        let (kind, detail) = match error {
            NetError::Dns(DnsError::ResponseCode(code)) => {
                (ErrorKind::Malformed, format!("{} answers {code} for {name} {record}", self.servers))
            }
            NetError::Timeout => {
                (ErrorKind::Timeout, format!("{} does not answer for {name} {record}", self.servers))
            }
            _ => (ErrorKind::Malformed, format!("{} cannot be asked for {name} {record}", self.servers)),
        };
        ProbeError::new(Stage::Resolve, kind, detail)
    }
}

/// Asks these servers, over UDP and, for long answers, over TCP.
pub(super) fn asking(servers: &[SocketAddr]) -> ResolverBuilder<TokioRuntimeProvider> {
    let servers = servers.iter().map(|at| {
        let mut server = NameServerConfig::udp_and_tcp(at.ip());
        server.connections.iter_mut().for_each(|connection| connection.port = at.port());
        server
    });
    let config = ResolverConfig::from_parts(None, vec![], servers.collect());
    Resolver::builder_with_config(config, TokioRuntimeProvider::default())
}

/// Nothing from memory, nothing from this machine's files, and an end.
pub(super) fn strict(options: &mut ResolverOpts) {
    options.timeout = PATIENCE;
    options.attempts = 2;
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
}

const DNS: u16 = 53;
