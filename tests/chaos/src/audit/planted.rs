//! The audit on planted data: a world that is as it must be, and one thing at a time that is not. Each must be found, and
//! named in its own field.

use std::collections::BTreeMap;

use holdfast_app::bookings::{AuditEvent, BookingCommit};
use holdfast_app::kernel;
use holdfast_app::search::{Entry, Listing};
use holdfast_domain::bookings::{Cancellation, FailureReason};
use holdfast_domain::catalogue::{DateFactsEdit, Facts, Month, MonthFacts};
use holdfast_domain::inventory::HoldState;
use holdfast_domain::rates::promotion::{PromotionCode, UseLimits};
use holdfast_domain::rates::property_taxes::PropertyTaxes;
use holdfast_domain::rates::uses::{UseCount, UseEvent, UseOwner};
use holdfast_domain::receipts::{MoneyMovement, Receipt, ReceiptKind, receipt_contents};
use holdfast_domain::{
    Booking, BookingEvent, BookingId, BookingPayments, BookingStatus, InventoryMove, Page, PageHold, PageKey,
    PaymentStep, PropertyId,
};
use holdfast_testkit::{at, event_resource, hold_for, money, mutation, with_promotion};
use jiff::ToSpan;
use jiff::civil::date;
use serde_json::json;

use super::events::{self, NEWEST, VERSIONS, as_counted};
use super::read_model::{self, Mirror};
use super::{Anomaly, CHECKS, Delivered, Edits, Payment, Snapshot, Use, audit};
use crate::records::{BookingTold, HoldEnd, HoldTold, KeyedAnswer, Told};

const CODE: &str = "CHAOS";
const NOW: &str = "2030-01-01T12:00:00Z";

/// A booking of one place of `hall` and its trail, after these events.
fn booked(key: &str, events: &[BookingEvent]) -> (Booking, Vec<AuditEvent>) {
    let now = at(NOW);
    let resource = event_resource("hall", 3, 60);
    let hold = hold_for(&resource, "guest-1", key, ("2030-06-01T19:00:00Z", "2030-06-01T22:00:00Z"), 1, now);
    let hold = with_promotion(hold, CODE, UseLimits { in_all: Some(6), per_guest: None });
    let digest = kernel::fingerprint(&[key]);
    let payments = BookingPayments::by_card("pm_1".to_owned(), hold.order.price.total());
    let before = Booking::requested(
        BookingId::parse(&format!("bkg_{key}")).unwrap(),
        format!("HF-{key}"),
        hold.id,
        hold.order,
        payments,
        digest,
        now,
    );
    let (mut booking, mut trail) = (before, Vec::new());
    for event in std::iter::once(&BookingEvent::Requested).chain(events) {
        let commit = BookingCommit::new(&booking, event.clone(), InventoryMove::Keep, &mutation(now, "saga"));
        booking = commit.booking;
        trail.push(commit.audit);
    }
    (booking, trail)
}

fn paid() -> Vec<BookingEvent> {
    vec![
        BookingEvent::first_payment(PaymentStep::Created { intent: "pi_1".to_owned() }),
        BookingEvent::first_payment(PaymentStep::Authorized),
        BookingEvent::Confirmed,
        BookingEvent::first_payment(PaymentStep::Captured { amount: money(12_900) }),
    ]
}

/// Given up for so much.
fn cancelled(refund: i64, before_capture: bool) -> BookingEvent {
    let digest = kernel::fingerprint(&["cancel"]);
    BookingEvent::Cancelled(Cancellation {
        reason: None,
        refund: money(refund),
        before_capture,
        by_operator: false,
        request: (digest.clone(), digest),
        at: at(NOW),
    })
}

fn given_up() -> Vec<BookingEvent> {
    let mut events = paid();
    events.push(cancelled(6_450, false));
    events.push(BookingEvent::first_payment(PaymentStep::Refunded { total: money(6_450) }));
    events
}

