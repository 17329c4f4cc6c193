use super::*;
use crate::judge::headers::tests::fact;
use crate::judge::tests::{seen_from, spec};
use crate::observation::{OwnPort, OwnService, PortAccess, ProbeError, SecretFacts, Source, ValueFacts, Vantage};

/// A drawn secret of that many characters.
pub fn secret(line: u32, name: &str, length: usize) -> OwnVariable {
    let secret = SecretFacts { length, distinct: length.min(20), ..SecretFacts::default() };
    let value = Some(ValueFacts { secret: Some(secret), ..ValueFacts::default() });
    OwnVariable { line, service: None, name: name.into(), source: Source::Written, is_secret: true, value }
}

fn with(mut variable: OwnVariable, change: impl FnOnce(&mut SecretFacts)) -> OwnVariable {
    if let Some(secret) = variable.value.as_mut().and_then(|value| value.secret.as_mut()) {
        change(secret);
    }
    variable
}

fn empty(mut variable: OwnVariable) -> OwnVariable {
    variable.value = Some(ValueFacts { is_empty: true, ..ValueFacts::default() });
    variable
}

fn elsewhere(mut variable: OwnVariable) -> OwnVariable {
    (variable.source, variable.value) = (Source::Elsewhere, None);
    variable
}

fn from(mut variable: OwnVariable, source: Source) -> OwnVariable {
    variable.source = source;
    variable
}

fn of(mut variable: OwnVariable, service: &str) -> OwnVariable {
    variable.service = Some(service.into());
    variable
}

fn file(variables: Vec<OwnVariable>) -> FileFacts {
    FileFacts { variables, ..FileFacts::default() }
}

fn service(name: &str) -> OwnService {
    OwnService {
        line: 2,
        name: name.into(),
        image: None,
        host_network: None,
        privileged: None,
        docker_socket: None,
        replaces_ports: false,
        by_profile: false,
        other_files: vec![],
    }
}

fn port(address: Option<&str>, host: Option<(u16, u16)>) -> OwnPort {
    let address = address.map(|ip| ip.parse().unwrap());
    let access = PortAccess { address, host, container: (5432, 5432), udp: false };
    OwnPort { line: 7, service: "db".into(), access: Some(access) }
}

/// What a check says of environment and compose files, named `a.env`, `b.env`, … and `a.yml`, …
fn said(
    check: fn(&Spec, &Seen) -> Vec<Verdict>,
    change: impl FnOnce(&mut Spec),
    env: Vec<FileFacts>,
    compose: Vec<FileFacts>,
) -> Vec<String> {
    let name = |at: usize, ending: &str| format!("{}.{ending}", char::from(b'a' + at as u8));
    let mut spec = spec();
    change(&mut spec);
    spec.files.env = (0..env.len()).map(|at| name(at, "env")).collect();
    spec.files.compose = (0..compose.len()).map(|at| name(at, "yml")).collect();
    let env = env.into_iter().zip(&spec.files.env).map(|(facts, name)| (facts, name, FileForm::Env));
    let compose =
        compose.into_iter().zip(&spec.files.compose).map(|(facts, name)| (facts, name, FileForm::Compose));
    let facts =
        env.chain(compose).map(|(facts, name, form)| fact(OwnFile { name: name.clone(), form }, Ok(facts)));
    let facts: Vec<_> = facts.collect();
    let verdicts = check(&spec, &seen_from(Vantage::default(), facts));
    assert!(verdicts.iter().all(|verdict| !verdict.evidence.is_empty() || verdict.subject == Subject::Site));
    let word = |verdict: &Verdict| {
        let advice = if verdict.advice { " advice" } else { "" };
        let unseen = if verdict.unseen { " unseen" } else { "" };
        format!("{:?}{advice}{unseen} {}: {}", verdict.status, verdict.subject, verdict.message)
    };
    verdicts.iter().map(word).collect()
}

fn one(check: fn(&Spec, &Seen) -> Vec<Verdict>, variables: Vec<OwnVariable>) -> Vec<String> {
    said(check, |_| {}, vec![file(variables)], vec![])
}

