//! Which ports are swept: none, about two hundred, all, or those the owner lists.

use serde::{Deserialize, Serialize};
use toml::de::DeValue;

use super::Spec;
use super::error::{Wrong, quoted};
use super::value::{kind, port};
use crate::target::{PortRange, PortSet};

/// Beside the ports that are knocked at by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Sweep {
    Off,
    /// [`COMMON`].
    #[default]
    Common,
    All,
    Listed(PortSet),
}

impl Sweep {
    pub fn ports(&self) -> PortSet {
        match self {
            Self::Off => PortSet::default(),
            Self::Common => COMMON.iter().map(|(port, _)| *port).collect(),
            Self::All => (1..=u16::MAX).collect(),
            Self::Listed(ports) => ports.clone(),
        }
    }
}

impl Spec {
    /// The ports of the sweep that no other promise names.
    pub fn swept_ports(&self) -> PortSet {
        let web = self.origins().map(|origin| origin.port);
        let named = web.chain([self.ports.http]).chain(self.ports.closed.iter().map(|closed| closed.port));
        self.ports.sweep.ports().without(&named.collect())
    }
}

/// Why a port is swept, and what listens there by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usual {
    /// One of the hundred TCP ports that are most often open (nmap-services).
    Frequent(&'static str),
    Datastore(&'static str),
    /// Of messages.
    Queue(&'static str),
    /// A console, an exporter or an API that administers.
    Console(&'static str),
    /// Containers, and registries of their images.
    Container(&'static str),
    /// A server or a tool of developers.
    Developer(&'static str),
}

use Usual::{Console, Container, Datastore, Developer, Frequent, Queue};

/// In order of ports.
#[rustfmt::skip]
pub const COMMON: &[(u16, Usual)] = &[
    (7, Frequent("echo")), (9, Frequent("discard")), (13, Frequent("daytime")), (21, Frequent("FTP")),
    (22, Frequent("SSH")), (23, Frequent("Telnet")), (25, Frequent("SMTP")), (26, Frequent("SMTP")),
    (37, Frequent("time")), (53, Frequent("DNS")), (79, Frequent("finger")), (80, Frequent("HTTP")),
    (81, Frequent("HTTP")), (88, Frequent("Kerberos")), (106, Frequent("poppassd")), (110, Frequent("POP3")),
    (111, Frequent("rpcbind")), (113, Frequent("ident")), (119, Frequent("NNTP")), (135, Frequent("MSRPC")),
    (139, Frequent("NetBIOS")), (143, Frequent("IMAP")), (144, Frequent("NeWS")), (179, Frequent("BGP")),
    (199, Frequent("SMUX")), (389, Frequent("LDAP")), (427, Frequent("SLP")), (443, Frequent("HTTPS")),
    (444, Frequent("SNPP")), (445, Frequent("SMB")), (465, Frequent("SMTPS")), (513, Frequent("rlogin")),
    (514, Frequent("rsh")), (515, Frequent("LPD")), (543, Frequent("klogin")), (544, Frequent("kshell")),
    (548, Frequent("AFP")), (554, Frequent("RTSP")), (587, Frequent("SMTP submission")),
    (631, Frequent("IPP")), (646, Frequent("LDP")), (873, Frequent("rsync")), (990, Frequent("FTPS")),
    (993, Frequent("IMAPS")), (995, Frequent("POP3S")), (1025, Frequent("MSRPC")), (1026, Frequent("MSRPC")),
    (1027, Frequent("MSRPC")), (1028, Frequent("MSRPC")), (1029, Frequent("MSRPC")),
    (1110, Frequent("NFS status")), (1313, Developer("Hugo")), (1433, Frequent("SQL Server")),
    (1521, Datastore("Oracle")), (1720, Frequent("H.323")), (1723, Frequent("PPTP")), (1755, Frequent("MMS")),
    (1883, Queue("MQTT")), (1900, Frequent("UPnP")), (2000, Frequent("SCCP")),
    (2001, Frequent("terminal server")), (2019, Console("Caddy admin API")), (2049, Frequent("NFS")),
    (2121, Frequent("FTP")), (2181, Queue("ZooKeeper")), (2375, Container("Docker API")),
    (2376, Container("Docker API over TLS")), (2377, Container("Docker Swarm")), (2379, Datastore("etcd")),
    (2380, Datastore("etcd peers")), (2717, Frequent("KnowShowGo")), (3000, Frequent("application")),
    (3001, Developer("application")), (3002, Developer("application")), (3003, Developer("application")),
    (3050, Datastore("Firebird")), (3100, Console("Loki")), (3128, Frequent("Squid")),
    (3306, Frequent("MySQL")), (3307, Datastore("MySQL")), (3389, Frequent("RDP")),
    (3986, Frequent("MAPPER")), (4000, Developer("application")), (4040, Developer("ngrok")),
    (4173, Developer("Vite preview")), (4200, Developer("Angular")), (4222, Queue("NATS")),
    (4243, Container("Docker API")), (4321, Developer("Astro")), (4369, Queue("Erlang port mapper")),
    (4899, Frequent("Radmin")), (5000, Frequent("Docker registry")), (5001, Container("Docker registry")),
    (5005, Developer("Java debugger")), (5009, Frequent("AirPort")), (5050, Console("pgAdmin")),
    (5051, Frequent("ida-agent")), (5060, Frequent("SIP")), (5101, Frequent("Admdog")),
    (5173, Developer("Vite")), (5174, Developer("Vite")), (5190, Frequent("AIM")), (5357, Frequent("WSDAPI")),
    (5432, Frequent("PostgreSQL")), (5433, Datastore("PostgreSQL")), (5500, Developer("Live Server")),
    (5555, Console("Flower")), (5601, Console("Kibana")), (5631, Frequent("pcAnywhere")),
    (5666, Frequent("NRPE")), (5671, Queue("AMQP")), (5672, Queue("AMQP")), (5678, Console("n8n")),
    (5800, Frequent("VNC over HTTP")), (5900, Frequent("VNC")), (5984, Datastore("CouchDB")),
    (6000, Frequent("X11")), (6001, Frequent("X11")), (6006, Developer("Storybook")),
    (6333, Datastore("Qdrant")), (6334, Datastore("Qdrant")), (6379, Datastore("Redis")),
    (6380, Datastore("Redis")), (6432, Datastore("PostgreSQL")), (6443, Container("Kubernetes API")),
    (6646, Frequent("McAfee")), (7000, Datastore("Cassandra peers")), (7001, Datastore("Cassandra peers")),
    (7070, Frequent("RealServer")), (7199, Datastore("Cassandra JMX")), (7473, Datastore("Neo4j")),
    (7474, Datastore("Neo4j")), (7687, Datastore("Neo4j")), (7700, Datastore("Meilisearch")),
    (8000, Frequent("application")), (8001, Container("kubectl proxy")), (8002, Developer("application")),
    (8008, Frequent("HTTP")), (8009, Frequent("AJP")), (8025, Console("Mailpit")), (8080, Frequent("HTTP")),
    (8081, Frequent("HTTP")), (8082, Developer("HTTP")), (8085, Developer("HTTP")),
    (8086, Datastore("InfluxDB")), (8088, Developer("HTTP")), (8090, Console("HTTP")),
    (8108, Datastore("Typesense")), (8123, Datastore("ClickHouse")), (8161, Console("ActiveMQ console")),
    (8200, Console("Vault")), (8222, Queue("NATS monitor")), (8443, Frequent("HTTPS")),
    (8500, Console("Consul")), (8501, Developer("Streamlit")), (8529, Datastore("ArangoDB")),
    (8883, Queue("MQTT")), (8888, Frequent("Jupyter")), (8983, Datastore("Solr")),
    (9000, Container("Portainer or PHP-FPM")), (9001, Console("MinIO console")),
    (9042, Datastore("Cassandra")), (9090, Console("Prometheus")), (9091, Console("Pushgateway")),
    (9092, Queue("Kafka")), (9093, Console("Alertmanager")), (9100, Frequent("node exporter")),
    (9121, Console("Redis exporter")), (9187, Console("PostgreSQL exporter")),
    (9200, Datastore("Elasticsearch")), (9229, Developer("Node.js inspector")),
    (9300, Datastore("Elasticsearch peers")), (9443, Console("Portainer")), (9999, Frequent("HTTP")),
    (10000, Frequent("Webmin")), (10050, Console("Zabbix agent")), (10250, Container("kubelet")),
    (10255, Container("kubelet")), (11211, Datastore("memcached")), (11434, Developer("Ollama")),
    (15672, Queue("RabbitMQ management")), (16379, Datastore("Redis")), (16686, Console("Jaeger")),
    (19530, Datastore("Milvus")), (19999, Console("Netdata")), (24678, Developer("Vite reload")),
    (26257, Datastore("CockroachDB")), (26379, Datastore("Redis")), (27017, Datastore("MongoDB")),
    (27018, Datastore("MongoDB")), (27019, Datastore("MongoDB")), (28015, Datastore("RethinkDB")),
    (32768, Frequent("rpc.statd")), (33060, Datastore("MySQL")), (49152, Frequent("MSRPC")),
    (49153, Frequent("MSRPC")), (49154, Frequent("MSRPC")), (49155, Frequent("MSRPC")),
    (49156, Frequent("MSRPC")), (49157, Frequent("MSRPC")), (50000, Datastore("Db2")),
    (54321, Datastore("Supabase API")), (54322, Datastore("PostgreSQL")), (54323, Console("Supabase Studio")),
    (54324, Console("mail catcher")), (61616, Queue("ActiveMQ")),
];

/// What listens on a port by default, as far as it is one of [`COMMON`].
pub fn usual_service(port: u16) -> Option<&'static str> {
    let at = COMMON.binary_search_by_key(&port, |(port, _)| *port).ok()?;
    let (Frequent(name) | Datastore(name) | Queue(name) | Console(name) | Container(name) | Developer(name)) =
        COMMON[at].1;
    Some(name)
}

/// `"off"`, `"common"`, `"all"`, or a list of ports and `"first-last"`. `own` are the ports that may be open.
pub(super) fn sweep(value: &DeValue, own: &[u16]) -> Result<Sweep, Wrong> {
    let remedy = r#""off", "common", "all", or a list such as [2375, "9000-9100"]"#;
    match value {
        DeValue::String(text) => match text.as_ref() {
            "off" => Ok(Sweep::Off),
            "common" => Ok(Sweep::Common),
            "all" => Ok(Sweep::All),
            _ => Err(Wrong::new(format!("{} is no sweep", quoted(text)), remedy)),
        },
        DeValue::Array(items) => {
            let mut ranges = vec![];
            for item in items.iter() {
                let range = range(item.get_ref())?;
                if let Some(port) = own.iter().find(|port| (range.first..=range.last).contains(port)) {
                    let message = format!("`sweep` names port {port}, which may be open");
                    return Err(Wrong::new(message, "ports that must not be reachable"));
                }
                ranges.push(range);
            }
            ranges.sort_unstable();
            match ranges.windows(2).find(|pair| pair[1].first <= pair[0].last) {
                Some(pair) => Err(Wrong::new(format!("{} and {} overlap", pair[0], pair[1]), "each port once")),
                None => Ok(Sweep::Listed(ranges.iter().flat_map(|range| range.first..=range.last).collect())),
            }
        }
        other => Err(Wrong::new(format!("`sweep` is {}", kind(other)), remedy)),
    }
}

fn range(value: &DeValue) -> Result<PortRange, Wrong> {
    match value {
        DeValue::String(text) => text
            .parse()
            .map_err(|e| Wrong::new(format!("{} {e}", quoted(text)), "\"9000-9100\", within 1 to 65535")),
        other => port("sweep", other).map(|port| PortRange { first: port, last: port }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_ports_are_some_two_hundred_each_once() {
        let all: Vec<u16> = COMMON.iter().map(|(port, _)| *port).collect();
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
        assert!((190..=220).contains(&all.len()), "{}", all.len());
        let promised: PortSet = "2019,2375-2377,3000-3001,4000,5000,5050,5173,5432-5433,5555,6379-6380,8000-8001,\
            8025,8080-8081,8443,8888,9000-9001,9090,9200,9443,11211,15672,19999,27017,54321-54324"
            .replace(char::is_whitespace, "")
            .try_into()
            .unwrap();
        let missing: Vec<u16> = promised.iter().filter(|port| !all.contains(port)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn a_sweep_is_named_or_listed() {
        for (sweep, want) in [(Sweep::Off, 0), (Sweep::All, 65_535)] {
            assert_eq!(sweep.ports().len(), want);
        }
        assert_eq!(usual_service(5433), Some("PostgreSQL"));
        assert_eq!(usual_service(40_000), None);
    }
}
