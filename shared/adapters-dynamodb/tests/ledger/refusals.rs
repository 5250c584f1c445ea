//! Edits that others come between, request by request: what is refused has changed nothing, and what is accepted is in force.

use holdfast_app::catalogue::{DatesEdit, FactsCommit, Precondition, ResourceVersion, Resources, Run};
use holdfast_app::{Failure, LedgerError};
use holdfast_domain::catalogue::{DateFacts, DateFactsEdit, Facts, Month};
use holdfast_domain::{Resource, SlotKey};
use holdfast_testkit::{Fault, Faults, Store, hold_for, nightly_resource, platform};
use jiff::civil::{Date, date};

use crate::harness::{Harness, resources};

const NIGHT: (&str, &str) = ("2030-06-01", "2030-06-02");
const JUNE_1: Date = date(2030, 6, 1);

/// More requests than any edit here makes.
const REQUESTS_MAX: usize = 30;

/// An operator whose requests wait for `faults`.
fn late(h: &Harness, faults: &Faults) -> Resources {
    resources(Store::over(&h.database.client_under(faults)))
}

async fn present(h: &Harness, room: &Resource) -> Resource {
    h.store.catalogue.resource(&room.id).await.expect("a read").expect("a resource")
}

fn dearer(room: &Resource) -> Resource {
    let mut terms = room.terms.clone();
    terms.hold_ttl_seconds += 1;
    room.replace(terms)
}

/// What comes between two requests of an edit of dates.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Between {
    /// Another operator sets something for another date.
    Set,
    /// Another operator replaces the terms.
    Put,
    /// A guest holds the place that the edit takes away.
    Hold,
    /// A guest holds the place that the edit takes away, then another operator sets something for another date.
    HoldAndSet,
}

#[tokio::test]
async fn an_edit_of_dates_that_is_refused_leaves_nothing_wherever_others_come_between() {
    let edit = DatesEdit {
        from: JUNE_1,
        to: date(2030, 6, 2),
        set: DateFactsEdit { capacity: Some(3), closed: Some(true), ..DateFactsEdit::default() },
    };
    let (mut conditions, mut in_use) = (0, 0);
    for between in [Between::Set, Between::Put, Between::Hold, Between::HoldAndSet] {
        for is_conditional in [true, false] {
            for passes in 0..REQUESTS_MAX {
                let room = nightly_resource("room", 5, 600);
                let h = Harness::with(&room).await;
                h.placed(&room, "first", NIGHT, 3).await;
                let precondition = match is_conditional {
                    true => Precondition::Match(vec![ResourceVersion::from(&present(&h, &room).await)]),
                    false => Precondition::None,
                };
                let slow = Faults::default();
                slow.strike(Fault::Delayed, passes, 1);
                let (operator, caller, by) = (late(&h, &slow), platform(), h.by("operator"));
                let edited = operator.set_inventory(&caller, &room.id, &edit, &precondition, Run::Real, &by);
                let beside = async {
                    slow.strikes().await;
                    if matches!(between, Between::Hold | Between::HoldAndSet) {
                        // The place may be gone already.
                        drop(h.place(&room, "second", NIGHT, 1).await);
                    }
                    match between {
                        Between::Put => drop(h.put(&dearer(&room)).await.expect("the same places")),
                        Between::Set | Between::HoldAndSet => drop(
                            h.set(&room, date(2030, 6, 10), 1, Some(4), None).await.expect("free nights"),
                        ),
                        Between::Hold => {}
                    }
                    slow.go_on();
                    std::future::pending::<()>().await;
                };
                let outcome = tokio::select! {
                    outcome = edited => outcome,
                    () = beside => unreachable!("it waits for the edit"),
                };
                let facts = h.store.catalogue.facts(&room.id).await.expect("facts").of(JUNE_1);
                let room = present(&h, &room).await;
                let page = h.page(&room, "2030-06").await;
                let night = SlotKey::parse("01").expect("a night");
                let (capacity, closed) = (page.capacity_of(&night), page.closed.contains(&night));
                let what = format!("{between:?}, {is_conditional}, {passes}: {outcome:?}");
                assert_eq!(page.broken_slot(), None, "{what}");
                match outcome {
                    Ok(_) => {
                        assert_eq!(
                            facts,
                            DateFacts { capacity: Some(3), closed: true, overbooking: 0 },
                            "{what}"
                        );
                        assert_eq!((capacity, closed), (3, true), "{what}");
                    }
                    Err(ref refused @ (Failure::PreconditionFailed | Failure::CapacityInUse { .. })) => {
                        assert_eq!(facts, DateFacts::default(), "{what}");
                        assert_eq!((capacity, closed), (5, false), "{what}");
                        let by_condition = matches!(refused, Failure::PreconditionFailed);
                        *(if by_condition { &mut conditions } else { &mut in_use }) += 1;
                    }
                    Err(other) => panic!("{what}: {other}"),
                }
            }
        }
    }
    assert!(conditions > 1 && in_use > 1, "refusals come about: {conditions}, {in_use}");
}

