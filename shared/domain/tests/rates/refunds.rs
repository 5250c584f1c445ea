//! What cancellations keep: instants and amounts worked out by hand.

use holdfast_domain::bookings::{Cancellation, Tier};
use holdfast_domain::money::Percent;
use holdfast_domain::payments::Payment;
use holdfast_domain::rates::cancellation::{CancellationStep, CancellationTerms, Deadline, Penalty};
use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::charge::{Charge, ChargeKind, Due, Levy, Per};
use holdfast_domain::rates::extra::{Extra, ExtraChoice};
use holdfast_domain::rates::ids::ExtraId;
use holdfast_domain::rates::promotion::{Discount, Promotion, PromotionCode};
use holdfast_domain::rates::request::RateRequest;
use holdfast_domain::{
    Booking, BookingEvent, BookingId, BookingPayments, BookingStatus, CancellationPolicy, Fingerprint,
    HoldId, Money, PaymentStatus,
};
use jiff::Timestamp;
use jiff::civil::{Time, time};

use crate::fixture::{
    at, card, category, currency, eur, included, label, order, percent, price, request, request_in, tax,
};

const DAY_BEFORE: Deadline = Deadline::DaysBefore { days: 1, time: None };

fn share(value: u8) -> Penalty {
    Penalty::Percent(Percent::new(value).expect("a share"))
}

fn terms(free_hours: u32, steps: &[(Deadline, Penalty)]) -> CancellationTerms {
    let step = |(deadline, penalty): &(Deadline, Penalty)| CancellationStep {
        deadline: *deadline,
        penalty: *penalty,
    };
    CancellationTerms { free_hours_after_booking: free_hours, steps: steps.iter().map(step).collect() }
}

fn with(terms: CancellationTerms) -> RateCard {
    let mut card = card();
    card.plans[0].cancellation = terms;
    card
}

/// What is kept of a stay of three nights from 12 June 2026, 15:00 in Berlin, that was booked on 1 May at noon, at each instant.
fn kept(card: &RateCard, request: &RateRequest, instants: &[&str]) -> Vec<i64> {
    let quote = price(card, request, "flexible");
    let (start, total) = (request.slots[0].slot.start, quote.price.total());
    let terms = &quote.applied.refunds;
    instants.iter().map(|now| terms.kept_at(total, start, request.at, at(now)).amount()).collect()
}

#[test]
fn until_the_sixth_includes_the_sixth_and_hours_are_elapsed_time() {
    // Up to the end of 6 June nothing, up to 48 hours before half, up to 18:00 the day before 80 %, then everything.
    let card = with(terms(
        0,
        &[
            (Deadline::DaysBefore { days: 6, time: None }, share(0)),
            (Deadline::HoursBefore(48), share(50)),
            (Deadline::DaysBefore { days: 1, time: Some(time(18, 0, 0, 0)) }, share(80)),
        ],
    ));
    let instants = [
        "2026-05-01T10:00:00Z",
        "2026-06-06T21:59:59.999999999Z",
        "2026-06-06T22:00:00Z",
        "2026-06-10T13:00:00Z",
        "2026-06-10T13:00:00.000000001Z",
        "2026-06-11T16:00:00Z",
        "2026-06-11T16:00:00.000000001Z",
        "2026-06-12T13:00:00Z",
    ];
    assert_eq!(
        kept(&card, &request("2026-06-12", 3), &instants),
        [0, 0, 150_00, 150_00, 240_00, 240_00, 300_00, 300_00]
    );
}