/// A receipt of a booking, for what moved by an entry of its trail.
pub(super) fn receipt(number: u64, booking: &Booking, entry: u64, kind: ReceiptKind, amount: i64) -> Receipt {
    let movement = MoneyMovement { entry, kind, amount: money(amount), at: at(NOW) };
    let content = receipt_contents(&booking.id, &booking.order, None, &[movement]).remove(0);
    Receipt { number, issued_at: at(NOW), content }
}

/// One booking that stands, one that was cancelled, one live hold and one dead one, on a page of three places.
fn whole() -> (Snapshot, Told) {
    let now = at(NOW);
    let resource = event_resource("hall", 3, 60);
    let ((stands, stands_trail), (cancelled, cancelled_trail)) =
        (booked("A", &paid()), booked("B", &given_up()));
    let placement = stands.order.placements[0].clone();
    let slot = placement.places.slots().next().expect("a slot").clone();
    let mut page = Page::fresh(placement.page, resource.schedule_revision, 3, vec![slot.clone()]);
    page.seq = 2;
    page.confirmed.insert(slot.clone(), 1);
    for (key, expires_at) in [("live", now + 9.seconds()), ("dead", now - 9.seconds())] {
        let entry = PageHold {
            places: placement.places.clone(),
            expires_at,
            state: HoldState::Active,
            prolonged: false,
            first_expires_at: expires_at,
            extensions: Vec::new(),
            fingerprint: kernel::fingerprint(&[key]),
            guest: kernel::guest_mark(&stands.order.guest),
            cool_down_seconds: Some(0),
        };
        page.holds.insert(kernel::hold_id(&stands.order.guest, key), entry);
    }
    page.available.insert(slot, 0);
    let live = kernel::hold_id(&stands.order.guest, "live").to_string();
    let used_by =
        |hold: String, owner| Use { resource: "hall".to_owned(), code: CODE.to_owned(), hold, owner };
    let uses = vec![
        used_by(live, UseOwner::Hold),
        used_by(stands.hold.to_string(), UseOwner::Booking(stands.id.clone())),
    ];
    let counter = UseCount {
        property: None,
        resource: resource.id.clone(),
        code: PromotionCode::parse(CODE).unwrap(),
        uses: 2,
        limit: Some(6),
        sequence: 4,
        event: UseEvent::Redeemed,
        hold: stands.hold.clone(),
        booking: None,
        at: now,
    };
    let receipts = vec![
        receipt(1, &stands, 5, ReceiptKind::Payment, 12_900),
        receipt(2, &cancelled, 5, ReceiptKind::Payment, 12_900),
        receipt(3, &cancelled, 7, ReceiptKind::Refund, 6_450),
    ];
    let payment = |booking: &Booking, refunded| Payment {
        intent: format!("pi_{}", booking.id),
        booking: booking.id.to_string(),
        reserved: 0,
        captured: 12_900,
        refunded,
    };
    let mut delivered = Delivered::default();
    let versions = |id: String| VERSIONS.map(|version| (id.clone(), version.to_owned()));
    delivered.on_the_bus.extend(versions("hall/1".to_owned()));
    delivered.to_the_partner.insert("hall/1".to_owned());
    for edit in 1..=2 {
        let id = format!("hall/2030-06/dates/{edit}");
        delivered.on_the_bus.extend(NEWEST.map(|version| (id.clone(), version.to_owned())));
        delivered.to_the_partner.insert(id);
    }
    for seq in 1..=2 {
        let id = format!("hall/{}/{seq}/inventory", page.key.name());
        delivered.on_the_bus.extend(versions(id.clone()));
        delivered.to_the_partner.insert(id);
    }
    let ids = stands_trail.iter().chain(&cancelled_trail).map(AuditEvent::event_id);
    delivered.on_the_bus.extend(ids.flat_map(versions));
    delivered.about.insert(("hold.placed".to_owned(), stands.hold.to_string()), now);
    delivered.mails.insert("Your booking HF-A is confirmed".to_owned());
    delivered.mails.insert("Your booking HF-B is cancelled".to_owned());
    let told = Told {
        holds: BTreeMap::from([(
            stands.hold.to_string(),
            HoldTold { guest: "guest-1".to_owned(), expires_at: now, end: HoldEnd::Open },
        )]),
        hold_statuses: BTreeMap::from([(stands.hold.to_string(), "confirmed".to_owned())]),
        bookings: BTreeMap::from([
            (
                stands.id.to_string(),
                BookingTold { confirmed: Some("HF-A".to_owned()), cancelled: None, may_be_cancelled: false },
            ),
            (
                cancelled.id.to_string(),
                BookingTold {
                    confirmed: Some("HF-B".to_owned()),
                    cancelled: Some(6_450),
                    may_be_cancelled: true,
                },
            ),
        ]),
        by_key: BTreeMap::from([("A".to_owned(), vec![answer(201, "A"), answer(200, "A")])]),
        ..Told::default()
    };
    let snapshot = Snapshot {
        at: now,
        pages: vec![page],
        unreadable: Vec::new(),
        payments: vec![payment(&stands, 0), payment(&cancelled, 6_450)],
        trails: BTreeMap::from([
            (stands.id.to_string(), stands_trail),
            (cancelled.id.to_string(), cancelled_trail),
        ]),
        receipts,
        counters: vec![counter],
        uses,
        revisions: BTreeMap::from([("hall".to_owned(), 1)]),
        places: BTreeMap::from([("hall".to_owned(), 3)]),
        edits: Edits::from([(("hall".to_owned(), closed_days(2).0), 2)]),
        bookings: vec![stands, cancelled],
        delivered,
    };
    (snapshot, told)
}

