//! The owner's own steps: at which addresses they are walked, and what each puts on the wire.

use std::collections::BTreeSet;

use serde_json::Value;
use url::form_urlencoded;

use super::names::addresses;
use super::request::hop;
use crate::observation::{Method, Observations, Probe, Request, Sends, SentContent, Smoke};
use crate::spec::{Body, Piece, Spec, Step, Template};
use crate::target::Endpoint;

/// Once at each address of the site's own name: a login may send a mail or count tries.
pub fn questions(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    if spec.smoke.is_empty() {
        return vec![];
    }
    let ips: BTreeSet<_> = addresses(spec, seen, &spec.site.host).into_iter().collect();
    let steps: Vec<Sends> = spec.smoke.iter().map(sends).collect();
    ips.into_iter().map(|ip| Smoke { at: spec.site.at(ip), steps: steps.clone() }.into()).collect()
}

fn sends(step: &Step) -> Sends {
    let field = |(name, value): &(String, Template)| (name.clone(), value.0.clone());
    Sends {
        login: step.login,
        method: method(step),
        path: step.path.0.clone(),
        fields: step.headers.iter().map(field).collect(),
        content: match &step.body {
            None => SentContent::Nothing,
            Some(Body::Json(value)) => SentContent::Json(value.to_string()),
            Some(Body::Form(fields)) => SentContent::Form(fields.iter().map(field).collect()),
        },
        captures: step.capture.iter().map(|capture| (capture.name.clone(), capture.path.clone())).collect(),
    }
}

/// A request of a step.
pub struct Errand {
    pub request: Request,
    pub content: Vec<u8>,
}

/// The request as it is shown: with `${NAME}` where values stand.
pub fn shown(spec: &Spec, at: &Endpoint, step: &Step) -> Request {
    let fields = step.headers.iter().map(|(name, value)| (name.clone(), value.0.clone())).collect();
    dressed(spec, at, step, step.path.0.clone(), fields)
}

/// The request as it is sent.
///
/// # Errors
/// The first name that has no value.
pub fn filled(
    spec: &Spec,
    at: &Endpoint,
    step: &Step,
    value: &dyn Fn(&str) -> Option<String>,
) -> Result<Errand, String> {
    let target = path(&step.path, value)?;
    let fields = step.headers.iter().map(|(name, field)| Ok((name.clone(), field.fill(value)?)));
    let fields = fields.collect::<Result<_, String>>()?;
    let content = match &step.body {
        None => vec![],
        Some(Body::Json(json)) => json_of(json, value)?.to_string().into_bytes(),
        Some(Body::Form(fields)) => {
            let mut form = form_urlencoded::Serializer::new(String::new());
            for (name, field) in fields {
                form.append_pair(name, &field.fill(value)?);
            }
            form.finish().into_bytes()
        }
    };
    Ok(Errand { request: dressed(spec, at, step, target, fields), content })
}

/// The step's own fields stand in place of the usual ones.
fn dressed(spec: &Spec, at: &Endpoint, step: &Step, target: String, fields: Vec<(String, String)>) -> Request {
    let mut request = hop(spec, at, method(step), target);
    let own = |name: &str| fields.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
    request.fields.retain(|(name, _)| !own(name));
    let media_type = match &step.body {
        None => None,
        Some(Body::Json(_)) => Some("application/json"),
        Some(Body::Form(_)) => Some("application/x-www-form-urlencoded"),
    };
    let media_type = media_type.filter(|_| !own("content-type"));
    let media_type = media_type.map(|media_type| ("Content-Type".into(), media_type.into()));
    let end = request.fields.len() - 1;
    request.fields.splice(end..end, media_type.into_iter().chain(fields));
    request
}

fn method(step: &Step) -> Method {
    match step.method.as_str() {
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        "HEAD" => Method::Head,
        "OPTIONS" => Method::Options,
        _ => Method::Get,
    }
}

