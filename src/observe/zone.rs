//! Lookups beside those of addresses: who may issue certificates, and what each authoritative server says.

use std::net::{IpAddr, SocketAddr};

use hickory_resolver::proto::rr::{RData, RecordType};
use hickory_resolver::{TokioResolver, net::NetError};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::net::Way;
use super::resolve::{MOST_RECORDS, Names, PATIENCE, asking, strict};
use crate::observation::{
    Authorisations, Authorities, Authority, Caa, CaaRecord, ErrorKind, Lookup, NameServer, ProbeError, Stage,
    registrable,
};
use crate::target::{Family, reserved};

impl Names {
    /// Climbs from the name to its first ancestor with records; aliases are the resolver's to follow (RFC 8659 §3).
    ///
    /// # Errors
    /// A resolver did not answer.
    pub async fn authorisations(&self, way: &Way, question: &Caa) -> Result<Authorisations, ProbeError> {
        let by_hand = way.pins.contains_key(&question.name);
        let Some(resolver) = self.resolver()?.filter(|_| !by_hand) else {
            return Ok(Authorisations { by_hand: true, ..Authorisations::default() });
        };
        for name in upwards(&question.name) {
            let records = match resolver.lookup(format!("{name}."), RecordType::CAA).await {
                Ok(found) => {
                    found.answers().iter().filter_map(|record| caa(&record.data)).take(MOST_CAA).collect()
                }
                Err(e) if e.is_no_records_found() => vec![],
                Err(e) => return Err(self.error(name, RecordType::CAA, &e)),
            };
            if !records.is_empty() {
                return Ok(Authorisations { by_hand: false, at: Some(name.into()), records });
            }
        }
        Ok(Authorisations::default())
    }

    /// Asks each server of the zone itself; those at private addresses only when that is allowed.
    ///
    /// # Errors
    /// The servers of the zone are not known.
    pub async fn authorities(
        &self,
        way: &Way,
        question: &Authority,
        allow_private: bool,
    ) -> Result<Authorities, ProbeError> {
        let Some(resolver) = self.resolver()? else {
            return Ok(Authorities { by_hand: true, ..Authorities::default() });
        };
        let (zone, names) = self.zone(resolver, &question.name).await?;
        let mut asking = JoinSet::new();
        let mut servers = vec![];
        for name in names {
            let (mut found, mut why) = (vec![], "has no public address".to_string());
            for family in [Family::V4, Family::V6] {
                let answer = self.lookup(way, &Lookup { name: name.clone(), family }).await;
                let all = answer.map(|answer| answer.addresses).unwrap_or_else(|error| {
                    why = error.detail;
                    vec![]
                });
                found.extend(all.into_iter().find(|ip| allow_private || reserved(*ip).is_none()));
            }
            if found.is_empty() {
                servers.push(NameServer { name, ip: None, addresses: Err(why) });
            } else {
                let (at, asked) = (found, question.name.clone());
                let port = self.port;
                asking.spawn(async move { server(name, &at, port, &asked).await });
            }
        }
        while let Some(answer) = asking.join_next().await {
            servers.extend(answer);
        }
        servers.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Authorities { by_hand: false, zone, servers })
    }

    /// The nearest name upwards that has name servers, up to the registrable domain.
    async fn zone(&self, resolver: &TokioResolver, name: &str) -> Result<(String, Vec<String>), ProbeError> {
        let top = registrable(name).unwrap_or(name);
        for zone in upwards(name).take_while(|zone| zone.len() >= top.len()) {
            let mut names: Vec<String> = match resolver.lookup(format!("{zone}."), RecordType::NS).await {
                Ok(found) => found.answers().iter().filter_map(|record| server_name(&record.data)).collect(),
                Err(e) if e.is_no_records_found() => continue,
                Err(e) => return Err(self.error(zone, RecordType::NS, &e)),
            };
            names.sort();
            names.dedup();
            names.truncate(MOST_SERVERS);
            if !names.is_empty() {
                return Ok((zone.into(), names));
            }
        }
        let detail = format!("no name server is known for {name}");
        Err(ProbeError::new(Stage::Resolve, ErrorKind::Malformed, detail))
    }
}

/// What one server says, asked at its addresses one after the other.
async fn server(name: String, at: &[IpAddr], port: u16, asked: &str) -> NameServer {
    let mut said = NameServer { name, ip: None, addresses: Err("has no public address".into()) };
    for ip in at {
        said.ip = Some(*ip);
        said.addresses = answered((*ip, port).into(), asked).await;
        if said.addresses.is_ok() {
            break;
        }
    }
    said
}

async fn answered(at: SocketAddr, name: &str) -> Result<Vec<IpAddr>, String> {
    let mut builder = asking(&[at]);
    strict(builder.options_mut());
    builder.options_mut().attempts = 1;
    builder.options_mut().recursion_desired = false;
    let resolver = builder.build().map_err(|e| e.to_string())?;
    let both = async {
        tokio::join!(records(&resolver, name, RecordType::A), records(&resolver, name, RecordType::AAAA))
    };
    // Over UDP, and over TCP where that is cut.
    let (v4, v6) = timeout(2 * PATIENCE, both).await.map_err(|_| "does not answer")?;
    let mut addresses = [v4?, v6?].concat();
    addresses.sort_unstable();
    addresses.dedup();
    Ok(addresses)
}

async fn records(resolver: &TokioResolver, name: &str, kind: RecordType) -> Result<Vec<IpAddr>, String> {
    match resolver.lookup(format!("{name}."), kind).await {
        Ok(found) => {
            let addresses = found.answers().iter().take(MOST_RECORDS).filter_map(|record| match &record.data {
                RData::A(a) => Some(a.0.into()),
                RData::AAAA(a) => Some(a.0.into()),
                _ => None,
            });
            Ok(addresses.collect())
        }
        Err(e) if e.is_no_records_found() => Ok(vec![]),
        Err(NetError::Timeout) => Err("does not answer".into()),
        Err(_) => Err("gives no answer that can be used".into()),
    }
}

/// The name itself, its parent, and so on to the top.
fn upwards(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |name| name.split_once('.').map(|(_, parent)| parent))
}

fn caa(data: &RData) -> Option<CaaRecord> {
    let RData::CAA(caa) = data else { return None };
    let short = |text: &str| text.chars().take(MOST_CHARACTERS).collect();
    let value = short(&String::from_utf8_lossy(&caa.value));
    Some(CaaRecord { critical: caa.issuer_critical, tag: short(&caa.tag.to_ascii_lowercase()), value })
}

fn server_name(data: &RData) -> Option<String> {
    let RData::NS(name) = data else { return None };
    Some(name.0.to_ascii().trim_end_matches('.').to_lowercase())
}

const MOST_CAA: usize = 32;
const MOST_SERVERS: usize = 8;
/// Of a tag or a value of a CAA record.
const MOST_CHARACTERS: usize = 255;
