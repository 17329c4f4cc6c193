//! What a compose file says of variables and ports (compose specification, 05-services.md). Each file is read alone:
//! compose lays several over each other.

use std::net::IpAddr;

use super::dotenv::Raw;
use super::yaml::{Node, Yaml};
use super::{Access, Misread, Published, Service, Value};

/// A service before the variables in its values are looked up.
pub(super) struct Written {
    pub service: Service,
    pub variables: Vec<(u32, String, Option<Raw>)>,
    pub ports: Vec<(u32, WrittenPort)>,
}

/// A port as it is written.
pub(super) enum WrittenPort {
    /// `127.0.0.1:5432:5432/tcp`
    Short(Raw),
    Long {
        address: Option<Raw>,
        published: Option<Raw>,
        target: Raw,
        protocol: Option<Raw>,
    },
}

pub(super) fn services(text: &str) -> Result<Vec<Written>, Misread> {
    let yaml = Yaml::read(text)?;
    let mut all = vec![];
    let mut is_compose = false;
    for document in yaml.documents() {
        is_compose |= ["services", "include"].iter().any(|key| document.get(key).is_some());
        let services = document.get("services").map(Node::pairs).unwrap_or_default();
        all.extend(services.into_iter().map(|(name, line, node)| service(name, line, node)));
    }
    if is_compose { Ok(all) } else { Err(Misread { line: 1, what: "has no `services`" }) }
}

fn service(name: String, line: u32, node: Node) -> Written {
    let ports = node.get("ports");
    let volumes = node.get("volumes").map(Node::items).unwrap_or_default();
    let is_socket = |volume: &Node| {
        let source = volume.get("source").and_then(Node::text).or_else(|| volume.text()).unwrap_or_default();
        source.split(':').next().is_some_and(|path| path.ends_with("/docker.sock"))
    };
    let says = |key: &str, word: &str| {
        node.get(key).filter(|value| value.text().is_some_and(|text| text == word)).map(Node::line)
    };
    Written {
        service: Service {
            line,
            image: node.get("image").and_then(Node::text).map(|image| basename(&image).into()),
            host_network: says("network_mode", "host"),
            privileged: says("privileged", "true"),
            docker_socket: volumes.iter().find(|volume| is_socket(volume)).map(|volume| volume.line()),
            replaces_ports: ports
                .and_then(|ports| ports.tag)
                .is_some_and(|tag| matches!(tag, "reset" | "override")),
            by_profile: node.get("profiles").is_some_and(|list| !list.items().is_empty()),
            env_files: env_files(node.get("env_file")),
            name,
        },
        variables: node.get("environment").map(variables).unwrap_or_default(),
        ports: ports.map(Node::items).unwrap_or_default().into_iter().filter_map(port).collect(),
    }
}

/// `nginx` of `docker.io/library/nginx:1.29@sha256:…`.
fn basename(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or(image).rsplit('/').next().unwrap_or(image);
    name.split(':').next().unwrap_or(name)
}

fn env_files(node: Option<Node>) -> Vec<String> {
    let Some(node) = node else { return vec![] };
    let nodes = if node.is_list() { node.items() } else { vec![node] };
    nodes.into_iter().filter_map(|item| item.get("path").unwrap_or(item).text()).collect()
}

fn variables(node: Node) -> Vec<(u32, String, Option<Raw>)> {
    if !node.is_list() {
        let pairs = node.pairs().into_iter();
        return pairs.map(|(name, line, value)| (line, name, value.text().map(expanding))).collect();
    }
    let items = node.items().into_iter().filter_map(|item| Some((item.line(), item.text()?)));
    let split = |(line, text): (u32, String)| match text.split_once('=') {
        Some((name, value)) => (line, name.into(), Some(expanding(value.into()))),
        None => (line, text, None),
    };
    items.map(split).collect()
}

fn expanding(text: String) -> Raw {
    Raw { text, expands: true }
}