fn answer(status: u16, key: &str) -> KeyedAnswer {
    let body = json!({"bookingId": format!("bkg_{key}"), "status": "confirmed", "confirmationNumber": key});
    KeyedAnswer { status, body }
}

/// What is found after one thing was changed.
pub(super) fn after(change: impl FnOnce(&mut Snapshot, &mut Told)) -> Vec<Anomaly> {
    let (mut snapshot, mut told) = whole();
    change(&mut snapshot, &mut told);
    audit(&snapshot, &told)
}

/// That a change is found, in this field, and with these words.
#[track_caller]
pub(super) fn is_found(field: &str, words: &str, change: impl FnOnce(&mut Snapshot, &mut Told)) {
    let found = after(change);
    let fits = |anomaly: &Anomaly| anomaly.field == field && anomaly.what.contains(words);
    assert!(found.iter().any(fits), "no {field} with {words:?} in {found:#?}");
    assert!(CHECKS.iter().any(|(row, _)| *row == field), "{field} is no row of the table");
}

/// What is set for a month after so many edits, each of which closes a day more.
fn closed_days(edits: i8) -> (Month, MonthFacts) {
    let days = (1..=edits).map(|day| date(2030, 6, day));
    let facts = Facts::default().with(days, DateFactsEdit { closed: Some(true), ..DateFactsEdit::default() });
    let (month, set) = facts.months().next().expect("what was set");
    (month, MonthFacts { revision: edits.unsigned_abs().into(), dates: set.dates.clone() })
}

/// A ledger of a resource with two pages and a month of dated facts, and of a property, and the read model that it is to have.
fn mirrored() -> Mirror {
    let resource = event_resource("hall", 3, 60);
    let (snapshot, _) = whole();
    let page = snapshot.pages[0].clone();
    let mut other = page.clone();
    other.key.page = "another".to_owned();
    let listing = Listing::new("T#hotel#nyc".to_owned());
    let pages = [page, other].map(|page| Entry::Page(listing.clone(), Box::new(page)));
    let (month, set) = closed_days(2);
    let facts = Entry::Facts(listing.clone(), resource.id.clone(), month, set);
    let property = PropertyId::parse("house").expect("an id");
    let currency = resource.terms.base_price.currency();
    let taxes =
        Entry::Taxes(Box::new(PropertyTaxes { property, revision: 2, currency, charges: Vec::new() }));
    let ledger =
        [vec![Entry::Resource(listing, Box::new(resource))], pages.to_vec(), vec![facts, taxes]].concat();
    Mirror { read_model: ledger.clone(), ledger, unreadable: Vec::new() }
}