#[test]
fn a_deadline_in_days_keeps_its_local_time_where_clocks_change() {
    // Berlin moves from 2:00 to 3:00 on 29 March 2026. Two days before 30 March at 18:00 is 17:00 UTC, one day before 16:00 UTC.
    let at_six = |days| Deadline::DaysBefore { days, time: Some(time(18, 0, 0, 0)) };
    let card = with(terms(0, &[(at_six(2), share(0)), (at_six(1), share(50))]));
    let request = RateRequest { at: at("2026-03-01T00:00:00Z"), ..request("2026-03-30", 1) };
    let quote = price(&card, &request, "flexible");
    let until: Vec<Timestamp> = quote.applied.refunds.steps.iter().map(|step| step.until).collect();
    assert_eq!(until, [at("2026-03-28T17:00:00Z"), at("2026-03-29T16:00:00Z")]);
    // 24 hours before 15:00 on 29 March, in summer time, is 14:00 the day before, in winter time.
    let card = with(terms(0, &[(Deadline::HoursBefore(24), share(0))]));
    let request = RateRequest { at: at("2026-03-01T00:00:00Z"), ..crate::fixture::request("2026-03-29", 1) };
    assert_eq!(price(&card, &request, "flexible").applied.refunds.steps[0].until, at("2026-03-28T13:00:00Z"));
    // Apia skipped 30 December 2011: its end is where the 31st begins.
    let card = with(terms(0, &[(DAY_BEFORE, share(0))]));
    let request =
        RateRequest { at: at("2011-12-01T00:00:00Z"), ..request_in("Pacific/Apia", "2011-12-31", 1) };
    assert_eq!(
        price(&card, &request, "flexible").applied.refunds.steps[0].until,
        at("2011-12-30T09:59:59.999999999Z")
    );
}

#[test]
fn some_hours_after_booking_are_free_until_the_stay_begins() {
    let card = with(terms(24, &[]));
    let instants = ["2026-05-01T10:00:00Z", "2026-05-02T10:00:00Z", "2026-05-02T10:00:00.000000001Z"];
    assert_eq!(kept(&card, &request("2026-06-12", 3), &instants), [0, 0, 300_00]);
    // Booked at 8:00 on the day of arrival: free up to 15:00, not to 8:00 of the next day.
    let late = RateRequest { at: at("2026-06-12T06:00:00Z"), ..request("2026-06-12", 3) };
    assert_eq!(kept(&card, &late, &["2026-06-12T12:59:59.999999999Z", "2026-06-12T13:00:00Z"]), [0, 300_00]);
}

#[test]
fn a_deadline_never_goes_beyond_the_start_and_one_out_of_turn_never_applies() {
    let card = with(terms(0, &[(Deadline::DaysBefore { days: 0, time: None }, share(20))]));
    assert_eq!(
        kept(&card, &request("2026-06-12", 3), &["2026-06-12T12:59:59.999999999Z", "2026-06-12T13:00:00Z"]),
        [60_00, 300_00]
    );
    // 12 hours before is later than the end of the day before; what comes before the step before it is none.
    let card = with(terms(0, &[(Deadline::HoursBefore(12), share(20)), (DAY_BEFORE, share(70))]));
    let quote = price(&card, &request("2026-06-12", 3), "flexible");
    assert_eq!(quote.applied.refunds.steps.len(), 1);
}

fn fee(name: &str, cents: i64, refundable: bool, due: Due) -> Charge {
    let kind = ChargeKind::Fee { category: category("service") };
    let levy = Levy::Amount { amount: eur(cents), per: Per::Stay };
    Charge { kind, refundable, due, ..tax(name, levy, &[]) }
}

#[test]
fn what_is_never_given_back_is_kept_beside_the_penalty() {
    // 3 × 100.00, a booking fee of 10.00 that is kept, cleaning of 50.00 that is not, a tax of 6.00 at the place.
    let mut card = with(terms(24, &[(DAY_BEFORE, share(50))]));
    card.charges = vec![
        fee("booking", 10_00, false, Due::Now),
        fee("cleaning", 50_00, true, Due::Now),
        fee("later", 6_00, false, Due::AtProperty),
    ];
    // In the free hours 10.00; then 10.00 + 50 % of 350.00; then 360.00.
    let instants = ["2026-05-01T12:00:00Z", "2026-06-01T00:00:00Z", "2026-06-12T00:00:00Z"];
    assert_eq!(kept(&card, &request("2026-06-12", 3), &instants), [10_00, 185_00, 360_00]);
    // An amount is at most what is refundable.
    card.plans[0].cancellation = terms(0, &[(DAY_BEFORE, Penalty::Amount(eur(80_00)))]);
    assert_eq!(kept(&card, &request("2026-06-12", 3), &["2026-06-01T00:00:00Z"]), [90_00]);
    card.plans[0].cancellation = terms(0, &[(DAY_BEFORE, Penalty::Amount(eur(800_00)))]);
    assert_eq!(kept(&card, &request("2026-06-12", 3), &["2026-06-01T00:00:00Z"]), [360_00]);
    // A chosen extra that is never given back.
    let id = ExtraId::parse("ticket").expect("a name");
    card.extras.push(Extra {
        id: id.clone(),
        name: label("Ticket"),
        price: eur(25_00),
        per: Per::Stay,
        quantity_max: 1,
        category: category("ticket"),
        plans: Default::default(),
        refundable: false,
        due: Due::Now,
    });
    card.plans[0].cancellation = terms(0, &[(DAY_BEFORE, share(0))]);
    let request =
        RateRequest { extras: vec![ExtraChoice { extra: id, quantity: 1 }], ..request("2026-06-12", 3) };
    assert_eq!(kept(&card, &request, &["2026-06-01T00:00:00Z"]), [35_00]);
}

