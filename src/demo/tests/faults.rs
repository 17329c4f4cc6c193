use std::collections::BTreeSet;

use crate::demo::{FAULTS, fault};

#[test]
fn names_are_unique_kebab_case_and_found() {
    let names: BTreeSet<&str> = FAULTS.iter().map(|fault| fault.name).collect();
    assert_eq!(names.len(), FAULTS.len());
    for entry in FAULTS {
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(entry.name.chars().all(kebab), "{}", entry.name);
        assert_eq!(fault(entry.name), Some(entry));
        assert!(!entry.follows.contains(&entry.check), "{}", entry.name);
        assert!(!entry.says.ends_with('.') && !entry.says.contains('\n'), "{}", entry.name);
    }
    assert_eq!(fault("no-such-fault"), None);
}
