//! Whether an answer comes from a shared cache, as the cache itself says.

use crate::observation::Response;

/// The field that says so.
pub(super) fn shared_cache(response: &Response) -> Option<String> {
    let age = response.value("age").filter(|age| age.trim().parse::<u64>().is_ok_and(|seconds| seconds > 0));
    if let Some(age) = age {
        // RFC 9111 §5.1: none that the origin generated for this request has one.
        return Some(format!("Age: {}", age.trim()));
    }
    let hit = FIELDS.iter().find_map(|(name, is_hit)| {
        let values = response.values(name);
        let value = values.iter().flat_map(|value| value.split(',')).map(str::trim).find(|value| is_hit(value))?;
        Some(format!("{name}: {value}"))
    });
    hit.map(|said| said.chars().take(80).collect())
}

/// Whether a member of a field tells of a hit.
type Tells = fn(&str) -> bool;

/// X-Nextjs-Cache is not among them: it is the application's own, and middleware sets cookies in front of it.
const FIELDS: [(&str, Tells); 7] = [
    ("cache-status", is_status),
    ("cf-cache-status", is_word),
    ("x-vercel-cache", is_word),
    ("x-cache", is_word),
    ("x-cache-status", is_word),
    ("x-proxy-cache", is_word),
    ("cdn-cache", is_word),
];

/// RFC 9211 §2.1: a member with the parameter `hit`.
fn is_status(member: &str) -> bool {
    let mut parameters = member.split(';').skip(1).map(str::trim);
    parameters.any(|parameter| parameter.eq_ignore_ascii_case("hit") || parameter.eq_ignore_ascii_case("hit=?1"))
}

/// `HIT`, `Hit from cloudfront`, `TCP_MEM_HIT from …`, `STALE`: the first word counts.
fn is_word(value: &str) -> bool {
    let first = value.split_ascii_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    ["hit", "stale", "updating", "revalidated", "prerender", "refreshhit"].contains(&first.as_str())
        || first.starts_with("tcp_") && first.ends_with("_hit")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::answered::tests::response;

    #[test]
    fn caches_say_so_in_their_own_words() {
        for (field, want) in [
            (("Age", "12"), Some("Age: 12")),
            (("Age", "0"), None),
            (("Age", "soon"), None),
            (("X-Cache", "HIT"), Some("x-cache: HIT")),
            (("X-Cache", "MISS, HIT"), Some("x-cache: HIT")),
            (("X-Cache", "Hit from cloudfront"), Some("x-cache: Hit from cloudfront")),
            (("X-Cache", "Miss from cloudfront"), None),
            (("X-Cache", "TCP_MEM_HIT from ‹redacted:1›"), Some("x-cache: TCP_MEM_HIT from ‹redacted:1›")),
            (("X-Cache", "TCP_MISS"), None),
            (("CF-Cache-Status", "DYNAMIC"), None),
            (("CF-Cache-Status", "HIT"), Some("cf-cache-status: HIT")),
            (("X-Vercel-Cache", "PRERENDER"), Some("x-vercel-cache: PRERENDER")),
            (("X-Nextjs-Cache", "HIT"), None),
            (("Cache-Status", "‹redacted:1›; hit; ttl=30"), Some("cache-status: ‹redacted:1›; hit; ttl=30")),
            (("Cache-Status", "a; fwd=miss; stored, b;hit"), Some("cache-status: b;hit")),
            (("Cache-Status", "hit; fwd=uri-miss"), None),
            (("X-Cache-Status", "BYPASS"), None),
        ] {
            assert_eq!(shared_cache(&response(200, &[field], "x")).as_deref(), want, "{field:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_value_is_too_odd(value in "\\PC{0,40}|([-a-z;=\", ]|hit|TCP_){0,30}") {
            for (name, _) in FIELDS {
                let _ = shared_cache(&response(200, &[("Age", &value), (name, &value)], "x"));
            }
        }
    }
}
