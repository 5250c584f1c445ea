//! A booking gives places back and takes others, in one commit: over pages and resources, several commands to one page, all
//! or nothing. (`faults` has what becomes of it when calls fail and answers get lost.)

use std::sync::Arc;

use futures::future::join_all;
use holdfast_adapters_dynamodb::items::decode_page_record;
use holdfast_app::bookings::CommitError;
use holdfast_domain::bookings::InventoryPlan;
use holdfast_domain::holds::RecordChange;
use holdfast_domain::inventory::{PageOperation, Placement};
use holdfast_domain::{
    Booking, HoldId, HoldStatus, PageChange, PageCommand, PageKey, PageRejection, Resource, SlotKey,
    SlotPlaces,
};
use holdfast_testkit::{Database, nightly_resource};

use crate::harness::Harness;

const JUNE: &str = "2030-06";
const JULY: &str = "2030-07";

/// Nights of a page, with their places.
fn of(resource: &Resource, page: &str, nights: &[(&str, u32)]) -> Placement {
    let places = nights.iter().map(|(night, quantity)| (SlotKey::parse(night).expect("a night"), *quantity));
    Placement {
        page: PageKey::first(resource.id.clone(), page),
        schedule_revision: resource.schedule_revision,
        places: SlotPlaces::new(places).expect("ascending nights"),
    }
}

struct Scene {
    h: Arc<Harness>,
    hotel: Resource,
    annex: Resource,
}

impl Scene {
    async fn start(hotel: u32, annex: u32) -> Self {
        let (hotel, annex) = (nightly_resource("hotel", hotel, 600), nightly_resource("annex", annex, 600));
        let h = Arc::new(Harness::with(&hotel).await);
        h.add(&annex).await;
        Self { h, hotel, annex }
    }

    /// A confirmed booking of one place of some nights of the hotel.
    async fn booked(&self, key: &str, range: (&str, &str)) -> Booking {
        let hold = self.h.placed(&self.hotel, key, range, 1).await;
        self.h.confirmed(&hold, key).await
    }

    /// What is taken of a page, as `29 1, 30 1`.
    async fn taken(&self, resource: &Resource, page: &str) -> String {
        assert_eq!(self.h.page(resource, page).await.broken_slot(), None);
        let taken = self.h.taken(resource, page).await;
        taken.iter().map(|(slot, places)| format!("{slot} {places}")).collect::<Vec<_>>().join(", ")
    }

    async fn all_taken(&self) -> [String; 4] {
        [
            self.taken(&self.hotel, JUNE).await,
            self.taken(&self.hotel, JULY).await,
            self.taken(&self.annex, JUNE).await,
            self.taken(&self.annex, JULY).await,
        ]
    }
}

fn is_sold_out<T>(outcome: &Result<T, CommitError>) -> bool {
    matches!(outcome, Err(CommitError::Rejected(PageRejection::SoldOut { available: 0 })))
}

#[tokio::test]
async fn one_commit_frees_and_takes_over_pages_and_resources() {
    let scene = Scene::start(2, 1).await;
    let Scene { h, hotel, annex } = &scene;
    let booking = scene.booked("a", ("2030-06-29", "2030-07-02")).await;
    assert_eq!(scene.all_taken().await, ["29 1, 30 1", "01 1", "", ""]);
    let before = h.page(hotel, JUNE).await.seq;
    let taken = [
        of(hotel, JUNE, &[("28", 2), ("30", 1)]),
        of(annex, JUNE, &[("30", 1)]),
        of(annex, JULY, &[("01", 1)]),
    ];
    let changed = h.exchange(&booking, &booking.order.placements, &taken).await.expect("free places");
    assert_eq!(scene.all_taken().await, ["28 2, 30 1", "", "30 1", "01 1"]);
    assert_eq!(h.page(hotel, JUNE).await.seq, before + 1, "two commands, one write");
    assert_eq!(changes_of_last_write(h, hotel).await, ["freed", "taken"]);
    let stored = h.store.bookings.booking(&booking.id).await.expect("a read").expect("a booking");
    assert_eq!(stored, changed, "with what it has now");
    let again = h.exchange(&booking, &booking.order.placements, &taken).await;
    assert!(matches!(again, Err(CommitError::Stale)), "{again:?}");
    assert_eq!(scene.all_taken().await, ["28 2, 30 1", "", "30 1", "01 1"], "once");
}

