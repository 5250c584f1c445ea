//! Codes that may be used so often: counted with the hold, kept by the booking, given back once, whatever ends them.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_adapters_dynamodb::stream::decode_ledger_record;
use holdfast_app::events::LedgerRecord;
use holdfast_app::holds::{HoldRequest, Placed};
use holdfast_app::rates::{QuoteRequest, QuotedPlans, RateChoice};
use holdfast_app::{Failure, Field};
use holdfast_domain::catalogue::Label;
use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::charge::Validity;
use holdfast_domain::rates::percentage::Percentage;
use holdfast_domain::rates::promotion::{Discount, Promotion, PromotionCode};
use holdfast_domain::rates::quote::Reason;
use holdfast_domain::rates::uses::UseCount;
use holdfast_domain::{BookingId, BookingStatus, Hold, HoldStatus, PaymentStatus};
use holdfast_testkit::{Database, Store, image_json};

use crate::bank::{DECLINED, NEVER_CAPTURES, VISA};
use crate::driver::{Drive, Ending, Step};
use crate::rated::{card, place, put, room};
use crate::world::{NIGHT, PRICE, SPAN, World, guest, hold_request, key, operator, when};

const TTL: i64 = 600;
/// Longer than a claim lasts.
const CLAIM_OVER: i64 = 901;
/// Longer than rates are remembered.
const LATER: i64 = 6;
/// What a code takes off a night, and what is left.
const REDUCED: i64 = PRICE - PRICE / 10;

pub(crate) fn promotion(code: &str, uses_max: Option<u32>, uses_per_guest_max: Option<u32>) -> Promotion {
    Promotion {
        code: PromotionCode::parse(code).expect("a code"),
        name: Label::parse(code).expect("a label"),
        discount: Discount::Percent(Percentage::parse("10").expect("a percentage")),
        plans: BTreeSet::new(),
        stays: Validity::default(),
        from: None,
        to: None,
        uses_max,
        uses_per_guest_max,
    }
}

pub(crate) fn with(promotions: Vec<Promotion>) -> RateCard {
    RateCard { promotions, ..card(PRICE) }
}

/// Puts a card with one code, `ONCE`, for the room.
pub(crate) async fn once_card(w: &World) {
    put(w, &with(vec![promotion("ONCE", Some(1), None)])).await;
}

/// A world whose room has that card; its sagas run when the test runs them.
async fn once() -> Arc<World> {
    let w = World::with(&room()).await;
    once_card(&w).await;
    w
}

pub(crate) fn by_code(code: &str) -> RateChoice {
    RateChoice { promotion: Some(PromotionCode::parse(code).expect("a code")), ..RateChoice::default() }
}

fn asking(code: &str, range: (&str, &str), quantity: u32) -> HoldRequest {
    HoldRequest { choice: by_code(code), ..hold_request(&room(), range, quantity) }
}

impl World {
    async fn uses(&self, code: &str) -> u64 {
        self.database.uses(&room().id, code).await
    }

    pub(crate) async fn redeem(&self, name: &str, code: &str) -> Result<Placed, Failure> {
        place(self, &guest(name), "redeem", &asking(code, NIGHT, 1)).await
    }

    /// A hold of guest `guest` that must get a use of `ONCE`.
    pub(crate) async fn redeemed(&self, name: &str) -> Hold {
        place(self, &guest("guest"), name, &asking("ONCE", NIGHT, 1)).await.expect("a use that is left").hold
    }

    async fn is_used_up(&self) -> bool {
        match self.redeem("somebody-else", "ONCE").await {
            Ok(_) => false,
            Err(Failure::RateNotAvailable { reasons, .. }) => reasons == [Reason::Promotion],
            Err(error) => panic!("{error:?}"),
        }
    }

    async fn rings(&self, hold: &Hold) {
        self.expiry.on_timer(&hold.id, &self.by("expiry")).await.expect("a timer");
    }