/// That a read model with one thing changed is found out, with these words and nothing else.
#[track_caller]
fn is_found_in_search(words: &str, change: impl FnOnce(&mut Mirror)) {
    let mut mirror = mirrored();
    change(&mut mirror);
    let found = read_model::check(&mirror);
    assert!(
        matches!(&found[..], [one] if one.field == "read model" && one.what.contains(words)),
        "{found:#?}"
    );
}

#[test]
fn a_read_model_that_is_the_ledger_has_no_anomaly() {
    assert_eq!(read_model::check(&mirrored()), []);
}

#[test]
fn a_read_model_that_is_not_the_ledger_is_found() {
    is_found_in_search("hall at T#hotel#nyc is not listed", |mirror| drop(mirror.read_model.remove(0)));
    is_found_in_search("hall/another at T#hotel#nyc is not listed", |mirror| {
        drop(mirror.read_model.remove(2))
    });
    is_found_in_search("is listed and is not in the ledger", |mirror| drop(mirror.ledger.remove(2)));
    is_found_in_search("is listed twice", |mirror| mirror.read_model.push(mirror.read_model[1].clone()));
    is_found_in_search("is listed as of write 1.1, it has had 1.2", |mirror| {
        let Entry::Page(_, page) = &mut mirror.read_model[1] else { panic!("a page") };
        page.seq = 1;
    });
    is_found_in_search("is listed as of write 1.2, it has had 1.2", |mirror| {
        let Entry::Page(_, page) = &mut mirror.read_model[1] else { panic!("a page") };
        page.holds.clear();
    });
    is_found_in_search("hall/2030-06 at T#hotel#nyc is not listed", |mirror| {
        drop(mirror.read_model.remove(3))
    });
    is_found_in_search("hall/2030-06 at T#hotel#nyc is listed as of write 1, it has had 2", |mirror| {
        let Entry::Facts(.., set) = &mut mirror.read_model[3] else { panic!("facts") };
        *set = closed_days(1).1;
    });
    is_found_in_search("hall/2030-06 at T#hotel#nyc is listed as of write 2, it has had 2", |mirror| {
        let Entry::Facts(.., set) = &mut mirror.read_model[3] else { panic!("facts") };
        set.dates.clear();
    });
    is_found_in_search("hall/2030-07 at T#hotel#nyc is listed and is not in the ledger", |mirror| {
        let Entry::Facts(listing, resource, _, set) = mirror.read_model[3].clone() else { panic!("facts") };
        let july = Month::parse("2030-07").expect("a month");
        mirror.read_model.push(Entry::Facts(listing, resource, july, set));
    });
    is_found_in_search("house/taxes is not listed", |mirror| drop(mirror.read_model.remove(4)));
    is_found_in_search("house/taxes is listed as of write 1, it has had 2", |mirror| {
        let Entry::Taxes(taxes) = &mut mirror.read_model[4] else { panic!("taxes") };
        taxes.revision = 1;
    });
    is_found_in_search("hall at T#hotel#nyc is listed as of write 1, it has had 1", |mirror| {
        let Entry::Resource(_, resource) = &mut mirror.read_model[0] else { panic!("a resource") };
        resource.terms.capacity += 1;
    });
    is_found_in_search("is corrupt", |mirror| mirror.unreadable.push("T#hall|x: is corrupt".to_owned()));
}

#[test]
fn how_often_dates_were_set_is_no_part_of_what_is_listed() {
    let mut mirror = mirrored();
    let Entry::Resource(_, resource) = &mut mirror.ledger[0] else { panic!("a resource") };
    resource.facts_revision += 1;
    assert_eq!(read_model::check(&mirror), []);
}

#[test]
fn a_world_as_it_must_be_has_no_anomaly() {
    assert_eq!(after(|_, _| ()), []);
}