#[test]
fn the_first_night_is_kept_with_what_it_is_taxed() {
    // 100.00 a night, 10 % off, 5 % of city tax on top of 90.00, 2.00 per guest and night; VAT is included.
    let mut card = with(terms(0, &[(DAY_BEFORE, Penalty::FirstSlots(1))]));
    card.charges = vec![
        tax("city", Levy::Percent(percent("5")), &["stay"]),
        tax("visitor", Levy::Amount { amount: eur(2_00), per: Per::GuestSlot }, &[]),
        fee("cleaning", 50_00, true, Due::Now),
    ];
    card.promotions.push(Promotion {
        code: PromotionCode::parse("TEN").expect("a code"),
        name: label("Ten"),
        discount: Discount::Percent(percent("10")),
        plans: Default::default(),
        stays: Default::default(),
        from: None,
        to: None,
        uses_max: None,
        uses_per_guest_max: None,
    });
    let mut request = request("2026-06-12", 3);
    request.promotion = PromotionCode::parse("TEN").ok();
    let early = ["2026-06-01T00:00:00Z"];
    // 90.00 + 4.50 + 2.00
    assert_eq!(kept(&card, &request, &early), [96_50]);
    // Two nights are twice as much; more nights than there are keep all but the fee.
    card.plans[0].cancellation = terms(0, &[(DAY_BEFORE, Penalty::FirstSlots(2))]);
    assert_eq!(kept(&card, &request, &early), [193_00]);
    card.plans[0].cancellation = terms(0, &[(DAY_BEFORE, Penalty::FirstSlots(9))]);
    assert_eq!(kept(&card, &request, &early), [289_50]);
    // What is paid at the place is not kept with it; included tax is in the price.
    card.plans[0].cancellation = terms(0, &[(DAY_BEFORE, Penalty::FirstSlots(1))]);
    card.charges[1].due = Due::AtProperty;
    card.charges[0] = included("vat", "7", &["stay"]);
    assert_eq!(kept(&card, &request, &early), [90_00]);
    // A tax on more than the places: 5 % of the fee, 2.50, is no tax of the night.
    card.charges[0] = tax("city", Levy::Percent(percent("5")), &["stay", "service"]);
    assert_eq!(kept(&card, &request, &early), [94_50]);
}

#[test]
fn an_order_without_a_rate_refunds_by_its_policy() {
    let request = request("2026-06-12", 3);
    let mut order = order(&request, price(&with(terms(0, &[(DAY_BEFORE, share(30))])), &request, "flexible"));
    let policy = vec![Tier { hours_before: 24, refund: Percent::new(50).expect("a share") }];
    order.policy = CancellationPolicy::new(policy).expect("a policy");
    let early = at("2026-06-01T00:00:00Z");
    assert_eq!(order.refund_of(eur(300_00), request.at, early), eur(210_00));
    assert_eq!(order.refund_of(eur(50_00), request.at, early), eur(0), "less was taken than is kept");
    assert_eq!(order.refund_last_instants(request.at).len(), 2);
    order.rate = None;
    assert_eq!(order.refund_of(eur(300_00), request.at, early), eur(150_00));
    assert_eq!(order.refund_last_instants(request.at).len(), 2);
}

