//! The model's bytes and units against the adapter on a local DynamoDB that says what it has consumed.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use holdfast_app::LedgerError;
use holdfast_app::bookings::BookingCommit;
use holdfast_app::catalogue::TermsCommit;
use holdfast_app::kernel as identity;
use holdfast_domain::{
    Booking, BookingEvent, BookingPayments, Hold, InventoryMove, PageRejection, PaymentStep, Resource,
};
use holdfast_testkit::{Database, Meter, Store, TestClock, at, mutation};
use holdfast_throughput::shapes::{Kind, NOW, item_bytes, page_bytes, record_bytes};
use holdfast_throughput::units::{transaction_units, write_units};
use jiff::{SignedDuration, Timestamp};

/// Live holds at which units are compared.
const LIVE: [u32; 4] = [1, 20, 100, 200];

struct Measured {
    database: Database,
    store: Store,
    meter: Meter,
    resource: Resource,
    kind: Kind,
    now: Timestamp,
}

impl Measured {
    async fn start(kind: Kind, capacity: u32) -> Self {
        let now = at(NOW);
        let database = Database::start(&TestClock::at(now)).await;
        let resource = kind.resource(capacity);
        let by = mutation(now, "operator");
        let added = database.store().catalogue.put_resource(&TermsCommit::new(None, &resource, &by)).await;
        added.expect("a resource");
        let (client, meter) = database.metered_client();
        Self { store: Store::over(&client), database, meter, resource, kind, now }
    }

    async fn place(&self, number: u32) -> Result<Hold, LedgerError> {
        let hold = self.kind.hold(&self.resource, number, self.now);
        let by = mutation(self.now, hold.order.guest.as_str());
        self.store.holds.place(&[&self.resource], &hold, &by).await.map(|placed| placed.hold)
    }

    /// Units of the ledger's table, and of the table of hold records, since this was asked last.
    fn units(&self) -> [f64; 2] {
        [Database::LEDGER, Database::HOLDS].map(|table| self.meter.take(table))
    }

    async fn stored_page_bytes(&self) -> u64 {
        let items = self.database.items(Database::LEDGER).await;
        let is_page = |item: &&holdfast_adapters_dynamodb::Item| {
            item["sk"].as_s().is_ok_and(|key| key.starts_with("P#"))
        };
        item_bytes(items.iter().find(is_page).expect("a page"))
    }

    /// Claims the hold, and gives the booking with its amount reserved.
    async fn authorized(&self, hold: &Hold) -> Booking {
        let id = identity::booking_id(&hold.order.guest, "pay");
        let mut booking = Booking::requested(
            id.clone(),
            identity::confirmation_number(&id),
            hold.id.clone(),
            hold.order.clone(),
            BookingPayments::by_card("pm_1PqX2b2eZvKYlo2CkXyJ0aBc".to_owned(), hold.order.price.total()),
            hold.fingerprint.clone(),
            self.now,
        );
        let deadline = self.now.checked_add(SignedDuration::from_secs(900)).expect("in range");
        for (event, inventory) in [
            (BookingEvent::Requested, InventoryMove::Claim { deadline }),
            (BookingEvent::first_payment(PaymentStep::Authorized), InventoryMove::Keep),
        ] {
            booking = self.commit(&booking, event, inventory).await;
        }
        booking
    }

    async fn commit(&self, booking: &Booking, event: BookingEvent, inventory: InventoryMove) -> Booking {
        let commit = BookingCommit::new(booking, event, inventory, &mutation(self.now, "saga"));
        self.store.bookings.commit(&commit).await.expect("a commit");
        commit.booking
    }
}

fn assert_units(consumed: f64, expected: u64, what: &str) {
    let expected = f64::from(u32::try_from(expected).expect("few units"));
    assert!((consumed - expected).abs() < 0.1, "{what}: {consumed} units consumed, {expected} by the model");
}

#[tokio::test]
async fn a_hold_costs_what_the_model_says_by_the_live_holds_of_its_page() {
    for kind in [Kind::Event, Kind::Month] {
        let measured = Measured::start(kind, 20_000).await;
        let other = measured.place(9_000).await.expect("free places");
        measured.store.holds.release(&other, &mutation(measured.now, "guest")).await.expect("a release");
        measured.units();
        measured.place(0).await.expect("free places");
        let units = [page_bytes(kind, LIVE[0]), record_bytes(kind)].map(write_units);
        for (consumed, units) in measured.units().into_iter().zip(units) {
            assert_units(consumed, units, &format!("{kind:?} with one live hold"));
        }

        let measured = Measured::start(kind, 20_000).await;
        for number in 0..LIVE[3] {
            measured.units();
            measured.place(number).await.expect("free places");
            let live = number + 1;
            // The first makes the page as well. A page is read now and then, when many guests have come.
            if LIVE[1..].contains(&live) {
                let [ledger, holds] = measured.units();
                let what = format!("{kind:?} with {live} live holds");
                assert_units(ledger, write_units(page_bytes(kind, live)), &what);
                assert_units(holds, write_units(record_bytes(kind)), &what);
                let (stored, model) = (measured.stored_page_bytes().await, page_bytes(kind, live));
                assert!(stored.abs_diff(model) <= 8, "{what}: {stored} bytes stored, {model} by the model");
            }
        }
        let refused = measured.place(LIVE[3]).await;
        assert!(matches!(refused, Err(LedgerError::Rejected(PageRejection::TooManyHolds))), "{refused:?}");
    }
}

#[tokio::test]
async fn a_confirmation_costs_twice_four_items_and_a_refusal_one_failed_write() {
    for live in LIVE {
        let measured = Measured::start(Kind::Event, live + 1).await;
        let mut holds = Vec::new();
        for number in 0..live {
            holds.push(measured.place(number).await.expect("free places"));
        }
        let page = measured.stored_page_bytes().await;
        // Claim and confirmation, each a transaction; the page is the larger of before and after.
        let last = holds.pop().expect("a hold");
        measured.units();
        let booking = measured.authorized(&last).await;
        measured.units();
        measured.commit(&booking, BookingEvent::Confirmed, InventoryMove::Confirm).await;
        let [ledger, records] = measured.units();
        let claimed = page + CLAIM_BYTES;
        let what = format!("a confirmation beside {live} live holds");
        assert_units(ledger, transaction_units(&[claimed, SMALL, SMALL]), &what);
        assert_units(records, transaction_units(&[SMALL]), &what);
        // One place is confirmed and one left: the next takes it, and the one after is refused by the condition.
        measured.place(live).await.expect("the last place");
        measured.units();
        let refused = measured.place(live + 1).await;
        let is_sold_out =
            matches!(refused, Err(LedgerError::Rejected(PageRejection::SoldOut { available: 0 })));
        assert!(is_sold_out || live == 200, "{refused:?}");
        // An error says no units, here as on AWS: what is measured is that nothing but the failed write is paid.
        assert_units(measured.units().iter().sum(), 0, &format!("beside a refusal with {live} live holds"));
    }
}

/// What a claim adds to a page: state, booking and deadline.
const CLAIM_BYTES: u64 = 44;
/// A booking, an audit event and a record are below a KB each.
const SMALL: u64 = 1_000;
