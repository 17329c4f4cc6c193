//! Cookies that travel where everybody on the way can read and change them.

use super::door::{Door, door};
use super::upgrade::{asked, verdict};
use crate::finding::Verdict;
use crate::judge::answered::{is_edge_cookie, shut_out};
use crate::judge::cookies::is_preference;
use crate::judge::{Word, fail, pass, skip, unknown};
use crate::observation::{Exchange, Seen, SetCookie, Timestamp};
use crate::spec::Spec;

pub(super) fn none(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let word = |o| match door(spec, seen, o) {
        Door::Answered(exchange) => cookies(spec, seen.started_at(), exchange),
        Door::Shut(why) => skip(why),
        Door::Unclear(word) => word,
    };
    asked(seen).map(|o| verdict(o, word(o))).collect()
}

fn cookies(spec: &Spec, now: Timestamp, exchange: &Exchange) -> Word {
    let plain = exchange.hops.iter().filter(|hop| hop.request.origin.starts_with("http://"));
    let fields = plain.flat_map(|hop| hop.response.values("set-cookie"));
    let counts = |cookie: &SetCookie| {
        !cookie.is_deletion(now) && !is_edge_cookie(&cookie.name) && !is_preference(spec, &cookie.name)
    };
    let mut names: Vec<String> =
        fields.filter_map(SetCookie::parse).filter(counts).map(|c| c.label().into()).collect();
    names.dedup();
    match (names.len(), shut_out(exchange.first())) {
        (0, Some(why)) => unknown(why),
        (0, None) if (502..=504).contains(&exchange.first().status) => {
            unknown(format!("{} is no answer of the application", exchange.first().status))
        }
        (0, None) => pass("no cookie is set over plain http"),
        _ => fail(format!("sets {} over plain http", names.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::answered::tests::response;
    use crate::judge::https::tests::plain_exchange;

    #[test]
    fn only_what_tells_nothing_may_be_set() {
        let spec = Spec::of("app.example.com".parse().unwrap());
        for (fields, want) in [
            (&[][..], pass("no cookie is set over plain http")),
            (&["sid=1; Secure"], fail("sets sid over plain http")),
            (&["cart=1", "sid=1"], fail("sets cart, sid over plain http")),
            (&["odd"], fail("sets (no name) over plain http")),
            (&["sid=; Max-Age=0", "__cf_bm=x", "NEXT_LOCALE=en"], pass("no cookie is set over plain http")),
        ] {
            let fields: Vec<(&str, &str)> = fields.iter().map(|field| ("Set-Cookie", *field)).collect();
            let answer = plain_exchange("/", response(301, &fields, ""));
            assert_eq!(cookies(&spec, Timestamp(0), &answer), want);
        }
        for status in [429, 502, 504] {
            let no_word = plain_exchange("/", response(status, &[], ""));
            assert_eq!(cookies(&spec, Timestamp(0), &no_word).0, crate::finding::Status::Unknown, "{status}");
        }
    }
}