    /// The counter of a code, as the stream has it.
    async fn counter(&self, code: &str) -> UseCount {
        let key = |name: &str, value: String| (name.to_owned(), AttributeValue::S(value));
        let key = [key("pk", format!("PC#{}", room().id)), key("sk", format!("C#{code}"))];
        let get = self.database.client.get_item().table_name(Database::LEDGER).set_key(Some(key.into()));
        let item = get.consistent_read(true).send().await.expect("a read").item.expect("a counter");
        match decode_ledger_record(Some(image_json(&item)), None).expect("a record") {
            LedgerRecord::PromotionUses { count, .. } => *count,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_code_is_used_as_often_as_it_may_be_and_its_holds_cost_what_it_promises() {
    let w = World::with(&room()).await;
    put(&w, &with(vec![promotion("TWICE", Some(2), None)])).await;
    let first = w.redeem("anna", "twice").await.expect("a use").hold;
    assert_eq!(first.order.price.total().amount(), REDUCED);
    w.redeem("bert", "TWICE").await.expect("the last use");
    let refused = w.redeem("carl", "TWICE").await;
    let Err(Failure::RateNotAvailable { reasons, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!((reasons, w.uses("TWICE").await), (vec![Reason::Promotion], 2));
    let counter = w.counter("TWICE").await;
    assert_eq!((counter.uses, counter.limit, counter.is_over_limit()), (2, Some(2), false));
    let again = w.redeem("anna", "twice").await.expect("the first answer");
    assert!(again.replayed && again.hold == first, "a repetition counts nothing and is not refused");
    assert_eq!(w.uses("TWICE").await, 2);
}

#[tokio::test]
async fn several_units_and_pages_are_one_use() {
    let w = World::with(&room()).await;
    put(&w, &with(vec![promotion("TWICE", Some(2), None)])).await;
    place(&w, &guest("anna"), "k", &asking("TWICE", NIGHT, 5)).await.expect("five places");
    assert_eq!(w.uses("TWICE").await, 1);
    place(&w, &guest("bert"), "k", &asking("TWICE", SPAN, 2)).await.expect("two months");
    assert_eq!(w.uses("TWICE").await, 2);
}

#[tokio::test]
async fn a_guest_uses_a_code_as_often_as_each_guest_may_and_who_books_for_them_counts_as_they() {
    let w = World::with(&room()).await;
    put(&w, &with(vec![promotion("EACH", None, Some(1))])).await;
    let hold = w.redeem("anna", "EACH").await.expect("a use").hold;
    let for_anna = HoldRequest { user: Some(guest("anna").guest), ..asking("EACH", NIGHT, 1) };
    assert!(place(&w, &operator(), "for anna", &for_anna).await.is_err(), "it is anna's second");
    w.redeem("bert", "EACH").await.expect("his own use");
    assert_eq!(w.uses("EACH").await, 2);
    w.holds.release(&guest("anna"), &hold.id, &w.by("anna")).await.expect("a release");
    place(&w, &operator(), "for anna again", &for_anna).await.expect("what came back");
    assert_eq!(w.uses("EACH").await, 2);
}

#[tokio::test]
async fn a_release_gives_the_use_back_once() {
    let w = once().await;
    let hold = w.redeemed("k").await;
    assert!(w.is_used_up().await);
    for _ in 0..2 {
        w.holds.release(&guest("guest"), &hold.id, &w.by("guest")).await.expect("a release");
        assert_eq!(w.uses("ONCE").await, 0);
    }
    w.redeem("next", "ONCE").await.expect("the use");
    w.holds.release(&guest("guest"), &hold.id, &w.by("guest")).await.expect("no effect");
    w.expiry.on_released(&hold.id, &w.by("expiry")).await.expect("no effect");
    w.pass(TTL - 1);
    w.rings(&hold).await;
    assert_eq!(w.uses("ONCE").await, 1, "that is the next guest's");
}

/// Whoever comes first of timer and TTL, how often, and whether another has taken the places meanwhile.
#[tokio::test]
async fn an_expiry_gives_the_use_back_once_whoever_sees_to_it() {
    for reclaimed in [false, true] {
        for timer_first in [true, false] {
            let w = once().await;
            let hold = w.redeemed("k").await;
            w.rings(&hold).await;
            assert_eq!(w.uses("ONCE").await, 1, "a hold that lives keeps its use");
            w.pass(TTL);
            if reclaimed {
                let all = place(&w, &guest("thief"), "all", &hold_request(&room(), NIGHT, 5)).await;
                all.expect("all places");
                let pages = w.store.catalogue.stored_pages(&room()).await.expect("pages");
                assert!(pages.iter().all(|page| !page.holds.contains_key(&hold.id)));
            }
            for round in 0..4 {
                if (round % 2 == 0) == timer_first {
                    w.rings(&hold).await;
                } else {
                    w.expiry.on_record_deleted(&hold, &w.by("expiry")).await.expect("dropped");
                }
                assert_eq!(w.uses("ONCE").await, 0, "{reclaimed} {timer_first} {round}");
            }
            w.holds.release(&guest("guest"), &hold.id, &w.by("guest")).await.expect("no effect");
            assert_eq!(w.uses("ONCE").await, 0);
        }
    }
}

/// No timer rang, and the table's TTL has deleted the record: its image is all there is.
#[tokio::test]
async fn the_record_that_the_ttl_deletes_gives_the_use_back_once() {
    let w = once().await;
    let hold = w.redeemed("k").await;
    w.pass(TTL + 8 * 24 * 3600);
    assert_eq!(w.database.sweep_ttl(), 2, "the record, and the note of whose code was tried");
    for _ in 0..2 {
        w.expiry.on_record_deleted(&hold, &w.by("expiry")).await.expect("dropped");
        assert_eq!(w.uses("ONCE").await, 0);
    }
    // The same key a week later is another hold, whose use the late image of the first must leave alone.
    let next = w.redeemed("k").await;
    assert_eq!(next.id, hold.id);
    w.expiry.on_record_deleted(&hold, &w.by("expiry")).await.err();
    assert_eq!(w.uses("ONCE").await, 1);
}

#[tokio::test]
async fn an_extension_counts_nothing_and_keeps_the_use() {
    let w = once().await;
    let hold = w.redeemed("k").await;
    w.holds.extend(&guest("guest"), &hold.id, &key("x", ""), &w.by("guest")).await.expect("an extension");
    assert_eq!(w.uses("ONCE").await, 1);
    w.pass(TTL);
    w.rings(&hold).await;
    assert_eq!(w.uses("ONCE").await, 1, "it lives on");
    w.pass(TTL);
    w.rings(&hold).await;
    assert_eq!(w.uses("ONCE").await, 0);
}

#[tokio::test]
async fn a_declined_card_keeps_the_use_for_another_card() {
    let w = once().await;
    let hold = w.redeemed("k").await;
    let declined = w.open(&hold, "declined", DECLINED).await;
    assert_eq!(Drive::new(&w, &declined).twice().run().await, Ending::Failed);
    assert_eq!(w.uses("ONCE").await, 1);
    assert!(w.is_used_up().await);
    let paid = w.open(&hold, "paid", VISA).await;
    assert_eq!(Drive::new(&w, &paid).twice().run().await, Ending::Confirmed);
    w.pass(8 * 24 * 3600);
    w.rings(&hold).await;
    w.expiry.on_record_deleted(&hold, &w.by("expiry")).await.expect("no effect");
    assert_eq!(w.uses("ONCE").await, 1, "the booking has it");
}

/// Declined and given up: the use comes back with the hold's end.
#[tokio::test]
async fn a_declined_hold_gives_the_use_back_when_its_time_has_passed() {
    let w = once().await;
    let hold = w.redeemed("k").await;
    let declined = w.open(&hold, "declined", DECLINED).await;
    w.pass(TTL + 1);
    w.rings(&hold).await;
    assert_eq!(w.uses("ONCE").await, 1, "while the bank is asked it is claimed");
    assert_eq!(Drive::new(&w, &declined).run().await, Ending::Failed);
    w.rings(&hold).await;
    assert_eq!(w.uses("ONCE").await, 0);
}

async fn paid(w: &World, name: &str) -> (Hold, BookingId) {
    let hold = w.redeemed(name).await;
    let id = w.open(&hold, name, VISA).await;
    assert_eq!(Drive::new(w, &id).run().await, Ending::Confirmed);
    (hold, id)
}

#[tokio::test]
async fn a_cancelled_booking_gives_the_use_back_once() {
    let w = once().await;
    let (hold, id) = paid(&w, "k").await;
    assert!(w.is_used_up().await);
    for _ in 0..2 {
        w.cancel(&id, "cancel").await.expect("cancelled");
        w.settle(&id).await;
        assert_eq!(w.uses("ONCE").await, 0);
    }
    let counter = w.counter("ONCE").await;
    assert_eq!((counter.hold, counter.booking), (hold.id.clone(), Some(id)));
    w.redeem("next", "ONCE").await.expect("the use");
    w.pass(TTL - 1);
    w.rings(&hold).await;
    w.expiry.on_record_deleted(&hold, &w.by("expiry")).await.expect("no effect");
    assert_eq!(w.uses("ONCE").await, 1, "that is the next guest's");
}

#[tokio::test]
async fn a_booking_that_is_cancelled_while_it_is_paid_gives_the_use_back_once() {
    let w = once().await;
    let hold = w.redeemed("k").await;
    let id = w.open(&hold, "pay", VISA).await;
    w.cancel(&id, "cancel").await.expect("cancelled");
    assert_eq!(w.uses("ONCE").await, 0);
    assert_eq!(Drive::new(&w, &id).twice().run().await, Ending::Cancelled);
    w.rings(&hold).await;
    assert_eq!((w.uses("ONCE").await, w.hold_status(&hold.id).await), (0, HoldStatus::Released));
}

/// The capture is refused. In time the hold waits for another card, with its use; too late both are gone.
#[tokio::test]
async fn a_booking_that_cannot_be_charged_leaves_the_use_to_its_hold_or_gives_it_back() {
    for (seconds, left) in [(0, 1), (TTL + 1, 0)] {
        let w = once().await;
        let hold = w.redeemed("k").await;
        let id = w.open(&hold, "pay", NEVER_CAPTURES).await;
        let late = w.clone();
        let drive = Drive::new(&w, &id).twice();
        let drive = drive.before(Step::CapturePayment, Box::pin(async move { late.pass(seconds) }));
        assert_eq!(drive.run().await, Ending::Failed);
        assert_eq!(w.uses("ONCE").await, left, "{seconds}");
        if left == 1 {
            let other = w.open(&hold, "other card", VISA).await;
            assert_eq!(Drive::new(&w, &other).run().await, Ending::Confirmed);
            w.pass(TTL + 1);
        }
        w.rings(&hold).await;
        assert_eq!(w.uses("ONCE").await, left, "{seconds}");
    }
}

/// The hold died, its use went to another: the promised price stays, and what is over the limit is told.
#[tokio::test]
async fn a_late_payment_is_honoured_and_counted_beyond_the_limit() {
    let w = once().await;
    let hold = w.redeemed("k").await;
    let id = w.open(&hold, "pay", VISA).await;
    let (late, of) = (w.clone(), hold.clone());
    let drive = Drive::new(&w, &id).twice().before(
        Step::ConfirmBooking,
        Box::pin(async move {
            late.pass(CLAIM_OVER);
            late.rings(&of).await;
            assert_eq!(late.uses("ONCE").await, 0);
            late.redeem("next", "ONCE").await.expect("the use that came back");
        }),
    );
    assert_eq!(drive.run().await, Ending::Confirmed);
    let booking = w.at_rest(&id).await;
    assert_eq!((booking.status, booking.captured().amount()), (BookingStatus::Confirmed, REDUCED));
    let counter = w.counter("ONCE").await;
    assert_eq!((counter.uses, counter.booking.clone(), counter.is_over_limit()), (2, Some(id.clone()), true));
    w.rings(&hold).await;
    assert_eq!(w.uses("ONCE").await, 2);
    w.cancel(&id, "cancel").await.expect("cancelled");
    assert_eq!(w.uses("ONCE").await, 1);
    assert!(!w.counter("ONCE").await.is_over_limit());
}

/// The same while nobody has seen to the dead hold: its use is still counted, and is not counted twice.
#[tokio::test]
async fn a_late_payment_of_a_hold_that_nobody_dropped_keeps_its_use() {
    let w = once().await;
    let hold = w.redeemed("k").await;
    let id = w.open(&hold, "pay", VISA).await;
    let late = w.clone();
    let drive = Drive::new(&w, &id).twice();
    let drive = drive.before(Step::ConfirmBooking, Box::pin(async move { late.pass(CLAIM_OVER) }));
    assert_eq!(drive.run().await, Ending::Confirmed);
    assert_eq!(w.at_rest(&id).await.payment_status(), PaymentStatus::Captured);
    w.rings(&hold).await;
    assert_eq!(w.uses("ONCE").await, 1);
}

/// The places went to another: the payment is given back, and the use is not counted again.
#[tokio::test]
async fn a_late_payment_whose_places_went_counts_nothing() {
    let w = once().await;
    let hold = w.redeemed("k").await;
    let id = w.open(&hold, "pay", VISA).await;
    let (late, of) = (w.clone(), hold.clone());
    let drive = Drive::new(&w, &id).twice().before(
        Step::ConfirmBooking,
        Box::pin(async move {
            late.pass(CLAIM_OVER);
            place(&late, &guest("thief"), "all", &hold_request(&room(), NIGHT, 5)).await.expect("all places");
            late.rings(&of).await;
        }),
    );
    assert_eq!(drive.run().await, Ending::Failed);
    w.rings(&hold).await;
    assert_eq!(w.uses("ONCE").await, 0);
}

/// The counter is the code's, not the version's; the limit is that of the version by which a hold is priced.
#[tokio::test]
async fn another_version_of_the_card_has_another_limit_and_the_same_count() {
    let w = once().await;
    w.redeemed("k").await;
    assert!(w.is_used_up().await);
    put(&w, &with(vec![promotion("ONCE", Some(3), None)])).await;
    w.pass(LATER);
    w.redeem("second", "ONCE").await.expect("a second use");
    assert_eq!(w.uses("ONCE").await, 2);
    put(&w, &with(vec![promotion("ONCE", Some(2), None)])).await;
    w.pass(LATER);
    assert!(w.is_used_up().await, "two of two");
    assert_eq!(w.counter("ONCE").await.limit, Some(3), "as the last write had it");
}

/// A question for what a night costs with a code.
pub(crate) fn asking_price(code: &str) -> QuoteRequest {
    QuoteRequest {
        resource: room().id,
        start: when(NIGHT.0),
        end: when(NIGHT.1),
        quantity: 1,
        choice: by_code(code),
        plans: QuotedPlans::Every,
        as_of: None,
        draft: false,
        address: None,
    }
}

/// A quote says the price while a use is left and promises none; the hold by it counts.
#[tokio::test]
async fn a_hold_by_a_quote_counts_as_one_that_names_the_code() {
    let w = once().await;
    let quoted = async |name: &str| {
        let quoted = w.quotes.quote(Some(&guest(name)), &asking_price("ONCE"), w.now()).await;
        let quoted = quoted.expect("a quote");
        let offer = quoted.offers.into_iter().next().expect("the default plan");
        assert_eq!(offer.price.total().amount(), REDUCED);
        offer.promise.expect("a promise").0
    };
    let by_quote = |id: String| HoldRequest { quote: Some(id), ..hold_request(&room(), NIGHT, 1) };
    let (anna, bert) = (quoted("anna").await, quoted("bert").await);
    let by_anna = by_quote(anna);
    let held = place(&w, &guest("anna"), "k", &by_anna).await.expect("the use").hold;
    let again = place(&w, &guest("anna"), "k", &by_anna).await.expect("the first answer");
    assert!(again.replayed && again.hold == held, "a repetition is not refused");
    let refused = place(&w, &guest("bert"), "k", &by_quote(bert)).await;
    let is_used_up = matches!(&refused, Err(Failure::Invalid { field, .. }) if field.field == Field::Quote);
    assert!(is_used_up, "{refused:?}");
    assert_eq!(w.uses("ONCE").await, 1);
}

/// Units of the ledger and of the hold records that a second hold of a page costs, of a guest who has asked for its price in that hour or has not.
async fn cost(code: Option<&str>, has_asked: bool) -> (f64, f64) {
    let w = World::with(&room()).await;
    put(&w, &with(vec![promotion("OPEN", None, None), promotion("ONCE", Some(9), None)])).await;
    let (client, meter) = w.database.metered_client();
    let holds = Store::over(&client).hold_cases();
    let mut cost = (0.0, 0.0);
    for name in ["cold", "warm"] {
        let choice = code.map_or_else(RateChoice::default, by_code);
        let request = HoldRequest { choice, ..hold_request(&room(), NIGHT, 1) };
        if let Some(code) = code.filter(|_| has_asked) {
            w.quotes.quote(Some(&guest(name)), &asking_price(code), w.now()).await.expect("a quote");
        }
        holds.create(&guest(name), &key(name, name), &request, &w.by(name)).await.expect("a hold");
        cost = (meter.take(Database::LEDGER), meter.take(Database::HOLDS));
    }
    assert_eq!(w.uses("OPEN").await, 0, "nothing is counted of a code without a limit");
    cost
}

#[tokio::test]
async fn a_code_without_a_limit_costs_a_hold_nothing_of_the_ledger_and_a_read_of_who_tries_it() {
    let plain = cost(None, true).await;
    let (known, new) = (cost(Some("OPEN"), true).await, cost(Some("OPEN"), false).await);
    assert_eq!((known.0, new.0), (plain.0, plain.0), "as without a code");
    assert_eq!(
        (known.1, new.1),
        (plain.1 + 1.0, plain.1 + 3.0),
        "a read, and two writes of a good code that is new"
    );
    let limited = cost(Some("ONCE"), true).await;
    assert!(limited.0 > plain.0, "a limited one is counted: {limited:?}, {plain:?}");
}
