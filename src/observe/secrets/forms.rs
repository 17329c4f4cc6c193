//! Tokens that begin with a mark of who issued them.

use std::sync::LazyLock;

use super::genuine::is_random;
use super::{Hit, count, is_in_word, is_url_safe};

/// How the tokens of an issuer look.
struct Form {
    begin: &'static str,
    kind: &'static str,
    /// The characters that follow.
    of: fn(u8) -> bool,
    /// Whether what follows has the form.
    fits: fn(&[u8]) -> bool,
}

const fn form(begin: &'static str, kind: &'static str, of: fn(u8) -> bool, fits: fn(&[u8]) -> bool) -> Form {
    Form { begin, kind, of, fits }
}

/// A longer beginning stands before a shorter one.
const FORMS: &[Form] = &[
    form("sk_live_", "live secret key (sk_live_)", is_alphanumeric, |body| body.len() >= 24),
    form("rk_live_", "live restricted key (rk_live_)", is_alphanumeric, |body| body.len() >= 24),
    form("whsec_", "webhook signing secret (whsec_)", is_base64, |body| body.len() >= 32),
    // GitHub, "Behind GitHub's new authentication token formats".
    form("ghp_", "GitHub personal access token", is_alphanumeric, is_checked),
    form("gho_", "GitHub OAuth token", is_alphanumeric, is_checked),
    form("ghu_", "GitHub user token", is_alphanumeric, is_checked),
    form("ghs_", "GitHub server token", is_alphanumeric, is_checked),
    form("ghr_", "GitHub refresh token", is_alphanumeric, is_checked),
    form("github_pat_", "GitHub fine-grained token", is_word, |body| parts(body, b'_') == [22, 59]),
    form("npm_", "npm access token", is_alphanumeric, is_checked),
    form("glpat-", "GitLab personal access token", is_url_safe, |body| body.len() >= 20),
    form("xoxb-", "Slack bot token", is_dashed, is_slack),
    form("xoxp-", "Slack user token", is_dashed, is_slack),
    form("xoxa-", "Slack app token", is_dashed, is_slack),
    form("xoxr-", "Slack refresh token", is_dashed, is_slack),
    form("xoxs-", "Slack session token", is_dashed, is_slack),
    form("xapp-", "Slack app-level token", is_dashed, |body| {
        matches!(parts(body, b'-')[..], [1, (9..), (10..), 64])
    }),
    form("hooks.slack.com/services/", "Slack webhook", is_path, |body| {
        matches!(parts(body, b'/')[..], [(8..), (8..), 24]) && body[0] == b'T'
    }),
    form("discord.com/api/webhooks/", "Discord webhook", is_path, |body| {
        matches!(parts(body, b'/')[..], [17..=20, (60..)])
    }),
    form("sk-ant-", "Anthropic API key", is_url_safe, |body| body.len() >= 80),
    // Since 2020 every key of OpenAI has its name in base64 in the middle.
    form("sk-", "OpenAI API key", is_url_safe, |body| body.len() >= 40 && holds(body, b"T3BlbkFJ")),
    form("SG.", "SendGrid API key", is_dotted, |body| parts(body, b'.') == [22, 43]),
    // A macaroon (version 2) whose location is pypi.org or test.pypi.org.
    form("pypi-", "PyPI API token", is_url_safe, |body| {
        body.len() >= 85 && (body.starts_with(b"AgEIcHlwaS5vcmc") || body.starts_with(b"AgENdGVzdC5weXBpLm9yZw"))
    }),
    form("sb_secret_", "Supabase secret key", is_url_safe, |body| body.len() == 31 && body[22] == b'_'),
    form("shpat_", "Shopify access token", is_hex, |body| body.len() == 32),
    form("shpss_", "Shopify shared secret", is_hex, |body| body.len() == 32),
    form("dop_v1_", "DigitalOcean access token", is_hex, |body| body.len() == 64),
    form("dckr_pat_", "Docker access token", is_url_safe, |body| body.len() == 27),
    form("glsa_", "Grafana service account token", is_word, |body| parts(body, b'_') == [32, 8]),
    form("hf_", "Hugging Face token", is_alphanumeric, |body| body.len() == 34),
    form("gsk_", "Groq API key", is_alphanumeric, |body| body.len() == 52),
    form("lin_api_", "Linear API key", is_alphanumeric, |body| body.len() == 40),
    form("hvs.", "Vault token", is_url_safe, |body| body.len() >= 90),
];

