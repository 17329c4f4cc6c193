//! HTTPS as the only way in: what plain HTTP leads to, and what https answers say of it.

mod alias;
mod chain;
mod covers;
pub(super) mod door;
mod hsts;
pub(super) mod location;
mod plain_cookie;
mod protocols;
mod same;
mod stays;
mod upgrade;

use super::{Check, check};

pub(super) const CHECKS: &[Check] = &[
    check!("https/http-redirects-to-https", upgrade::redirects),
    check!("https/redirect-keeps-address", chain::keeps_address),
    check!("https/https-stays-https", stays::stays),
    check!("https/redirect-is-permanent", upgrade::permanent),
    check!("https/no-cookie-over-http", plain_cookie::none),
    check!("https/hsts-holds", hsts::holds),
    check!("https/hsts-covers-subdomains", covers::subdomains),
    check!("https/hsts-covers-aliases", covers::aliases),
    check!("https/https-same-everywhere", same::everywhere),
    check!("https/alias-secured", alias::secured),
    check!("https/http2-offered", protocols::http2_offered),
    check!("https/http3-works", protocols::http3_works),
    check!("https/protocols-agree", protocols::agree),
];

#[cfg(test)]
mod tests {
    use crate::judge::answered::tests::exchange;
    use crate::judge::headers::tests::question;
    use crate::observation::{Ask, Exchange, Http, Method, Response};
    use crate::target::{Endpoint, Scheme};

    /// The same place over plain HTTP.
    pub fn upgrade(method: Method, path: &str) -> Http {
        let https = question(Ask::Upgrade, path);
        Http { at: Endpoint { scheme: Scheme::Http, port: 80, ..https.at }, method, ..https }
    }

    pub fn plain_exchange(target: &str, response: Response) -> Exchange {
        let mut exchange = exchange(vec![response]);
        exchange.hops[0].request.origin = "http://app.example.com".into();
        exchange.hops[0].request.target = target.into();
        exchange
    }
}
