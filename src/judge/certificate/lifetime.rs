//! certificate-lifetime-allowed: no longer than public authorities may issue on that day.

use super::{each, leaf};
use crate::finding::Verdict;
use crate::judge::{Word, fail, pass, skip};
use crate::observation::{Certificate, Seen};
use crate::spec::{Roots, Spec};

/// CA/Browser Forum, Baseline Requirements §6.3.2.
pub(super) fn allowed(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let expected = |_: &_| "a lifetime that public authorities may give".into();
    each(spec, seen, expected, |_, handshake| match (&spec.certificate.roots, leaf(handshake)) {
        (Roots::Own(_), _) => skip("the roots are the owner's own, which no public rule binds"),
        (Roots::Mozilla, Err(message)) => fail(message),
        (Roots::Mozilla, Ok(Certificate { not_before, not_after, .. })) => word(not_before, not_after),
    })
}

fn word(not_before: i64, not_after: i64) -> Word {
    let most = LIMITS.iter().find(|(since, _)| not_before >= *since).map_or(OLDEST, |(_, days)| *days);
    // Both ends belong to the validity, and each second more begins another day.
    let lifetime = not_after.saturating_sub(not_before).saturating_add(1);
    let days = lifetime.saturating_add(DAY - 1) / DAY;
    if lifetime <= 0 {
        fail("certificate ends before it begins")
    } else if days > most {
        fail(format!("certificate lives {days} days, and {most} are allowed for its day of issue"))
    } else {
        pass(format!("certificate lives {days} days of the {most} that are allowed"))
    }
}

/// Since when, the newest first, and how many days.
const LIMITS: &[(i64, i64)] = &[
    // 2029-03-15
    (1_868_227_200, 47),
    // 2027-03-15
    (1_805_068_800, 100),
    // 2026-03-15
    (1_773_532_800, 200),
];
const OLDEST: i64 = 398;

const DAY: i64 = 86_400;

#[cfg(test)]
mod tests {
    use super::super::issued::*;
    use super::*;
    use crate::finding::Status::{self, Fail, Pass, Skip};
    use crate::observation::Timestamp;

    #[test]
    fn the_day_of_issue_decides() {
        for (from, days, more, want) in [
            ("2026-03-14", 398, -1, Pass),
            ("2026-03-14", 398, 0, Fail),
            ("2026-03-14", 200, 0, Pass),
            ("2026-03-15", 200, -1, Pass),
            ("2026-03-15", 200, 0, Fail),
            ("2027-03-14", 200, -1, Pass),
            ("2027-03-15", 100, -1, Pass),
            ("2027-03-15", 100, 0, Fail),
            ("2029-03-14", 100, -1, Pass),
            ("2029-03-15", 47, -1, Pass),
            ("2029-03-15", 47, 0, Fail),
            ("2029-03-15", 0, -1, Fail),
            ("2029-03-15", 0, 0, Pass),
        ] {
            let begin = Timestamp::end_of_day(from).unwrap().0 - DAY + 1;
            assert_eq!(word(begin, begin + days * DAY + more).0, want, "{from} {days} {more}");
        }
        let message = "certificate lives 201 days, and 200 are allowed for its day of issue";
        assert_eq!(word(1_773_532_800, 1_773_532_800 + 200 * DAY), (Fail, message.into()));
        assert_eq!(word(i64::MIN, i64::MAX).0, Fail);
    }

    #[test]
    fn own_roots_are_bound_by_no_public_rule() {
        let (app, root) = ("app.example.com", root("Root"));
        let judge = |spec: &Spec, chain: &[&[u8]]| -> Status { only(allowed(spec, &shown(app, chain))).0 };
        let long = root.leaf(&[app], |p| valid(p, -29, 1000));
        assert_eq!(judge(&trusting(&root), &[&long]), Skip);
        assert_eq!(judge(&Spec::of(site(app)), &[&long]), Fail);
        assert_eq!(judge(&Spec::of(site(app)), &[b"no certificate"]), Fail);
    }
}