/// Facts that allow less than a page does: an edit of dates is under way, or was cut off. Other terms are put, and a guest who
/// remembers the terms before takes a place.
#[tokio::test]
async fn terms_that_are_accepted_are_in_force_on_pages_that_allow_more_than_the_facts() {
    let mut fourth_came_between = 0;
    for passes in 0..REQUESTS_MAX {
        let room = nightly_resource("room", 5, 600);
        let h = Harness::with(&room).await;
        h.placed(&room, "first", NIGHT, 3).await;
        let three = Facts::default()
            .with([JUNE_1], DateFactsEdit { capacity: Some(3), ..DateFactsEdit::default() })
            .changed_since(&Facts::default());
        assert!(three.contains_key(&Month::of(JUNE_1)));
        let three = FactsCommit::adopting(&room, three, &h.by("another"));
        h.store.catalogue.put_facts(&three).await.expect("nobody is in between");
        let slow = Faults::default();
        slow.strike(Fault::Delayed, passes, 1);
        let (operator, caller, by, next) = (late(&h, &slow), platform(), h.by("operator"), dearer(&room));
        let put = operator.put(&caller, &room.id, &next.terms, &Precondition::None, Run::Real, &by);
        let beside = async {
            slow.strikes().await;
            drop(h.place(&room, "second", NIGHT, 1).await);
            slow.go_on();
            std::future::pending::<()>().await;
        };
        let outcome = tokio::select! {
            outcome = put => outcome,
            () = beside => unreachable!("it waits for the edit"),
        };
        let stored = present(&h, &room).await;
        let [page] = h.store.catalogue.stored_pages(&stored).await.expect("pages").try_into().expect("June");
        let is_next = stored.terms == next.terms && stored.next.is_none();
        assert!(outcome.is_ok() == is_next, "{passes}: {outcome:?}, but {:?}", stored.terms);
        assert_eq!((page.broken_slot(), page.terms_revision), (None, stored.revision), "{passes}");
        fourth_came_between += usize::from(is_next && page.holds.len() == 2);
        h.placed(&stored, "another night", ("2030-06-10", "2030-06-11"), 1).await;
    }
    assert!(fourth_came_between > 1, "an accepted edit that a hold came between");
}

/// A room of five places of which so many are held, and of which an edit that was cut off has set two in the facts alone.
async fn cut_off(held: u32) -> (Harness, Resource) {
    let room = nightly_resource("room", 5, 600);
    let h = Harness::with(&room).await;
    h.placed(&room, "first", NIGHT, held).await;
    let two = Facts::default().with([JUNE_1], places(2, 0)).changed_since(&Facts::default());
    let two = FactsCommit::adopting(&room, two, &h.by("another"));
    h.store.catalogue.put_facts(&two).await.expect("nobody is in between");
    (h, room)
}

fn places(capacity: u32, overbooking: u32) -> DateFactsEdit {
    DateFactsEdit { capacity: Some(capacity), overbooking: Some(overbooking), closed: None }
}

/// What may come after the edit that was cut off: itself again, more, less, and what says nothing of places.
fn afterwards() -> [DateFactsEdit; 8] {
    let closed = DateFactsEdit { closed: Some(true), ..DateFactsEdit::default() };
    [
        places(2, 0),
        places(3, 0),
        places(1, 1),
        places(1, 2),
        places(2, 2),
        places(4, 0),
        places(10, 0),
        closed,
    ]
}

