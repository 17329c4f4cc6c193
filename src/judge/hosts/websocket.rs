//! May another site's page open a WebSocket in the name of whoever is signed in?

use crate::finding::{Status, Subject, Verdict};
use crate::judge::smoke::steps;
use crate::judge::{Word, fail, pass, unknown};
use crate::observation::{
    Asker, ErrorKind, Observation, ProbeError, SameSite, Seen, SetCookie, Smoke, Upgraded, Walked,
};
use crate::spec::Spec;

/// RFC 6455 §10.2: a server that is not for everybody verifies the Origin field. CORS says nothing of upgrades.
pub(super) fn origin_checked(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let nothing = |why| vec![Verdict::new(Subject::Site, Status::Skip, why).unseen()];
    let Some(login) = spec.smoke.iter().position(|step| step.login) else {
        return nothing(match spec.exposure.websockets.is_empty() {
            true => "no WebSocket path is listed",
            false => "no login step: WebSockets",
        });
    };
    if spec.exposure.websockets.is_empty() {
        return nothing("no WebSocket path is listed");
    }
    let all = seen.asked::<Smoke>().flat_map(|o| {
        spec.exposure.websockets.iter().map(move |path| {
            let url = o.question.at.url(path);
            let subject = Subject::Url { method: "GET".into(), url, at: o.question.at.ip };
            let (status, message) = word(spec, seen, o, login, path);
            Verdict::new(subject, status, message).resting_on([o.id()])
        })
    });
    all.collect()
}

fn word(spec: &Spec, seen: &Seen, o: &Observation<Smoke>, login: usize, path: &str) -> Word {
    let walked = match &o.outcome {
        Ok(walked) => walked,
        Err(error) => return unknown(error.to_string()),
    };
    let (status, why) = steps::at(spec, seen, o, login);
    if status != Status::Pass {
        return unknown(format!("the owner's own login does not work: {why}"));
    }
    let asked = |asker| walked.upgrades.iter().find(|u| u.path == path && u.asker == asker);
    let (Some(own), Some(foreign), Some(anybody)) =
        (asked(Asker::Own), asked(Asker::Foreign), asked(Asker::ForeignAnonymous))
    else {
        return unknown("not in this recording");
    };
    match (got(own), got(foreign), got(anybody)) {
        (_, Got::Opened, Got::Opened) => pass("opens for anybody, signed in or not"),
        (_, Got::Opened, Got::Refused(_)) => match unsent(walked, foreign) {
            Some(why) => pass(format!("opens for a foreign origin with the login's cookies, and {why}")),
            None => fail("opens for a foreign origin with the login's cookies, and not without them"),
        },
        (_, Got::Unknown(why), _) | (_, Got::Opened, Got::Unknown(why)) | (Got::Unknown(why), ..) => unknown(why),
        (Got::Opened, Got::Refused(how), _) => pass(format!("a foreign origin with the login's cookies {how}")),
        // Whoever signs in by a token alone has no cookie that another site's page could use.
        (Got::Refused(how), Got::Refused(_), _) if is_wall(own) => {
            pass(format!("the login's cookies open it for nobody: the own origin {how}"))
        }
        (Got::Refused(how), Got::Refused(_), _) => {
            unknown(format!("the own origin {how}: no WebSocket is seen there"))
        }
    }
}

enum Got {
    Opened,
    Refused(String),
    Unknown(String),
}

fn got(upgraded: &Upgraded) -> Got {
    match &upgraded.outcome {
        Ok(101) => Got::Opened,
        Ok(status @ 500..) => {
            Got::Unknown(format!("an upgrade is answered {status}: that refuses nothing for good"))
        }
        Ok(status) => Got::Refused(format!("gets {status}")),
        Err(ProbeError { kind: ErrorKind::Closed | ErrorKind::Reset, .. }) => Got::Refused("is hung up on".into()),
        Err(error) => Got::Unknown(error.to_string()),
    }
}

fn is_wall(own: &Upgraded) -> bool {
    matches!(own.outcome, Ok(401 | 403))
}

