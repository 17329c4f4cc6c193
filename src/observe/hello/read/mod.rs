//! What a server says in clear: records, alerts, and the messages from its hello to their end.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::input::Input;
use crate::observation::{Group, Offered, Suite, Taken, Version};

/// A server that says more is cut off.
pub const MOST_BYTES: usize = 64 * 1024;
const MOST_CERTIFICATES: usize = 16;
const MOST_TIMESTAMPS: usize = 16;

/// Why what came is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No record of TLS.
    NotTls,
    TooMuch,
    /// A record or message that cannot be read.
    Broken(&'static str),
}

/// What came so far, whatever the pieces it came in.
#[derive(Default)]
pub struct Reading {
    /// Of the record that is not complete yet.
    record: Vec<u8>,
    messages: Vec<u8>,
    alerts: Vec<u8>,
    taken: Option<Taken>,
    /// Chain, timestamps and staple are wanted.
    whole: bool,
    count: usize,
}

impl Reading {
    pub fn new(whole: bool) -> Self {
        Self { whole, ..Self::default() }
    }

    /// Takes what came; the answer once it is complete.
    ///
    /// # Errors
    /// It is none.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Option<Offered>, Fault> {
        self.count += bytes.len();
        if self.count > MOST_BYTES {
            return Err(Fault::TooMuch);
        }
        self.record.extend_from_slice(bytes);
        while let Some((kind, fragment)) = self.next_record()? {
            let answer = match kind {
                ALERT => self.alert(&fragment),
                HANDSHAKE => self.handshake(&fragment)?,
                _ => return Err(Fault::Broken("a record that does not belong before the keys")),
            };
            if answer.is_some() {
                return Ok(answer);
            }
        }
        Ok(None)
    }

    /// Something came that is no answer yet.
    pub fn has_begun(&self) -> bool {
        self.taken.is_some() || !self.record.is_empty() || !self.messages.is_empty()
    }

    fn next_record(&mut self) -> Result<Option<(u8, Vec<u8>)>, Fault> {
        match self.record[..] {
            [kind, ..] if kind != ALERT && kind != HANDSHAKE && self.taken.is_none() => Err(Fault::NotTls),
            [_, major, ..] if major != 3 => Err(Fault::NotTls),
            [kind, _, _, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([high, low]));
                if length > MOST_FRAGMENT {
                    return Err(Fault::Broken("a record that is too long"));
                }
                if self.record.len() < 5 + length {
                    return Ok(None);
                }
                let rest = self.record.split_off(5 + length);
                let fragment = std::mem::replace(&mut self.record, rest).split_off(5);
                Ok(Some((kind, fragment)))
            }
            _ => Ok(None),
        }
    }

    fn alert(&mut self, fragment: &[u8]) -> Option<Offered> {
        self.alerts.extend_from_slice(fragment);
        let pairs: Vec<u8> = self.alerts.drain(..self.alerts.len() / 2 * 2).collect();
        pairs.chunks_exact(2).find_map(|pair| match (pair[0], pair[1]) {
            (_, CLOSE_NOTIFY) => Some(Offered::Closed),
            // What is only a warning (RFC 5246 §7.2): user_canceled, no_renegotiation, unrecognized_name.
            (1, 90 | 100 | 112) => None,
            (_, number) => Some(Offered::Alert(alert_name(number))),
        })
    }

    fn handshake(&mut self, fragment: &[u8]) -> Result<Option<Offered>, Fault> {
        self.messages.extend_from_slice(fragment);
        while let Some((kind, body)) = self.next_message() {
            match (kind, &mut self.taken) {
                // RFC 5246 §7.4.1.1: a HelloRequest is ignored.
                (0, _) => {}
                (2, None) => {
                    let taken = server_hello(&body).ok_or(Fault::Broken("a ServerHello that cannot be read"))?;
                    if taken.version == Version::Tls13 {
                        return Ok(Some(self.done(taken)));
                    }
                    self.taken = Some(taken);
                }
                (_, None) => return Err(Fault::Broken("a message before the ServerHello")),
                (11, Some(taken)) => {
                    certificates(&body, taken)
                        .ok_or(Fault::Broken("a Certificate message that cannot be read"))?;
                }
                (12, Some(taken)) => {
                    key_exchange(&body, taken)
                        .ok_or(Fault::Broken("a ServerKeyExchange message that cannot be read"))?;
                }
                (13, Some(_)) => {}
                (14, Some(_)) => {
                    let taken = self.taken.take();
                    return Ok(taken.map(|taken| self.done(taken)));
                }
                (22, Some(taken)) => taken.ocsp = status(&body),
                _ => return Err(Fault::Broken("a message that does not belong here")),
            }
        }
        Ok(None)
    }

    fn next_message(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut input = Input(&self.messages);
        let kind = input.number(1)?;
        let body = input.vector(3)?.0.to_vec();
        self.messages.drain(..4 + body.len());
        Some((kind as u8, body))
    }

    fn done(&self, taken: Taken) -> Offered {
        if self.whole {
            return Offered::Taken(taken);
        }
        Offered::Taken(Taken { chain: vec![], chain_cut: false, scts: vec![], ocsp: None, ..taken })
    }
}