#[test]
fn a_placeholder_is_not_replaced() {
    let known = |what: &str| with(secret(3, "APP_SECRET", 10), |secret| secret.known = Some(what.into()));
    let fallback = from(secret(3, "APP_SECRET", 8), Source::Default("SECRET".into()));
    for (variable, want) in [
        (secret(3, "APP_SECRET", 40), "Pass a.env APP_SECRET: line 3 is no placeholder"),
        (known("a placeholder (REPLACE_*)"), "Fail a.env APP_SECRET: line 3 is a placeholder (REPLACE_*)"),
        (known(".env.example:12 A"), "Fail a.env APP_SECRET: line 3 has the value of .env.example:12 A"),
        (
            fallback,
            "Fail a.env APP_SECRET: line 3 falls back to a default that stands in the file: no file given sets SECRET",
        ),
        (empty(secret(3, "APP_SECRET", 0)), "Fail a.env APP_SECRET: line 3 is empty"),
        (empty(secret(3, "SMTP_PASSWORD", 0)), "Fail advice a.env SMTP_PASSWORD: line 3 is empty"),
        (
            elsewhere(secret(3, "APP_SECRET", 0)),
            "Skip unseen a.env APP_SECRET: APP_SECRET is set elsewhere: no file given sets it",
        ),
    ] {
        assert_eq!(one(placeholder::replaced, vec![variable]), [want]);
    }
    assert_eq!(one(placeholder::replaced, vec![]), ["Skip unseen site: no secret variable is in the files"]);
    let twice = vec![known("a placeholder (<…>)"), secret(4, "APP_SECRET", 40)];
    assert_eq!(one(placeholder::replaced, twice), ["Pass a.env APP_SECRET: line 4 is no placeholder"]);
    let mut some = file(vec![secret(3, "APP_SECRET", 40)]);
    some.candidates = 9;
    let want = "Pass a.env APP_SECRET: line 3 is no placeholder and none of 9 candidates";
    assert_eq!(said(placeholder::replaced, |_| {}, vec![some], vec![]), [want]);
}

#[test]
fn what_an_environment_file_sets_is_not_missed_in_a_compose_file() {
    let compose = |name: &str| {
        let mut facts = file(vec![of(elsewhere(secret(5, name, 0)), "db")]);
        facts.services = vec![OwnService { other_files: vec!["db.env".into()], ..service("db") }];
        facts
    };
    let env = || vec![file(vec![secret(1, "A_PASSWORD", 20)])];
    let pass = "Pass a.env A_PASSWORD: line 1 is no placeholder";
    let reads = "Skip unseen a.yml db: db.env was not given, which db reads";
    assert_eq!(said(placeholder::replaced, |_| {}, env(), vec![compose("A_PASSWORD")]), [pass, reads]);
    let skip = "Skip unseen a.yml db B_PASSWORD: B_PASSWORD is set elsewhere: no file given sets it";
    assert_eq!(said(placeholder::replaced, |_| {}, env(), vec![compose("B_PASSWORD")]), [pass, skip, reads]);
    let mut dev = file(vec![of(from(secret(5, "A_PASSWORD", 4), Source::Default("A".into())), "db")]);
    dev.services = vec![OwnService { by_profile: true, ..service("db") }];
    let said = said(placeholder::replaced, |_| {}, vec![], vec![dev]);
    assert!(said[0].starts_with("Fail advice a.yml db A_PASSWORD: line 5 falls back"), "{said:?}");
}