fn port(node: Node) -> Option<(u32, WrittenPort)> {
    let part = |key: &str| node.get(key).and_then(Node::text).map(expanding);
    let written = match (node.text(), part("target")) {
        (Some(text), _) => WrittenPort::Short(expanding(text)),
        (None, Some(target)) => WrittenPort::Long {
            address: part("host_ip"),
            published: part("published"),
            target,
            protocol: part("protocol"),
        },
        (None, None) => return None,
    };
    Some((node.line(), written))
}

/// Where a port is published, when the variables in it are known.
pub(super) fn published(
    line: u32,
    service: &str,
    port: &WrittenPort,
    resolve: impl Fn(&Raw) -> Value,
) -> Published {
    let text = |raw: &Raw| match resolve(raw) {
        Value::Written(text) | Value::Default { value: text, .. } => Some(text),
        Value::Elsewhere => None,
    };
    let maybe = |raw: &Option<Raw>| match raw {
        Some(raw) => text(raw).map(Some),
        None => Some(None),
    };
    let access = match port {
        WrittenPort::Short(raw) => text(raw).and_then(|text| short(&text)),
        WrittenPort::Long { address, published, target, protocol } => {
            let parts = (maybe(address), maybe(published), text(target), maybe(protocol));
            let (Some(address), Some(published), Some(target), Some(protocol)) = parts else {
                return Published { line, service: service.into(), access: None };
            };
            let udp = protocol.is_some_and(|protocol| protocol == "udp");
            access(address.as_deref(), published.as_deref(), &target, udp)
        }
    };
    Published { line, service: service.into(), access }
}

/// `[ADDRESS:][PORT:]PORT[/PROTOCOL]`; an IPv6 address stands in brackets, or not.
fn short(text: &str) -> Option<Access> {
    let (ports, protocol) = text.trim().split_once('/').unwrap_or((text.trim(), "tcp"));
    let (head, container) = ports.rsplit_once(':').map_or((None, ports), |(head, last)| (Some(head), last));
    let (address, host) = match head {
        None => (None, None),
        Some(head) => match head.rsplit_once(':') {
            Some((address, host)) => (Some(address), Some(host)),
            None => (None, Some(head)),
        },
    };
    access(address, host, container, protocol == "udp")
}

fn access(address: Option<&str>, host: Option<&str>, container: &str, udp: bool) -> Option<Access> {
    let address = match address.map(|address| address.trim_matches(['[', ']'])) {
        None | Some("") => None,
        Some("localhost") => Some(IpAddr::from([127, 0, 0, 1])),
        Some(address) => Some(address.parse().ok()?),
    };
    let host = host.filter(|host| !host.is_empty()).map(range);
    Some(Access {
        address,
        host: host.map_or(Some(None), |host| host.map(Some))?,
        container: range(container)?,
        udp,
    })
}

