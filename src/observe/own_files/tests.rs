use super::*;
use crate::observation::FileForm;
use crate::spec::{Flags, Outside, load};

/// Facts of files with these texts.
fn read(env: &[(&str, &str)], compose: &[(&str, &str)], candidates: &str) -> Vec<FileFacts> {
    let names = |files: &[(&str, &str)]| files.iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>();
    let flags = Flags {
        site: Some("app.example.com".into()),
        env: names(env),
        compose: names(compose),
        candidates: vec![".env.example".into()],
        ..Flags::default()
    };
    let text = |name: &str| {
        let all = [(".env.example", candidates)];
        let found = env.iter().chain(compose).chain(&all).find(|(held, _)| *held == name);
        found.map(|(_, text)| text.as_bytes().to_vec()).ok_or_else(|| "not there".to_string())
    };
    let standing = |_: &str| Standing { readable_by_others: Some(false), tracked: None };
    let outside = Outside { known: &[], read: &text, standing: &standing, variable: None };
    let (spec, private) = load(None, &flags, &outside).unwrap_or_else(|e| panic!("{e}"));
    let forms = [(FileForm::Env, &spec.files.env), (FileForm::Compose, &spec.files.compose)];
    let questions = forms.into_iter().flat_map(|(form, names)| names.iter().map(move |name| (form, name)));
    let all = questions.map(|(form, name)| facts(&private, &spec, &OwnFile { name: name.clone(), form }));
    all.map(|facts| facts.unwrap_or_else(|e| panic!("{e}"))).collect()
}

fn secret(text: &str) -> SecretFacts {
    let [file] = &read(&[(".env", text)], &[], "A=from-example\n")[..] else { panic!("one file") };
    let last = file.variables.last().and_then(|variable| variable.value.clone());
    last.and_then(|value| value.secret).unwrap_or_else(|| panic!("{text} holds no secret"))
}

#[test]
fn a_secret_is_described_and_not_told() {
    let drawn = secret("APP_SECRET=k3J9vQ2mXw7Rt5Yb8Nc4Zd6Pf1Hs0La");
    let want = SecretFacts { length: 31, distinct: 31, ..SecretFacts::default() };
    assert_eq!(drawn, want);
    let known = |text: &str| secret(text).known;
    assert_eq!(known("APP_SECRET=from-example").as_deref(), Some(".env.example:1 A"));
    assert_eq!(known("DATABASE_URL=postgresql://u:from-example@db/x").as_deref(), Some(".env.example:1 A"));
    assert_eq!(known("APP_SECRET=REPLACE_ME").as_deref(), Some("a placeholder (REPLACE_*)"));
    for (text, want) in [
        ("POSTGRES_PASSWORD=postgres1", Some("the variable")),
        ("POSTGRES_USER=shop\nPOSTGRES_PASSWORD=Shop-2024", Some("the user")),
        ("DATABASE_URL=postgresql://shop:shop1@db/x", Some("the user")),
        ("DATABASE_URL=postgresql://u:db-x@dbx/y", Some("the host")),
        ("APP_SECRET=example", Some("the site")),
        ("APP_SECRET=k3J9vQ2mXw7", None),
    ] {
        assert_eq!(secret(text).named.as_deref(), want, "{text}");
    }
    assert_eq!(secret("DATABASE_URL=postgresql://u:pass@x.neon.tech/db").vendor.as_deref(), Some("Neon"));
    assert!(secret("FERNET_KEY=ZmVybmV0LWtleS1vZi0zMi1ieXRlcy1mb3ItdGVzdHM=").is_fernet_key);
}

