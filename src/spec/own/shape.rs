//! What a value looks like.

/// Kinds of values that are told apart before anything is thought of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Empty,
    Switch(bool),
    Number,
    Path,
    Url,
    Text,
}

impl Form {
    pub fn of(text: &str) -> Self {
        let lower = text.to_ascii_lowercase();
        match lower.as_str() {
            "" => Self::Empty,
            "true" | "yes" | "on" | "1" => Self::Switch(true),
            "false" | "no" | "off" | "0" => Self::Switch(false),
            // A longer row of digits counts nothing.
            number
                if number.len() <= 15 && number.parse::<f64>().is_ok_and(f64::is_finite) && is_decimal(number) =>
            {
                Self::Number
            }
            path if is_path(path) => Self::Path,
            url if scheme(url).is_some() => Self::Url,
            _ => Self::Text,
        }
    }
}

/// The scheme of a URL with an authority.
pub fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once("://")?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+.-".contains(&b));
    is_scheme.then_some(scheme)
}

/// The password in a URL, decoded (RFC 3986 §3.2.1); nothing where there is none.
pub fn password(url: &str) -> Option<String> {
    scheme(url)?;
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split('/').next()?;
    let (user_info, _) = authority.rsplit_once('@')?;
    let (_, password) = user_info.split_once(':')?;
    (!password.is_empty()).then(|| decoded(password))
}

fn decoded(text: &str) -> String {
    let mut bytes = vec![];
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        let pair = behind.get(..2).filter(|_| *first == b'%').and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn is_decimal(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || b"+-.".contains(&b))
}

/// A base64 text may begin with a slash as well: a path begins at a usual place, or ends as files do.
fn is_path(text: &str) -> bool {
    const PLACES: [&str; 16] = [
        "./",
        "../",
        "~/",
        "/run/",
        "/etc/",
        "/var/",
        "/usr/",
        "/opt/",
        "/srv/",
        "/home/",
        "/app/",
        "/root/",
        "/tmp/",
        "/mnt/",
        "/data/",
        "/secrets/",
    ];
    const ENDINGS: [&str; 8] = [".pem", ".key", ".crt", ".cer", ".json", ".txt", ".p12", ".der"];
    let one_line = !text.contains(char::is_whitespace) && scheme(text).is_none();
    one_line && (PLACES.iter().any(|p| text.starts_with(p)) || ENDINGS.iter().any(|e| text.ends_with(e)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_is_of_one_form() {
        for (text, want) in [
            ("", Form::Empty),
            ("True", Form::Switch(true)),
            ("0", Form::Switch(false)),
            ("off", Form::Switch(false)),
            ("30", Form::Number),
            ("-1.5", Form::Number),
            ("1e9", Form::Text),
            ("nan", Form::Text),
            ("12345678901234567890", Form::Text),
            ("/run/secrets/db", Form::Path),
            ("./key.pem", Form::Path),
            ("certs/tls.key", Form::Path),
            ("/9j4AAQSk+ZJRg==", Form::Text),
            ("https://a.example/x.pem", Form::Url),
            ("postgresql+asyncpg://u:p@db/x", Form::Url),
            ("://x", Form::Text),
            ("hello", Form::Text),
        ] {
            assert_eq!(Form::of(text), want, "{text}");
        }
    }

    #[test]
    fn a_password_stands_before_the_host() {
        for (url, want) in [
            ("postgresql://u:p@db/x", Some("p")),
            ("redis://:p@cache:6379/0", Some("p")),
            ("postgresql://u:p%2Fq%zz@db", Some("p/q%zz")),
            ("postgresql://u:p@q@db", Some("p@q")),
            ("mongodb://u:p@a,b,c/x", Some("p")),
            ("amqp://u:p:q@mq", Some("p:q")),
            ("https://key@sentry.example/1", None),
            ("redis://cache:6379", None),
            ("redis://:@cache", None),
            ("https://a.example/u:p@x", None),
            ("u:p@h", None),
        ] {
            assert_eq!(password(url).as_deref(), want, "{url}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_a_form(text in "\\PC{0,40}|[a-z]{1,5}://[%@:/a-f0-9]{0,30}") {
            let _ = (Form::of(&text), password(&text));
        }
    }
}