/// A token of an issuer that begins at a place.
pub fn token(window: &[u8], at: usize) -> Option<Hit> {
    static BY_BYTE: LazyLock<[Vec<&Form>; 256]> = LazyLock::new(|| {
        let of = |byte: usize| FORMS.iter().filter(|form| usize::from(form.begin.as_bytes()[0]) == byte).collect();
        std::array::from_fn(of)
    });
    let text = &window[at..];
    let form = BY_BYTE[usize::from(text[0])].iter().find(|form| text.starts_with(form.begin.as_bytes()))?;
    let body = &text[form.begin.len()..];
    let body = &body[..count(body, form.of).min(MOST)];
    // A sentence may end behind it.
    let body = body.strip_suffix(b".").unwrap_or(body);
    let is_secret = !is_in_word(window, at) && (form.fits)(body) && is_random(body);
    is_secret.then(|| Hit { from: at, until: at + form.begin.len() + body.len(), kind: form.kind.into() })
}

/// No token has more.
const MOST: usize = 512;

fn is_alphanumeric(b: u8) -> bool {
    b.is_ascii_alphanumeric()
}

fn is_hex(b: u8) -> bool {
    b.is_ascii_hexdigit()
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

fn is_dashed(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'-'
}

fn is_dotted(b: u8) -> bool {
    is_url_safe(b) || b == b'.'
}

fn is_path(b: u8) -> bool {
    is_url_safe(b) || b == b'/'
}

fn is_base64(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"+/=".contains(&b)
}

/// The lengths of the parts between separators.
fn parts(body: &[u8], separator: u8) -> Vec<usize> {
    body.split(|b| *b == separator).map(<[u8]>::len).collect()
}

fn holds(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}

/// Numbers of a workspace and of who asks, then what is secret.
fn is_slack(body: &[u8]) -> bool {
    let all: Vec<&[u8]> = body.split(|b| *b == b'-').collect();
    let is_number = |part: &&[u8]| part.len() >= 9 && part.iter().all(u8::is_ascii_digit);
    match &all[..] {
        [numbers @ .., secret] => numbers.iter().any(is_number) && secret.len() >= 24,
        [] => false,
    }
}

/// The last six characters are the CRC-32 of the others, in base62 with leading zeros.
fn is_checked(body: &[u8]) -> bool {
    let Some((random, sum)) = body.split_last_chunk::<6>() else { return false };
    let value = sum.iter().try_fold(0_u64, |value, b| {
        let digit = DIGITS.iter().position(|d| d == b)?;
        Some(value * 62 + digit as u64)
    });
    random.len() >= 30 && value == Some(crc32(random).into())
}

/// Of base62, as GitHub and npm count.
const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// ISO-HDLC, as in zlib.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, b| (0..8).fold(crc ^ u32::from(*b), |crc, _| step(crc)))
}

/// A text with its checksum.
#[cfg(test)]
pub fn signed(random: &str) -> String {
    let mut sum = crc32(random.as_bytes()) as usize;
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[sum % 62];
        sum /= 62;
    }
    format!("{random}{}", String::from_utf8_lossy(&digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_fits_or_not() {
        // GitHub's own example.
        assert!(is_checked(b"zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"));
        for other in [&b"zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18"[..], b"0mLq17", b""] {
            assert!(!is_checked(other));
        }
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }
}