/// An edit was cut off before it brought the page. It comes again, or another does, and a guest takes places between its requests: what is
/// accepted is in force, and what is refused is too little, and has changed nothing.
#[tokio::test]
async fn an_edit_that_finds_pages_as_another_left_them_is_in_force_or_refused() {
    let (mut accepted, mut in_use) = (0, 0);
    for set in afterwards() {
        for passes in 0..REQUESTS_MAX {
            let (h, room) = cut_off(1).await;
            let slow = Faults::default();
            slow.strike(Fault::Delayed, passes, 1);
            let (operator, caller, by) = (late(&h, &slow), platform(), h.by("operator"));
            let edit = DatesEdit { from: JUNE_1, to: date(2030, 6, 2), set };
            let edited =
                operator.set_inventory(&caller, &room.id, &edit, &Precondition::None, Run::Real, &by);
            let beside = async {
                slow.strikes().await;
                // The places may be gone already.
                drop(h.place(&room, "second", NIGHT, 3).await);
                slow.go_on();
                std::future::pending::<()>().await;
            };
            let outcome = tokio::select! {
                outcome = edited => outcome,
                () = beside => unreachable!("it waits for the edit"),
            };
            let stored = present(&h, &room).await;
            let facts = h.store.catalogue.facts(&room.id).await.expect("facts").of(JUNE_1);
            let [page] =
                h.store.catalogue.stored_pages(&stored).await.expect("pages").try_into().expect("June");
            let night = SlotKey::parse("01").expect("a night");
            let (taken, limit) = (page.in_use(&night, h.now()), page.limit(&night));
            let what = format!("{set:?}, {passes}: {outcome:?}");
            let cut_off = DateFacts { capacity: Some(2), closed: false, overbooking: 0 };
            assert_eq!(page.broken_slot(), None, "{what}");
            match outcome {
                Ok(_) if set.capacity.is_none() => {
                    assert_eq!(facts, DateFacts { closed: true, ..cut_off }, "{what}");
                    assert!(page.closed.contains(&night), "{what}");
                    assert_eq!(limit, taken.max(2), "{what}");
                    accepted += 1;
                }
                Ok(_) => {
                    let set = (set.capacity, set.overbooking.unwrap_or(0));
                    assert_eq!((facts.capacity, facts.overbooking), set, "{what}");
                    assert_eq!(limit, facts.limit_or(5), "{what}");
                    accepted += 1;
                }
                Err(Failure::CapacityInUse { .. }) => {
                    assert_eq!(facts, cut_off, "{what}");
                    let asked = set.capacity.unwrap_or(u32::MAX).saturating_add(set.overbooking.unwrap_or(0));
                    assert!(asked < taken, "{what}: there were places enough");
                    in_use += 1;
                }
                Err(other) => panic!("{what}: {other}"),
            }
        }
    }
    assert!(accepted > 1 && in_use > 1, "{accepted} accepted, {in_use} refused");
}

#[tokio::test]
async fn a_dry_run_says_what_an_edit_does_where_another_was_cut_off() {
    let (mut accepted, mut refused) = (0, 0);
    for held in [1, 3, 4] {
        for set in afterwards() {
            let (h, room) = cut_off(held).await;
            let edit = DatesEdit { from: JUNE_1, to: date(2030, 6, 2), set };
            let (operator, caller, by) = (h.resources(), platform(), h.by("operator"));
            let run = async |run| {
                let edited = operator.set_inventory(&caller, &room.id, &edit, &Precondition::None, run, &by);
                edited.await.map(drop).map_err(|failure| failure.to_string())
            };
            let (dry, real) = (run(Run::Dry).await, run(Run::Real).await);
            assert_eq!(dry, real, "{held} held, {set:?}");
            *(if real.is_ok() { &mut accepted } else { &mut refused }) += 1;
        }
    }
    assert!(accepted > 5 && refused > 5, "{accepted} accepted, {refused} refused");
}

/// Two nights are lowered while the first has more than is set, by an edit that was cut off: what is raised there is in nobody's way.
#[tokio::test]
async fn a_date_that_is_raised_refuses_nothing_beside_one_that_is_lowered() {
    let (h, room) = cut_off(4).await;
    h.set_dates(&room, date(2030, 6, 2), 1, places(9, 0)).await.expect("another night, with more");
    h.set_dates(&room, JUNE_1, 2, places(5, 0))
        .await
        .expect("five of the first are more, and of the other less");
    let night = SlotKey::parse("01").expect("a night");
    assert_eq!(h.page(&room, "2030-06").await.limit(&night), 5);
}

/// One request comes twice, to two instances. One of them remembers terms that were replaced, and meets the hold on its page before
/// the other has recorded it: its terms are not recorded.
#[tokio::test]
async fn of_twins_who_know_different_terms_the_later_terms_are_recorded() {
    let room = nightly_resource("room", 5, 600);
    let h = Harness::with(&room).await;
    h.placed(&room, "first", NIGHT, 1).await;
    let next = h.put(&dearer(&room)).await.expect("the same places");
    let slow = Faults::default();
    let holds = Store::over(&h.database.client_under(&slow)).holds;
    // The page is written; the record waits.
    slow.strike(Fault::Delayed, 1, 1);
    let ask = |terms: &Resource| hold_for(terms, "guest", "twins", NIGHT, 1, h.now());
    let (by, present) = (h.by("guest"), ask(&next));
    let resources = [&next];
    let placed = holds.place(&resources, &present, &by);
    let twin = async {
        slow.strikes().await;
        let twin = h.store.holds.place(&[&room], &ask(&room), &by).await;
        slow.go_on();
        twin
    };
    let (placed, twin) = tokio::join!(placed, twin);
    assert!(matches!(twin, Err(LedgerError::ResourceChanged)), "{twin:?}");
    let placed = placed.expect("the present terms");
    assert_eq!((placed.replayed, placed.hold.first_expires_at), (false, present.first_expires_at));
}
