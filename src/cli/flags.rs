//! The flags that several commands share. Who knows curl knows these.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::observe::{Door, Way};
use crate::spec::Flags;
use crate::target::{Family, Host};

#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Where")]
pub struct Where {
    /// Look at IPv4 alone (the result is PASS with its scope)
    #[arg(short = '4', long, conflicts_with = "ipv6")]
    pub ipv4: bool,
    /// Look at IPv6 alone
    #[arg(short = '6', long)]
    pub ipv6: bool,
    /// Use this address for a name instead of asking DNS
    #[arg(long, value_name = "HOST:PORT:ADDR", value_parser = pin)]
    pub resolve: Vec<Pin>,
    /// Connect to another address and port instead
    #[arg(long, value_name = "HOST:PORT:ADDR:PORT", value_parser = door)]
    pub connect_to: Vec<Door>,
    /// Trust these roots alone instead of Mozilla's
    #[arg(long, value_name = "FILE")]
    pub cacert: Option<String>,
    /// Ask these DNS servers instead of this machine's
    #[arg(long, value_name = "ADDR", value_delimiter = ',', value_parser = server)]
    pub dns_servers: Vec<SocketAddr>,
    /// Sent as User-Agent
    #[arg(short = 'A', long, value_name = "TEXT", value_parser = agent)]
    pub user_agent: Option<String>,
}

#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "What")]
pub struct What {
    /// The promises of the deployment [default: ./golive.toml if it is for this site]
    #[arg(long, value_name = "FILE")]
    pub config: Option<String>,
    /// Ask these families or checks alone (comma, repeatable)
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Leave these families or checks out
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// An environment file to judge as well; it stays on this machine (repeatable)
    #[arg(long, value_name = "FILE")]
    pub env: Vec<String>,
    /// A compose file to judge as well (repeatable)
    #[arg(long, value_name = "FILE")]
    pub compose: Vec<String>,
    /// A file, such as .env.example, whose values must not be in use; tried here, never sent (repeatable)
    #[arg(long, value_name = "FILE")]
    pub candidates: Vec<String>,
    /// An address of the host behind a CDN: its ports are judged, and it must not serve the world (repeatable)
    #[arg(long, value_name = "ADDR")]
    pub origin: Vec<IpAddr>,
}

#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Vantage")]
pub struct Vantage {
    /// An address of yours that listens on the same ports: proves that our packets leave
    #[arg(long, value_name = "ADDR")]
    pub control: Vec<IpAddr>,
    /// Your word that our packets leave, instead of a proof; printed with the verdict
    #[arg(long)]
    pub assume_egress: bool,
}

#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "When")]
pub struct When {
    /// The whole run ends after this long
    #[arg(short = 'm', long, value_name = "TIME", value_parser = duration)]
    pub max_time: Option<Duration>,
    /// A connection is given up after this long
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub connect_timeout: Option<Duration>,
}

/// What a scan does about a site that is not there yet, or not always.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "When")]
pub struct Patience {
    /// Before the run, wait this long at most until the site answers below 400
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub wait: Option<Duration>,
    /// Ask again what had no answer, so many times (0 to 5)
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=5))]
    pub retry: u8,
}

#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Decide")]
pub struct Decide {
    /// Which result makes the exit code non-zero
    #[arg(long, value_name = "RESULT", default_value = "unproven")]
    pub fail_on: FailOn,
    /// Advice counts
    #[arg(long)]
    pub strict: bool,
}

/// From which result on the exit code is not 0. It touches the exit code alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    #[default]
    Unproven,
    NoGo,
    Never,
}

#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Write")]
pub struct Write {
    /// The recording and its verdicts (`-` is stdout, and replaces the screen)
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// For CI systems
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Every report, in this folder
    #[arg(short = 'o', value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// A fact of yours for every report, such as release=v1.4.2 (repeatable)
    #[arg(long, value_name = "NAME=VALUE", value_parser = label)]
    pub label: Vec<(String, String)>,
}

#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Show")]
pub struct Show {
    /// The last line only; twice: nothing
    #[arg(short, action = clap::ArgAction::Count, conflicts_with = "verbose")]
    pub quiet: u8,
    /// Passes and notes; twice: every exchange, redacted
    #[arg(short, action = clap::ArgAction::Count)]
    pub verbose: u8,
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
    /// No progress line
    #[arg(long)]
    pub no_progress: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    Always,
    Never,
}

/// What is asked, of whom, from where, and for how long: all that decides what a scan sends.
#[derive(Args, Clone, Debug, Default)]
pub struct Question {
    /// The site, such as app.example.com [default: `site` of golive.toml]
    site: Option<String>,
    #[command(flatten)]
    place: Where,
    #[command(flatten)]
    pub what: What,
    #[command(flatten)]
    vantage: Vantage,
    #[command(flatten)]
    when: When,
}

impl Question {
    /// What the flags say about the promise.
    pub fn flags(&self) -> Flags {
        Flags {
            site: self.site.clone(),
            family: self.place.family(),
            cacert: self.place.cacert.clone(),
            only: self.what.only.clone(),
            skip: self.what.skip.clone(),
            control: self.vantage.control.clone(),
            origin: self.what.origin.clone(),
            assume_egress: self.vantage.assume_egress,
            max_time: self.when.max_time,
            connect_timeout: self.when.connect_timeout,
            user_agent: self.place.user_agent.clone(),
            strict: false,
            env: self.what.env.clone(),
            compose: self.what.compose.clone(),
            candidates: self.what.candidates.clone(),
            files_alone: false,
        }
    }