#[test]
fn equal_secrets_have_one_number_in_all_files() {
    let env = [("a.env", "A_SECRET=one\nB_SECRET=two\nNAME=one\n"), ("b.env", "URL=redis://:one@cache\n")];
    let compose =
        [("compose.yml", "services:\n  db:\n    environment:\n      C_SECRET: two\n      D_SECRET: three\n")];
    let files = read(&env, &compose, "");
    let groups = files.iter().flat_map(|file| &file.variables).map(|variable| {
        let group =
            variable.value.as_ref().and_then(|value| value.secret.as_ref()).and_then(|secret| secret.group);
        (variable.name.as_str(), group)
    });
    let want = [
        ("A_SECRET", Some(0)),
        ("B_SECRET", Some(1)),
        ("URL", Some(0)),
        ("C_SECRET", Some(1)),
        ("D_SECRET", None),
    ];
    assert_eq!(groups.collect::<Vec<_>>(), want);
}

#[test]
fn lists_are_told_by_what_they_let_in() {
    for (text, want) in [
        ("https://a.example,https://b.example", "2"),
        ("[\"https://a.example\", \"*\"]", "2 star"),
        ("https://a.example http://b.example", "2 http"),
        ("https://*.example.com", "1"),
        ("https://*", "1 star"),
        ("http://localhost:3000", "1 localhost http"),
        ("https://127.0.0.1:5173", "1 localhost"),
        ("http://[::1]:3000", "1 localhost http"),
        ("https://localhost.example.com", "1"),
        ("null", "1 null"),
        ("app.example.com,localhost", "2 localhost"),
        ("[]", "none"),
    ] {
        let said = list(text).map_or("none".to_string(), |list| {
            let words = [
                (list.has_star, " star"),
                (list.has_null, " null"),
                (list.has_localhost, " localhost"),
                (list.has_plain_http, " http"),
            ];
            let words: String = words.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
            format!("{}{words}", list.entries)
        });
        assert_eq!(said, want, "{text}");
    }
}

/// Every kind of value, and nothing of it in the facts.
#[test]
fn no_value_is_in_the_facts() {
    let env = "APP_SECRET=c4nary\nDATABASE_URL=postgresql://c4nary:c4nary@c4nary/c4nary?c4nary\nNAME='c4nary'\n\
               CORS_ORIGINS=https://c4nary.example\nCORS_ORIGIN_REGEX=^c4nary$\nA_KEY=${X:-c4nary}\nB_KEY=${c4nary}\n\
               C_KEY=/run/c4nary.key\nTLS=\"-----BEGIN\nc4nary\"\nD_TOKEN=c4nary\nc4nary\nc4nary==\n";
    let compose = "services:\n  db:\n    image: x\n    command: c4nary\n    environment:\n      P_PASSWORD: c4nary\n    \
                   ports:\n      - c4nary:1\n    volumes:\n      - /c4nary:/c4nary\n    labels:\n      a: c4nary\n";
    let files = read(&[(".env", env)], &[("compose.yml", compose)], "OTHER=c4nary\n");
    let text = serde_json::to_string(&files).expect("facts are JSON") + &format!("{files:?}");
    assert!(text.contains("P_PASSWORD") && text.contains(".env.example:1 OTHER"), "{text}");
    assert!(!text.contains("c4nary"), "{text}");
}

#[test]
fn a_service_is_described_and_what_it_reads_beside() {
    let compose = "services:\n  web:\n    image: acme/web\n    env_file: [./.env, db.env]\n    ports: [\"${P}:1\", \"80:80\"]\n";
    let files = read(&[(".env", "X=1\n")], &[("compose.yml", compose)], "");
    let [_, file] = &files[..] else { panic!("two files") };
    assert_eq!(file.services[0].other_files, ["db.env"]);
    assert_eq!(file.services[0].image.as_deref(), Some("web"));
    let ports: Vec<_> = file.ports.iter().map(|port| port.access.map(|access| access.to_string())).collect();
    assert_eq!(ports, [None, Some("80:80".into())]);
    assert_eq!((file.readable_by_others, file.tracked, file.candidates), (Some(false), None, 0));
}

#[test]
fn a_file_that_was_not_read_has_no_facts() {
    let spec = Spec::of("app.example.com".parse().unwrap());
    let question = OwnFile { name: ".env".into(), form: FileForm::Env };
    assert!(facts(&Private::default(), &spec, &question).is_err());
}
