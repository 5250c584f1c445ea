//! Samples of version 0 are what the release before writes.

use std::collections::BTreeMap;

use crate::golden::read_all;
use crate::samples;

/// As blind writes leave it: counts of zero, and tallies of guests who have left. No encoder writes that.
const BLIND: &str = "page-after-blind-writes";

#[test]
fn samples_of_version_0_are_what_is_written() {
    let written: BTreeMap<String, _> =
        samples::all().iter().map(|(name, value)| ((*name).to_owned(), value.encode())).collect();
    let mut kept = read_all("v0");
    assert!(kept.remove(BLIND).is_some());
    assert_eq!(kept, written);
}
