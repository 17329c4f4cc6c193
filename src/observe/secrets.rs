//! Values that the environment or the site gave to a run: they are marks wherever they would be recorded.

use serde_json::Value;

use super::record::Recorder;
use crate::observation::{Exchange, Stopped};

#[derive(Default)]
pub struct Secrets {
    values: Vec<String>,
}

impl Secrets {
    /// Of the environment. What is shorter than this, or a short number, is no secret, and half of all fields hold it.
    pub fn add_variable(&mut self, value: &str) {
        self.add(value, 4);
    }

    /// Captured from an answer.
    pub fn add_captured(&mut self, value: &str) {
        self.add(value, 8);
    }

    fn add(&mut self, value: &str, least: usize) {
        let is_short_number = value.len() < 8 && value.bytes().all(|b| b.is_ascii_digit());
        if value.len() >= least && !is_short_number && !self.values.iter().any(|held| held == value) {
            self.values.push(value.into());
            self.values.extend(encodings(value));
            // The longest first: one value may stand in another.
            self.values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        }
    }

    /// The text with a mark in place of each. `public` is what everybody knows: the name of the site.
    fn marked(&self, text: &str, public: &str, recorder: &Recorder) -> String {
        self.values.iter().filter(|value| !public.contains(value.as_str())).fold(text.into(), |text, value| {
            if text.contains(value) { text.replace(value, &recorder.mark(value)) } else { text }
        })
    }

    /// Marks what an exchange records of the answers, and of the addresses that redirects led to.
    pub fn veil(&self, exchange: &mut Exchange, public: &str, recorder: &Recorder) {
        let marked = |text: &mut String| *text = self.marked(text, public, recorder);
        for (index, hop) in exchange.hops.iter_mut().enumerate() {
            if index > 0 {
                marked(&mut hop.request.target);
            }
            hop.response.fields.iter_mut().for_each(|(_, value)| marked(value));
            hop.response.content.links.iter_mut().for_each(|link| marked(&mut link.url));
        }
        if let Some(Stopped::Error(error)) = &mut exchange.stopped {
            marked(&mut error.detail);
        }
    }

    /// A value of an answer as it may be recorded: without these, and without what looks like a token.
    pub fn veiled(&self, value: &Value, recorder: &Recorder) -> Value {
        let text = |text: &str| recorder.words(&self.marked(text, "", recorder));
        match value {
            Value::String(held) if self.values.contains(held) => Value::String(recorder.mark(held)),
            Value::String(held) => Value::String(text(held)),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.veiled(item, recorder)).collect()),
            Value::Object(fields) => {
                let field = |(name, field): (&String, &Value)| (text(name), self.veiled(field, recorder));
                Value::Object(fields.iter().map(field).collect())
            }
            Value::Number(number) if self.values.contains(&number.to_string()) => {
                Value::String(recorder.mark(&number.to_string()))
            }
            other => other.clone(),
        }
    }
}

/// How a value may stand in an address.
fn encodings(value: &str) -> Vec<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let percent = |hex: fn(u8) -> String| -> String {
        value.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { hex(byte) }).collect()
    };
    let upper = percent(|byte| format!("%{byte:02X}"));
    let lower = percent(|byte| format!("%{byte:02x}"));
    let mail = upper.replace("%40", "@");
    [upper, lower, mail].into_iter().filter(|encoded| encoded != value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Nonce;
    use serde_json::json;

    #[test]
    fn values_are_marks_wherever_they_come_back() {
        let recorder = Recorder::new(Nonce(1));
        let mut secrets = Secrets::default();
        secrets.add_variable("p@ss w0rd");
        secrets.add_variable("app");
        secrets.add_variable("example.com");
        secrets.add_captured("member");
        secrets.add_captured("3600");
        for (text, kept) in [("/u/p@ss w0rd/x", "/u/"), ("/u/p%40ss%20w0rd/x", "/u/"), ("/u/p@ss%20w0rd/x", "/u/")]
        {
            let marked = secrets.marked(text, "https://app.example.com", &recorder);
            assert!(marked.starts_with(&format!("{kept}‹redacted")) && !marked.contains("w0rd"), "{marked}");
        }
        for text in ["max-age=3600", "https://app.example.com/member", "app"] {
            assert_eq!(secrets.marked(text, "https://app.example.com", &recorder), text);
        }
        let veiled =
            secrets.veiled(&json!({"a": ["p@ss w0rd", "member"], "id": "8f14e45fceea167a5a36"}), &recorder);
        let text = veiled.to_string();
        assert!(text.contains("member") && !text.contains("w0rd") && !text.contains("8f14"), "{text}");
    }
}
