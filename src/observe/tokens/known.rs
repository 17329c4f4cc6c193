//! Secrets that stand in public.

pub const KNOWN: &[(&str, &[&str])] =
    &[("an empty secret", &[""]), ("a placeholder", &["REPLACE_ME", "secret", "changeme"])];