#[test]
fn a_chosen_secret_is_long_and_drawn() {
    let key = || secret(3, "APP_SECRET", 40);
    for (variable, want) in [
        (key(), "Pass a.env APP_SECRET: line 3 has 40 characters, 20 of them different"),
        (
            secret(3, "APP_SECRET", 31),
            "Fail a.env APP_SECRET: line 3 has 31 characters; a signing or encryption key has 32 at least",
        ),
        (
            secret(3, "POSTGRES_PASSWORD", 15),
            "Fail a.env POSTGRES_PASSWORD: line 3 has 15 characters; the password of a datastore has 16 at least",
        ),
        (
            secret(3, "REDIS_PASSWORD", 16),
            "Pass a.env REDIS_PASSWORD: line 3 has 16 characters, 16 of them different",
        ),
        (
            secret(3, "SEED_ADMIN_PASSWORD", 11),
            "Fail a.env SEED_ADMIN_PASSWORD: line 3 has 11 characters; the password of a seed account has 12 at least",
        ),
        (
            with(key(), |s| s.is_word = true),
            "Fail a.env APP_SECRET: line 3 is made of words, or of a word and digits",
        ),
        (
            with(key(), |s| s.named = Some("the user".into())),
            "Fail a.env APP_SECRET: line 3 is the name of the user",
        ),
        (with(key(), |s| s.distinct = 7), "Fail a.env APP_SECRET: line 3 has 7 different characters in 40"),
        (
            with(secret(3, "DB_PASSWORD", 12), |s| s.vendor = Some("Neon".into())),
            "Pass a.env DB_PASSWORD: line 3 is as Neon gives it",
        ),
        (
            with(secret(3, "FERNET_KEY", 44), |s| s.is_fernet_key = true),
            "Pass a.env FERNET_KEY: line 3 is 32 bytes of base64url",
        ),
        (
            secret(3, "FERNET_KEY", 44),
            "Fail a.env FERNET_KEY: line 3 has 44 characters that are not 32 bytes of base64url",
        ),
    ] {
        assert_eq!(one(strong::strong, vec![variable]), [want]);
    }
    let nothing = ["Skip unseen site: no secret that a deployment chooses is in the files"];
    for variable in [
        secret(3, "LINKEDIN_CLIENT_SECRET", 16),
        with(key(), |secret| secret.known = Some("a placeholder (<…>)".into())),
        from(key(), Source::Default("X".into())),
        empty(key()),
        elsewhere(key()),
    ] {
        assert_eq!(one(strong::strong, vec![variable]), nothing);
    }
}

#[test]
fn a_secret_opens_one_thing() {
    let shared = |line: u32, name: &str| with(secret(line, name, 40), |secret| secret.group = Some(0));
    let url = |line: u32, name: &str, scheme: &str| {
        let mut variable = shared(line, name);
        variable.value.as_mut().unwrap().scheme = Some(scheme.into());
        variable
    };
    for (variables, fails) in [
        (vec![secret(1, "APP_SECRET", 40), secret(2, "JWT_SECRET", 40)], false),
        (vec![shared(1, "APP_SECRET"), shared(2, "JWT_SECRET")], true),
        (vec![shared(1, "POSTGRES_PASSWORD"), shared(2, "REDIS_PASSWORD")], true),
        (vec![shared(1, "POSTGRES_PASSWORD"), url(2, "REDIS_URL", "redis")], true),
        (vec![shared(1, "POSTGRES_PASSWORD"), url(2, "DATABASE_URL", "postgresql")], false),
        (vec![shared(1, "POSTGRES_PASSWORD"), shared(2, "DB_PASSWORD")], false),
        (vec![shared(1, "NEXTAUTH_SECRET"), shared(2, "AUTH_SECRET")], false),
        (vec![shared(1, "SEED_PASSWORD"), shared(2, "SMOKE_PASSWORD")], false),
        (vec![shared(1, "SMTP_PASSWORD"), url(2, "EMAIL_URL", "smtp")], false),
        (
            vec![
                shared(1, "STRIPE_SECRET_KEY"),
                with(shared(2, "STRIPE_KEY"), |s| s.vendor = Some("Stripe".into())),
            ],
            false,
        ),
    ] {
        let said = one(differ::differ, variables.clone());
        assert_eq!(said.iter().any(|text| text.starts_with("Fail")), fails, "{said:?}");
    }
    let pair = || vec![shared(1, "APP_SECRET"), shared(2, "JWT_SECRET")];
    let want = ["Fail a.env JWT_SECRET: line 2 has the value of a.env:1 APP_SECRET"];
    assert_eq!(one(differ::differ, pair()), want);
    assert_eq!(one(differ::differ, vec![secret(1, "A_SECRET", 9)]), ["Pass a.env: its secret is its own"]);
    let across = said(
        differ::differ,
        |_| {},
        vec![file(vec![shared(1, "APP_SECRET")]), file(vec![shared(1, "APP_SECRET"), secret(2, "B_KEY", 9)])],
        vec![file(vec![of(shared(9, "APP_SECRET"), "api"), of(shared(12, "APP_SECRET"), "worker")])],
    );
    let pass = [
        "Pass a.env: its secret is its own",
        "Pass a.yml: its 2 secrets differ",
        "Pass b.env: its 2 secrets differ",
    ];
    assert_eq!(across, pass);
}

