//! certificate-in-date, certificate-renewed: valid now, and for long enough.

use super::path::{Path, judged, label};
use super::{each, leaf, visits};
use crate::finding::Verdict;
use crate::judge::{Word, fail, pass};
use crate::observation::{Ask, Certificate, Handshake, Http, Leaf, Seen, Timestamp};
use crate::spec::{MinLeft, Spec};
use crate::target::Endpoint;

/// RFC 5280 §4.1.2.5: both ends belong to the validity.
pub(super) fn in_date(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let now = seen.started_at();
    let expected = |_: &Endpoint| format!("every certificate of the path valid on {}", now.date());
    let verdicts = each(spec, seen, expected, |at, handshake| dated(spec, seen, at, handshake));
    let clocks = visits(spec, seen).map(|o| clock_off(seen, &o.question.at));
    let said = |(mut verdict, clock): (Verdict, Option<(String, String)>)| {
        let Some((said, id)) = clock else { return verdict };
        verdict.message += &said;
        verdict.resting_on([id])
    };
    verdicts.into_iter().zip(clocks).map(said).collect()
}

pub(super) fn dated(spec: &Spec, seen: &Seen, _: &Endpoint, handshake: &Handshake) -> Word {
    match judged(spec, seen, handshake) {
        Ok(path) => word(&path, seen.started_at()),
        Err(message) => fail(message),
    }
}

/// Automatic renewal happens with about a third of the lifetime left; at a sixth it is failing.
pub(super) fn renewed(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let min_left = spec.certificate.min_left;
    let expected = |_: &Endpoint| spec.promised(&least(min_left), "certificate.min_left");
    each(spec, seen, expected, |_, handshake| match leaf(handshake) {
        Ok(Certificate { not_before, not_after, .. }) => {
            left(Leaf { not_before, not_after }, min_left, seen.started_at())
        }
        Err(message) => fail(message),
    })
}

fn word(path: &Path, now: Timestamp) -> Word {
    let caveat = path.caveat();
    match (out_of_date(&path.certificates, now), path.certificates.iter().map(|c| c.not_after).min()) {
        (Some(why), _) => fail(format!("{why}{caveat}")),
        (None, Some(end)) => pass(format!("in date until {}{caveat}", Timestamp(end).readable())),
        (None, None) => fail("no certificate was sent"),
    }
}

/// The first that is not valid now, and since or until when.
pub(super) fn out_of_date<'a>(path: impl IntoIterator<Item = &'a Certificate>, now: Timestamp) -> Option<String> {
    let Timestamp(now) = now;
    path.into_iter().enumerate().find_map(|(depth, c)| {
        let (who, Certificate { not_before, not_after, .. }) = (label(depth, c), c);
        let date = |seconds: &i64| Timestamp(*seconds).readable();
        if not_after < not_before {
            Some(format!("{who} ends ({}) before it begins ({})", date(not_after), date(not_before)))
        } else if now > *not_after {
            Some(format!("{who} expired {} ago, on {}", span(now.saturating_sub(*not_after)), date(not_after)))
        } else if now < *not_before {
            Some(format!(
                "{who} is not valid before {}, in {}",
                date(not_before),
                span(not_before.saturating_sub(now))
            ))
        } else {
            None
        }
    })
}

/// What is said of the server's own clock when it differs from ours, and the visit that showed it.
fn clock_off(seen: &Seen, at: &Endpoint) -> Option<(String, String)> {
    let mut visits = seen.asked::<Http>().filter(|o| o.question.at == *at && o.question.ask == Ask::Visit);
    let (off, id) = visits.find_map(|o| Some((o.clock_off(seen.started_at())?, o.id())))?;
    let side = if off > 0 { "ahead of" } else { "behind" };
    let off = off.saturating_abs();
    let said = format!("; the server's Date field is {} {side} this machine's clock", span(off));
    (off > 5 * MINUTE).then_some((said, id))
}

fn left(leaf: Leaf, min_left: MinLeft, Timestamp(now): Timestamp) -> Word {
    let lifetime = leaf.not_after.saturating_sub(leaf.not_before).saturating_add(1);
    let left = leaf.not_after.saturating_sub(now).min(lifetime);
    if lifetime <= 0 {
        return fail("certificate ends before it begins");
    }
    if left < 0 {
        return fail(format!("certificate expired {} ago", span(left.saturating_neg())));
    }
    let message = format!("certificate has {} left", of_lifetime(left, lifetime));
    // Short-lived ones are renewed at half their life (Let's Encrypt, integration guide).
    let due = if lifetime <= 10 * DAY { lifetime / 2 } else { lifetime / 3 };
    if left < required(min_left, lifetime) {
        fail(message)
    } else if left < due {
        pass(format!("{message}; renewal is due"))
    } else {
        pass(message)
    }
}

