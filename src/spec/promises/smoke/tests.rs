use serde_json::json;

use crate::spec::{Body, Flags, Outside, Private, Problems, Spec, Standing, Template, load};

const SITE: &str = "site = \"https://app.example.com\"\n";

fn known(name: &str) -> Option<String> {
    match name {
        "SMOKE_EMAIL" => Some("me@example.com".into()),
        "SMOKE_PASSWORD" => Some("hunter2-hunter2".into()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

fn read(text: &str) -> Result<(Spec, Private), Problems> {
    let standing = |_: &str| Standing::default();
    let outside = Outside { known: &[], read: &|_| Ok(vec![]), standing: &standing, variable: Some(&known) };
    load(Some(("golive.toml", &format!("{SITE}{text}"))), &Flags::default(), &outside)
}

const LOGIN: &str = "[[smoke]]\nname = \"log in\"\nlogin = true\nmethod = \"POST\"\npath = \"/login\"\n";

#[test]
fn steps_become_what_they_mean() {
    let text = format!(
        "{LOGIN}json = {{ z = 1, email = \"${{SMOKE_EMAIL}}\", password = \"${{SMOKE_PASSWORD}}\", a = [1.5, true] }}\n\
         expect = {{ status = [200, 201], json = {{ \"$.user.role\" = \"member\" }}, within = \"800ms\" }}\n\
         capture = {{ token = \"$.access_token\" }}\n\
         [[smoke]]\nname = \"me\"\npath = \"/api/me?token=${{token}}\"\n\
         headers = {{ \"X-Zed\" = \"1\", authorization = \"Bearer ${{token}}\" }}\n\
         expect = {{ header = {{ \"content-type\" = \"application/json\" }}, body = \"me\" }}\n\
         [secrets]\naccounts = [{{ user = \"admin\", password = \"${{SMOKE_PASSWORD}}\" }}]\n"
    );
    let (spec, private) = read(&text).unwrap_or_else(|e| panic!("{e}"));
    let [login, me] = &spec.smoke[..] else { panic!("{:?}", spec.smoke) };
    assert!(login.login && !me.login);
    let want = r#"{"z":1,"email":"${SMOKE_EMAIL}","password":"${SMOKE_PASSWORD}","a":[1.5,true]}"#;
    let Some(Body::Json(value)) = &login.body else { panic!("{:?}", login.body) };
    assert_eq!(value.to_string(), want);
    assert_eq!((login.expect.status.clone(), login.expect.within_ms), (vec![200, 201], Some(800)));
    assert_eq!(login.expect.json, [("$.user.role".to_string(), json!("member"))]);
    assert_eq!((me.method.as_str(), me.path.clone()), ("GET", Template("/api/me?token=${token}".into())));
    let names: Vec<&str> = me.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["x-zed", "authorization"]);
    assert_eq!((login.line, me.line > login.line), (2, true));
    assert_eq!(private.variables.keys().collect::<Vec<_>>(), ["SMOKE_EMAIL", "SMOKE_PASSWORD"]);
    assert_eq!(spec.secrets.accounts[0].user, "admin");
}

#[test]
fn what_is_wrong_with_a_step_is_said_with_its_place_and_remedy() {
    let all = "each step has a name and a path";
    let step = "[[smoke]]\nname = \"a\"\npath = \"/\"\n";
    for (text, want) in [
        ("[[smoke]]\nname = \"a\"".into(), format!("2:1 missing `path` | {all}")),
        ("[[smoke]]\npath = \"/\"".into(), format!("2:1 missing `name` | {all}")),
        (format!("{step}{step}"), "6:8 two steps have the name `a` | a name of its own".into()),
        (
            format!("{step}login = true\n{LOGIN}"),
            "8:9 two steps say `login` | the one whose cookies are the session's".into(),
        ),
        (format!("{step}method = \"post\""), "5:10 `post` is no method of a step | did you mean `POST`?".into()),
        (
            format!("{step}json = {{ a = 1 }}"),
            "5:8 `json` goes with no GET | method = \"POST\"".into(),
        ),
        (
            format!("{LOGIN}json = {{ a = 1 }}\nform = {{ a = \"1\" }}"),
            "8:8 `json` and `form` stand in one step | one of the two".into(),
        ),
        (
            format!("{LOGIN}json = {{ a = 2026-01-01 }}"),
            "7:8 `a` is a date, and JSON has none | the text in quotes".into(),
        ),
        (
            format!("{LOGIN}json = {{ password = \"hunter2\" }}"),
            "7:8 the value of `password` stands in the file | `password` = \"${SMOKE_PASSWORD}\", from the environment or an earlier capture".into(),
        ),
        (
            format!("{step}headers = {{ Authorization = \"Bearer hunter2\" }}"),
            "5:29 the value of `Authorization` stands in the file | `Authorization` = \"${SMOKE_AUTHORIZATION}\", from the environment or an earlier capture".into(),
        ),
        (
            "[[smoke]]\nname = \"a\"\npath = \"/?access_token=hunter2\"".into(),
            "4:8 the value of `access_token` stands in the file | `access_token` = \"${SMOKE_ACCESSTOKEN}\", from the environment or an earlier capture".into(),
        ),
        (
            format!("{step}headers = {{ host = \"a\" }}"),
            "5:20 the field `host` is golive's own | leave it out".into(),
        ),
        (
            format!("{step}headers = {{ x = \"${{token}}\" }}\n[[smoke]]\nname = \"b\"\npath = \"/\"\ncapture = {{ token = \"$.t\" }}"),
            "5:17 `token` is used before a step captures it | capture it in an earlier step".into(),
        ),
        (
            format!("{step}headers = {{ x = \"${{NOT_SET}}\" }}"),
            "5:17 the variable NOT_SET is not set | export NOT_SET=…, or capture it in an earlier step".into(),
        ),
        (format!("{step}headers = {{ x = \"${{EMPTY}}\" }}"), "5:17 the variable EMPTY is empty | export EMPTY=…".into()),
        (
            format!("{step}capture = {{ \"a b\" = \"$.t\" }}"),
            "5:21 `a b` is no name for a capture | letters, digits and `_`: { token = \"$.access_token\" }".into(),
        ),
        (
            format!("{step}expect = {{ status = 99 }}"),
            "5:21 `status` 99 is out of range | 100 to 599".into(),
        ),
        (
            format!("{step}expect = {{ stauts = 200 }}"),
            "5:12 unknown key `stauts` | did you mean `status`?".into(),
        ),
        (
            "[secrets]\naccounts = [{ user = \"a\", password = \"hunter2\" }]".into(),
            "3:38 a password stands in the file | password = \"${SEED_PASSWORD}\", from the environment".into(),
        ),
        (
            "[secrets]\naccounts = [{ user = \"a\", password = \"${SMOKE_PASSWORD}\" }]".into(),
            "3:12 accounts are tried by the login step, and there is none | `login = true` in a step".into(),
        ),
        (
            format!("{LOGIN}json = {{ name = \"a\" }}\n[secrets]\naccounts = [{{ user = \"a\", password = \"${{SMOKE_PASSWORD}}\" }}]"),
            "9:12 of the login step nobody can tell where an account goes | the one field `password`, and one of email, user, username, login, in its `json` or `form`".into(),
        ),
    ] {
        let problems = read(&text).expect_err(&text);
        assert_eq!(problems.said(), [want], "{text}");
        assert!(!problems.render(false).contains("hunter2"), "{problems}");
        assert!(!format!("{:?}", problems.list).contains("hunter2"), "{problems}");
    }
    let path = read(&format!("{step}capture = {{ t = \"$.[\" }}")).expect_err("no JSON path").said().remove(0);
    assert!(path.starts_with("5:17 `$.[` is no JSON path: "), "{path}");
}

/// A line that cannot be read shows no secret either.
#[test]
fn no_value_of_a_secret_is_shown() {
    for line in [
        "json = { password = \"hunter2\", x }",
        "json = { password = \"hunter2",
        "json = { \"client-secret\" = 'hunter2', x }",
        "headers = { cookie = \"a=\\\"hunter2\\\"; b=hunter2\", x }",
        "json = { password = hunter2 }",
        "é = 1\npassword = hunter2",
    ] {
        let problems = read(&format!("{LOGIN}{line}")).expect_err(line);
        assert!(!problems.render(true).contains("hunter2"), "{problems}");
    }
}

/// What is judged again, or only planned, needs no variable.
#[test]
fn a_plan_needs_no_variable() {
    let text = format!("{SITE}{LOGIN}json = {{ password = \"${{NOT_SET}}\" }}");
    let standing = |_: &str| Standing::default();
    let outside = Outside { known: &[], read: &|_| Ok(vec![]), standing: &standing, variable: None };
    let (spec, private) = load(Some(("golive.toml", &text)), &Flags::default(), &outside).expect("sound");
    assert_eq!((spec.smoke.len(), private.variables.len()), (1, 0));
}
