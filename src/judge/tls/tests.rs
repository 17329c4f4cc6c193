use super::*;
use crate::finding::Status::{Fail, Pass, Skip, Unknown};
use crate::observation::{
    ErrorKind, Fact, Group, Nonce, Observations, Probe, ProbeError, Stage, Suite, Timestamp, Vantage,
};
use crate::target::Origin;

/// Verdicts in the order of `CHECKS`.
type All = [(Status, String); 9];

fn taken(version: Version, suite: u16) -> Offered {
    let group = (version == Version::Tls13).then_some(Group::X25519);
    Offered::Taken(Taken {
        version,
        suite: Suite(suite),
        group,
        dh_bits: None,
        compressed: false,
        renegotiation_info: version < Version::Tls13,
        chain: vec![],
        chain_cut: false,
        scts: vec![],
        ocsp: None,
    })
}

fn alert(name: &str) -> Offered {
    Offered::Alert(name.into())
}

/// A sound server of today, with DHE as some have it.
fn sound(offer: Offer) -> Result<Offered, ProbeError> {
    Ok(match offer {
        Offer::Tls12 | Offer::Compression => taken(Version::Tls12, 0xc02f),
        Offer::Tls13 | Offer::Chrome | Offer::Firefox | Offer::Safari => taken(Version::Tls13, 0x1301),
        Offer::PostQuantum => with(taken(Version::Tls13, 0x1301), |t| t.group = Some(Group::X25519_MLKEM768)),
        Offer::Dhe => with(taken(Version::Tls12, 0x009e), |t| t.dh_bits = Some(2048)),
        Offer::Ssl3 | Offer::Tls10 | Offer::Tls11 => alert("protocol_version"),
        _ => alert("handshake_failure"),
    })
}

fn with(offered: Offered, change: impl FnOnce(&mut Taken)) -> Offered {
    let Offered::Taken(mut taken) = offered else { panic!("not taken") };
    change(&mut taken);
    Offered::Taken(taken)
}

fn silent() -> Result<Offered, ProbeError> {
    Err(ProbeError::new(Stage::Handshake, ErrorKind::Timeout, "no answer to the hello"))
}

fn judged(minimum: &str, answer: impl Fn(Offer) -> Result<Offered, ProbeError>) -> All {
    let mut spec = Spec::of("app.example.com".parse().unwrap());
    spec.tls.minimum = serde_json::from_value(minimum.into()).unwrap();
    let at = "app.example.com".parse::<Origin>().unwrap().at("203.0.113.7".parse().unwrap());
    let mut seen = Observations::begin(spec.site.clone(), Timestamp(0), Nonce(7), Vantage::default());
    for offer in Offer::ALL {
        let question = Hello { at: at.clone(), offer };
        let outcome = answer(offer);
        seen.insert(Fact::from(Observation { question, asked_at_ms: 0, elapsed_ms: 1, attempts: 1, outcome }));
    }
    let wanted = seen.questions();
    let seen = Seen::complete(seen, "", |_| wanted.clone());
    let said = |check: &Check| {
        let verdicts = (check.judge)(&spec, &seen);
        let [verdict] = &verdicts[..] else { panic!("{}: {verdicts:?}", check.place) };
        assert!(!verdict.evidence.is_empty(), "{}", check.place);
        assert_eq!(verdict.subject.to_string(), "GET https://app.example.com [203.0.113.7]");
        (verdict.status, verdict.message.clone())
    };
    CHECKS.iter().map(said).collect::<Vec<_>>().try_into().unwrap()
}

fn index(check: &str) -> usize {
    CHECKS.iter().position(|c| c.place.ends_with(check)).unwrap()
}

/// The sound server with one offer answered otherwise: what each check says then.
fn changed(offer: Offer, answer: Offered) -> All {
    judged("1.2", |asked| if asked == offer { Ok(answer.clone()) } else { sound(asked) })
}

#[test]
fn a_sound_server_passes_all_and_silence_none() {
    let want = [
        "SSLv3, TLS 1.0 and TLS 1.1 refused",
        "TLS 1.2 and TLS 1.3 accepted",
        "weak cipher suites refused",
        "browsers get TLS 1.3; DHE with 2048 bits",
        "TLS 1.3 accepted",
        "static RSA and CBC refused",
        "renegotiation_info came back",
        "deflate is offered and not chosen",
        "X25519MLKEM768 accepted",
    ];
    assert_eq!(judged("1.2", sound), want.map(|message| (Pass, message.to_string())));
    let unknown = judged("1.2", |_| silent());
    assert!(unknown.iter().all(|said| *said == (Unknown, "no answer to the hello".into())), "{unknown:?}");
}

