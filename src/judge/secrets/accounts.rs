//! Are the accounts of seeds and tutorials refused?

use std::collections::BTreeSet;

use crate::finding::{Status, Subject, Verdict};
use crate::judge::answered::{is_edge_cookie, shut_out};
use crate::judge::smoke::steps;
use crate::judge::{Word, fail, pass, unknown};
use crate::observation::{Exchange, Observation, Seen, SetCookie, SignedIn, Smoke, Timestamp, Walked};
use crate::spec::Spec;

pub(super) fn refused(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    if spec.secrets.accounts.is_empty() {
        return vec![Verdict::new(Subject::Site, Status::Skip, "no seed account is listed").unseen()];
    }
    let all = seen.asked::<Smoke>().flat_map(|o| {
        let accounts = spec.secrets.accounts.iter().enumerate();
        accounts.filter_map(move |(index, account)| {
            let (status, message) = word(spec, seen, o, index)?;
            let name = format!("sign in as {}", account.user);
            let subject = Subject::Step { name, at: o.question.at.ip };
            Some(Verdict::new(subject, status, message).resting_on([o.id()]))
        })
    });
    all.collect()
}

/// `None` at an address where no account was tried, since each is tried at two.
fn word(spec: &Spec, seen: &Seen, o: &Observation<Smoke>, index: usize) -> Option<Word> {
    let walked = match &o.outcome {
        Ok(walked) => walked,
        Err(error) => return Some(unknown(error.to_string())),
    };
    let Some(login) = spec.smoke.iter().position(|step| step.login) else {
        return Some(unknown("there is no login step"));
    };
    let (status, why) = steps::at(spec, seen, o, login);
    if status != Status::Pass {
        return Some(unknown(format!("the owner's own login does not work: {why}")));
    }
    let own = walked.steps.get(login).and_then(|walk| walk.outcome.as_ref().ok());
    let elsewhere = seen.asked::<Smoke>().filter_map(|o| o.outcome.as_ref().ok());
    match (own, walked.accounts.get(index)) {
        (Some(own), Some(tried)) if tried.user == spec.secrets.accounts[index].user => {
            Some(tried_word(walked, own, &walked.steps[login].captured, tried))
        }
        (_, None) if walked.accounts.is_empty() && elsewhere.map(|w| w.accounts.len()).any(|count| count > 0) => {
            None
        }
        _ => Some(unknown("not in this recording")),
    }
}

fn tried_word(walked: &Walked, own: &Exchange, captured: &[String], tried: &SignedIn) -> Word {
    let exchange = match &tried.outcome {
        Ok(exchange) => exchange,
        Err(error) => return unknown(error.to_string()),
    };
    let status = exchange.last().response.status;
    if let Some(why) = shut_out(&exchange.last().response) {
        return unknown(why);
    }
    if status >= 500 {
        return unknown(format!("is answered {status}: that refuses nothing"));
    }
    let own = Form::of(own, captured);
    let this = Form::of(exchange, &tried.captured);
    let stranger = walked.stranger.as_ref().and_then(|stranger| {
        let exchange = stranger.outcome.as_ref().ok().filter(|x| shut_out(&x.last().response).is_none())?;
        Some(Form::of(exchange, &stranger.captured))
    });
    let is_refused = stranger.as_ref().is_some_and(|stranger| stranger.is(&this) && !stranger.is(&own));
    // A session that a stranger is given too is none of the account's.
    let given: BTreeSet<&String> = stranger.iter().flat_map(|stranger| &stranger.cookies).collect();
    let is_given = this.cookies.iter().any(|name| !given.contains(name)) || !this.captured.is_empty();
    match status {
        _ if is_refused && !is_given => pass(format!("is refused with {status}, as a user who does not exist")),
        401 | 403 if !is_given => pass(format!("is refused with {status}")),
        ..=399 if is_given && (!this.captured.is_empty() || this.is_like(&own)) => {
            fail(format!("signs in: is answered {status}, as the owner's own account"))
        }
        ..=399 if is_given => fail(format!("is answered {status} and given {}", this.given(&given))),
        _ => unknown(format!("is answered {status}, and nobody can tell whether that refuses it")),
    }
}

/// What tells one answer to a login from another.
struct Form<'a> {
    exchange: &'a Exchange,
    statuses: Vec<u16>,
    /// Where the first answer leads, without its query.
    place: Option<&'a str>,
    cookies: BTreeSet<String>,
    captured: &'a [String],
}

impl<'a> Form<'a> {
    fn of(exchange: &'a Exchange, captured: &'a [String]) -> Self {
        let set = exchange.hops.iter().flat_map(|hop| hop.response.values("set-cookie"));
        let set = set.filter_map(SetCookie::parse);
        // Nothing lives less long than no time, whatever the clock says.
        let kept = set.filter(|cookie| !cookie.is_deletion(Timestamp(0)) && !is_edge_cookie(&cookie.name));
        Self {
            exchange,
            statuses: exchange.hops.iter().map(|hop| hop.response.status).collect(),
            place: exchange.first().value("location").and_then(|to| to.split(['?', '#']).next()),
            cookies: kept.map(|cookie| cookie.name).collect(),
            captured,
        }
    }

