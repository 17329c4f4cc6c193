//! caa-restricts-issuance: only the authorities that the owner names may issue (RFC 8659).

use std::collections::BTreeSet;

use super::{leaf, visits};
use crate::finding::{Status, Subject, Verdict};
use crate::judge::{Word, fail, given, pass, skip, unknown};
use crate::observation::{Authorisations, Caa, CaaRecord, Certificate, Seen};
use crate::spec::Spec;

pub(super) fn restricts(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    if spec.origins().all(|origin| origin.host.name().is_none()) {
        let (status, message) = skip("the site is an address, which has no CAA record");
        return vec![Verdict::new(Subject::Site, status, message)];
    }
    let asked = seen.asked::<Caa>().map(|o| {
        let name = &o.question.name;
        let verdict = given(o, Subject::Name(name.clone()), |answer| word(answer, name, &shown(spec, seen, name)));
        let expected = "a CAA record that names the authority in use";
        if verdict.status == Status::Fail { verdict.expected(expected) } else { verdict }
    });
    asked.collect()
}

/// Who issued a certificate, and whether only a wildcard in it stands for the name.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Shown {
    issuer: String,
    wildcard: bool,
}

fn shown(spec: &Spec, seen: &Seen, name: &str) -> BTreeSet<Shown> {
    let handshakes = visits(spec, seen).filter(|o| o.question.at.host.name() == Some(name));
    let leaves = handshakes.filter_map(|o| leaf(o.outcome.as_ref().ok()?).ok());
    let of = |leaf: Certificate| Shown {
        wildcard: !leaf.dns_names.iter().any(|held| held.eq_ignore_ascii_case(name)),
        issuer: leaf.issuer.organisation.unwrap_or(leaf.issuer.words),
    };
    leaves.map(of).collect()
}

fn word(answer: &Authorisations, name: &str, shown: &BTreeSet<Shown>) -> Word {
    let at = match &answer.at {
        _ if answer.by_hand => return skip("names are given by hand, so no record was asked for"),
        None => return fail(format!("no CAA record at {name} or above: every authority may issue")),
        Some(at) => at,
    };
    let Some(plain) = allowed(&answer.records, false) else {
        return fail(format!("CAA record at {at} names no authority (issue): every one may issue"));
    };
    if shown.is_empty() {
        return unknown(format!(
            "CAA record at {at} allows {}, and no certificate was seen to compare",
            listed(&plain)
        ));
    }
    let of = |shown: &Shown| allowed(&answer.records, shown.wildcard).unwrap_or_default();
    let misfit = shown.iter().find(|shown| {
        domains(&shown.issuer).is_some_and(|own| !of(shown).iter().any(|domain| own.contains(&domain.as_str())))
    });
    if let Some(misfit) = misfit {
        let (allowed, issuer) = (listed(&of(misfit)), &misfit.issuer);
        return fail(format!("CAA record at {at} allows {allowed}, and the certificate is by {issuer}"));
    }
    let strange = shown.iter().find(|shown| domains(&shown.issuer).is_none());
    let strange = strange.map_or(String::new(), |shown| {
        format!("; whether that is {}, issuer of the certificate, is not known here", shown.issuer)
    });
    pass(format!("CAA record at {at} allows {}{strange}", listed(&plain)))
}

/// The domains that may issue, or `None` when no record says so. RFC 8659 §4.3: issuewild, where it is there, decides
/// alone on wildcards.
fn allowed(records: &[CaaRecord], wildcard: bool) -> Option<Vec<String>> {
    let of = |tag: &str| -> Vec<&CaaRecord> { records.iter().filter(|record| record.tag == tag).collect() };
    let wild = if wildcard { of("issuewild") } else { vec![] };
    let found = if wild.is_empty() { of("issue") } else { wild };
    let domain = |record: &&CaaRecord| {
        let domain = record.value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        (!domain.is_empty()).then_some(domain)
    };
    (!found.is_empty()).then(|| found.iter().filter_map(domain).collect())
}

fn listed(domains: &[String]) -> String {
    if domains.is_empty() { "nobody".into() } else { domains.join(", ") }
}

/// What an authority calls itself in CAA records, by the organisation in its certificates.
fn domains(organisation: &str) -> Option<&'static [&'static str]> {
    let organisation = organisation.to_ascii_lowercase();
    ISSUERS.iter().find(|(name, _)| organisation.contains(name)).map(|(_, domains)| *domains)
}