#[test]
fn the_last_of_several_lines_restricts() {
    let switch = |line: u32, on: bool| OwnVariable {
        is_secret: false,
        value: Some(ValueFacts { switch: Some(on), ..ValueFacts::default() }),
        ..secret(line, "COOKIE_SECURE", 0)
    };
    let want = ["Pass a.env COOKIE_SECURE: line 2 is true"];
    assert_eq!(one(policy::restricted, vec![switch(1, false), switch(2, true)]), want);
    assert_eq!(one(policy::restricted, vec![switch(1, false)]), ["Fail a.env COOKIE_SECURE: line 1 is false"]);
    let nothing = one(policy::restricted, vec![elsewhere(secret(1, "DEBUG", 0))]);
    assert!(nothing[0].starts_with("Skip unseen site: no COOKIE_SECURE, DEBUG,"), "{nothing:?}");
}

#[test]
fn a_port_is_published_on_loopback_or_by_the_proxy() {
    let web = Some((443, 443));
    let unknown = OwnPort { access: None, ..port(None, None) };
    for (port, want) in [
        (
            port(Some("127.0.0.1"), Some((5432, 5432))),
            "Pass a.yml db 127.0.0.1:5432:5432: line 7 is published on loopback",
        ),
        (port(Some("::1"), Some((1, 1))), "Pass a.yml db [::1]:1:5432: line 7 is published on loopback"),
        (
            port(Some("10.8.0.1"), Some((5432, 5432))),
            "Pass a.yml db 10.8.0.1:5432:5432: line 7 is published on 10.8.0.1, which nobody on the internet reaches",
        ),
        (port(None, web), "Pass a.yml db 443:5432: line 7 is published as the site's own port"),
        (
            port(Some("203.0.113.7"), web),
            "Pass a.yml db 203.0.113.7:443:5432: line 7 is published as the site's own port",
        ),
        (port(None, Some((5432, 5432))), "Fail a.yml db 5432:5432: line 7 is published on every address"),
        (port(None, Some((443, 444))), "Fail a.yml db 443-444:5432: line 7 is published on every address"),
        (
            port(Some("::"), Some((5432, 5432))),
            "Fail a.yml db [::]:5432:5432: line 7 is published on every address",
        ),
        (
            port(Some("0.0.0.0"), Some((1, 1))),
            "Fail a.yml db 0.0.0.0:1:5432: line 7 is published on every address",
        ),
        (
            port(Some("203.0.113.7"), Some((1, 1))),
            "Fail a.yml db 203.0.113.7:1:5432: line 7 is published on 203.0.113.7",
        ),
        (
            port(None, None),
            "Fail a.yml db 5432: line 7 is published on every address, at a port that Docker picks",
        ),
        (port(None, Some((22, 22))), "Fail a.yml db 22:5432: line 7 is published on every address"),
        (unknown, "Unknown a.yml db line 7: line 7 has a part that no file given sets"),
    ] {
        let facts = FileFacts { ports: vec![port], services: vec![service("db")], ..FileFacts::default() };
        assert_eq!(said(ports::on_loopback, |_| {}, vec![FileFacts::default()], vec![facts]), [want]);
    }
    let open = || FileFacts { ports: vec![port(None, Some((2222, 2222)))], ..FileFacts::default() };
    let written = |spec: &mut Spec| {
        spec.ports.open = vec![22, 80, 443, 2222];
        spec.lines.insert("ports.open".into(), 3);
    };
    assert!(said(ports::on_loopback, written, vec![], vec![open()])[0].starts_with("Pass"));
    let reset =
        FileFacts { services: vec![OwnService { replaces_ports: true, ..service("db") }], ..FileFacts::default() };
    let both = said(ports::on_loopback, |_| {}, vec![], vec![open(), reset.clone()]);
    let want =
        ["Pass a.yml db 2222:5432: line 7 is replaced by b.yml", "Pass b.yml: 1 service is published on no port"];
    assert_eq!(both, want);
    let before = said(ports::on_loopback, |_| {}, vec![], vec![reset, open()]);
    assert!(before[1].starts_with("Fail"), "{before:?}");
    let by_profile = OwnService { by_profile: true, ..service("db") };
    let dev = FileFacts { services: vec![by_profile], ..open() };
    assert!(said(ports::on_loopback, |_| {}, vec![], vec![dev])[0].starts_with("Fail advice"));
    let none = said(ports::on_loopback, |_| {}, vec![FileFacts::default()], vec![]);
    assert_eq!(none, ["Skip unseen site: no compose file was given"]);
}