/// A value in a path is a part of it, and never more.
fn path(template: &Template, value: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let texts = template.pieces().into_iter().map(|piece| match piece {
        Piece::Text(text) => Ok(text.to_string()),
        Piece::Name(name) => value(name).map(|value| encoded(&value)).ok_or_else(|| name.to_string()),
    });
    texts.collect()
}

fn json_of(json: &Value, value: &dyn Fn(&str) -> Option<String>) -> Result<Value, String> {
    Ok(match json {
        Value::String(text) => Value::String(Template(text.clone()).fill(value)?),
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| json_of(item, value)).collect::<Result<_, _>>()?)
        }
        Value::Object(fields) => {
            let field = |(name, field): (&String, &Value)| Ok((name.clone(), json_of(field, value)?));
            Value::Object(fields.iter().map(field).collect::<Result<_, String>>()?)
        }
        other => other.clone(),
    })
}

/// All but unreserved characters (RFC 3986 §2.3).
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_stand_where_their_names_stood() {
        let spec = Spec::of("app.example.com".parse().unwrap());
        let at = spec.site.at([203, 0, 113, 7].into());
        let value = |name: &str| (name == "token").then(|| "a/b \"c&".to_string());
        let template = |text: &str| Template(text.into());
        let mut step = Step {
            name: "a".into(),
            login: false,
            method: "POST".into(),
            path: template("/x/${token}?t=${token}"),
            headers: vec![
                ("accept".into(), template("text/html")),
                ("authorization".into(), template("Bearer ${token}")),
            ],
            body: Some(Body::Json(json!({"b": "${token}", "a": [1, "x"]}))),
            expect: crate::spec::Expect::default(),
            capture: vec![],
            line: 1,
        };
        let sent = filled(&spec, &at, &step, &value).unwrap();
        assert_eq!(sent.request.target, "/x/a%2Fb%20%22c%26?t=a%2Fb%20%22c%26");
        assert_eq!(String::from_utf8(sent.content).unwrap(), r#"{"b":"a/b \"c&","a":[1,"x"]}"#);
        let names: Vec<&str> = sent.request.fields.iter().map(|(name, _)| name.as_str()).collect();
        let want =
            ["Host", "User-Agent", "Accept-Encoding", "Content-Type", "accept", "authorization", "Connection"];
        assert_eq!(names, want);
        let shown = serde_json::to_string(&shown(&spec, &at, &step)).unwrap();
        assert!(shown.contains("Bearer ${token}") && !shown.contains("a/b"), "{shown}");
        step.body = Some(Body::Form(vec![("p".into(), template("${token}")), ("q".into(), template("é"))]));
        let sent = filled(&spec, &at, &step, &value).unwrap();
        assert_eq!(String::from_utf8(sent.content).unwrap(), "p=a%2Fb+%22c%26&q=%C3%A9");
        assert_eq!(filled(&spec, &at, &step, &|_| None).err().as_deref(), Some("token"));
    }

    #[test]
    fn what_is_expected_decides_nothing_of_what_is_asked() {
        let mut spec = Spec::of("203.0.113.7".parse().unwrap());
        let seen = Observations::begin(
            spec.site.clone(),
            crate::observation::Timestamp(0),
            crate::observation::Nonce(1),
            crate::observation::Vantage::default(),
        );
        assert_eq!(questions(&spec, &seen), []);
        spec.smoke = vec![Step {
            name: "a".into(),
            login: false,
            method: "GET".into(),
            path: Template("/".into()),
            headers: vec![],
            body: None,
            expect: crate::spec::Expect::default(),
            capture: vec![],
            line: 1,
        }];
        spec.vantage.allow_private = true;
        let before = questions(&spec, &seen);
        spec.smoke[0].expect.status = vec![200];
        (spec.smoke[0].name, spec.smoke[0].line) = ("b".into(), 7);
        assert_eq!((questions(&spec, &seen), before.len()), (before.clone(), 1));
        spec.smoke[0].path = Template("/b".into());
        assert_ne!(questions(&spec, &seen)[0].to_string(), before[0].to_string());
    }
}
