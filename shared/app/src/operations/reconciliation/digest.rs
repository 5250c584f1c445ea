//! Digests of names: they spread pages over a circle, and payments over a filter.

use holdfast_domain::PageKey;
use sha2::{Digest, Sha256};

/// Two numbers of a digest.
pub(super) fn digest(parts: &[&str]) -> (u64, u64) {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    let bytes = hasher.finalize();
    let number = |at: usize| bytes[at..at + 8].iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    (number(0), number(8))
}

/// Where a page is on the circle of digests.
pub(super) fn place_of(page: &PageKey) -> u64 {
    digest(&[page.resource.as_str(), &page.name()]).0
}
