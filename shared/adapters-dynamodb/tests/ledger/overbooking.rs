//! Places that an operator lets be sold beyond the capacity of dates: just as many, whoever races for them.

use std::sync::Arc;

use futures::future::join_all;
use holdfast_app::catalogue::{DatesEdit, FactsCommit, Precondition, Run, TermsCommit};
use holdfast_app::{Failure, LedgerError};
use holdfast_domain::catalogue::{DateFactsEdit, Facts, ResourceTerms};
use holdfast_domain::{Page, PageRejection, Resource, SlotKey};
use holdfast_testkit::{Fault, Faults, Store, nightly_resource, platform};
use jiff::civil::{Date, date};

use crate::harness::{Harness, resources};

const NIGHT: (&str, &str) = ("2030-06-01", "2030-06-02");
const JUNE_1: Date = date(2030, 6, 1);
const MONTH: &str = "2030-06";
/// More requests than an edit makes.
const REQUESTS_MAX: usize = 16;

fn beyond(overbooking: u32) -> DateFactsEdit {
    DateFactsEdit { overbooking: Some(overbooking), ..DateFactsEdit::default() }
}

/// Capacity, allowance and free places of the first night.
fn first_night(page: &Page) -> (u32, u32, u32) {
    assert_eq!(page.broken_slot(), None, "{page:?}");
    let night = SlotKey::parse("01").expect("a night");
    (page.capacity_of(&night), page.allowance.get(&night).copied().unwrap_or(0), page.available[&night])
}

fn sold_out(available: u32) -> impl Fn(&LedgerError) -> bool {
    move |error| matches!(error, LedgerError::Rejected(PageRejection::SoldOut { available: left }) if *left == available)
}

async fn set(h: &Harness, room: &Resource, edit: DateFactsEdit) -> Result<(), Failure> {
    h.set_dates(room, JUNE_1, 1, edit).await.map(drop)
}

/// Whether the edit comes before any page or after: a page is made of what is set, and brought under it.
#[tokio::test]
async fn as_many_are_sold_beyond_the_capacity_as_are_set_and_not_one_more() {
    for is_touched in [false, true] {
        let room = nightly_resource("room", 2, 600);
        let h = Harness::with(&room).await;
        if is_touched {
            h.placed(&room, "first", NIGHT, 1).await;
        }
        set(&h, &room, beyond(3)).await.expect("more places");
        assert_eq!(h.store.catalogue.facts(&room.id).await.expect("facts").of(JUNE_1).overbooking, 3);
        if !is_touched {
            h.placed(&room, "first", NIGHT, 1).await;
        }
        let booked = h.placed(&room, "beyond", NIGHT, 3).await;
        h.confirmed(&booked, "pay").await;
        let refused = h.place(&room, "too many", NIGHT, 2).await;
        assert!(refused.as_ref().is_err_and(sold_out(1)), "{is_touched}: {refused:?}");
        h.placed(&room, "last", NIGHT, 1).await;
        let refused = h.place(&room, "none left", NIGHT, 1).await;
        assert!(refused.as_ref().is_err_and(sold_out(0)), "{is_touched}: {refused:?}");
        assert_eq!(first_night(&h.page(&room, MONTH).await), (2, 3, 0));
        // The night beside it has its own places alone.
        let refused = h.place(&room, "beside", ("2030-06-02", "2030-06-03"), 3).await;
        assert!(refused.as_ref().is_err_and(sold_out(2)), "{is_touched}: {refused:?}");
    }
}

