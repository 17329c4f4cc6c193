//! Is a request for no one host refused (RFC 9112 §3.2)?

use super::answer::{Got, followed, got};
use super::{by_page, named, rejected, told, words};
use crate::finding::Verdict;
use crate::judge::answered::{baseline, shut_out};
use crate::judge::{Word, fail, pass, unknown};
use crate::observation::{Forgery, Http, Observation, Seen};
use crate::spec::Spec;

pub(super) fn ambiguous_host_rejected(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    by_page(spec, seen, |forgery, _| Forgery::AMBIGUOUS.contains(&forgery), refused)
}

fn refused(spec: &Spec, seen: &Seen, o: &Observation<Http>, forgery: Forgery) -> Word {
    let exchange = match &o.outcome {
        Err(error) => return rejected(spec, seen, o, error),
        Ok(exchange) => exchange,
    };
    let answer = exchange.first();
    if let Some(why) = shut_out(answer) {
        return unknown(why);
    }
    let Some(Ok(base)) = baseline(spec, seen, &o.question).map(|base| base.outcome.as_ref()) else {
        return unknown("the true Host has no answer to compare with");
    };
    let (name, status) = (named(forgery), answer.status);
    let foreign = Forgery::Foreign.host(&o.question.at, seen.observations().nonce);
    let got = got(spec, seen, o, &exchange.hops[0], base, &foreign);
    match (got, forgery) {
        (Got::Application | Got::Undecided, Forgery::OwnTarget | Forgery::PortUser)
            if followed(answer).is_some() =>
        {
            fail(format!("{name} comes back in {}", followed(answer).map_or("", words)))
        }
        // RFC 9112 §3.2.2: the authority of the target decides, whatever Host says.
        (Got::Application | Got::Undecided, Forgery::OwnTarget) => {
            pass(format!("{name} is served by the target: {status}"))
        }
        // nginx ends the name at its colon, and `$host` names the site.
        (Got::Application | Got::Undecided, Forgery::PortUser) => {
            pass(format!("{name} gets the application: {status}, and does not come back"))
        }
        // Our own name stands in the request as well: a cache may keep the redirect for it.
        (Got::Upgrade, Forgery::OwnFirst | Forgery::OwnLast | Forgery::OwnTarget) => {
            fail(format!("{name} is led to the other name: {status}"))
        }
        (got, _) => told(spec, seen, o, got, name, status),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{FOREIGN, coded, echoing, error, led, ok, page, said};
    use super::*;
    use crate::finding::Status::{self, Fail, Pass, Unknown};
    use crate::judge::answered::tests::response;
    use crate::judge::tests::spec;
    use crate::observation::{ErrorKind, Place, Response, Stage};
    use crate::target::Scheme::{self, Http, Https};

    fn back(place: Place) -> Response {
        let mut answer = page();
        answer.content.echoes = echoing(place).content.echoes;
        answer
    }

    #[test]
    fn only_one_host_is_served() {
        use Forgery::{Empty, ForeignTarget, Missing, OwnFirst, OwnLast, OwnTarget, PortUser, Space, UserBefore};
        let refusal = || ok(response(400, &[], "400 Bad Request"));
        let upgrade = || ok(led(308, &format!("https://{FOREIGN}/")));
        let served = |forgery| format!("{} gets the application: 200", named(forgery));
        let mut rows: Vec<(Scheme, Forgery, _, Status, String)> = vec![];
        for forgery in Forgery::AMBIGUOUS {
            let is_lenient = [OwnTarget, PortUser].contains(&forgery);
            for scheme in [Http, Https] {
                rows.push((scheme, forgery, refusal(), Pass, format!("{} gets 400", named(forgery))));
                let site = ok(led(308, "https://app.example.com/"));
                rows.push((scheme, forgery, site, Pass, format!("{} is led to the site: 308", named(forgery))));
                if !is_lenient {
                    rows.push((scheme, forgery, ok(page()), Fail, served(forgery)));
                }
            }
            let closed = error(Stage::Exchange, ErrorKind::Closed);
            rows.push((Https, forgery, closed, Pass, "the connection is closed".into()));
            let silent = error(Stage::Exchange, ErrorKind::Timeout);
            rows.push((Https, forgery, silent, Unknown, "no answer".into()));
            let broken = format!("{} gets 502: that refuses nothing for good", named(forgery));
            rows.push((Https, forgery, ok(response(502, &[], "x")), Unknown, broken));
            let coding = format!("{} gets 200 in a coding that nobody asked for", named(forgery));
            rows.push((Https, forgery, ok(coded()), Unknown, coding));
            let limited = "429: the site limits how often we may ask".to_string();
            rows.push((Https, forgery, ok(response(429, &[], "x")), Unknown, limited));
            let other = ok(response(404, &[], "404 page not found"));
            rows.push((Https, forgery, other, Pass, format!("{} gets 404", named(forgery))));
            let elsewhere = ok(echoing(Place::Href));
            rows.push((Https, forgery, elsewhere, Fail, format!("{} comes back in a link", named(forgery))));
        }
        let target = "the site in the target and another Host";
        let port = "another name behind the port";
        rows.extend([
            (Https, OwnTarget, ok(page()), Pass, format!("{target} is served by the target: 200")),
            (Https, OwnTarget, ok(back(Place::Text)), Pass, format!("{target} is served by the target: 200")),
            (
                Https,
                OwnTarget,
                ok(back(Place::Canonical)),
                Fail,
                format!("{target} comes back in the canonical link"),
            ),
            (
                Https,
                PortUser,
                ok(page()),
                Pass,
                format!("{port} gets the application: 200, and does not come back"),
            ),
            (Https, PortUser, ok(back(Place::Href)), Fail, format!("{port} comes back in a link")),
            // Who names nothing but the other one is led to it, as an unknown Host is.
            (
                Http,
                ForeignTarget,
                upgrade(),
                Pass,
                "another site in the target is led to https of that name: 308".into(),
            ),
            (Http, OwnTarget, upgrade(), Fail, format!("{target} is led to the other name: 308")),
            (Http, OwnFirst, upgrade(), Fail, "two Hosts, the site's first, is led to the other name: 308".into()),
            (Http, OwnLast, upgrade(), Fail, "two Hosts, the site's last, is led to the other name: 308".into()),
            (Http, Empty, ok(led(308, "https:///")), Pass, "an empty Host is led elsewhere: 308".into()),
            (Http, Missing, error(Stage::Connect, ErrorKind::Refused), Pass, "port 80 refuses connections".into()),
            (
                Https,
                Space,
                ok(response(421, &[], "x")),
                Pass,
                "two names with a space between them gets 421".into(),
            ),
            (
                Https,
                UserBefore,
                ok(response(200, &[], "")),
                Pass,
                "another name before an @ gets an empty 200".into(),
            ),
        ]);
        for (scheme, forgery, outcome, status, message) in rows {
            let plain = [ok(page()), ok(page())];
            let got = said(ambiguous_host_rejected, &spec(), plain, scheme, forgery, outcome.clone());
            assert_eq!(got, (status, message), "{scheme} {forgery} {outcome:?}");
        }
    }
}
