//! Whether https answers send the visitor back to plain HTTP.

use super::location::{Owner, location, owner, resolve};
use crate::finding::Verdict;
use crate::judge::answered::{shut_out, subject};
use crate::judge::{Word, fail, given, pass, unknown};
use crate::observation::{Ask, Exchange, Hop, Http, Place, Seen, Stopped};
use crate::spec::Spec;

/// No Location, canonical link or form action is `http://` on the site.
pub(super) fn stays(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let asked = seen.asked::<Http>().filter(|o| matches!(o.question.ask, Ask::Visit | Ask::Absent | Ask::Toggled));
    asked.map(|o| given(o, subject(&o.question), |exchange| word(spec, exchange))).collect()
}

fn word(spec: &Spec, exchange: &Exchange) -> Word {
    let secured = exchange.hops.iter().filter(|hop| hop.request.origin.starts_with("https://"));
    if let Some(back) = secured.flat_map(|hop| plain_links(spec, hop)).next() {
        return fail(back);
    }
    let last = &exchange.last().response;
    match (&exchange.stopped, shut_out(last)) {
        (Some(Stopped::Error(error)), _) => unknown(error.to_string()),
        (_, Some(why)) => unknown(why),
        _ if (502..=504).contains(&last.status) => {
            unknown(format!("{} is no answer of the application", last.status))
        }
        _ if last.content.coded.is_some() => unknown("is in a coding that nobody asked for: its links are unread"),
        _ => pass("nothing leads back to http"),
    }
}

fn plain_links(spec: &Spec, hop: &Hop) -> Vec<String> {
    let links = hop.response.content.links.iter().filter_map(|link| match link.place {
        Place::Canonical => Some(("the canonical link", resolve(hop, &link.url)?)),
        Place::FormAction => Some(("a form action", resolve(hop, &link.url)?)),
        _ => None,
    });
    let all = location(hop).map(|to| ("Location", to)).into_iter().chain(links);
    let plain = all.filter(|(_, to)| to.scheme() == "http" && owner(spec, to) != Owner::Other);
    plain.map(|(what, to)| format!("{what} is {to}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Status;
    use crate::judge::answered::tests::{exchange, response};
    use crate::observation::Link;

    #[test]
    fn nothing_leads_back_to_plain_http() {
        let spec = Spec::of("app.example.com".parse().unwrap());
        let link = |place, url: &str| {
            let mut page = response(200, &[], "x");
            page.content.links = vec![Link { place, url: url.into() }];
            page
        };
        let to = |location| response(307, &[("Location", location)], "");
        let mut coded = response(200, &[("Content-Encoding", "gzip")], "x");
        coded.content.coded = Some("gzip".into());
        for (answer, want) in [
            (response(200, &[], "x"), Status::Pass),
            (coded, Status::Unknown),
            (to("https://app.example.com/a/"), Status::Pass),
            (to("/a/"), Status::Pass),
            (to("http://app.example.com/a/"), Status::Fail),
            (to("http://app.example.com:8000/a/"), Status::Fail),
            (to("http://www.app.example.com/"), Status::Fail),
            (to("http://partner.example/"), Status::Pass),
            (link(Place::Canonical, "http://app.example.com/"), Status::Fail),
            (link(Place::Canonical, "https://app.example.com/"), Status::Pass),
            (link(Place::FormAction, "http://app.example.com/login"), Status::Fail),
            (link(Place::FormAction, "/login"), Status::Pass),
            (link(Place::FormAction, "//app.example.com/login"), Status::Pass),
            (link(Place::Href, "http://app.example.com/"), Status::Pass),
            (response(502, &[], "x"), Status::Unknown),
            (response(429, &[], "x"), Status::Unknown),
        ] {
            let what = format!("{answer:?}");
            assert_eq!(word(&spec, &exchange(vec![answer])).0, want, "{what}");
        }
    }
}