/// In seconds.
fn required(min_left: MinLeft, lifetime: i64) -> i64 {
    match min_left {
        MinLeft::Auto => (lifetime / 6).min(14 * DAY),
        MinLeft::Share { numerator, denominator } => {
            let share = i128::from(lifetime) * i128::from(numerator) / i128::from(denominator.max(1));
            i64::try_from(share).unwrap_or(i64::MAX)
        }
        MinLeft::Seconds(seconds) => i64::try_from(seconds).unwrap_or(i64::MAX),
    }
}

fn least(min_left: MinLeft) -> String {
    match min_left {
        MinLeft::Auto => "at least a sixth of the lifetime or 14 days left, whichever is less".into(),
        MinLeft::Share { numerator, denominator } => {
            format!("at least {numerator}/{denominator} of the lifetime left")
        }
        MinLeft::Seconds(seconds) => format!("at least {} left", span(i64::try_from(seconds).unwrap_or(i64::MAX))),
    }
}

/// `9 days of 90`; in hours when it is less than three days.
fn of_lifetime(left: i64, lifetime: i64) -> String {
    if left >= 3 * DAY {
        format!("{} of {}", span(left), lifetime / DAY)
    } else if lifetime <= 10 * DAY {
        format!("{} of {}", count(left / HOUR, "hour"), lifetime / HOUR)
    } else {
        format!("{} of {}", count(left / HOUR, "hour"), span(lifetime))
    }
}

/// In the unit that a person would use, rounded down.
pub(super) fn span(seconds: i64) -> String {
    match seconds {
        s if s >= 3 * DAY => count(s / DAY, "day"),
        s if s >= 3 * HOUR => count(s / HOUR, "hour"),
        s => count(s / MINUTE, "minute"),
    }
}

