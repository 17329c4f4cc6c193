//! `golive listen`: the control of a scan, on a second host of the owner's.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use tokio::signal::unix::{SignalKind, signal};

use super::flags::Color;
use super::output::print;
use super::scan::runtime;
use super::{Exit, complain, policy};
use crate::observe::{Listening, public_addresses};
use crate::spec::Spec;
use crate::target::{Host, Origin, PortRange, PortSet, Scheme};

#[derive(clap::Args)]
#[command(after_help = "\
examples:
  golive listen                       the ports that a scan asks
  golive listen 3000 8000 9000-9100
  golive listen --address 198.51.100.9

On the host that scans: golive scan app.example.com --control ADDRESS-OF-THIS-HOST")]
pub struct Args {
    /// Ports and ranges, such as 5432 9000-9100 [default: those that a scan asks]
    #[arg(value_name = "PORT")]
    ports: Vec<PortRange>,
    /// Listen at this address alone (comma, repeatable) [default: every one, IPv4 and IPv6]
    #[arg(long, value_name = "ADDR", value_delimiter = ',')]
    address: Vec<IpAddr>,
    /// Whose ports [default: ./golive.toml if there is one]
    #[arg(long, value_name = "FILE", conflicts_with = "ports")]
    config: Option<String>,
}

pub fn run(args: &Args) -> Exit {
    let (ports, site) = match &args.ports[..] {
        [] => match policy::written(args.config.as_deref()) {
            Ok(Some(spec)) => (asked(&spec), Some(spec.site)),
            Ok(None) => (asked(&Spec::of(anyone())), None),
            Err(exit) => return exit,
        },
        // Whatever file lies here, it is not needed.
        given => (given.iter().flat_map(|range| range.first..=range.last).collect(), None),
    };
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(exit) => return exit,
    };
    let exit = runtime.block_on(listen(&addresses(args), &ports, site.as_ref()));
    runtime.shutdown_background();
    exit
}

/// Wherever a scan may meet silence, it asks the control on the same port: those of the web, those that must be closed,
/// those that are swept, which come last: not every machine can open all.
fn asked(spec: &Spec) -> Vec<u16> {
    let web = spec.origins().map(|origin| origin.port).chain([spec.ports.http]);
    let closed = spec.ports.closed.iter().map(|closed| closed.port);
    closed.chain(web).chain(spec.ports.sweep.ports().iter()).collect()
}

/// Without a file the site decides nothing about the ports.
fn anyone() -> Origin {
    Origin { scheme: Scheme::Https, host: Host::Name("app.example.com".into()), port: 443 }
}

fn addresses(args: &Args) -> Vec<IpAddr> {
    let every = || vec![IpAddr::from(Ipv4Addr::UNSPECIFIED), IpAddr::from(Ipv6Addr::UNSPECIFIED)];
    if args.address.is_empty() { every() } else { args.address.clone() }
}

async fn listen(addresses: &[IpAddr], ports: &[u16], site: Option<&Origin>) -> Exit {
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return complain(&["signals cannot be listened for".into()]);
    };
    let listening = Listening::open(addresses, ports);
    for ((ip, why), ports) in &listening.shut {
        eprintln!("note: {} not opened at {ip}: {why}", said(ports));
    }
    if listening.open.is_empty() {
        return complain(&["no port could be opened".into()]);
    }
    let mut text = String::new();
    for (ip, ports) in &listening.open {
        text += &format!("listening at {ip} on {}\n", said(ports));
    }
    let site = site.map_or_else(|| "SITE".into(), ToString::to_string);
    text += &format!("on the host that scans: golive scan {site}{}\n", controls(addresses));
    if let Err(e) = print(&text, Color::Never) {
        return complain(&[format!("stdout cannot be written: {e}")]);
    }
    tokio::select! {
        () = listening.accept() => Exit::Bug,
        _ = interrupt.recv() => Exit::Go,
        _ = terminate.recv() => Exit::Go,
    }
}

fn said(ports: &PortSet) -> String {
    match ports.len() {
        1 => format!("port {ports}"),
        number => format!("{number} ports ({ports})"),
    }
}

/// The flags by which a scan finds this host; a host behind NAT does not know the address it is reached by.
fn controls(addresses: &[IpAddr]) -> String {
    let mut known = if addresses.iter().any(IpAddr::is_unspecified) { public_addresses() } else { vec![] };
    known.retain(|own| addresses.iter().any(|ip| ip.is_unspecified() && ip.is_ipv4() == own.is_ipv4()));
    known.extend(addresses.iter().filter(|ip| !ip.is_unspecified()));
    if known.is_empty() {
        return " --control ADDRESS-OF-THIS-HOST".into();
    }
    known.iter().map(|ip| format!(" --control {ip}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Sweep;

    #[test]
    fn what_a_scan_asks_is_listened_on() {
        let mut spec = Spec::of(anyone());
        let ports = asked(&spec);
        assert!(spec.ports.sweep.ports().iter().all(|port| ports.contains(&port)), "{ports:?}");
        spec.ports.sweep = Sweep::Off;
        let named = [3000, 8000, 5432, 6379, 443, 80];
        assert_eq!(asked(&spec), named);
        assert_eq!(ports[..6], named);
    }
}
