//! Samples of the cycles of reconciliation.

use std::collections::BTreeMap;

use holdfast_adapters_dynamodb::items::KeptCycle;
use holdfast_app::operations::reconciliation::{
    ComparedPage, Counts, Cycle, Inquiries, Listing, PaymentFilter, Phase, Share,
};
use holdfast_domain::PageKey;

use crate::samples::{now, room, slot};
use crate::values::Stored;

/// A cycle in the middle of its first reading, with everything that one can have.
fn cycle() -> KeptCycle {
    let share = Share::restored(7_000_000_000_000_000_000, Some(u64::MAX), []);
    let cycle = Cycle {
        revision: 7,
        began_at: now(),
        phase: Phase::Looking,
        cursor: Some("B#bkg_1|B".to_owned()),
        listing: Listing::At(Some("pi_1".to_owned())),
        agreeing: PaymentFilter::default(),
        share,
        inquiries: Inquiries { made: 1_000, left: 3 },
        inquiries_before: Inquiries { made: 900, left: 0 },
    };
    KeptCycle { cycle, mark: 17, items: 4 }
}

/// A cycle in its second reading. The filter is a small one: its own has 128 KiB.
pub(crate) fn counting() -> KeptCycle {
    let KeptCycle { cycle, mark, items } = cycle();
    let agreeing = PaymentFilter::of_bytes((0..16).collect());
    let cycle = Cycle { phase: Phase::Counting, listing: Listing::Over, agreeing, ..cycle };
    KeptCycle { cycle, mark, items }
}

fn compared_pages() -> Vec<(PageKey, ComparedPage)> {
    let counts = |confirmed, current, over| Counts { confirmed, current, over };
    let slots = BTreeMap::from([(slot("10"), counts(3, 2, 1)), (slot("11"), counts(1, 1, 0))]);
    vec![
        (PageKey::first(room().id, "2030-06"), ComparedPage { seq: Some(17), slots }),
        (PageKey::first(room().id, "2030-07"), ComparedPage::default()),
    ]
}

pub(crate) fn samples() -> [(&'static str, Stored); 3] {
    [
        ("cycle-looking", Stored::Cycle(Box::new(cycle()))),
        ("cycle-counting", Stored::Cycle(Box::new(counting()))),
        ("cycle-pages", Stored::CyclePages(17, compared_pages())),
    ]
}