/// What the outbox says of the last write of the page of June.
async fn changes_of_last_write(h: &Harness, resource: &Resource) -> Vec<&'static str> {
    let key = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
    let read = h.database.client.get_item().table_name(Database::LEDGER);
    let read = read.key("pk", key(&format!("R#{}", resource.id))).key("sk", key(&format!("P#{JUNE}")));
    let item = read.consistent_read(true).send().await.expect("a read").item;
    let record = decode_page_record(&item.expect("a page")).expect("readable");
    let name = |change: &PageChange| match change {
        PageChange::Freed { .. } => "freed",
        PageChange::Reacquired { .. } => "taken",
        other => panic!("{other:?}"),
    };
    record.changes.iter().map(name).collect()
}

#[tokio::test]
async fn a_place_that_is_gone_keeps_all_of_it_from_happening() {
    let scene = Scene::start(2, 1).await;
    let Scene { h, hotel, annex } = &scene;
    let booking = scene.booked("a", ("2030-06-29", "2030-07-02")).await;
    h.placed(annex, "b", ("2030-07-01", "2030-07-02"), 1).await;
    let before = scene.all_taken().await;
    for taken in [
        // The page with the free places comes first, and comes last.
        [of(hotel, JUNE, &[("28", 1)]), of(annex, JULY, &[("01", 1)])],
        [of(annex, JULY, &[("01", 1)]), of(hotel, JUNE, &[("28", 1)])],
        [of(hotel, JUNE, &[("28", 1)]), of(hotel, JULY, &[("02", 1), ("03", 3)])],
    ] {
        let outcome = h.exchange(&booking, &booking.order.placements, &taken).await;
        assert!(matches!(outcome, Err(CommitError::Rejected(PageRejection::SoldOut { .. }))), "{outcome:?}");
        assert_eq!(scene.all_taken().await, before, "{taken:?}");
        let stored = h.store.bookings.booking(&booking.id).await.expect("a read").expect("a booking");
        assert_eq!(stored, booking, "{taken:?}");
    }
}

#[tokio::test]
async fn what_is_given_back_first_can_be_taken_at_once() {
    let scene = Scene::start(1, 1).await;
    let Scene { h, hotel, .. } = &scene;
    let booking = scene.booked("a", ("2030-06-10", "2030-06-12")).await;
    let moved = [of(hotel, JUNE, &[("11", 1), ("12", 1)])];
    let refused = h.exchange(&booking, &[], &moved).await;
    assert!(is_sold_out(&refused), "its own night is taken: {refused:?}");
    h.exchange(&booking, &booking.order.placements, &moved)
        .await
        .expect("a night of its own, and a free one");
    assert_eq!(scene.taken(hotel, JUNE).await, "11 1, 12 1");
}

/// A write of a page tells of each hold as it left it: one that lets a hold go and then drops it has no events.
#[tokio::test]
async fn a_command_that_ends_the_hold_of_an_earlier_one_is_refused() {
    let scene = Scene::start(1, 1).await;
    let Scene { h, hotel, .. } = &scene;
    let hold = h.placed(hotel, "a", ("2030-06-10", "2030-06-11"), 1).await;
    let claim = h.open(&hold, "a").await.expect("a claim");
    let booking = scene.booked("b", ("2030-06-20", "2030-06-21")).await;
    // The hold's own time has passed; only its claim keeps it.
    h.pass(700);
    let let_go = PageOperation {
        placement: hold.order.placements[0].clone(),
        command: PageCommand::Unclaim { hold: hold.id.clone(), booking: claim.id.clone() },
    };
    let taken = of(hotel, JUNE, &[("10", 1)]);
    let take = PageOperation {
        placement: taken.clone(),
        command: PageCommand::Confirm {
            hold: booking.hold.clone(),
            booking: booking.id.clone(),
            places: taken.places.clone(),
        },
    };
    let before = h.page(hotel, JUNE).await;
    let plan = InventoryPlan { operations: vec![let_go, take], ..InventoryPlan::default() };
    let refused = h.carry_out(&booking, &[taken], plan).await;
    assert!(matches!(refused, Err(CommitError::Rejected(PageRejection::HoldMissing))), "{refused:?}");
    assert_eq!(h.page(hotel, JUNE).await, before);
}