#[test]
fn an_oversold_slot_is_found() {
    is_found("unreadable", "-1 is out of range", |s, _| {
        s.unreadable.push("R#hall/P#event: event: -1 is out of range".to_owned());
    });
    is_found("inventory", "1 free + 1 held + 2 confirmed + 0 elsewhere are not 3", |s, _| {
        s.pages[0].confirmed.values_mut().for_each(|confirmed| *confirmed += 1);
    });
}

#[test]
fn a_lost_place_is_found() {
    is_found("inventory", "are not 3", |s, _| s.pages[0].holds.clear());
}

#[test]
fn a_guest_without_a_place_and_a_place_without_a_guest_are_found() {
    is_found("inventory", "0 confirmed, bookings have 1", |s, _| s.pages[0].confirmed.clear());
    is_found("inventory", "1 confirmed, bookings have 0", |s, _| {
        s.bookings.remove(0);
    });
    is_found("inventory", "the slot does not exist", |s, _| s.pages.clear());
}

#[test]
fn a_hold_that_became_two_bookings_is_found() {
    is_found("inventory", "became 2 bookings", |s, _| {
        let twin = Booking { id: BookingId::parse("bkg_C").unwrap(), ..s.bookings[0].clone() };
        s.bookings.push(twin);
    });
}

#[test]
fn money_that_was_not_taken_or_taken_twice_is_found() {
    is_found("money", "the provider (0, 0)", |s, _| s.payments[0].captured = 0);
    is_found("money", "the provider (25800, 0)", |s, _| {
        let twice = Payment { intent: "pi_twice".to_owned(), ..s.payments[0].clone() };
        s.payments.push(twice);
    });
}

#[test]
fn a_refund_too_many_or_too_few_is_found() {
    is_found("money", "the provider (12900, 12900)", |s, _| s.payments[1].refunded = 12_900);
    is_found("money", "12900 paid, 6450 due", |s, _| {
        s.payments[1].refunded = 0;
        let paid = s.bookings[1].only_payment().unwrap();
        let kept = holdfast_domain::Payment { refunded: money(0), ..paid.clone() };
        s.bookings[1].payments = BookingPayments::single(kept);
    });
}

#[test]
fn money_taken_after_the_cancellation_and_kept_is_found() {
    let taken =
        [cancelled(0, true), BookingEvent::first_payment(PaymentStep::Captured { amount: money(12_900) })];
    is_found("money", "bkg_A, cancelled: 12900 paid, 0 due", |s, _| plant(s, &taken));
}

#[test]
fn money_of_a_failed_booking_is_found() {
    is_found("money", "12900 paid, 0 due", |s, _| s.bookings[0].status = BookingStatus::Failed);
    is_found("money", "12900 stay reserved", |s, _| s.payments[0].reserved = 12_900);
}

#[test]
fn money_of_nobody_is_found() {
    is_found("money", "which there is not", |s, _| s.payments[0].booking = "bkg_nobody".to_owned());
}

#[test]
fn a_booking_that_is_stuck_is_found() {
    is_found("money", "still pending", |s, _| s.bookings[0].status = BookingStatus::Pending);
}

#[test]
fn a_broken_trail_is_found() {
    is_found("trails", "is not as it was sealed", |s, _| {
        s.trails.values_mut().for_each(|trail| trail[1].actor = "nobody".to_owned());
    });
    is_found("trails", "is missing", |s, _| {
        s.trails.values_mut().for_each(|trail| drop(trail.remove(2)));
    });
}

#[test]
fn an_illegal_step_is_found_although_it_is_sealed() {
    let illegal = [paid(), vec![BookingEvent::Confirmed]].concat();
    is_found("trails", "happened before", |s, _| plant(s, &illegal));
    let failed = BookingEvent::Failed { reason: FailureReason::PaymentTimedOut };
    let illegal = [vec![failed], paid()].concat();
    is_found("trails", "from failed to confirmed", |s, _| plant(s, &illegal));
    let illegal = [paid(), vec![BookingEvent::first_payment(PaymentStep::Voided)]].concat();
    is_found("trails", "went from captured to voided", |s, _| plant(s, &illegal));
}