    /// The same answer, in form and in words.
    fn is(&self, other: &Self) -> bool {
        self.is_like(other)
            && self.place == other.place
            && self.exchange.stopped == other.exchange.stopped
            && self.exchange.last().response.content.is_like(&other.exchange.last().response.content)
    }

    fn is_like(&self, other: &Self) -> bool {
        self.statuses == other.statuses && self.cookies == other.cookies && self.captured == other.captured
    }

    fn given(&self, others: &BTreeSet<&String>) -> String {
        let new: Vec<&str> =
            self.cookies.iter().filter(|name| !others.contains(name)).map(String::as_str).collect();
        format!("the cookie {}", new.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::answered::tests::{exchange, response};
    use crate::judge::smoke::steps::tests::{login, seen_walked, spec, walk};
    use crate::judge::tests::timeout;
    use crate::spec::{Account, Template};

    fn tried(answer: crate::observation::Response, captured: &[&str]) -> SignedIn {
        let captured = captured.iter().map(ToString::to_string).collect();
        SignedIn { user: "admin".into(), outcome: Ok(exchange(vec![answer])), captured }
    }

    #[test]
    fn a_seed_account_is_refused_signs_in_or_nobody_can_tell() {
        use Status::{Fail, Pass, Unknown};
        let mut spec = spec(vec![login()]);
        spec.secrets.accounts = vec![Account { user: "admin".into(), password: Template("${P}".into()) }];
        let json = [("Content-Type", "application/json")];
        let cookie = [("Set-Cookie", "session=1; Path=/")];
        let no = || response(401, &json, "{\"detail\":\"wrong user or password\"}");
        let page = || response(200, &cookie, "<html>wrong user or password, try again please</html>");
        let home = || response(200, &cookie, "<html>welcome back to your parcels, here they are</html>");
        let stranger = |answer| Some(SignedIn { user: String::new(), ..tried(answer, &[]) });
        for (name, own, account, stranger, want) in [
            ("401", (home(), &[][..]), tried(no(), &[]), stranger(no()), Pass),
            ("401 without a control", (home(), &[]), tried(no(), &[]), None, Pass),
            ("a page again", (home(), &[]), tried(page(), &[]), stranger(page()), Pass),
            ("in", (home(), &[]), tried(home(), &[]), stranger(no()), Fail),
            ("a token", (no_cookie(), &["token"]), tried(no_cookie(), &["token"]), stranger(no()), Fail),
            ("a page without a control", (home(), &[]), tried(response(200, &[], "x"), &[]), None, Unknown),
            ("all are answered alike", (home(), &[]), tried(home(), &[]), stranger(home()), Unknown),
            ("422", (home(), &[]), tried(response(422, &json, "{}"), &[]), stranger(no()), Unknown),
            ("500", (home(), &[]), tried(response(500, &[], "x"), &[]), stranger(no()), Unknown),
            ("429", (home(), &[]), tried(response(429, &[], "x"), &[]), stranger(no()), Unknown),
            ("silent", (home(), &[]), SignedIn { outcome: Err(timeout()), ..tried(no(), &[]) }, None, Unknown),
        ] {
            let mut own_walk = walk(Ok(exchange(vec![own.0])));
            own_walk.captured = own.1.iter().map(ToString::to_string).collect();
            let walked = Walked { steps: vec![own_walk], accounts: vec![account], stranger, ..Walked::default() };
            let verdicts = refused(&spec, &seen_walked(&spec, Ok(walked)));
            let said: Vec<(Status, &str)> = verdicts.iter().map(|v| (v.status, v.message.as_str())).collect();
            assert_eq!(said.iter().map(|(status, _)| *status).collect::<Vec<_>>(), [want], "{name}: {said:?}");
        }
    }

    fn no_cookie() -> crate::observation::Response {
        response(200, &[("Content-Type", "application/json")], "{\"access_token\":\"a\"}")
    }

    #[test]
    fn without_the_own_login_nothing_is_said() {
        let mut spec = spec(vec![login()]);
        assert_eq!(refused(&spec, &seen_walked(&spec, Ok(Walked::default())))[0].status, Status::Skip);
        spec.secrets.accounts = vec![Account { user: "admin".into(), password: Template("${P}".into()) }];
        for outcome in [
            Err(timeout()),
            Ok(Walked::default()),
            Ok(Walked { steps: vec![walk(Ok(exchange(vec![response(401, &[], "x")])))], ..Walked::default() }),
            Ok(Walked { steps: vec![walk(Ok(exchange(vec![response(200, &[], "x")])))], ..Walked::default() }),
        ] {
            let verdicts = refused(&spec, &seen_walked(&spec, outcome));
            assert_eq!(verdicts.iter().map(|v| v.status).collect::<Vec<_>>(), [Status::Unknown]);
        }
    }
}