/// RFC 8446 §4.1.3; a HelloRetryRequest is one, and names its group at the same place (§4.2.8).
fn server_hello(body: &[u8]) -> Option<Taken> {
    let mut input = Input(body);
    let mut version = Version::of(input.number(2)? as u16)?;
    input.take(32)?;
    input.vector(1)?;
    let suite = Suite(input.number(2)? as u16);
    let compressed = input.number(1)? != 0;
    let (mut group, mut renegotiation_info, mut scts) = (None, false, vec![]);
    if !input.is_empty() {
        let mut extensions = input.vector(2)?;
        while !extensions.is_empty() {
            let number = extensions.number(2)?;
            let mut data = extensions.vector(2)?;
            match number {
                18 => scts = timestamps(&mut data).unwrap_or_default(),
                43 => version = Version::of(data.number(2)? as u16)?,
                51 => group = Some(Group(data.number(2)? as u16)),
                0xff01 => renegotiation_info = true,
                _ => {}
            }
        }
    }
    Some(Taken {
        version,
        suite,
        group,
        dh_bits: None,
        compressed,
        renegotiation_info,
        chain: vec![],
        chain_cut: false,
        scts,
        ocsp: None,
    })
}

/// RFC 6962 §3.3.
fn timestamps(data: &mut Input) -> Option<Vec<String>> {
    let mut list = data.vector(2)?;
    let mut all = vec![];
    while !list.is_empty() && all.len() < MOST_TIMESTAMPS {
        all.push(STANDARD.encode(list.vector(2)?.0));
    }
    Some(all)
}

/// RFC 5246 §7.4.2.
fn certificates(body: &[u8], taken: &mut Taken) -> Option<()> {
    let mut list = Input(body).vector(3)?;
    while !list.is_empty() {
        let der = list.vector(3)?;
        if taken.chain.len() < MOST_CERTIFICATES {
            taken.chain.push(STANDARD.encode(der.0));
        } else {
            taken.chain_cut = true;
        }
    }
    Some(())
}

/// RFC 6066 §8: type ocsp (1) and the response.
fn status(body: &[u8]) -> Option<String> {
    let mut input = Input(body);
    (input.number(1)? == 1).then_some(())?;
    Some(STANDARD.encode(input.vector(3)?.0)).filter(|text| !text.is_empty())
}

/// RFC 5246 §7.4.3: the prime comes first; RFC 8422 §5.4: a named curve.
fn key_exchange(body: &[u8], taken: &mut Taken) -> Option<()> {
    let mut input = Input(body);
    if taken.suite.has("_DHE_") || taken.suite.has("_DH_anon_") {
        let prime = input.vector(2)?.0;
        let start = prime.iter().position(|byte| *byte != 0).unwrap_or(prime.len());
        let bits = (prime.len() - start) * 8 - prime.get(start).map_or(0, |byte| byte.leading_zeros() as usize);
        taken.dh_bits = Some(u16::try_from(bits).unwrap_or(u16::MAX));
    } else if taken.suite.has("_ECDHE_") || taken.suite.has("_ECDH_anon_") {
        const NAMED_CURVE: u32 = 3;
        if input.number(1)? == NAMED_CURVE {
            taken.group = Some(Group(input.number(2)? as u16));
        }
    }
    Some(())
}

/// RFC 8446 §6, RFC 5246 §7.2.2 and RFC 6066 §9.
fn alert_name(number: u8) -> String {
    let name = match number {
        10 => "unexpected_message",
        20 => "bad_record_mac",
        21 => "decryption_failed",
        22 => "record_overflow",
        30 => "decompression_failure",
        40 => "handshake_failure",
        41 => "no_certificate",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        60 => "export_restriction",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        90 => "user_canceled",
        100 => "no_renegotiation",
        109 => "missing_extension",
        110 => "unsupported_extension",
        111 => "certificate_unobtainable",
        112 => "unrecognized_name",
        113 => "bad_certificate_status_response",
        114 => "bad_certificate_hash_value",
        115 => "unknown_psk_identity",
        116 => "certificate_required",
        120 => "no_application_protocol",
        _ => return format!("number {number}"),
    };
    name.into()
}

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const CLOSE_NOTIFY: u8 = 0;

/// RFC 5246 §6.2.3: 2^14 and what a cipher may add.
const MOST_FRAGMENT: usize = 16_384 + 2_048;

#[cfg(test)]
mod tests;