/// Puts a booking that went through these events in the place of the first.
fn plant(snapshot: &mut Snapshot, events: &[BookingEvent]) {
    let (booking, trail) = booked("A", events);
    snapshot.trails.insert(booking.id.to_string(), trail);
    snapshot.bookings[0] = booking;
}

/// A type that came after version 1 has no event in it.
#[test]
fn an_event_is_heard_in_the_versions_of_its_type() {
    let (_, trail) =
        booked("D", &[paid(), vec![BookingEvent::first_payment(PaymentStep::Disputed)]].concat());
    let (disputed, before) = trail.split_last().expect("entries");
    let facts = events::facts(&BTreeMap::new(), &BTreeMap::new(), [].iter(), trail.iter());
    assert_eq!(facts[&disputed.event_id()], ["v2"]);
    assert!(before.iter().all(|entry| facts[&entry.event_id()] == ["v1", "v2"]), "{facts:?}");
}

#[test]
fn an_event_that_nobody_heard_is_found_unless_it_was_set_aside() {
    let lose = |s: &mut Snapshot| {
        assert!(s.delivered.on_the_bus.remove(&("bkg_A-000003".to_owned(), "v2".to_owned())));
    };
    is_found("bus", "bkg_A-000003 neither on the bus nor set aside", |s, _| lose(s));
    let found = after(|s, _| {
        lose(s);
        s.delivered.set_aside.push(r#"{"id": "bkg_A-000003"}"#.to_owned());
    });
    assert_eq!(found, []);
}

#[test]
fn a_gap_in_a_pages_writes_is_found() {
    is_found("bus", "/3/inventory neither on the bus", |s, _| s.pages[0].seq = 3);
    is_found("bus", "hall/2 neither on the bus", |s, _| s.revisions.extend([("hall".to_owned(), 2)]));
    is_found("partner", "neither with the partner", |s, _| s.delivered.to_the_partner.clear());
}

#[test]
fn what_was_set_for_dates_and_nobody_heard_is_found() {
    let second = "hall/2030-06/dates/2";
    is_found("bus", "hall/2030-06/dates/2 neither on the bus", |s, _| {
        assert!(s.delivered.on_the_bus.remove(&(second.to_owned(), "v2".to_owned())));
    });
    is_found("bus", "hall/2030-06/dates/3 neither on the bus", |s, _| {
        s.edits.values_mut().for_each(|edits| *edits = 3);
    });
    is_found("partner", "hall/2030-06/dates/2 neither with the partner", |s, _| {
        assert!(s.delivered.to_the_partner.remove(second));
    });
    let of_version_1 = after(|s, _| {
        s.delivered.on_the_bus.remove(&(second.to_owned(), "v2".to_owned()));
        s.delivered.on_the_bus.insert((second.to_owned(), "v1".to_owned()));
    });
    assert_eq!(of_version_1.len(), 1, "{of_version_1:#?}");
}

#[test]
fn a_write_of_a_page_of_a_later_schedule_is_counted_as_its_write() {
    let resource = event_resource("hall", 3, 60);
    let mut page = Page::fresh(PageKey::first(resource.id, "2030-06"), 3, 3, Vec::new());
    page.seq = 7;
    let id = format!("hall/2030-06/{}/inventory", page.write_number());
    assert_eq!(as_counted(&id), "hall/2030-06/7/inventory");
    for id in ["hall/2030-06/dates/7", "hall/7", "bkg_A-000003", "hall/2030-06/7/0"] {
        assert_eq!(as_counted(id), id);
    }
}

#[test]
fn a_revision_of_a_resource_that_the_partner_did_not_get_is_found() {
    is_found("partner", "hall/1 neither with the partner", |s, _| {
        assert!(s.delivered.to_the_partner.remove("hall/1"));
    });
}

#[test]
fn a_mail_that_was_not_sent_is_found() {
    is_found("mails", "HF-B is cancelled", |s, _| {
        s.delivered.mails.retain(|mail| !mail.contains("HF-B"));
    });
}

#[test]
fn a_booking_that_was_told_and_is_not_is_found() {
    is_found("clients", "does not exist", |s, _| drop(s.bookings.remove(0)));
    is_found("clients", "was told to stand, it is failed", |s, _| {
        s.bookings[0].status = BookingStatus::Failed
    });
    is_found("clients", "was told as HF-Z", |_, told| {
        told.bookings.values_mut().for_each(|one| one.confirmed = Some("HF-Z".to_owned()));
    });
    is_found("clients", "was told to be cancelled for 1", |_, told| {
        told.bookings.values_mut().for_each(|one| one.cancelled = Some(1));
    });
}

#[test]
fn a_hold_that_is_other_than_told_is_found() {
    is_found("clients", "is expired", |_, told| {
        told.hold_statuses.values_mut().for_each(|status| "expired".clone_into(status));
    });
    is_found("clients", "is not there", |_, told| told.hold_statuses.clear());
    let ended = |status: &'static str, end: HoldEnd| {
        let hold = HoldTold { guest: "guest-1".to_owned(), expires_at: at(NOW) + 5.seconds(), end };
        move |s: &mut Snapshot, told: &mut Told| {
            s.delivered.about.insert(("hold.placed".to_owned(), "hld_1".to_owned()), at(NOW));
            told.holds.insert("hld_1".to_owned(), hold);
            told.hold_statuses.insert("hld_1".to_owned(), status.to_owned());
        }
    };
    is_found("clients", "is expired", ended("expired", HoldEnd::Released));
    is_found("clients", "is released", ended("released", HoldEnd::Open));
    is_found("clients", "is active", ended("active", HoldEnd::Open));
    let heard_of_its_release = |seconds: i64| {
        move |s: &mut Snapshot, told: &mut Told| {
            let released = ("hold.released".to_owned(), "hld_1".to_owned());
            s.delivered.about.insert(released, at(NOW) + seconds.seconds());
            ended("expired", HoldEnd::Open)(s, told);
        }
    };
    is_found("clients", "is expired", heard_of_its_release(4));
    assert_eq!(after(heard_of_its_release(5)), [], "a late repetition, taken back");
    assert_eq!(after(ended("expired", HoldEnd::Open)), [], "left alone");
    assert_eq!(after(ended("released", HoldEnd::Released)), [], "given back");
    is_found("clients", "nobody heard of it", |s, _| s.delivered.about.clear());
}

