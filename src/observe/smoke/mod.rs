//! The owner's steps, one after the other, at one address; then what needs their login.

mod accounts;
mod content;
mod errand;
mod upgrades;

use std::collections::BTreeMap;

use serde_json::Value;

use super::dialogue::{Dialogue, Places};
use super::jar::Jar;
use super::net::Net;
use super::record::Recorder;
use super::secrets::Secrets;
use crate::observation::{Exchange, HeldField, Nonce, ProbeError, Request, Smoke, Walk, Walked, is_field_value};
use crate::plan::smoke::{filled, shown};
use crate::spec::{Spec, Step};
use crate::target::Endpoint;

use content::{captured, found, json, texts};
use errand::{Errand, Gone};

pub struct Walker<'a> {
    pub net: &'a Net,
    pub spec: &'a Spec,
    pub recorder: &'a Recorder,
    pub places: &'a Places,
    pub nonce: Nonce,
}

/// What a walk has come by.
#[derive(Default)]
struct Bag {
    jar: Jar,
    captures: BTreeMap<String, String>,
    secrets: Secrets,
    /// As they were before the login step.
    before: (Jar, BTreeMap<String, String>),
    signed_in: bool,
}

impl Walker<'_> {
    /// Walks the steps.
    ///
    /// # Errors
    /// None: each step has its own.
    pub async fn walk(&self, question: &Smoke) -> Result<Walked, ProbeError> {
        let mut bag = Bag::default();
        self.net.private.variables.values().for_each(|value| bag.secrets.add_variable(value));
        let mut walked = Walked::default();
        for step in &self.spec.smoke {
            if step.login {
                bag.before = (bag.jar.clone(), bag.captures.clone());
            }
            let walk = self.step(&question.at, step, &mut bag).await;
            if step.login {
                bag.signed_in = worked(step, &walk);
            }
            walked.steps.push(walk);
        }
        if bag.signed_in {
            walked.upgrades = self.upgrades(&question.at, &bag.jar).await;
            (walked.accounts, walked.stranger) = self.accounts(&question.at, &mut bag).await;
        }
        self.veil(&mut walked, &bag.secrets);
        Ok(walked)
    }

    async fn step(&self, at: &Endpoint, step: &Step, bag: &mut Bag) -> Walk {
        let mut walk = Walk {
            name: step.name.clone(),
            outcome: Err(ProbeError::not_sent("not walked")),
            took_ms: 0,
            credentials: false,
            anonymous: None,
            found: vec![],
            texts: vec![],
            fields: vec![],
            captured: vec![],
        };
        let errand = match self.errand(at, step, &bag.captures) {
            Ok(errand) => errand,
            Err(error) => return Walk { outcome: Err(error), ..walk },
        };
        let is_hidden = step.headers.iter().any(|(name, value)| {
            value.names().next().is_some() || ["authorization", "cookie"].contains(&name.as_str())
        });
        let begun = bag.jar.field(at, &errand.request.target).is_some();
        walk.credentials = begun || is_hidden;
        let gone = match self.go(at, &errand, &mut bag.jar, true).await {
            Ok(gone) => gone,
            Err(error) => return Walk { outcome: Err(error), ..walk },
        };
        if walk.credentials && step.method == "GET" {
            walk.anonymous = Some(self.anonymously(at, step, &errand).await);
        }
        let read = json(gone.last());
        for (name, value) in captured(step, read.as_ref()) {
            bag.secrets.add_captured(&value);
            bag.captures.insert(name.clone(), value);
            walk.captured.push(name);
        }
        walk.found = found(step, read.as_ref(), &bag.secrets, self);
        walk.texts = texts(step, gone.last());
        walk.fields = fields(step, &gone);
        walk.took_ms = u64::try_from(gone.took.as_millis()).unwrap_or(u64::MAX);
        walk.outcome = Ok(gone.exchange);
        walk
    }

    fn errand(
        &self,
        at: &Endpoint,
        step: &Step,
        captures: &BTreeMap<String, String>,
    ) -> Result<Errand, ProbeError> {
        let value = |name: &str| captures.get(name).or_else(|| self.net.private.variables.get(name)).cloned();
        let sent = filled(self.spec, at, step, &value)
            .map_err(|name| ProbeError::not_sent(&format!("`{name}` was not captured")))?;
        let content = sent.content.into();
        Ok(Errand { shown: shown(self.spec, at, step), request: sent.request, content, own: own(step) })
    }

    /// The same without what tells who asks.
    async fn anonymously(&self, at: &Endpoint, step: &Step, errand: &Errand) -> Result<Exchange, ProbeError> {
        let hidden = |name: &str| {
            ["authorization", "cookie"].contains(&name)
                || step.headers.iter().any(|(own, value)| own == name && value.names().next().is_some())
        };
        let bare = |request: &Request| {
            let mut request = request.clone();
            request.fields.retain(|(name, _)| !hidden(name));
            request
        };
        let own = errand.own.iter().filter(|name| !hidden(name)).cloned().collect();
        let errand = Errand {
            shown: bare(&errand.shown),
            request: bare(&errand.request),
            content: errand.content.clone(),
            own,
        };
        self.go(at, &errand, &mut Jar::default(), true).await.map(|gone| gone.exchange)
    }

    fn dialogue(&self) -> Dialogue<'_> {
        Dialogue {
            net: self.net,
            spec: self.spec,
            recorder: self.recorder,
            places: self.places,
            nonce: self.nonce,
        }
    }

    fn veil(&self, walked: &mut Walked, secrets: &Secrets) {
        let public: Vec<String> = self.spec.origins().map(ToString::to_string).collect();
        let public = public.join(" ");
        let steps = walked.steps.iter_mut().flat_map(|walk| [Some(&mut walk.outcome), walk.anonymous.as_mut()]);
        let tries = walked.accounts.iter_mut().chain(&mut walked.stranger).map(|tried| Some(&mut tried.outcome));
        for exchange in steps.chain(tries).flatten().filter_map(|outcome| outcome.as_mut().ok()) {
            secrets.veil(exchange, &public, self.recorder);
        }
    }
}

/// Names of the fields that are the step's own.
fn own(step: &Step) -> Vec<String> {
    step.headers.iter().map(|(name, _)| name.clone()).collect()
}

/// Whether it did what later requests need of it.
fn worked(step: &Step, walk: &Walk) -> bool {
    let statuses =
        |exchange: &Exchange| -> Vec<u16> { exchange.hops.iter().map(|hop| hop.response.status).collect() };
    walk.captured.len() == step.capture.len()
        && walk.outcome.as_ref().is_ok_and(|exchange| {
            let statuses = statuses(exchange);
            step.expect.takes(statuses[step.expect.answer(&statuses)])
        })
}

fn fields(step: &Step, gone: &Gone) -> Vec<HeldField> {
    let statuses: Vec<u16> = gone.raws.iter().map(|raw| raw.status).collect();
    let hop = step.expect.answer(&statuses);
    let held = |(name, value): &(String, String)| {
        let mut lines = gone.raws[hop].fields.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        let held = lines.any(|(_, line)| is_field_value(&String::from_utf8_lossy(line), value));
        HeldField { name: name.clone(), value: value.clone(), hop, held }
    };
    step.expect.header.iter().map(held).collect()
}

/// A value as it stands in a later request.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::String(_) | Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
