//! The way from plain HTTP to the first https answer.

use url::Url;

use super::door::{Door, door};
use super::location::{location, url};
use super::upgrade::{asked, verdict};
use crate::finding::Verdict;
use crate::judge::answered::shut_out;
use crate::judge::{Word, fail, pass, skip, unknown};
use crate::observation::{Exchange, Method, Seen, Stopped};
use crate::spec::Spec;

/// Path and query arrive unchanged, and no hop after the first request is plain.
pub(super) fn keeps_address(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let word = |o| match door(spec, seen, o) {
        Door::Answered(exchange) => chain(exchange),
        Door::Shut(why) => skip(why),
        Door::Unclear(word) => word,
    };
    // Only GET is followed.
    let followed = asked(seen).filter(|o| o.question.method == Method::Get);
    followed.map(|o| verdict(o, word(o))).collect()
}

/// The first Location decides: what leads to plain http again is a plain hop, be it a loop or not.
fn chain(exchange: &Exchange) -> Word {
    let first = &exchange.hops[0];
    let status = first.response.status;
    match (url(first), location(first), shut_out(&first.response)) {
        (Some(sent), Some(to), _) if to.scheme() == "https" => arrival(&sent, &to, exchange),
        (_, Some(to), _) => fail(format!("{status} leads to {}, not to https", to.origin().ascii_serialization())),
        (_, None, Some(why)) => unknown(why),
        (_, None, None) => skip(format!("{status} is no redirect")),
    }
}

fn arrival(sent: &Url, to: &Url, exchange: &Exchange) -> Word {
    match &exchange.stopped {
        _ if !is_kept(sent.path(), to.path()) => fail(format!("{} becomes {}", sent.path(), to.path())),
        _ if !is_kept(sent.query().unwrap_or(""), to.query().unwrap_or("")) => {
            fail("the query is lost or changed")
        }
        Some(Stopped::Error(error)) => unknown(error.to_string()),
        _ => pass("path and query arrive unchanged"),
    }
}

/// A part that was redacted in the answer is there, and that is all that is known of it.
fn is_kept(sent: &str, got: &str) -> bool {
    const MARK: &str = "%E2%80%B9redacted:";
    let parts = |text: &str| text.split(['/', '&', '=']).map(String::from).collect::<Vec<String>>();
    let (sent, got) = (parts(sent), parts(got));
    sent.len() == got.len() && sent.iter().zip(&got).all(|(sent, got)| sent == got || got.starts_with(MARK))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Status;
    use crate::judge::answered::tests::response;
    use crate::judge::https::tests::plain_exchange;
    use crate::observation::{ErrorKind, ProbeError, Stage};

    #[test]
    fn path_and_query_arrive() {
        for (target, to, want) in [
            ("/a?golive=07", "https://app.example.com/a?golive=07", Status::Pass),
            ("/a?golive=07", "https://www.example.com/a?golive=07", Status::Pass),
            ("/a?golive=07", "https://app.example.com/", Status::Fail),
            ("/a?golive=07", "https://app.example.com/a", Status::Fail),
            ("/a?golive=07", "https://app.example.com/a/?golive=07", Status::Fail),
            ("/a?golive=07", "https://app.example.com/a?golive=07&utm=1", Status::Fail),
            ("/a?q=x&golive=07", "https://app.example.com/a?q=‹redacted:0011aabb›&golive=07", Status::Pass),
            ("/a?q=x&golive=07", "https://app.example.com/a?golive=07", Status::Fail),
            ("/a?golive=07", "http://www.example.com/a?golive=07", Status::Fail),
            ("/a?golive=07", "/login", Status::Fail),
        ] {
            let (status, message) = chain(&plain_exchange(target, response(301, &[("Location", to)], "")));
            assert_eq!(status, want, "{target} {to}: {message}");
        }
        assert_eq!(chain(&plain_exchange("/", response(404, &[], "x"))).0, Status::Skip);
        assert_eq!(chain(&plain_exchange("/", response(429, &[], "x"))).0, Status::Unknown);
        let mut broken = plain_exchange("/", response(301, &[("Location", "https://app.example.com/")], ""));
        let silent = ProbeError::new(Stage::Connect, ErrorKind::Timeout, "no connection in 3 s");
        broken.stopped = Some(Stopped::Error(silent));
        assert_eq!(chain(&broken), unknown("no connection in 3 s"));
    }
}