#[tokio::test]
async fn it_is_not_lowered_below_what_is_taken() {
    let room = nightly_resource("room", 2, 600);
    let h = Harness::with(&room).await;
    set(&h, &room, beyond(3)).await.expect("more places");
    h.placed(&room, "four", NIGHT, 4).await;
    let before = (h.page(&room, MONTH).await, h.store.catalogue.facts(&room.id).await.expect("facts"));
    for edit in [
        beyond(1),
        beyond(0),
        DateFactsEdit { capacity: Some(0), ..DateFactsEdit::default() },
        DateFactsEdit { capacity: Some(3), ..beyond(0) },
    ] {
        let refused = set(&h, &room, edit).await.expect_err("four are held");
        assert!(matches!(&refused, Failure::CapacityInUse { slots } if slots[0].in_use == 4), "{refused:?}");
        let after = (h.page(&room, MONTH).await, h.store.catalogue.facts(&room.id).await.expect("facts"));
        assert_eq!(after, before, "{edit:?} changed something");
    }
    // One is raised and the other lowered by as much: what is taken fits all the way.
    set(&h, &room, DateFactsEdit { capacity: Some(3), ..beyond(1) }).await.expect("four fit");
    assert_eq!(first_night(&h.page(&room, MONTH).await), (3, 1, 0));
    set(&h, &room, DateFactsEdit { capacity: Some(4), ..beyond(0) }).await.expect("four fit");
    assert_eq!(first_night(&h.page(&room, MONTH).await), (4, 0, 0));
    let facts = h.store.catalogue.facts(&room.id).await.expect("facts").of(JUNE_1);
    assert_eq!((facts.capacity, facts.overbooking), (Some(4), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn just_as_many_win_a_race_as_may_be_sold() {
    const CALLERS: usize = 60;
    let room = nightly_resource("room", 4, 600);
    let h = Arc::new(Harness::with(&room).await);
    set(&h, &room, beyond(3)).await.expect("more places");
    let keys: Vec<String> = (0..CALLERS).map(|n| format!("k{n}")).collect();
    let outcomes = join_all(keys.iter().map(|key| h.place(&room, key, NIGHT, 1))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 7);
    let lost = outcomes.iter().filter(|outcome| outcome.as_ref().is_err_and(sold_out(0))).count();
    assert_eq!(lost, CALLERS - 7, "every other caller was told so: {outcomes:?}");
    assert_eq!(first_night(&h.page(&room, MONTH).await), (4, 3, 0));
}

/// Holds race for the last places while an operator takes those beyond the capacity away, request by request: either the edit is
/// refused, or nobody has had one of them.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_away_is_not_sold_meanwhile() {
    let (mut accepted, mut refused) = (0, 0);
    for passes in 0..REQUESTS_MAX {
        let room = nightly_resource("room", 2, 600);
        let h = Harness::with(&room).await;
        set(&h, &room, beyond(2)).await.expect("more places");
        h.placed(&room, "one", NIGHT, 1).await;
        let slow = Faults::default();
        slow.strike(Fault::Delayed, passes, 1);
        let operator = resources(Store::over(&h.database.client_under(&slow)));
        let edit = DatesEdit { from: JUNE_1, to: date(2030, 6, 2), set: beyond(0) };
        let (caller, by) = (platform(), h.by("operator"));
        let edited = operator.set_inventory(&caller, &room.id, &edit, &Precondition::None, Run::Real, &by);
        let beside = async {
            slow.strikes().await;
            drop(join_all(["a", "b", "c"].map(|key| h.place(&room, key, NIGHT, 1))).await);
            slow.go_on();
            std::future::pending::<()>().await;
        };
        let edited = tokio::select! {
            edited = edited => edited,
            () = beside => unreachable!("it waits for the edit"),
        };
        let page = h.page(&room, MONTH).await;
        let taken = page.in_use(&SlotKey::parse("01").expect("a night"), h.now());
        match edited {
            Ok(_) => {
                assert_eq!(first_night(&page), (2, 0, 2 - taken), "{passes}");
                accepted += 1;
            }
            Err(Failure::CapacityInUse { .. }) => {
                assert_eq!(first_night(&page), (2, 2, 4 - taken), "{passes}");
                refused += 1;
            }
            Err(other) => panic!("{passes}: {other:?}"),
        }
    }
    assert!(accepted > 1 && refused > 1, "{accepted} accepted, {refused} refused");
}

/// Facts and terms as edits that were cut off have left them: the next hold brings the page under both.
#[tokio::test]
async fn a_page_that_allows_more_than_the_facts_keeps_what_is_taken_of_it() {
    let room = nightly_resource("room", 2, 600);
    let h = Harness::with(&room).await;
    set(&h, &room, beyond(3)).await.expect("more places");
    h.placed(&room, "four", NIGHT, 4).await;
    let current = h.store.catalogue.resource(&room.id).await.expect("a read").expect("the resource");
    let facts = h.store.catalogue.facts(&room.id).await.expect("facts");
    let none = Facts::default().changed_since(&facts);
    h.store
        .catalogue
        .put_facts(&FactsCommit::adopting(&current, none, &h.by("another")))
        .await
        .expect("facts");
    let current = h.store.catalogue.resource(&room.id).await.expect("a read").expect("the resource");
    let next = current.replace(ResourceTerms { hold_ttl_seconds: 700, ..current.terms.clone() });
    let commit = TermsCommit::new(Some(&current), &next, &h.by("another"));
    h.store.catalogue.put_resource(&commit).await.expect("other terms");
    h.placed(&commit.next, "another night", ("2030-06-08", "2030-06-09"), 1).await;
    let stored = h.store.catalogue.stored_pages(&room).await.expect("pages").remove(0);
    assert_eq!(stored.terms_revision, commit.next.revision, "the hold has brought it");
    assert_eq!(first_night(&stored), (2, 2, 0), "four are taken, and none is free");
}