fn count(n: i64, unit: &str) -> String {
    if n == 1 { format!("1 {unit}") } else { format!("{n} {unit}s") }
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

#[cfg(test)]
mod tests {
    use super::super::issued::*;
    use super::*;
    use crate::finding::Status::{self, Fail, Pass};

    const APP: &str = "app.example.com";

    #[test]
    fn every_certificate_of_the_path_is_in_date() {
        let root = root("Root");
        let middle = root.below("Middle", |p| valid(p, -100, 30));
        let ended = root.below("Ended", |p| valid(p, -100, -1));
        let spec = trusting(&root);
        let dated = |from, to| root.leaf(&[APP], |p| valid(p, from, to));
        let old = root.below("Middle", |p| valid(p, -300, -30));
        for (chain, status, message) in [
            (vec![dated(-29, 61)], Pass, "in date until 2026-05-02 00:00:00 UTC"),
            (vec![dated(-90, 0)], Pass, "in date until 2026-03-02 00:00:00 UTC"),
            (vec![dated(0, 90)], Pass, "in date until 2026-05-31 00:00:00 UTC"),
            (vec![dated(-93, -3)], Fail, "certificate expired 3 days ago, on 2026-02-27 00:00:00 UTC"),
            (vec![dated(1, 90)], Fail, "certificate is not valid before 2026-03-03 00:00:00 UTC, in 24 hours"),
            (
                vec![middle.leaf(&[APP], |_| {}), middle.der.clone(), old.der.clone()],
                Pass,
                "in date until 2026-04-01 00:00:00 UTC",
            ),
            (
                vec![ended.leaf(&[APP], |_| {}), ended.der.clone()],
                Fail,
                "intermediate Ended expired 24 hours ago, on 2026-03-01 00:00:00 UTC",
            ),
            (
                vec![middle.leaf(&[APP], |_| {})],
                Pass,
                "in date until 2026-05-02 00:00:00 UTC; no path verifies, so what was sent is judged",
            ),
        ] {
            let chain: Vec<&[u8]> = chain.iter().map(|der| &der[..]).collect();
            assert_eq!(only(in_date(&spec, &shown(APP, &chain))), (status, message.into()));
        }
    }

    #[test]
    fn renewal_is_judged_by_the_lifetime() {
        const H: i64 = 3600;
        let auto = MinLeft::Auto;
        let quarter = MinLeft::Share { numerator: 1, denominator: 4 };
        for (lifetime, left_over, min_left, status, message) in [
            (160 * H, 120 * H, auto, Pass, "certificate has 5 days of 6 left"),
            (160 * H, 79 * H, auto, Pass, "certificate has 3 days of 6 left; renewal is due"),
            (160 * H, 27 * H, auto, Pass, "certificate has 27 hours of 160 left; renewal is due"),
            (160 * H, 26 * H, auto, Fail, "certificate has 26 hours of 160 left"),
            (45 * DAY, 16 * DAY, auto, Pass, "certificate has 16 days of 45 left"),
            (45 * DAY, 14 * DAY, auto, Pass, "certificate has 14 days of 45 left; renewal is due"),
            (45 * DAY, 7 * DAY, auto, Fail, "certificate has 7 days of 45 left"),
            (64 * DAY, 11 * DAY, auto, Pass, "certificate has 11 days of 64 left; renewal is due"),
            (64 * DAY, 10 * DAY, auto, Fail, "certificate has 10 days of 64 left"),
            (90 * DAY, 61 * DAY, auto, Pass, "certificate has 61 days of 90 left"),
            (90 * DAY, 29 * DAY, auto, Pass, "certificate has 29 days of 90 left; renewal is due"),
            (90 * DAY, 14 * DAY, auto, Pass, "certificate has 14 days of 90 left; renewal is due"),
            (90 * DAY, 9 * DAY, auto, Fail, "certificate has 9 days of 90 left"),
            (90 * DAY, 49 * H, auto, Fail, "certificate has 49 hours of 90 days left"),
            (90 * DAY, -3 * DAY, auto, Fail, "certificate expired 3 days ago"),
            (90 * DAY, 100 * DAY, auto, Pass, "certificate has 90 days of 90 left"),
            (200 * DAY, 15 * DAY, auto, Pass, "certificate has 15 days of 200 left; renewal is due"),
            (200 * DAY, 13 * DAY, auto, Fail, "certificate has 13 days of 200 left"),
            (90 * DAY, 22 * DAY, quarter, Fail, "certificate has 22 days of 90 left"),
            (90 * DAY, 23 * DAY, quarter, Pass, "certificate has 23 days of 90 left; renewal is due"),
            (90 * DAY, 40 * DAY, MinLeft::Seconds(50 * 86_400), Fail, "certificate has 40 days of 90 left"),
            (90 * DAY, 40 * DAY, MinLeft::Seconds(u64::MAX), Fail, "certificate has 40 days of 90 left"),
            (-DAY, 40 * DAY, auto, Fail, "certificate ends before it begins"),
        ] {
            let not_after = NOW + left_over;
            // The last second belongs to the lifetime.
            let leaf = Leaf { not_before: not_after - lifetime + 1, not_after };
            assert_eq!(left(leaf, min_left, Timestamp(NOW)), (status, message.into()), "{lifetime}");
        }
    }

    #[test]
    fn a_late_renewal_says_what_was_promised() {
        let root = root("Root");
        let leaf = root.leaf(&[APP], |p| valid(p, -81, 9));
        let mut spec = trusting(&root);
        let verdict = renewed(&spec, &shown(APP, &[&leaf])).remove(0);
        assert_eq!((verdict.status, &verdict.message[..]), (Fail, "certificate has 9 days of 90 left"));
        let least = "at least a sixth of the lifetime or 14 days left, whichever is less";
        assert_eq!(verdict.expected.as_deref(), Some(least));
        spec.certificate.min_left = MinLeft::Seconds(20 * 86_400);
        spec.file = Some("golive.toml".into());
        spec.lines.insert("certificate.min_left".into(), 31);
        let verdict = renewed(&spec, &shown(APP, &[&leaf])).remove(0);
        assert_eq!(verdict.expected.as_deref(), Some("at least 20 days left (golive.toml:31)"));
    }

    #[test]
    fn a_clock_that_is_off_is_said_and_decides_nothing() {
        let root = root("Root");
        let leaf = root.leaf(&[APP], |_| {});
        let date = "in date until 2026-05-02 00:00:00 UTC";
        for (field, said) in [
            (None, ""),
            (Some("Mon, 02 Mar 2026 00:05:02 GMT"), ""),
            (
                Some("Mon, 02 Mar 2026 00:07:02 GMT"),
                "; the server's Date field is 7 minutes ahead of this machine's clock",
            ),
            (
                Some("Sun, 01 Mar 2026 23:50:02 GMT"),
                "; the server's Date field is 10 minutes behind this machine's clock",
            ),
            (Some("yesterday"), ""),
        ] {
            let seen = visited(APP, &[&leaf], field, 2_000);
            let verdict = in_date(&trusting(&root), &seen).remove(0);
            assert_eq!((verdict.status, verdict.message), (Pass, format!("{date}{said}")));
            assert_eq!(verdict.evidence.len(), if said.is_empty() { 1 } else { 2 });
        }
    }

    #[test]
    fn no_answer_is_no_verdict() {
        let spec = Spec::of(site(APP));
        let verdict = in_date(&spec, &silent(APP)).remove(0);
        assert_eq!((verdict.status, &verdict.message[..]), (Status::Unknown, "no answer within 5 s"));
    }
}
