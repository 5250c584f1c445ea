//! Small shards with thin entries: the page keeps of a hold what decides places, expiry, claim and repetition, the record the rest.
//!
//! An entry is the first six characters of the hold's id and one number: when it ends in seconds, whether it is claimed, its first slot,
//! slots and places, seven digits of its guest's mark, and ten of the booking that claims it. The end comes first, so that a condition may
//! compare it. A guest's tally goes by four characters of their mark.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_adapters_dynamodb::items::encode_page;
use holdfast_domain::PageChange;
use holdfast_testkit::at;

use super::plan::{Design, PAGE_BYTES_MAX};
use crate::shapes::{Kind, NOW, item_bytes, page_with};

/// Bytes of a page that are kept for fences and for ends that count against a guest: sixteen of the ones, six of the others.
const RESERVE: u64 = 192;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct ThinShards {
    base: u64,
    each: u64,
}

impl ThinShards {
    /// Of a resource of that kind. Every hold counts as claimed, which is the most that it weighs.
    #[must_use]
    pub fn of(kind: Kind) -> Self {
        let (none, many) = (thin_page_bytes(kind, 0, 0), thin_page_bytes(kind, 100, 100));
        Self { base: none, each: (many - none).div_ceil(100) }
    }
}

impl Design for ThinShards {
    fn name(&self) -> &'static str {
        "e. small shards, thin entries"
    }

    fn page_bytes(&self, stored: u32, _: u32) -> u64 {
        self.base + self.each * u64::from(stored)
    }

    fn stored_max(&self) -> u32 {
        let fits = |holds: &u32| self.page_bytes(holds + 1, 0) + RESERVE <= PAGE_BYTES_MAX;
        (0..200).take_while(fits).count().try_into().unwrap_or(1)
    }
}

/// Bytes of such a page with `live` holds, `claimed` of them by payments.
#[must_use]
pub fn thin_page_bytes(kind: Kind, live: u32, claimed: u32) -> u64 {
    let (now, resource) = (at(NOW), kind.resource(20_000));
    let page = page_with(kind, &resource, 0, now);
    let change = PageChange::Released { hold: kind.hold(&resource, 0, now).id };
    let mut item = encode_page(&page, &[change], now, None);
    // The end in seconds, the state, the first slot, slots and places; with ten digits of a booking where there is one.
    let entry =
        |number: u32| if number < claimed { "189350340010103011234567891" } else { "18935034001010301" };
    let map = |digits: usize, value: &dyn Fn(u32) -> String| {
        let entries =
            (0..live).map(|number| (format!("{number:0digits$}"), AttributeValue::N(value(number))));
        AttributeValue::M(entries.collect::<HashMap<_, _>>())
    };
    item.insert("ho".into(), map(6, &|number| entry(number).to_owned()));
    item.insert("gn".into(), map(4, &|_| "1".to_owned()));
    item_bytes(&item)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ordinary_page_of_sixty_live_holds_costs_two_units() {
        for kind in [Kind::Event, Kind::Month] {
            let bytes = thin_page_bytes(kind, 60, 15);
            assert!(bytes <= PAGE_BYTES_MAX, "{kind:?}: {bytes}");
        }
        assert!(thin_page_bytes(Kind::Month, 80, 15) > PAGE_BYTES_MAX);
    }
}
