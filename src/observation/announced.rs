//! What an answer announces beside itself: another protocol at another port (RFC 7838).

use super::{Handshake, Response};

impl Response {
    /// The port at which the same host is said to speak HTTP/3: the first such alternative.
    pub fn h3_port(&self) -> Option<u16> {
        self.values("alt-svc").into_iter().flat_map(|value| split(value, ',')).find_map(h3_port)
    }
}

impl Handshake {
    pub fn speaks_h2(&self) -> bool {
        self.alpn.as_deref() == Some("h2")
    }
}

/// RFC 7838 §3: `h3=":443"; ma=86400`. An alternative at another host is none of ours to ask.
fn h3_port(alternative: &str) -> Option<u16> {
    let (protocol, authority) = split(alternative, ';').next()?.split_once('=')?;
    let port = authority.trim().strip_prefix("\":")?.strip_suffix('"')?;
    let port = port.parse().ok().filter(|number| *number > 0)?;
    (protocol.trim() == "h3").then_some(port)
}

/// Split outside of quotes.
fn split(text: &str, at: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c| {
        quoted ^= c == '"';
        c == at && !quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Content;
    use proptest::prelude::*;

    fn announced(values: &[&str]) -> Option<u16> {
        let fields = values.iter().map(|value| ("Alt-Svc".into(), (*value).into())).collect();
        Response { status: 200, fields, cookies: vec![], tokens: None, content: Content::default() }.h3_port()
    }

    proptest! {
        #[test]
        fn any_field_is_read(value in "(h3|=|\"|:|443|;|,| |ma|\\PC){0,24}") {
            prop_assert_ne!(announced(&[&value]), Some(0));
        }
    }

    #[test]
    fn the_port_of_http_3_is_read_as_it_is_announced() {
        for (values, want) in [
            (&["h3=\":443\"; ma=2592000"][..], Some(443)),
            (&["h3-29=\":442\", h3=\":8443\";ma=86400,h2=\":443\""], Some(8443)),
            (&["clear", "h3=\":443\""], Some(443)),
            (&["h3 = \":443\""], Some(443)),
            (&["h3=\"alt.example.com:443\""], None),
            (&["h2=\":443\""], None),
            (&["h2=\"a,h3=\":443\""], None),
            (&["h3=\":0\""], None),
            (&["h3=\":65536\""], None),
            (&["h3=:443"], None),
            (&["H3=\":443\""], None),
            (&["clear"], None),
            (&[""], None),
            (&[], None),
        ] {
            assert_eq!(announced(values), want, "{values:?}");
        }
    }
}