/// A confirmed and paid booking of an order.
fn booked(request: &RateRequest, card: &RateCard) -> Booking {
    let order = order(request, price(card, request, "flexible"));
    let total = order.price.total();
    let payment = Payment {
        status: PaymentStatus::Captured,
        captured: total,
        ..Payment::by_card("pm".to_owned(), total)
    };
    let id = |text: &str| (BookingId::parse(text).expect("an id"), HoldId::parse(text).expect("an id"));
    let (booking, hold) = id("b-1");
    let fingerprint = Fingerprint::parse("f").expect("an id");
    let payments = BookingPayments::single(payment);
    let booking =
        Booking::requested(booking, "HF-1".to_owned(), hold, order, payments, fingerprint, request.at);
    Booking { status: BookingStatus::Confirmed, ..booking }
}

#[test]
fn a_preview_of_a_cancellation_comes_true() {
    let card = with(terms(
        24,
        &[(Deadline::DaysBefore { days: 7, time: None }, share(20)), (DAY_BEFORE, share(50))],
    ));
    let request = request("2026-06-12", 3);
    let booking = booked(&request, &card);
    let preview = booking.cancellation_quote(at("2026-05-01T12:00:00Z"), |at| booking.refund_at(at));
    let steps: Vec<(Option<Timestamp>, i64)> =
        preview.steps.iter().map(|step| (step.until, step.refund.amount())).collect();
    assert_eq!(
        steps,
        [
            (Some(at("2026-05-02T10:00:00Z")), 300_00),
            (Some(at("2026-06-05T21:59:59.999999999Z")), 240_00),
            (Some(at("2026-06-11T21:59:59.999999999Z")), 150_00),
            (None, 0),
        ]
    );
    for (until, refund) in steps {
        let now = until.unwrap_or(at("2026-06-12T00:00:00Z"));
        let digest = || Fingerprint::parse("f").expect("an id");
        let cancelled = booking.clone().evolve(&BookingEvent::Cancelled(Cancellation {
            reason: None,
            refund: booking.refund_at(now),
            before_capture: booking.is_before_capture(),
            by_operator: false,
            request: (digest(), digest()),
            at: now,
        }));
        assert_eq!(cancelled.refund_due().amount(), refund, "{now}");
    }
}

#[test]
fn amounts_that_are_kept_can_be_paid() {
    // A third of 100 Kuwaiti dinars by ten fils: 33.330.
    let mut card = crate::fixture::card_at(crate::fixture::money(100_000, "KWD"));
    card.plans[0].cancellation = terms(0, &[(DAY_BEFORE, share(33))]);
    let request = request("2026-06-12", 1);
    let quote = |step| {
        let version = crate::fixture::version(card.clone());
        holdfast_domain::rates::evaluate::quote(
            &version,
            &Default::default(),
            step,
            &request,
            &crate::fixture::plan_id("flexible"),
        )
        .expect("sold")
    };
    assert_eq!(
        quote(10).applied.refunds.steps[0].kept,
        Money::new(33_000, currency("KWD")).expect("in range")
    );
    card.plans[0].price = holdfast_domain::rates::plan::PlanPrice::Base(crate::fixture::money(99_990, "KWD"));
    let version = crate::fixture::version(card.clone());
    let odd = holdfast_domain::rates::evaluate::quote(
        &version,
        &Default::default(),
        10,
        &request,
        &crate::fixture::plan_id("flexible"),
    );
    // 32.9967 → 33.000
    assert_eq!(odd.expect("sold").applied.refunds.steps[0].kept.amount(), 33_000);
}

#[test]
fn time_has_a_beginning() {
    let far = Deadline::HoursBefore(u32::MAX);
    let days = Deadline::DaysBefore { days: u32::MAX, time: Some(Time::midnight()) };
    let card = with(terms(0, &[(far, share(0)), (days, share(0))]));
    let quote = price(&card, &request("2026-06-12", 1), "flexible");
    assert!(quote.applied.refunds.steps.is_empty());
    let kept = quote.applied.refunds.kept_at(eur(100_00), Timestamp::MIN, Timestamp::MAX, Timestamp::MIN);
    assert_eq!(kept, eur(100_00));
    let ends = quote.applied.refunds.last_instants(Timestamp::MIN, Timestamp::MAX);
    assert_eq!(ends.count(), 0);
}
