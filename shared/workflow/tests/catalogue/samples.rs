//! An event of every type, made of ledger facts as the relay makes them, and the samples that are files.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_app::Mutation;
use holdfast_app::bookings::BookingCommit;
use holdfast_app::events::Write;
use holdfast_app::kernel;
use holdfast_app::operations::reconciliation::{Finding, Kind, Progress, Remedy, Report};
use holdfast_domain::bookings::{
    Cancellation, FailureReason, LineDetail, Order, PriceLine, PriceLineKind, Tier,
};
use holdfast_domain::catalogue::{
    AttributeValue, DateFactsEdit, Facts, Label, Month, MonthFacts, ResourceTerms,
};
use holdfast_domain::inventory::Placement;
use holdfast_domain::money::{Percent, SignedMoney};
use holdfast_domain::payments::CustomerAction;
use holdfast_domain::rates::cancellation::{CancellationTerms, RefundTerms};
use holdfast_domain::rates::card::{CardVersion, RateCard, ResourceRates};
use holdfast_domain::rates::charge::Due;
use holdfast_domain::rates::condition::DateRange;
use holdfast_domain::rates::dated::{DateRates, MonthRates};
use holdfast_domain::rates::ids::{PlanId, RateGroup};
use holdfast_domain::rates::occupancy::Unit;
use holdfast_domain::rates::plan::{Audience, Payment, PlanPrice, RatePlan};
use holdfast_domain::rates::promotion::{PromotionCode, UseLimits};
use holdfast_domain::rates::quote::AppliedRate;
use holdfast_domain::rates::restriction::Limits;
use holdfast_domain::rates::uses::{UseCount, UseEvent};
use holdfast_domain::{
    Booking, BookingEvent, BookingPayments, BookingStatus, CancellationPolicy, Currency, GuestId, Hold,
    HoldId, HoldLimits, HoldStatus, InventoryMove, Money, Page, PageChange, PageCommand, PageHold, PageKey,
    PaymentStep, PropertyId, Resource, ResourceId, Schedule, SlotPlaces, When,
};
use holdfast_workflow::events::{
    Envelope, Event, EventType, PageWrite, of_applied, of_audit, of_drift, of_facts, of_month_rates, of_page,
    of_promotion, of_rates, of_resource, of_review,
};
use jiff::civil::{date, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub(crate) const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
/// What no event may say.
pub(crate) const SECRET: &str = "never published";
const NOW: &str = "2026-05-01T09:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// A hotel room type in New York.
pub(crate) fn room() -> Resource {
    let tier =
        |hours_before, percent| Tier { hours_before, refund: Percent::new(percent).expect("a percentage") };
    let label = |text| Label::parse(text).expect("a label");
    let terms = ResourceTerms {
        property: PropertyId::parse("hotel-nyc").ok(),
        resource_type: label("hotel"),
        name: label("Deluxe double"),
        location: label("NYC"),
        time_zone: TimeZone::get("America/New_York").expect("a zone"),
        schedule: Schedule::Nightly { check_in: time(15, 0, 0, 0), check_out: time(11, 0, 0, 0) },
        capacity: 3,
        hold_ttl_seconds: 600,
        hold_limits: HoldLimits::default(),
        base_price: Money::new(12_900, Currency::parse("EUR").expect("a currency")).expect("an amount"),
        cancellation_policy: CancellationPolicy::new(vec![tier(24, 100), tier(0, 50)]).expect("a policy"),
        attributes: BTreeMap::from([
            ("rating".to_owned(), AttributeValue::Number(4.6)),
            ("smoking".to_owned(), AttributeValue::Flag(false)),
            ("view".to_owned(), AttributeValue::Text("garden".to_owned())),
        ]),
    };
    Resource::create(ResourceId::parse("hotel-nyc-deluxe").expect("an id"), terms)
}

/// A hold of two nights.
pub(crate) fn hold() -> Hold {
    let (room, guest) = (room(), GuestId::parse("guest-1").expect("a guest"));
    let (from, to) = (When::Date(date(2026, 6, 1)), When::Date(date(2026, 6, 3)));
    let stay = room.stay(from, to, at(NOW)).expect("two nights");
    let placement = Placement {
        page: PageKey::first(room.id.clone(), "2026-06"),
        schedule_revision: room.schedule_revision,
        places: SlotPlaces::uniform(stay.slots.iter().map(|slot| slot.key.clone()), 1).expect("two nights"),
    };
    let expires_at = at("2026-05-01T09:10:00Z");
    Hold {
        id: kernel::hold_id(&guest, "sample"),
        order: Order {
            resource: room.id.clone(),
            resource_name: room.terms.name.as_str().to_owned(),
            property: room.terms.property.clone(),
            guest: guest.clone(),
            start: stay.start,
            end: stay.end,
            quantity: 1,
            price: room.price(stay.slots.len(), 1).expect("a price").into(),
            policy: room.terms.cancellation_policy.clone(),
            rate: None,
            placements: vec![placement],
        },
        guest_mark: kernel::guest_mark(&guest),
        caller: guest,
        fingerprint: kernel::fingerprint(&["sample"]),
        ttl_seconds: 600,
        cool_down_seconds: Some(0),
        created_at: at(NOW),
        first_expires_at: expires_at,
        expires_at,
        recorded: HoldStatus::Active,
        extensions: BTreeMap::new(),
        booking: None,
    }
}

pub(crate) fn mutation() -> Mutation {
    Mutation { now: at(NOW), actor: "guest-1".to_owned(), trace: Some(TRACE.to_owned()) }
}

pub(crate) fn booking() -> Booking {
    let hold = hold();
    let payments = BookingPayments::by_card("pm_card_visa".to_owned(), hold.order.price.total());
    Booking::requested(
        kernel::booking_id(&hold.order.guest, "sample"),
        "HF-SAMPLE2345".to_owned(),
        hold.id,
        hold.order,
        payments,
        hold.fingerprint,
        at(NOW),
    )
}

/// A page, what the last command did to it, the holds that it took from the page, and when.
pub(crate) type Written = (Page, Vec<PageChange>, BTreeMap<HoldId, PageHold>, Timestamp);

fn page_key() -> PageKey {
    PageKey::first(room().id, "2026-06")
}

/// Two nights are closed, and one of them has more places, one of them beyond its capacity.
fn facts() -> Facts {
    let first = date(2026, 6, 1);
    let closed = Facts::default()
        .with([first, date(2026, 6, 2)], DateFactsEdit { closed: Some(true), ..DateFactsEdit::default() });
    let more = DateFactsEdit { capacity: Some(5), overbooking: Some(1), ..DateFactsEdit::default() };
    let closed = closed.with([first], more);
    Facts::default().written(&closed.changed_since(&Facts::default()))
}

/// A page through the commands, each at so many seconds after [`NOW`].
pub(crate) fn page_after(commands: &[(i64, PageCommand)]) -> Written {
    let beyond = DateFactsEdit { overbooking: Some(1), ..DateFactsEdit::default() };
    let facts = Facts::default().with([date(2026, 6, 30)], beyond);
    let mut page = room().fresh_page(&PageKey::first(room().id, "2026-06"), &facts);
    let mut last = (Vec::new(), BTreeMap::new(), at(NOW));
    for (seconds, command) in commands {
        let now = at(NOW).checked_add(SignedDuration::from_secs(*seconds)).expect("in range");
        let changes = page.decide(command, now).unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let next = page.apply(&changes);
        last = (changes, page.holds, now);
        page = next;
    }
    (page, last.0, last.1, last.2)
}

/// The events of one write of a page.
pub(crate) fn written(
    page: &Page,
    changes: &[PageChange],
    ended: &BTreeMap<HoldId, PageHold>,
    at: Timestamp,
) -> Vec<Event> {
    of_page(&PageWrite { page, changes, ended, at, trace: Some(TRACE) }).expect("events")
}

/// Writes of a page: every change that there is happens once, those first that the samples are of.
fn page_events() -> Vec<Event> {
    let (hold, booking) = (hold(), booking());
    let id = || hold.id.clone();
    let entry = hold.entry(&hold.order.placements[0]);
    let places = || entry.places.clone();
    let place = (0, PageCommand::Place { hold: id(), entry: entry.clone(), limits: None });
    let by = SignedDuration::from_secs(600);
    let payer = || booking.id.clone();
    let claim =
        (60, PageCommand::Claim { hold: id(), booking: payer(), deadline: at("2026-05-01T09:16:00Z") });
    let confirm =
        |seconds| (seconds, PageCommand::Confirm { hold: id(), booking: payer(), places: places() });
    let cooling = PageHold { cool_down_seconds: Some(900), ..entry.clone() };
    let writes = [
        vec![place.clone()],
        vec![place.clone(), (30, PageCommand::Extend { hold: id(), request: hold.fingerprint.clone(), by })],
        vec![place.clone(), (30, PageCommand::Release { hold: id(), counts_for: None })],
        vec![place.clone(), (601, PageCommand::Expire { hold: id(), counts_for: None })],
        vec![place.clone(), claim.clone()],
        vec![place.clone(), claim.clone(), (90, PageCommand::Unclaim { hold: id(), booking: payer() })],
        vec![place.clone(), claim.clone(), confirm(90)],
        vec![place.clone(), claim.clone(), (90, PageCommand::Prolong { hold: id(), booking: payer(), by })],
        vec![
            place.clone(),
            claim.clone(),
            confirm(90),
            (95, PageCommand::Return { hold: id(), entry: entry.clone() }),
        ],
        vec![
            place.clone(),
            claim.clone(),
            confirm(90),
            (95, PageCommand::Free { booking: payer(), places: places() }),
        ],
        vec![place.clone(), claim, confirm(3_600)],
        vec![
            (0, PageCommand::Place { hold: id(), entry: cooling, limits: None }),
            (30, PageCommand::Release { hold: id(), counts_for: None }),
        ],
        vec![(0, PageCommand::Frame { frame: Box::new(room().frame(&page_key(), &facts())) })],
    ];
    let mut events = Vec::new();
    for commands in writes {
        let (page, changes, ended, at) = page_after(&commands);
        events.extend(written(&page, &changes, &ended, at));
    }
    events
}

fn booking_events() -> Vec<Event> {
    let cancellation = |refund: Money| Cancellation {
        reason: Some("a change of plans".to_owned()),
        refund,
        before_capture: false,
        by_operator: false,
        request: (hold().fingerprint, hold().fingerprint),
        at: at(NOW),
    };
    let price = booking().order.price.total();
    let action = CustomerAction {
        client_secret: SECRET.to_owned(),
        redirect_url: None,
        expires_at: at("2026-05-01T09:20:00Z"),
    };
    let common = [
        BookingEvent::Requested,
        BookingEvent::first_payment(PaymentStep::Created { intent: "pi_sample".to_owned() }),
        BookingEvent::first_payment(PaymentStep::ActionRequired { action }),
        BookingEvent::first_payment(PaymentStep::Authorized),
    ];
    let stands =
        [BookingEvent::Confirmed, BookingEvent::first_payment(PaymentStep::Captured { amount: price })];
    let given_up = [
        BookingEvent::Cancelled(cancellation(price)),
        BookingEvent::first_payment(PaymentStep::Refunded { total: price }),
    ];
    let declined =
        BookingEvent::Failed { reason: FailureReason::Declined { code: "insufficient_funds".to_owned() } };
    let late = [
        BookingEvent::Cancelled(cancellation(price)),
        BookingEvent::first_payment(PaymentStep::RefundPending { total: price }),
        BookingEvent::first_payment(PaymentStep::RefundFailed { total: Money::zero(price.currency()) }),
        BookingEvent::first_payment(PaymentStep::Disputed),
        BookingEvent::first_payment(PaymentStep::DisputeWon),
        BookingEvent::first_payment(PaymentStep::ChargedBack { total: price }),
    ];
    let lives: [Vec<BookingEvent>; 5] = [
        [common.to_vec(), stands.to_vec(), given_up.to_vec()].concat(),
        [common.to_vec(), stands.to_vec(), vec![BookingEvent::Completed]].concat(),
        [common.to_vec(), stands.to_vec(), late.to_vec()].concat(),
        [common.to_vec(), vec![BookingEvent::first_payment(PaymentStep::Voided)]].concat(),
        vec![BookingEvent::Requested, declined],
    ];
    let mut events = Vec::new();
    for life in lives {
        let mut booking = booking();
        for event in life {
            let commit = BookingCommit::new(&booking, event, InventoryMove::Keep, &mutation());
            booking = commit.booking;
            let told = of_audit(&commit.audit).expect("an event").expect("of a kind that is published");
            if events.iter().all(|known: &Event| known.kind() != told.kind()) {
                events.push(told);
            }
        }
    }
    events
}

/// A plan that its group alone may see: what a rate card says of it for people, no event says.
fn private_plan() -> RatePlan {
    RatePlan {
        id: PlanId::parse("company").expect("a name"),
        name: Label::parse(SECRET).expect("a label"),
        price: PlanPrice::Base(Money::new(12_900, euro()).expect("an amount")),
        cancellation: CancellationTerms { free_hours_after_booking: 0, steps: Vec::new() },
        payment: Payment::Now,
        included: Vec::new(),
        audience: Audience::Group(RateGroup::parse("acme").expect("a name")),
        channels: BTreeSet::new(),
    }
}

fn euro() -> Currency {
    Currency::parse("EUR").expect("a currency")
}

/// Cards of which the version of that number begins with the next month, the last write being that of the revision.
pub(crate) fn cards(revision: u64, number: u64) -> ResourceRates {
    let plan = private_plan();
    let card = RateCard {
        currency: euro(),
        default_plan: plan.id.clone(),
        plans: vec![plan],
        unit_types: Vec::new(),
        occupancy: None,
        calendars: BTreeMap::new(),
        rules: Vec::new(),
        price_min: None,
        price_max: None,
        charges: Vec::new(),
        restrictions: Vec::new(),
        extras: Vec::new(),
        promotions: Vec::new(),
    };
    let version = CardVersion { number, valid_from: at("2026-06-01T04:00:00Z"), card: card.clone() };
    ResourceRates { resource: room().id, revision, versions: vec![version], draft: Some(card) }
}

/// What is set for a month under the plan: that price on these days.
pub(crate) fn month_rates(revision: u64, days: &[i8], amount: i64) -> MonthRates {
    let set = DateRates { price: Money::new(amount, euro()).ok(), limits: Limits::default() };
    let of_day = |day: &i8| (date(2026, 6, *day), BTreeMap::from([(private_plan().id, set.clone())]));
    MonthRates { revision, dates: days.iter().map(of_day).collect() }
}

/// A line of a price.
fn line(kind: PriceLineKind, amount: i64, code: &str, dates: Option<DateRange>, due: Due) -> PriceLine {
    let count = if dates.is_some() { 2 } else { 1 };
    let name = Label::parse(SECRET).expect("a label");
    let detail = LineDetail {
        code: code.to_owned(),
        name,
        dates,
        count,
        due,
        refundable: kind != PriceLineKind::Tax,
        included_taxes: Vec::new(),
    };
    PriceLine { kind, amount: SignedMoney::new(amount, euro()).expect("an amount"), detail: Some(detail) }
}

/// The booking as a rate card prices it, and confirmed.
pub(crate) fn rated_booking() -> Booking {
    let dates = DateRange { from: date(2026, 6, 1), to: date(2026, 6, 3) };
    let lines = vec![
        line(PriceLineKind::Stay, 25_800, "company", Some(dates), Due::Now),
        line(PriceLineKind::Discount, -2_580, "WELCOME10", None, Due::Now),
        line(PriceLineKind::Tax, 400, "city-tax", None, Due::AtProperty),
    ];
    let plan = private_plan();
    let rate = AppliedRate {
        plan: plan.id,
        plan_name: plan.name,
        card_version: 3,
        payment: Payment::Now,
        included: Vec::new(),
        units: vec![Unit::default()],
        extras: Vec::new(),
        promotion: PromotionCode::parse("WELCOME10").ok(),
        promotion_limits: UseLimits::default(),
        price_override: None,
        refunds: RefundTerms {
            free_hours_after_booking: 0,
            steps: Vec::new(),
            kept_always: Money::zero(euro()),
        },
        priced_at: at(NOW),
    };
    let mut booking = booking();
    booking.order.price = holdfast_domain::bookings::Price::new(lines).expect("a price");
    booking.order.rate = Some(Box::new(rate));
    let payments = BookingPayments::by_card("pm_card_visa".to_owned(), booking.order.price.total());
    Booking { payments, status: BookingStatus::Confirmed, version: 4, ..booking }
}

/// A version that is put, dates that are set, and a booking that has a rate.
fn rate_events() -> Vec<Event> {
    let (room, write) = (room(), Write { at: at(NOW), trace: Some(TRACE.to_owned()) });
    let month = Month::of(date(2026, 6, 1));
    let (set, before) = (month_rates(2, &[1, 2, 3], 15_000), month_rates(1, &[2], 15_000));
    let of = (&room.id, room.terms.property.as_ref());
    let dates = of_month_rates(of, month, &set, &before, &write);
    [of_rates(&cards(3, 3), of.1, &write), dates, of_applied(&rated_booking(), &write)]
        .map(|event| event.expect("something that is published"))
        .into()
}

/// What a run of the reconciliation found.
pub(crate) fn report(findings: Vec<Finding>) -> Report {
    Report {
        at: at(NOW),
        dry_run: false,
        pages: 12,
        bookings: 9,
        payments: 9,
        changing: 0,
        left: BTreeMap::new(),
        cycle: Progress { began_at: at(NOW), is_over: true, is_whole: true, is_kept: true },
        findings,
        parked: 0,
        more: false,
    }
}

fn finding(kind: Kind, subject: &str, remedy: Remedy) -> Finding {
    Finding { kind, subject: subject.to_owned(), booking: None, detail: SECRET.to_owned(), remedy }
}

/// The events of a run that found something to repair and something for a person.
fn run_events() -> [Event; 2] {
    let booking = booking();
    let report = report(vec![
        finding(Kind::ConfirmedMismatch, "hotel-nyc-deluxe/2026-06", Remedy::Review),
        finding(Kind::ExpiredHold, hold().id.as_str(), Remedy::Repaired),
    ]);
    let case = Finding {
        booking: Some(booking.id.clone()),
        ..finding(Kind::StalledBooking, booking.id.as_str(), Remedy::Review)
    };
    [of_drift(&report).expect("a drift"), of_review(&case, at(NOW))]
}

/// An event of every type.
pub(crate) fn events() -> Vec<Event> {
    let mut events = page_events();
    events.push(of_resource(&room(), None, at(NOW), Some(TRACE)));
    let (room, write) = (room(), Write { at: at(NOW), trace: Some(TRACE.to_owned()) });
    let of = (&room.id, room.terms.property.as_ref());
    let of_month = |(month, of_month)| of_facts(of, month, of_month, &MonthFacts::default(), &write);
    events.extend(facts().months().map(of_month));
    events.extend(promotion_events());
    events.extend(rate_events());
    events.extend(booking_events());
    events.extend(run_events());
    events
}

/// A use of a promotion that is counted with a hold, and given back with its booking.
fn promotion_events() -> [Event; 2] {
    let guest = GuestId::parse("guest-1").expect("a guest");
    let redeemed = UseCount {
        resource: room().id,
        property: room().terms.property,
        code: PromotionCode::parse("SUMMER-10").expect("a code"),
        uses: 41,
        limit: Some(100),
        sequence: 57,
        event: UseEvent::Redeemed,
        hold: kernel::hold_id(&guest, "hold"),
        booking: None,
        at: at(NOW),
    };
    let booking = Some(kernel::booking_id(&guest, "pay"));
    let returned =
        UseCount { uses: 40, sequence: 58, event: UseEvent::Returned, booking, ..redeemed.clone() };
    [redeemed, returned].map(|count| of_promotion(&count, Some(TRACE)))
}

/// The event of a type in each of its versions.
pub(crate) fn envelopes(kind: EventType) -> Vec<Envelope> {
    let event = events().into_iter().find(|event| event.kind() == kind);
    event.unwrap_or_else(|| panic!("no {}", kind.as_str())).envelopes().expect("JSON")
}

/// An event as EventBridge puts it into a queue.
fn on_bus(event: &Envelope) -> Value {
    json!({
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": event.kind,
        "source": "holdfast",
        "account": "000000000000",
        "time": event.time,
        "region": "us-east-1",
        "resources": [],
        "detail": event,
    })
}

/// A sample of every event in every version, with the name of its file.
pub(crate) fn samples() -> Vec<(String, Value)> {
    let named = |event: &Envelope| {
        let version = event.dataschema.rsplit(':').next().expect("a version");
        (format!("{}.{version}.json", event.kind), on_bus(event))
    };
    EventType::ALL.iter().flat_map(|kind| envelopes(*kind)).map(|event| named(&event)).collect()
}