#[test]
fn two_answers_to_one_key_are_found() {
    let declined = KeyedAnswer { status: 402, body: json!({"code": "payment_declined"}) };
    for (answers, words) in [
        (vec![answer(201, "A"), answer(200, "B")], "and then"),
        (vec![answer(201, "A"), answer(201, "A")], "made 2 times"),
        (vec![answer(201, "A"), declined.clone()], "and then"),
        (vec![declined, answer(201, "A")], "and then"),
    ] {
        is_found("clients", words, |_, told| drop(told.by_key.insert("key".to_owned(), answers)));
    }
}

#[test]
fn a_pending_booking_may_become_another() {
    let pending = KeyedAnswer { status: 202, body: json!({"bookingId": "bkg_A", "status": "pending"}) };
    let unavailable = KeyedAnswer { status: 503, body: json!({"code": "service_unavailable"}) };
    let found = after(|_, told| {
        let answers = vec![unavailable, pending, answer(201, "B"), answer(200, "B")];
        told.by_key.insert("key".to_owned(), answers);
    });
    assert_eq!(found, []);
}

#[test]
fn what_is_set_for_dates_of_a_month_is_another_entry_than_the_page_of_its_nights() {
    let mut mirror = mirrored();
    let Entry::Page(listing, mut page) = mirror.ledger[1].clone() else { panic!("a page") };
    page.key.page = "2030-06".to_owned();
    mirror.ledger.push(Entry::Page(listing, page));
    mirror.read_model.clone_from(&mirror.ledger);
    assert_eq!(read_model::check(&mirror), []);
}
