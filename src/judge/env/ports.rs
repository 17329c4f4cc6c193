//! Is the proxy alone published?

use std::net::IpAddr;

use super::{each, read, unless_by_profile};
use crate::finding::{Status, Subject, Verdict};
use crate::judge::{Word, fail, pass, unknown};
use crate::observation::{FileFacts, FileForm, OwnFile, OwnPort, OwnService, PortAccess, Seen};
use crate::spec::Spec;
use crate::target::reserved;

pub fn on_loopback(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let files = read(spec, seen, FileForm::Compose);
    let given = each(seen, "no compose file was given", |file, facts| match file.form {
        FileForm::Env => vec![],
        FileForm::Compose => of_file(spec, &files, file, facts),
    });
    // An environment file that could not be read is no matter of ports.
    let of_env = |verdict: &Verdict| {
        verdict.status == Status::Unknown
            && spec.files.env.iter().any(|name| verdict.subject == Subject::Name(name.clone()))
    };
    given.into_iter().filter(|verdict| !of_env(verdict)).collect()
}

fn of_file(spec: &Spec, files: &[(&str, &FileFacts)], file: &OwnFile, facts: &FileFacts) -> Vec<Verdict> {
    let later = files.iter().skip_while(|(name, _)| *name != file.name).skip(1);
    let replaced = |service: &str| {
        let replaces = |held: &&OwnService| held.name == service && held.replaces_ports;
        later.clone().find(|(_, facts)| facts.services.iter().any(|held| replaces(&held))).map(|(name, _)| *name)
    };
    let ports = facts.ports.iter().map(|port| {
        let (status, message) = match replaced(&port.service) {
            Some(by) => pass(format!("line {} is replaced by {by}", port.line)),
            None => word(spec, port),
        };
        let name = match &port.access {
            Some(access) => format!("{} {access}", port.service),
            None => format!("{} line {}", port.service, port.line),
        };
        let verdict = Verdict::new(Subject::Entry { file: file.name.clone(), name }, status, message);
        unless_by_profile(facts, Some(&port.service), verdict)
    });
    let networks = facts.services.iter().filter_map(|service| {
        let (line, is_proxy) = (service.host_network?, is_proxy(service));
        let message =
            format!("line {line} shares the host's network: each port that it opens is open on every address");
        let subject = Subject::Entry { file: file.name.clone(), name: service.name.clone() };
        let verdict = Verdict::new(subject, Status::Fail, message);
        (!is_proxy).then(|| unless_by_profile(facts, Some(&service.name), verdict))
    });
    let mut all: Vec<Verdict> = ports.chain(networks).collect();
    if all.is_empty() {
        let count = facts.services.len();
        let message = format!("{count} service{} published on no port", if count == 1 { " is" } else { "s are" });
        all.push(Verdict::new(Subject::Name(file.name.clone()), Status::Pass, message));
    }
    all
}

fn word(spec: &Spec, port: &OwnPort) -> Word {
    let line = port.line;
    let Some(access) = &port.access else {
        return unknown(format!("line {line} has a part that no file given sets"));
    };
    match access.address {
        Some(ip) if ip.is_loopback() => pass(format!("line {line} is published on loopback")),
        // A VPN or a network of the provider's: nobody on the internet gets there.
        Some(ip) if !is_every(ip) && reserved(ip).is_some() => {
            pass(format!("line {line} is published on {ip}, which nobody on the internet reaches"))
        }
        Some(ip) if !is_every(ip) && !may_be_open(spec, access) => {
            fail(format!("line {line} is published on {ip}"))
        }
        _ if may_be_open(spec, access) => pass(format!("line {line} is published as the site's own port")),
        _ if access.host.is_none() => {
            fail(format!("line {line} is published on every address, at a port that Docker picks"))
        }
        _ => fail(format!("line {line} is published on every address")),
    }
}

fn is_every(ip: IpAddr) -> bool {
    ip.to_canonical().is_unspecified()
}

/// The ports of the site, and those that the owner wrote.
fn may_be_open(spec: &Spec, access: &PortAccess) -> bool {
    let Some((first, last)) = access.host else { return false };
    let written = spec.lines.contains_key("ports.open").then_some(&spec.ports.open);
    let site = spec.origins().map(|origin| origin.port);
    let open: Vec<u16> =
        [80, 443, spec.ports.http].into_iter().chain(site).chain(written.into_iter().flatten().copied()).collect();
    (first..=last).all(|port| open.contains(&port))
}

fn is_proxy(service: &OwnService) -> bool {
    let names = [Some(&service.name), service.image.as_ref()];
    let names = names.into_iter().flatten().map(|name| name.to_ascii_lowercase());
    names.into_iter().any(|name| PROXIES.iter().any(|proxy| name.contains(proxy)))
}

const PROXIES: [&str; 11] =
    ["caddy", "nginx", "traefik", "haproxy", "apache", "httpd", "envoy", "openresty", "angie", "proxy", "ingress"];