/// From the authorities' own practice statements, as the Common CA Database lists them.
const ISSUERS: &[(&str, &[&str])] = &[
    ("let's encrypt", &["letsencrypt.org"]),
    ("google trust services", &["pki.goog"]),
    ("zerossl", SECTIGO),
    ("sectigo", SECTIGO),
    ("comodo", SECTIGO),
    ("the usertrust network", SECTIGO),
    ("gandi", SECTIGO),
    ("digicert", DIGICERT),
    ("geotrust", DIGICERT),
    ("thawte", DIGICERT),
    ("rapidssl", DIGICERT),
    ("globalsign", &["globalsign.com"]),
    ("amazon", &["amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com", "aws.amazon.com"]),
    ("godaddy", &["godaddy.com", "starfieldtech.com"]),
    ("starfield", &["starfieldtech.com", "godaddy.com"]),
    ("ssl corp", &["ssl.com"]),
    ("cloudflare", &["ssl.com", "digicert.com"]),
    ("buypass", &["buypass.com", "buypass.no"]),
    ("entrust", &["entrust.net", "affirmtrust.com", "sectigo.com"]),
    ("actalis", &["actalis.it"]),
    ("microsoft", &["microsoft.com"]),
    ("certum", CERTUM),
    ("asseco", CERTUM),
    ("unizeto", CERTUM),
    ("identrust", &["identrust.com"]),
    ("hellenic academic", &["harica.gr"]),
    ("swisssign", &["swisssign.com", "swisssign.net", "swisssign.ch"]),
    ("d-trust", &["d-trust.net", "dtrust.de", "d-trust.de", "dtrust.net"]),
];

const SECTIGO: &[&str] =
    &["sectigo.com", "comodo.com", "comodoca.com", "usertrust.com", "trust-provider.com", "zerossl.com"];
const DIGICERT: &[&str] = &[
    "digicert.com",
    "www.digicert.com",
    "symantec.com",
    "geotrust.com",
    "rapidssl.com",
    "thawte.com",
    "quovadisglobal.com",
    "digicert.ne.jp",
    "cybertrust.ne.jp",
];
const CERTUM: &[&str] = &["certum.pl", "certum.eu"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Status::{Fail, Pass, Skip, Unknown};

    fn records(all: &[(&str, &str)]) -> Vec<CaaRecord> {
        let record = |(tag, value): &(&str, &str)| CaaRecord {
            critical: false,
            tag: (*tag).into(),
            value: (*value).into(),
        };
        all.iter().map(record).collect()
    }

    #[test]
    fn a_record_allows_the_issuer_or_not() {
        const LE: &str = "Let's Encrypt";
        let le = ("issue", "letsencrypt.org; validationmethods=dns-01");
        for (all, issuer, wildcard, want) in [
            (&[le][..], LE, false, Pass),
            (&[("issue", "LetsEncrypt.org")], LE, true, Pass),
            (&[("issue", "pki.goog"), le], LE, false, Pass),
            (&[("issue", "pki.goog")], LE, false, Fail),
            (&[("issue", ";")], LE, false, Fail),
            (&[("issue", ";")], "Own Root", false, Pass),
            (&[("issue", "sectigo.com")], "ZeroSSL GmbH", false, Pass),
            (&[("iodef", "mailto:a@example.com")], LE, false, Fail),
            (&[le, ("issuewild", ";")], LE, false, Pass),
            (&[le, ("issuewild", ";")], LE, true, Fail),
            (&[le, ("issuewild", "pki.goog")], LE, true, Fail),
        ] {
            let answer = Authorisations { by_hand: false, at: Some("example.com".into()), records: records(all) };
            let shown = [Shown { issuer: issuer.into(), wildcard }].into();
            assert_eq!(word(&answer, "app.example.com", &shown).0, want, "{all:?} {issuer} {wildcard}");
        }
    }

    #[test]
    fn words_name_the_place_and_the_authority() {
        let answer = |by_hand, at: Option<&str>, all| Authorisations {
            by_hand,
            at: at.map(Into::into),
            records: records(all),
        };
        let by = |issuer: &str| [Shown { issuer: issuer.into(), wildcard: false }].into();
        let le = &[("issue", "letsencrypt.org")][..];
        for (answer, shown, want) in [
            (answer(true, None, &[]), by("any"), (Skip, "names are given by hand, so no record was asked for")),
            (
                answer(false, None, &[]),
                by("any"),
                (Fail, "no CAA record at app.example.com or above: every authority may issue"),
            ),
            (
                answer(false, Some("example.com"), le),
                BTreeSet::new(),
                (
                    Unknown,
                    "CAA record at example.com allows letsencrypt.org, and no certificate was seen to compare",
                ),
            ),
            (
                answer(false, Some("example.com"), le),
                by("Own"),
                (
                    Pass,
                    "CAA record at example.com allows letsencrypt.org; \
                     whether that is Own, issuer of the certificate, is not known here",
                ),
            ),
            (
                answer(false, Some("example.com"), le),
                by("Google Trust Services"),
                (
                    Fail,
                    "CAA record at example.com allows letsencrypt.org, and the certificate is by Google Trust Services",
                ),
            ),
        ] {
            let (status, message) = word(&answer, "app.example.com", &shown);
            assert_eq!((status, message.as_str()), want);
        }
    }
}