#[test]
fn one_answer_changes_one_word() {
    let dhe = |bits| with(taken(Version::Tls12, 0x009e), |t| t.dh_bits = bits);
    for (offer, answer, check, status, message) in [
        (Offer::Tls10, taken(Version::Tls10, 0xc013), "legacy-refused", Fail, "TLS 1.0 accepted"),
        (Offer::Ssl3, taken(Version::Ssl3, 0x0035), "legacy-refused", Fail, "SSLv3 accepted"),
        (Offer::Tls11, taken(Version::Tls10, 0xc013), "legacy-refused", Fail, "TLS 1.0 accepted"),
        (
            Offer::Rc4,
            taken(Version::Tls12, 0x0005),
            "weak-ciphers-refused",
            Fail,
            "TLS_RSA_WITH_RC4_128_SHA accepted",
        ),
        (
            Offer::Safari,
            taken(Version::Tls12, 0xc012),
            "weak-ciphers-refused",
            Fail,
            "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA accepted",
        ),
        (
            Offer::Chrome,
            taken(Version::Tls12, 0x009c),
            "forward-secret",
            Fail,
            "Chrome gets TLS_RSA_WITH_AES_128_GCM_SHA256",
        ),
        (
            Offer::Firefox,
            alert("handshake_failure"),
            "forward-secret",
            Fail,
            "Firefox is answered by the alert handshake_failure",
        ),
        (Offer::Dhe, dhe(Some(1024)), "forward-secret", Fail, "DHE with 1024 bits"),
        (Offer::Dhe, dhe(None), "forward-secret", Unknown, "DHE with a prime that was not shown"),
        (
            Offer::StaticRsa,
            taken(Version::Tls12, 0x009c),
            "old-suites-refused",
            Fail,
            "TLS_RSA_WITH_AES_128_GCM_SHA256 accepted",
        ),
        (
            Offer::Tls12,
            with(taken(Version::Tls12, 0xc02f), |t| t.renegotiation_info = false),
            "renegotiation-safe",
            Fail,
            "TLS 1.2 is spoken without renegotiation_info",
        ),
        (
            Offer::Compression,
            with(taken(Version::Tls12, 0xc02f), |t| t.compressed = true),
            "compression-off",
            Fail,
            "TLS 1.2 compresses",
        ),
        (
            Offer::PostQuantum,
            alert("handshake_failure"),
            "post-quantum",
            Fail,
            "X25519MLKEM768 alone is answered by the alert handshake_failure",
        ),
    ] {
        let said = changed(offer, answer);
        assert_eq!(said[index(check)], (status, message.into()), "{offer}");
        let others = said.iter().enumerate().filter(|(at, _)| *at != index(check));
        assert!(others.clone().all(|(_, (status, _))| *status == Pass), "{offer}: {said:?}");
    }
}

#[test]
fn what_is_refused_is_refused_in_whatever_way() {
    for answer in [alert("protocol_version"), Offered::Closed, Offered::Reset, taken(Version::Tls12, 0xc02f)] {
        assert_eq!(changed(Offer::Tls10, answer)[0].0, Pass);
    }
    for answer in [alert("handshake_failure"), Offered::Closed, Offered::Reset, taken(Version::Tls12, 0xc02f)] {
        assert_eq!(changed(Offer::Rc4, answer)[2].0, Pass);
    }
}

#[test]
fn what_is_silent_is_unknown_and_never_refused() {
    for offer in Offer::ALL {
        let said = judged("1.2", |asked| if asked == offer { silent() } else { sound(asked) });
        assert!(said.iter().all(|(status, _)| matches!(status, Pass | Unknown)), "{offer}: {said:?}");
        let needs_it = |check: &str| said[index(check)].0 == Unknown;
        let is_met = match offer {
            Offer::Ssl3 | Offer::Tls10 | Offer::Tls11 => needs_it("legacy-refused"),
            Offer::Tls12 => needs_it("renegotiation-safe"),
            Offer::Tls13 => true,
            Offer::StaticRsa | Offer::Cbc => needs_it("old-suites-refused"),
            Offer::Dhe | Offer::Chrome | Offer::Firefox | Offer::Safari => needs_it("forward-secret"),
            Offer::Compression => needs_it("compression-off"),
            Offer::PostQuantum => needs_it("post-quantum"),
            _ => needs_it("weak-ciphers-refused"),
        };
        assert!(is_met, "{offer}: {said:?}");
    }
}

