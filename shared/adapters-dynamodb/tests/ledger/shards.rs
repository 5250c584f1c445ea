//! Several pages that count the same slots side by side, and holds that take other places in each slot. Nothing makes a second
//! page yet; what is stored, read and counted must not assume that there is none.

use holdfast_app::LedgerError;
use holdfast_domain::inventory::Placement;
use holdfast_domain::{Hold, HoldStatus, Page, PageKey, PageRejection, Resource, SlotKey, SlotPlaces};
use holdfast_testkit::{hold_for, nightly_resource};

use crate::harness::Harness;

const JUNE: &str = "2030-06";

fn of(resource: &Resource, shard: u16, nights: &[(&str, u32)]) -> Placement {
    let places = nights.iter().map(|(night, quantity)| (SlotKey::parse(night).expect("a night"), *quantity));
    Placement {
        page: PageKey { shard, ..PageKey::first(resource.id.clone(), JUNE) },
        schedule_revision: resource.schedule_revision,
        places: SlotPlaces::new(places).expect("ascending nights"),
    }
}

/// A hold of these places.
fn hold_of(h: &Harness, resource: &Resource, key: &str, placements: &[Placement]) -> Hold {
    let mut hold = hold_for(resource, "guest", key, ("2030-06-01", "2030-06-03"), 1, h.now());
    hold.order.placements = placements.to_vec();
    hold
}

async fn place(h: &Harness, resource: &Resource, hold: &Hold) -> Result<(), LedgerError> {
    h.store.holds.place(&[resource], hold, &h.by("guest")).await.map(drop)
}

/// Free and confirmed places of the first two nights, by page.
async fn counts(h: &Harness, resource: &Resource) -> Vec<(String, [u32; 4])> {
    let of = |page: &Page, night: &str| {
        let slot = SlotKey::parse(night).expect("a night");
        (page.available[&slot], page.confirmed.get(&slot).copied().unwrap_or(0))
    };
    let pages = h.store.catalogue.stored_pages(resource).await.expect("pages");
    pages
        .iter()
        .map(|page| {
            assert_eq!(page.broken_slot(), None);
            let ((a, b), (c, d)) = (of(page, "01"), of(page, "02"));
            (page.key.name(), [a, c, b, d])
        })
        .collect()
}

/// A room of three places whose month has a second page, with two places for the second night.
async fn two_pages() -> (Harness, Resource) {
    let room = nightly_resource("room", 3, 600);
    let h = Harness::with(&room).await;
    let hold = hold_of(&h, &room, "first", &[of(&room, 1, &[("02", 1)])]);
    let refused = place(&h, &room, &hold).await;
    let sold_out = matches!(refused, Err(LedgerError::Rejected(PageRejection::SoldOut { available: 0 })));
    assert!(sold_out, "a page that the resource does not have is made without places: {refused:?}");
    let mut page = h.store.catalogue.stored_pages(&room).await.expect("pages").remove(0);
    assert_eq!(page.key.shard, 1);
    let night = SlotKey::parse("02").expect("a night");
    page.allowance.insert(night.clone(), 2);
    page.available.insert(night, 2);
    h.plant(&room, &page).await;
    (h, room)
}

#[tokio::test]
async fn a_hold_takes_one_night_from_one_page_and_the_next_from_another() {
    let (h, room) = two_pages().await;
    // The page that is not the first comes first: what is read of the hold is read there.
    let hold = hold_of(&h, &room, "a", &[of(&room, 1, &[("02", 2)]), of(&room, 0, &[("01", 1)])]);
    place(&h, &room, &hold).await.expect("free places");
    let names = |counts: [[u32; 4]; 2]| [(JUNE.to_owned(), counts[0]), (format!("{JUNE}~1"), counts[1])];
    assert_eq!(counts(&h, &room).await, names([[2, 3, 0, 0], [0, 0, 0, 0]]));
    assert_eq!(h.status(&hold.id).await, HoldStatus::Active);
    let booking = h.confirmed(&hold, "pay").await;
    assert_eq!(booking.order.placements, hold.order.placements, "as stored");
    assert_eq!(counts(&h, &room).await, names([[2, 3, 1, 0], [0, 0, 0, 2]]));
    let other = hold_of(&h, &room, "b", &[of(&room, 1, &[("02", 1)])]);
    let refused = place(&h, &room, &other).await;
    assert!(matches!(refused, Err(LedgerError::Rejected(PageRejection::SoldOut { .. }))), "{refused:?}");
    let taken = [of(&room, 0, &[("01", 1), ("02", 1)]), of(&room, 1, &[("02", 1)])];
    h.exchange(&booking, &booking.order.placements, &taken).await.expect("free places");
    assert_eq!(counts(&h, &room).await, names([[2, 2, 1, 1], [0, 1, 0, 1]]));
}

#[tokio::test]
async fn a_hold_may_take_other_places_in_each_night() {
    let room = nightly_resource("room", 3, 600);
    let h = Harness::with(&room).await;
    let nights = of(&room, 0, &[("01", 1), ("02", 3)]);
    for (key, end) in [("a", "given back"), ("b", "dead"), ("c", "booked")] {
        let hold = hold_of(&h, &room, key, std::slice::from_ref(&nights));
        place(&h, &room, &hold).await.expect("free places");
        let held = h.store.holds.hold(&hold.id).await.expect("a read").expect("a record");
        assert_eq!(held.hold.order, hold.order, "as stored");
        assert_eq!(held.entry.expect("a live hold").places, nights.places, "as stored on its page");
        assert_eq!(counts(&h, &room).await[0].1, [2, 0, 0, 0]);
        match end {
            "given back" => h.store.holds.release(&hold, &h.by("guest")).await.expect("a release"),
            "dead" => {
                h.pass(600);
                h.store.holds.expire(&hold, &h.by("timer")).await.expect("a dead hold");
            }
            _ => {
                let booking = h.confirmed(&hold, "pay").await;
                assert_eq!(counts(&h, &room).await[0].1, [2, 0, 1, 3]);
                let placements = &booking.order.placements;
                h.exchange(&booking, placements, &[of(&room, 0, &[("01", 2)])]).await.expect("free places");
                assert_eq!(counts(&h, &room).await[0].1, [1, 3, 2, 0]);
                continue;
            }
        }
        assert_eq!(counts(&h, &room).await[0].1, [3, 3, 0, 0], "{end}");
    }
}

#[tokio::test]
async fn the_read_model_keeps_every_page_of_a_month() {
    let (h, room) = two_pages().await;
    h.placed(&room, "a", ("2030-06-01", "2030-06-02"), 1).await;
    let pages = h.store.catalogue.stored_pages(&room).await.expect("pages");
    let (index, writer) = (&h.store.index, &h.store.index_writer);
    for page in &pages {
        writer.put_page(&room, page).await.expect("kept");
    }
    let mut kept = index.pages("hotel", "NYC", JUNE).await.expect("pages");
    kept.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!((kept.len(), &kept), (2, &pages));
}
