//! Whether a content delivery network answers at an address: what stands there is then not the host.

use std::net::IpAddr;

use super::{Ask, Certificate, Exchange, Handshake, Observation, Observations, Response, Sni};

/// A field that only the network adds, how its value begins where others have the field too, and the network.
const FIELDS: [(&str, &str, &str); 5] = [
    ("cf-ray", "", "Cloudflare"),
    ("x-amz-cf-id", "", "CloudFront"),
    ("x-vercel-id", "", "Vercel"),
    ("x-azure-ref", "", "Azure Front Door"),
    ("x-served-by", "cache-", "Fastly"),
];

/// Names that the network shows a certificate for where nobody is named.
const OWN_NAMES: [(&str, &str); 8] = [
    ("cloudflaressl.com", "Cloudflare"),
    ("cloudflare.com", "Cloudflare"),
    ("cloudfront.net", "CloudFront"),
    ("vercel-infra.com", "Vercel"),
    ("vercel.com", "Vercel"),
    ("azureedge.net", "Azure Front Door"),
    ("azurefd.net", "Azure Front Door"),
    ("fastly.net", "Fastly"),
];

impl Response {
    /// The network that gave this answer.
    pub fn cdn(&self) -> Option<&'static str> {
        let is_its = |(field, begins, _): &&(&str, &str, &str)| {
            self.values(field).iter().any(|value| value.trim_start().starts_with(begins))
        };
        FIELDS.iter().find(is_its).map(|(.., network)| *network)
    }
}

impl Handshake {
    /// The network whose own certificate this is.
    pub fn cdn(&self) -> Option<&'static str> {
        let leaf = self.chain_der().ok()?;
        let names = Certificate::read(leaf.first()?).ok()?.dns_names;
        let is_its = |(own, _): &&(&str, &str)| {
            names.iter().map(|name| name.to_ascii_lowercase()).any(|name| {
                name.strip_suffix(own).is_some_and(|before| before.is_empty() || before.ends_with('.'))
            })
        };
        OWN_NAMES.iter().find(is_its).map(|(_, network)| *network)
    }
}

impl Observations {
    /// The network that answers at an address, and the observation that shows it: a visit, or a bare connection.
    pub fn cdn_at(&self, ip: IpAddr) -> Option<(&'static str, String)> {
        let visits = self.http.iter().filter(|o| o.question.at.ip == ip && o.question.ask == Ask::Visit);
        let mut by_visit = visits.filter_map(|o| Some((answered(o)?.first().cdn()?, o.id())));
        let bare = self.sessions.iter().filter(|o| o.question.at.ip == ip && o.question.sni == Sni::Absent);
        let mut by_name = bare.filter_map(|o| Some((o.outcome.as_ref().ok()?.cdn()?, o.id())));
        by_visit.next().or_else(|| by_name.next())
    }
}

fn answered(o: &Observation<super::Http>) -> Option<&Exchange> {
    o.outcome.as_ref().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Content;
    use base64::Engine as _;

    #[test]
    fn a_network_is_known_by_its_fields() {
        for (name, value, want) in [
            ("CF-RAY", "‹redacted:0011aabb›", Some("Cloudflare")),
            ("x-amz-cf-id", "‹redacted:0011aabb›", Some("CloudFront")),
            ("X-Vercel-Id", "‹redacted:0011aabb›", Some("Vercel")),
            ("x-azure-ref", "‹redacted:0011aabb›", Some("Azure Front Door")),
            ("X-Served-By", "cache-‹redacted:0011aabb›, cache-‹redacted:0011aacc›", Some("Fastly")),
            ("X-Served-By", "‹redacted:0011aabb›", None),
            ("Server", "cloudflare", None),
            ("Via", "1.1 varnish", None),
        ] {
            let fields = vec![(name.into(), value.into())];
            let response =
                Response { status: 200, fields, cookies: vec![], tokens: None, content: Content::default() };
            assert_eq!(response.cdn(), want, "{name}: {value}");
        }
    }

    #[test]
    fn a_network_is_known_by_its_own_certificate() {
        for (name, want) in [
            ("*.cloudfront.net", Some("CloudFront")),
            ("default.ssl.fastly.net", Some("Fastly")),
            ("Vercel.com", Some("Vercel")),
            ("app.example.com", None),
            ("notfastly.net", None),
            ("fastly.net.example.com", None),
        ] {
            let made = rcgen::generate_simple_self_signed(vec![name.into()]).unwrap();
            let chain = vec![base64::engine::general_purpose::STANDARD.encode(made.cert.der())];
            let (version, suite) = ("TLS 1.3".into(), String::new());
            let handshake = Handshake {
                chain,
                chain_cut: false,
                version,
                suite,
                group: None,
                alpn: None,
                key_proven: true,
                staple: None,
                local_issuer: None,
            };
            assert_eq!(handshake.cdn(), want, "{name}");
        }
    }
}