/// HAProxy closes without a word when somebody connects too often: that is no refusal of a version.
#[test]
fn a_limit_that_meets_browsers_too_proves_nothing() {
    let cut = |asked| match asked {
        Offer::Tls12 | Offer::Tls13 => sound(asked),
        _ => Ok(Offered::Closed),
    };
    let said = judged("1.2", cut);
    for check in
        ["legacy-refused", "weak-ciphers-refused", "forward-secret", "old-suites-refused", "compression-off"]
    {
        assert_eq!(said[index(check)].0, Unknown, "{check}");
    }
    let all_closed = judged("1.2", |_| Ok(Offered::Closed));
    assert!(all_closed.iter().all(|(status, _)| *status == Unknown), "{all_closed:?}");
}

#[test]
fn tls_1_3_alone_has_neither_renegotiation_nor_compression() {
    let newest = |asked| match asked {
        Offer::Tls12 | Offer::Compression | Offer::Dhe => Ok(alert("protocol_version")),
        _ => sound(asked),
    };
    for minimum in ["1.2", "1.3"] {
        let said = judged(minimum, newest);
        assert_eq!(said[index("renegotiation-safe")], (Skip, "only TLS 1.3 is spoken".into()));
        assert_eq!(said[index("compression-off")], (Skip, "only TLS 1.3 is spoken".into()));
        assert_eq!(said.iter().filter(|(status, _)| *status == Pass).count(), 7, "{said:?}");
    }
    assert_eq!(judged("1.3", newest)[0].1, "SSLv3, TLS 1.0, TLS 1.1 and TLS 1.2 refused");
    assert_eq!(judged("1.3", sound)[0], (Fail, "TLS 1.2 accepted".into()));
}

#[test]
fn a_server_of_long_ago_fails_what_it_should() {
    let old = |asked: Offer| {
        let suite = match asked {
            Offer::Ssl3 | Offer::Tls10 | Offer::Tls11 | Offer::Tls12 => 0x002f,
            Offer::StaticRsa | Offer::Safari | Offer::Chrome | Offer::Firefox => 0x0035,
            Offer::Compression => 0x002f,
            Offer::Rc4 | Offer::WeakTls10 => 0x0005,
            Offer::Des => 0x000a,
            _ => return Ok(alert("handshake_failure")),
        };
        Ok(with(taken(Version::Tls10, suite), |t| t.renegotiation_info = false))
    };
    let said = judged("1.2", old);
    for (check, status, message) in [
        ("legacy-refused", Fail, "TLS 1.0 accepted"),
        (
            "modern-offered",
            Fail,
            "TLS 1.2 is answered by TLS 1.0 with TLS_RSA_WITH_AES_128_CBC_SHA, TLS 1.3 is answered by the alert handshake_failure",
        ),
        ("weak-ciphers-refused", Fail, "TLS_RSA_WITH_RC4_128_SHA and TLS_RSA_WITH_3DES_EDE_CBC_SHA accepted"),
        (
            "forward-secret",
            Fail,
            "Chrome gets TLS_RSA_WITH_AES_256_CBC_SHA; Firefox gets TLS_RSA_WITH_AES_256_CBC_SHA; Safari gets TLS_RSA_WITH_AES_256_CBC_SHA",
        ),
        ("newest-offered", Fail, "TLS 1.3 is answered by the alert handshake_failure"),
        ("renegotiation-safe", Fail, "TLS 1.0 is spoken without renegotiation_info"),
        ("compression-off", Pass, "deflate is offered and not chosen"),
    ] {
        assert_eq!(said[index(check)], (status, message.into()));
    }
}

/// Whatever a server answers, no check passes on what it was not shown.
#[test]
fn what_was_not_asked_is_unknown() {
    let seen = Observations::begin("app.example.com".parse().unwrap(), Timestamp(0), Nonce(7), Vantage::default());
    let seen = Seen::complete(seen, "", |_| std::collections::BTreeSet::<Probe>::new());
    let spec = Spec::of("app.example.com".parse().unwrap());
    assert!(CHECKS.iter().all(|check| (check.judge)(&spec, &seen).is_empty()));
}