/// Why no browser sends the cookies with a request of another site's page.
fn unsent(walked: &Walked, foreign: &Upgraded) -> Option<String> {
    let set: Vec<SetCookie> = walked
        .steps
        .iter()
        .filter_map(|walk| walk.outcome.as_ref().ok())
        .flat_map(|exchange| exchange.hops.iter().flat_map(|hop| hop.response.values("set-cookie")))
        .filter_map(SetCookie::parse)
        .collect();
    let held = |name: &String| {
        let last = set.iter().rfind(|cookie| cookie.name == *name)?;
        matches!(last.same_site, Some(SameSite::Lax | SameSite::Strict)).then_some(())
    };
    let all = foreign.cookies.iter().map(held).collect::<Option<Vec<()>>>()?;
    (!all.is_empty()).then(|| "browsers send them to no other site's page (SameSite)".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::answered::tests::{exchange, response};
    use crate::judge::smoke::steps::tests::{login, seen_walked, spec, walk};
    use crate::judge::tests::timeout;

    fn verdict(cookie: &str, outcomes: [Result<u16, ProbeError>; 3]) -> (Status, String) {
        let mut spec = spec(vec![login()]);
        spec.exposure.websockets = vec!["/ws".into()];
        let signed = walk(Ok(exchange(vec![response(200, &[("Set-Cookie", cookie)], "x")])));
        let askers = [Asker::Own, Asker::Foreign, Asker::ForeignAnonymous];
        let upgrades = askers.into_iter().zip(outcomes).map(|(asker, outcome)| Upgraded {
            path: "/ws".into(),
            asker,
            cookies: if asker == Asker::ForeignAnonymous { vec![] } else { vec!["sid".into()] },
            outcome,
        });
        let walked = Walked { steps: vec![signed], upgrades: upgrades.collect(), ..Walked::default() };
        let first = origin_checked(&spec, &seen_walked(&spec, Ok(walked))).remove(0);
        (first.status, first.message)
    }

    #[test]
    fn an_upgrade_with_cookies_of_others_is_refused() {
        use Status::{Fail, Pass, Unknown};
        let closed = || Err(ProbeError::new(crate::observation::Stage::Exchange, ErrorKind::Closed, "closed"));
        let none = "sid=1; SameSite=None; Secure";
        for (cookie, outcomes, want) in [
            (none, [Ok(101), Ok(403), Ok(403)], Pass),
            (none, [Ok(101), closed(), closed()], Pass),
            (none, [Ok(101), Ok(101), Ok(403)], Fail),
            ("sid=1", [Ok(101), Ok(101), Ok(401)], Fail),
            (none, [Ok(101), Ok(101), closed()], Fail),
            ("sid=1; SameSite=Lax", [Ok(101), Ok(101), Ok(403)], Pass),
            ("sid=1; SameSite=Strict", [Ok(101), Ok(101), Ok(403)], Pass),
            ("other=1; SameSite=Lax", [Ok(101), Ok(101), Ok(403)], Fail),
            (none, [Ok(101), Ok(101), Ok(101)], Pass),
            (none, [Ok(403), Ok(403), Ok(403)], Pass),
            (none, [Ok(404), Ok(404), Ok(404)], Unknown),
            (none, [Ok(200), Ok(200), Ok(200)], Unknown),
            (none, [Ok(101), Ok(502), Ok(403)], Unknown),
            (none, [Ok(101), Ok(101), Ok(502)], Unknown),
            (none, [Ok(101), Err(timeout()), Ok(403)], Unknown),
            (none, [Err(timeout()), Ok(403), Ok(403)], Unknown),
        ] {
            let text = format!("{cookie} {outcomes:?}");
            let (status, message) = verdict(cookie, outcomes);
            assert_eq!(status, want, "{text}: {message}");
        }
    }

    #[test]
    fn without_a_path_or_a_login_nothing_is_seen() {
        let mut bare = spec(vec![login()]);
        let skipped = |spec: &Spec| origin_checked(spec, &seen_walked(spec, Ok(Walked::default()))).remove(0);
        assert_eq!((skipped(&bare).status, skipped(&bare).unseen), (Status::Skip, true));
        bare.exposure.websockets = vec!["/ws".into()];
        assert_eq!(skipped(&bare).status, Status::Unknown);
        bare.smoke[0].login = false;
        assert_eq!((skipped(&bare).status, skipped(&bare).unseen), (Status::Skip, true));
    }
}
