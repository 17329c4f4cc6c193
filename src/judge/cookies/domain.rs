//! To which hosts a cookie is sent.

use crate::finding::{Status, Verdict};
use crate::judge::cookies::sent::Sent;
use crate::judge::{fail, pass};
use crate::spec::Spec;
use crate::target::Host;

/// RFC 6265bis §5.7: a browser refuses a Domain that is a public suffix or does not cover the host.
pub(super) fn narrow(spec: &Spec, sent: &Sent) -> Verdict {
    let host = sent.host.to_string();
    let Some(domain) = sent.cookie.domain.as_deref() else {
        return sent.verdict(pass(format!("stays with {host}")));
    };
    let written = spec.cookies.domain.as_deref();
    let covers = is_within(&host, domain) && (sent.host.name().is_some() || host == domain);
    // A browser drops what is meant for another of the site's own names: nothing is widened.
    let own = domain.parse().is_ok_and(|host| spec.is_own(&host));
    let word = match written {
        _ if !covers && own => pass(format!("Domain={domain} is another name of the site: browsers drop it here")),
        _ if !covers => fail(format!("Domain={domain} is no domain of {host}")),
        Some(written) if domain == host && !is_below(written, domain) => {
            pass(format!("Domain={domain} is the host"))
        }
        None if domain == host => pass(format!("Domain={domain} is the host")),
        _ if is_public_suffix(domain) => fail(format!("Domain={domain} is a public suffix")),
        Some(written) if is_within(domain, written) => pass(format!("Domain={domain} is within {written}")),
        Some(_) => fail(format!("Domain={domain} is more than was promised")),
        None => return sent.verdict(fail(format!("Domain={domain} reaches every host below it"))).as_advice(),
    };
    let verdict = sent.verdict(word);
    match written {
        Some(written) if verdict.status == Status::Fail => {
            verdict.expected(spec.promised(&format!("Domain within {written}"), "cookies.domain"))
        }
        _ => verdict,
    }
}

fn is_within(name: &str, domain: &str) -> bool {
    name == domain || is_below(name, domain)
}

fn is_below(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// Also under a rule that nobody wrote: a name without a dot has no owner.
fn is_public_suffix(domain: &str) -> bool {
    matches!(domain.parse(), Ok(Host::Name(_))) && psl::suffix_str(domain) == Some(domain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::cookies::tests::sent;

    #[test]
    fn a_cookie_stays_with_its_site() {
        let advice = |site: &str, written: Option<&str>, attribute: &str| {
            let mut spec = Spec::of(site.parse().unwrap());
            spec.cookies.domain = written.map(String::from);
            let verdict = narrow(&spec, &sent(&spec, &format!("sid=1; {attribute}")));
            (verdict.status, verdict.advice)
        };
        for (site, written, attribute, want) in [
            ("app.example.com", None, "Path=/", (Status::Pass, false)),
            ("app.example.com", None, "Domain=.App.Example.com", (Status::Pass, false)),
            ("app.example.com", None, "Domain=example.com", (Status::Fail, true)),
            ("app.example.com", Some("example.com"), "Domain=example.com", (Status::Pass, false)),
            ("app.example.com", Some("app.example.com"), "Domain=example.com", (Status::Fail, false)),
            ("app.example.com", Some("app.example.com"), "Domain=app.example.com", (Status::Pass, false)),
            ("example.com", Some("app.example.com"), "Domain=example.com", (Status::Fail, false)),
            ("app.example.com", None, "Domain=com", (Status::Fail, false)),
            ("app.example.co.uk", None, "Domain=co.uk", (Status::Fail, false)),
            ("team.github.io", None, "Domain=github.io", (Status::Fail, false)),
            ("github.io", None, "Domain=github.io", (Status::Pass, false)),
            ("app.internal", None, "Domain=internal", (Status::Fail, false)),
            ("app.example.com", None, "Domain=pp.example.com", (Status::Fail, false)),
            ("app.example.com", None, "Domain=other.example", (Status::Fail, false)),
            ("app.example.com", None, "Domain=x.app.example.com", (Status::Fail, false)),
            ("203.0.113.7", None, "Domain=113.7", (Status::Fail, false)),
            ("203.0.113.7", None, "Domain=203.0.113.7", (Status::Pass, false)),
        ] {
            assert_eq!(advice(site, written, attribute), want, "{site} {written:?} {attribute}");
        }
    }
}