/// `8000` or `8000-8010`.
fn range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Vec<Written> {
        services(text).unwrap_or_else(|e| panic!("line {} {}", e.line, e.what))
    }

    fn said(access: Option<Access>) -> String {
        let Some(Access { address, host, container, udp }) = access else { return "unknown".into() };
        let range = |(first, last): (u16, u16)| match first == last {
            true => first.to_string(),
            false => format!("{first}-{last}"),
        };
        let address = address.map_or("every".into(), |ip| ip.to_string());
        let host = host.map_or("any".into(), range);
        format!("{address} {host} {}{}", range(container), if udp { " udp" } else { "" })
    }

    #[test]
    fn a_short_port_has_up_to_three_parts() {
        for (text, want) in [
            ("3000", "every any 3000"),
            ("3000-3005", "every any 3000-3005"),
            ("5432:5432", "every 5432 5432"),
            ("9090-9091:8080-8081", "every 9090-9091 8080-8081"),
            ("127.0.0.1:5432:5432", "127.0.0.1 5432 5432"),
            ("127.0.0.1::5432", "127.0.0.1 any 5432"),
            ("[::1]:5432:5432", "::1 5432 5432"),
            ("::1:5432:5432", "::1 5432 5432"),
            ("[::]:5432:5432", ":: 5432 5432"),
            ("0.0.0.0:5432:5432", "0.0.0.0 5432 5432"),
            ("443:443/udp", "every 443 443 udp"),
            ("6060:6060/tcp", "every 6060 6060"),
            ("localhost:1:2", "127.0.0.1 1 2"),
            ("a:b", "unknown"),
            ("70000:1", "unknown"),
            ("2-1:1", "unknown"),
            ("", "unknown"),
        ] {
            assert_eq!(said(short(text)), want, "{text}");
        }
    }

    #[test]
    fn a_service_is_read_in_both_syntaxes() {
        let text = "x-env: &env\n  A: 1\nservices:\n  db:\n    image: docker.io/library/postgres:17@sha256:ab\n    environment:\n      <<: *env\n      \
                    PASSWORD: x$$y\n      NONE:\n    ports:\n      - target: 5432\n        published: \"5433\"\n        host_ip: 127.0.0.1\n      \
                    - 6379:6379\n    env_file:\n      - path: ./a.env\n        required: false\n      - b.env\n    network_mode: host\n    \
                    privileged: true\n    profiles: [dev]\n    volumes:\n      - data:/data\n      - /var/run/docker.sock:/var/run/docker.sock:ro\n  \
                    web:\n    environment:\n      - B=2=3\n      - C\n    env_file: .env\n    ports: !override\n      - 80:80\n";
        let services = read(text);
        let [db, web] = &services[..] else { panic!("{} services", services.len()) };
        let variables = |written: &Written| {
            let all = written.variables.iter();
            all.map(|(line, name, value)| format!("{line} {name} {}", value.as_ref().map_or("-", |raw| &raw.text)))
                .collect::<Vec<_>>()
        };
        assert_eq!(variables(db), ["8 PASSWORD x$$y", "9 NONE -", "2 A 1"]);
        assert_eq!(variables(web), ["27 B 2=3", "28 C -"]);
        let ports = |written: &Written| {
            let resolve = |raw: &Raw| Value::Written(raw.text.clone());
            let all = written.ports.iter().map(|(line, port)| published(*line, "s", port, resolve));
            all.map(|port| format!("{} {}", port.line, said(port.access))).collect::<Vec<_>>()
        };
        assert_eq!(ports(db), ["11 127.0.0.1 5433 5432", "14 every 6379 6379"]);
        assert_eq!(ports(web), ["31 every 80 80"]);
        let Service { image, host_network, privileged, docker_socket, by_profile, env_files, .. } = &db.service;
        assert_eq!((image.as_deref(), *host_network, *privileged), (Some("postgres"), Some(19), Some(20)));
        assert_eq!((*docker_socket, *by_profile), (Some(24), true));
        assert_eq!(env_files, &["./a.env", "b.env"]);
        assert_eq!((web.service.replaces_ports, web.service.line, &*web.service.name), (true, 25, "web"));
    }

    #[test]
    fn a_file_without_services_is_no_compose_file() {
        for (text, want) in
            [("a: 1", "has no `services`"), ("", "has no `services`"), ("- x", "has no `services`")]
        {
            assert_eq!(services(text).err().map(|misread| misread.what), Some(want), "{text}");
        }
        assert!(read("include:\n  - other.yml\n").is_empty());
        assert_eq!(read("services: {a: {}}\n---\nservices: {b: ~}\n").len(), 2);
    }

    proptest! {
        #[test]
        fn any_port_is_read_or_unknown(text in "[0-9a-f:.\\[\\]/-]{0,40}") {
            if let Some(access) = short(&text) {
                prop_assert!(access.container.0 <= access.container.1);
            }
        }
    }
}