#[test]
fn the_network_of_the_host_is_the_proxys_alone() {
    for (name, image, fails) in
        [("db", None, true), ("web", Some("nginx"), false), ("traefik", None, false), ("api", Some("acme"), true)]
    {
        let image = image.map(String::from);
        let held = OwnService { host_network: Some(4), image, ..service(name) };
        let facts = FileFacts { services: vec![held], ..FileFacts::default() };
        let said = said(ports::on_loopback, |_| {}, vec![], vec![facts]);
        assert_eq!(said[0].starts_with("Fail"), fails, "{said:?}");
    }
}

#[test]
fn files_are_private() {
    let standing = |readable_by_others, tracked| FileFacts { readable_by_others, tracked, ..FileFacts::default() };
    for (facts, want) in [
        (
            standing(Some(false), Some(false)),
            "Pass a.env: its owner and group alone may read it, and git does not track it",
        ),
        (standing(Some(true), Some(false)), "Fail a.env: every user of this machine may read it"),
        (standing(Some(true), None), "Fail a.env: every user of this machine may read it"),
        (
            standing(Some(true), Some(true)),
            "Fail a.env: every user of this machine may read it, and git tracks it",
        ),
        (standing(Some(false), Some(true)), "Fail a.env: git tracks it"),
        (standing(None, Some(true)), "Fail a.env: git tracks it"),
        (
            standing(Some(false), None),
            "Unknown a.env: its owner and group alone may read it; whether git tracks it cannot be told",
        ),
        (standing(None, None), "Unknown a.env: who may read it cannot be told"),
    ] {
        assert_eq!(said(private::private, |_| {}, vec![facts], vec![]), [want]);
    }
    let held = |name: &str, privileged, docker_socket| {
        let services = vec![OwnService { privileged, docker_socket, ..service(name) }];
        said(private::private, |_| {}, vec![], vec![FileFacts { services, ..FileFacts::default() }])
    };
    assert_eq!(held("api", None, None), ["Pass a.yml: no container holds the host"]);
    assert_eq!(held("traefik", None, Some(5)), ["Pass a.yml: no container holds the host"]);
    let both = [
        "Fail a.yml api: line 4 gives the container the whole host",
        "Fail a.yml api: line 5 mounts Docker's socket, which gives the container the whole host",
    ];
    assert_eq!(held("api", Some(4), Some(5)), both);
}

/// No answer is no Pass and no Skip.
#[test]
fn a_file_that_was_not_read_is_unknown() {
    let mut spec = spec();
    spec.files = Files { env: vec!["a.env".into()], compose: vec!["a.yml".into()] };
    let ask = |name: &str, form| {
        fact(OwnFile { name: name.into(), form }, Err(ProbeError::not_sent("not in this recording")))
    };
    let seen = seen_from(Vantage::default(), [ask("a.env", FileForm::Env), ask("a.yml", FileForm::Compose)]);
    for check in CHECKS {
        let verdicts = (check.judge)(&spec, &seen);
        let is_unknown = |verdict: &Verdict| verdict.status == Status::Unknown && !verdict.evidence.is_empty();
        assert!(verdicts.iter().all(is_unknown) && !verdicts.is_empty(), "{}: {verdicts:?}", check.place);
    }
}