/// A record is deleted a week after its hold: a plan passes over those that are gone, and changes the others.
#[tokio::test]
async fn records_of_holds_that_are_gone_are_passed_over_one_by_one() {
    let scene = Scene::start(4, 1).await;
    let Scene { h, hotel, .. } = &scene;
    let booking = scene.booked("b", ("2030-06-20", "2030-06-21")).await;
    let kept = h.placed(hotel, "kept", ("2030-06-10", "2030-06-11"), 1).await;
    let gone = |name: &str| HoldId::parse(name).expect("an id");
    // By their ids, one before and one after the record that is there.
    let records =
        [gone("hld_0"), kept.id.clone(), gone("hld_zzz")].map(|hold| (hold, RecordChange::Released));
    let plan = InventoryPlan { records: records.into_iter().collect(), ..InventoryPlan::default() };
    h.carry_out(&booking, &booking.order.placements, plan).await.expect("written");
    let snapshot = h.store.holds.hold(&kept.id).await.expect("a read").expect("a record");
    assert_eq!(snapshot.hold.recorded, HoldStatus::Released);
}

const MOVERS: usize = 10;

/// Ten bookings of a night move at once to another of the same page and to one of another resource, which have four places.
/// Gives how many were told that they had moved.
async fn moved_at_once(scene: &Scene, bookings: &[Booking]) -> usize {
    let taken = [of(&scene.hotel, JUNE, &[("03", 1)]), of(&scene.annex, JUNE, &[("03", 1)])];
    let movers = bookings.iter().map(|booking| {
        let (h, taken) = (Arc::clone(&scene.h), taken.clone());
        let booking = booking.clone();
        tokio::spawn(async move { h.exchange(&booking, &booking.order.placements, &taken).await })
    });
    let outcomes = join_all(movers).await;
    let outcomes: Vec<_> = outcomes.into_iter().map(|outcome| outcome.expect("no panic")).collect();
    let moved = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let refused = outcomes.iter().filter(|outcome| is_sold_out(outcome)).count();
    assert_eq!(moved + refused, MOVERS, "{outcomes:?}");
    moved
}

/// Ten booked places of the second night; four free ones of the third, here and in the annex.
async fn before_the_race() -> (Scene, Vec<Booking>) {
    let scene = Scene::start(10, 4).await;
    let mut bookings = Vec::new();
    for n in 0..MOVERS {
        bookings.push(scene.booked(&format!("k{n}"), ("2030-06-02", "2030-06-03")).await);
    }
    for n in 0..6 {
        scene.booked(&format!("other{n}"), ("2030-06-03", "2030-06-04")).await;
    }
    // The page is there before anything is lifted: an update without its condition cannot make one.
    scene.h.placed(&scene.annex, "another night", ("2030-06-20", "2030-06-21"), 1).await;
    (scene, bookings)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_that_move_at_once_as_many_as_there_are_places_do() {
    let (scene, bookings) = before_the_race().await;
    assert_eq!(moved_at_once(&scene, &bookings).await, 4);
    assert_eq!(scene.taken(&scene.hotel, JUNE).await, "02 6, 03 10");
    assert_eq!(scene.taken(&scene.annex, JUNE).await, "03 4, 20 1");
}

#[tokio::test(flavor = "multi_thread")]
async fn negative_control_without_the_comparison_of_pages_the_race_oversells() {
    let (scene, bookings) = before_the_race().await;
    scene.h.database.faults.lift("seq = :seq");
    let moved = moved_at_once(&scene, &bookings).await;
    assert!(
        moved > 4,
        "writes over what others have written should have oversold four places, but {moved} moved"
    );
}