    /// Where the run may go.
    pub fn way(&self) -> Way {
        self.place.way()
    }
}

/// What becomes of the verdict: the exit code, the files, the screen.
#[derive(Args, Clone, Debug, Default)]
pub struct Telling {
    #[command(flatten)]
    pub decide: Decide,
    #[command(flatten)]
    pub write: Write,
    #[command(flatten)]
    pub show: Show,
}

/// A name, and an address to use for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    name: String,
    ip: IpAddr,
}

impl Where {
    fn way(&self) -> Way {
        let mut pins: BTreeMap<String, Vec<IpAddr>> = BTreeMap::new();
        for pin in &self.resolve {
            pins.entry(pin.name.clone()).or_default().push(pin.ip);
        }
        Way {
            pins,
            resolvers: (!self.dns_servers.is_empty()).then(|| self.dns_servers.clone()),
            doors: self.connect_to.clone(),
            closed: false,
        }
    }

    fn family(&self) -> Option<Family> {
        match (self.ipv4, self.ipv6) {
            (true, _) => Some(Family::V4),
            (_, true) => Some(Family::V6),
            _ => None,
        }
    }
}

fn pin(text: &str) -> Result<Pin, String> {
    let usage = || "HOST:PORT:ADDR, such as app.example.com:443:203.0.113.7".to_string();
    let parts = split(text);
    let [host, port, rest @ ..] = &parts[..] else { return Err(usage()) };
    let Ok(Host::Name(name)) = host.parse::<Host>() else { return Err(usage()) };
    port_number(port)?;
    let address = rest.join(":");
    let ip = address.trim_matches(['[', ']']).parse().map_err(|_| usage())?;
    Ok(Pin { name, ip })
}

fn door(text: &str) -> Result<Door, String> {
    let usage = || "HOST:PORT:ADDR:PORT, such as app.example.com:443:203.0.113.7:8443".to_string();
    let parts = split(text);
    let [host, port, address, to] = &parts[..] else { return Err(usage()) };
    let host = (!host.is_empty()).then(|| host.parse::<Host>()).transpose().map_err(|_| usage())?;
    let port = (!port.is_empty()).then(|| port_number(port)).transpose()?;
    let ip: IpAddr = address.trim_matches(['[', ']']).parse().map_err(|_| usage())?;
    Ok(Door { host, port, to: (ip, port_number(to)?).into() })
}

/// At colons outside brackets.
fn split(text: &str) -> Vec<&str> {
    let mut inside = false;
    text.split(|c| {
        inside = c == '[' || inside && c != ']';
        c == ':' && !inside
    })
    .collect()
}

fn port_number(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err(format!("`{text}` is no port; 1 to 65535")),
        Ok(port) => Ok(port),
    }
}

fn server(text: &str) -> Result<SocketAddr, String> {
    let alone = text.trim_matches(['[', ']']).parse::<IpAddr>().map(|ip| (ip, 53).into());
    alone.or_else(|_| text.parse()).map_err(|_| "an address of a DNS server, such as 9.9.9.9".into())
}

fn agent(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.len() <= 256 && text.bytes().all(|b| (0x20..0x7f).contains(&b));
    if fits { Ok(text.into()) } else { Err("1 to 256 printable ASCII characters".into()) }
}

fn label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.into(), value.into())),
        _ => Err("NAME=VALUE, such as release=v1.4.2".into()),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| "a number with a unit, such as 60s or 300ms".to_string())?;
    let unit = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(format!("`{text}` needs a unit: {text}s or {text}ms")),
    };
    number.checked_mul(unit).map(Duration::from_millis).ok_or_else(|| "is too long".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_written_as_curl_writes_them() {
        for (text, want) in [
            ("app.example.com:443:203.0.113.7", Some("203.0.113.7")),
            ("app.example.com:443:[2001:db8::7]", Some("2001:db8::7")),
            ("app.example.com:443:2001:db8::7", Some("2001:db8::7")),
            ("app.example.com:0:203.0.113.7", None),
            ("app.example.com:443:elsewhere", None),
            ("203.0.113.7", None),
        ] {
            assert_eq!(pin(text).ok().map(|pin| pin.ip.to_string()).as_deref(), want, "{text}");
        }
        for (text, want) in [
            ("app.example.com:443:127.0.0.1:8443", Some("app.example.com:443 at 127.0.0.1:8443")),
            ("[2001:db8::7]:443:[::1]:8443", Some("[2001:db8::7]:443 at [::1]:8443")),
            ("::127.0.0.1:8443", Some(": at 127.0.0.1:8443")),
            ("app.example.com:443:127.0.0.1", None),
        ] {
            assert_eq!(door(text).ok().map(|door| door.to_string()).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn a_time_has_a_unit() {
        for (text, want) in
            [("60s", Some(60_000)), ("300ms", Some(300)), ("2m", Some(120_000)), ("3", None), ("s", None)]
        {
            assert_eq!(duration(text).ok().map(|d| d.as_millis()), want, "{text}");
        }
    }
}
