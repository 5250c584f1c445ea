//! Generated values: what is written in any version reads back as it was, also rewritten from one version into another, and
//! the release before understands what is written today as it would its own.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_adapters_dynamodb::items::Version;
use holdfast_app::bookings::{AuditEvent, BookingFacts};
use holdfast_app::events::{PageRecord, Write};
use holdfast_app::kernel::guest_mark;
use holdfast_domain::bookings::{Cancellation, FailureReason, Order, Price, PriceLine, PriceLineKind, Tier};
use holdfast_domain::catalogue::{
    AttributeValue, CAPACITY_MAX, HOLD_TTL_SECONDS, Opening, ResourceTerms, SlotSchedule,
};
use holdfast_domain::holds::Extension;
use holdfast_domain::inventory::{COOL_DOWN_SECONDS_MAX, HoldState, PageShape, Placement, UnpaidEnds};
use holdfast_domain::money::{AMOUNT_MAX, Percent};
use holdfast_domain::payments::{AwaitedAction, CardPayment, CustomerAction, PaymentMethod, RefundProgress};
use holdfast_domain::{
    Booking, BookingId, BookingPayments, BookingStatus, CancellationPolicy, Hold, HoldId, HoldLimits,
    HoldStatus, Money, Page, PageChange, PageHold, PageKey, Payment, PaymentStatus, PropertyId, Resource,
    Schedule, SlotKey, SlotPlaces, TrailHead,
};
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::applied::{rate_facts, rated_order};
use crate::before::read;
use crate::scalars::{
    TOKEN, booking_id, currency, digest, guest_id, hold_id, instant, label, mark, matching, resource_id,
    seal, text,
};
use crate::values::{Stored, decode, house};

fn money() -> impl Strategy<Value = Money> {
    (0..=AMOUNT_MAX, currency())
        .prop_map(|(amount, currency)| Money::new(amount, currency).expect("in range"))
}

fn price(shapes: Shapes) -> impl Strategy<Value = Price> {
    let extras = if shapes == Shapes::All { 3 } else { 1 };
    (0..=AMOUNT_MAX / 4, vec(0..=AMOUNT_MAX / 4, 0..extras), currency()).prop_map(
        |(stay, extras, currency)| {
            let money = |amount| Money::new(amount, currency).expect("in range");
            let extras = extras.into_iter().map(money);
            let extra = |amount| PriceLine::plain(PriceLineKind::Extra, amount);
            let stay = PriceLine::plain(PriceLineKind::Stay, money(stay));
            Price::new(std::iter::once(stay).chain(extras.map(extra)).collect()).expect("in range")
        },
    )
}

fn policy() -> impl Strategy<Value = CancellationPolicy> {
    btree_map(0_u32..=87_600, 0_u8..=100, 0..=16).prop_map(|tiers| {
        let tier =
            |(hours_before, percent)| Tier { hours_before, refund: Percent::new(percent).expect("one") };
        CancellationPolicy::new(tiers.into_iter().map(tier).collect()).expect("a policy")
    })
}

fn time() -> impl Strategy<Value = Time> {
    (0_i8..24, 0_i8..60).prop_map(|(hour, minute)| Time::new(hour, minute, 0, 0).expect("a time"))
}

fn schedule() -> impl Strategy<Value = Schedule> {
    let nightly =
        (time(), time()).prop_map(|(check_in, check_out)| Schedule::Nightly { check_in, check_out });
    let days = btree_set(1_i8..=7, 1..=7);
    let slots = (days, 5_u16..=240, 0_u16..=240, time(), time());
    let slots = slots.prop_filter_map("no schedule", |(days, minutes, buffer, from, to)| {
        let days = days.into_iter().filter_map(|day| Weekday::from_monday_one_offset(day).ok()).collect();
        SlotSchedule::new(minutes, buffer, vec![Opening { days, from, to }]).ok().map(Schedule::Slots)
    });
    let event = (instant(), 1_i64..=86_400_000).prop_map(|(start, length)| {
        Schedule::event(start, start + SignedDuration::from_millis(length)).expect("an event")
    });
    prop_oneof![nightly, slots, event]
}

fn cool_down() -> impl Strategy<Value = Option<u32>> {
    option::of(prop_oneof![3 => 0..=COOL_DOWN_SECONDS_MAX, 1 => Just(0)])
}

fn limits() -> impl Strategy<Value = HoldLimits> {
    let holds = || 1..=HoldLimits::HOLDS_MAX;
    // What the release before applied without a name is among the names.
    let per_guest = option::of(prop_oneof![3 => holds(), 1 => Just(20)]);
    let parts = (per_guest, holds(), option::of(1..=CAPACITY_MAX), cool_down());
    parts.prop_map(|(per_guest, per_slot, places_per_slot, cool_down_seconds)| HoldLimits {
        per_guest,
        per_slot,
        places_per_slot,
        cool_down_seconds,
    })
}

fn attributes() -> impl Strategy<Value = BTreeMap<String, AttributeValue>> {
    let value = prop_oneof![
        text().prop_map(AttributeValue::Text),
        // Quarters: of a number with 17 digits, serde_json may read another last digit than it wrote.
        (-1_000_000_i32..1_000_000).prop_map(|quarters| AttributeValue::Number(f64::from(quarters) / 4.0)),
        any::<bool>().prop_map(AttributeValue::Flag),
    ];
    btree_map("[^\\p{C}]{1,20}", value, 0..4)
}

/// A property only where every shape is generated: version 0 has none.
fn property_id(shapes: Shapes) -> impl Strategy<Value = Option<PropertyId>> {
    let id = matching(TOKEN, |text| PropertyId::parse(text).ok());
    if shapes == Shapes::All { option::of(id).boxed() } else { Just(None).boxed() }
}

fn resource(shapes: Shapes) -> impl Strategy<Value = Resource> {
    let zone = select(vec!["UTC", "America/New_York", "Asia/Kolkata"]);
    let labels = (label(), label(), label());
    let numbers = (1..=CAPACITY_MAX, HOLD_TTL_SECONDS, 1..=AMOUNT_MAX, currency(), 1_u64..999, 1_u64..999);
    let ids = (resource_id(), property_id(shapes));
    (ids, labels, zone, schedule(), numbers, limits(), policy(), attributes()).prop_map(
        |(
            (id, property),
            (resource_type, name, location),
            zone,
            schedule,
            numbers,
            hold_limits,
            policy,
            attributes,
        )| {
            let (capacity, hold_ttl_seconds, price, currency, revision, schedule_revision) = numbers;
            let terms = ResourceTerms {
                property,
                resource_type,
                name,
                location,
                time_zone: TimeZone::get(zone).expect("a zone"),
                schedule,
                capacity,
                hold_ttl_seconds,
                hold_limits,
                base_price: Money::new(price, currency).expect("in range"),
                cancellation_policy: policy,
                attributes,
            };
            let next = ResourceTerms {
                property: terms.property.clone().filter(|_| revision % 2 == 0),
                ..terms.clone()
            };
            let next = (revision % 3 == 0).then(|| Box::new(next));
            let (facts_revision, trail) = (revision % 5, TrailHead::default());
            Resource { id, terms, revision, schedule_revision, facts_revision, next, trail }
        },
    )
}

/// Which shapes are generated.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Shapes {
    /// Those that today's flows make, which the release before knows too.
    Today,
    /// All that the domain can say.
    All,
}

fn slot(day: u8) -> SlotKey {
    SlotKey::parse(&format!("{day:02}")).expect("a slot")
}

fn taken(shapes: Shapes, most: u32) -> impl Strategy<Value = SlotPlaces> {
    let days = btree_map(1_u8..=31, 1..=most, 1..8);
    (days, 1..=most, any::<bool>()).prop_map(move |(days, quantity, uneven)| {
        let uneven = uneven && shapes == Shapes::All;
        let places = days.into_iter().map(|(day, own)| (slot(day), if uneven { own } else { quantity }));
        SlotPlaces::new(places).expect("ascending slots")
    })
}

fn placement(shapes: Shapes) -> impl Strategy<Value = Placement> {
    let shard = if shapes == Shapes::All { 0_u16..3 } else { 0..1 };
    let page = (resource_id(), select(vec!["2030-06", "2030-06-01", "event"]), shard);
    (page, 1_u64..999, taken(shapes, 999)).prop_map(|((resource, page, shard), schedule_revision, places)| {
        let page = PageKey { resource, page: page.to_owned(), shard };
        Placement { page, schedule_revision, places }
    })
}

fn order(shapes: Shapes) -> impl Strategy<Value = Order> {
    let who = (resource_id(), text(), property_id(shapes), guest_id());
    let what = (instant(), instant(), 1_u32..999, price(shapes), policy());
    let orders = (who, what, vec(placement(shapes), 1..4), any::<bool>());
    let orders = orders.prop_map(|(who, what, mut placements, own)| {
        let (resource, resource_name, property, guest) = who;
        let (start, end, quantity, price, policy) = what;
        if own {
            placements[0].page.resource = resource.clone();
        }
        Order {
            resource,
            resource_name,
            property,
            guest,
            start,
            end,
            quantity,
            price,
            policy,
            rate: None,
            placements,
        }
    });
    (orders, any::<bool>()).prop_flat_map(move |(order, has_rate)| {
        if has_rate && shapes == Shapes::All { rated_order(order) } else { Just(order).boxed() }
    })
}

fn hold(shapes: Shapes) -> impl Strategy<Value = Hold> {
    let extension = (instant(), instant()).prop_map(|(expires_at, at)| Extension { expires_at, at });
    let times = (instant(), instant(), instant(), HOLD_TTL_SECONDS, cool_down());
    let ends = (select(HoldStatus::ALL.to_vec()), option::of(booking_id()));
    let caller = option::of(guest_id());
    (hold_id(), order(shapes), caller, digest(), times, btree_map(digest(), extension, 0..4), ends).prop_map(
        |(id, order, caller, fingerprint, times, extensions, (recorded, booking))| {
            let (created_at, first_expires_at, expires_at, ttl_seconds, cool_down_seconds) = times;
            Hold {
                id,
                caller: caller.unwrap_or_else(|| order.guest.clone()),
                guest_mark: guest_mark(&order.guest),
                order,
                fingerprint,
                ttl_seconds,
                cool_down_seconds,
                created_at,
                first_expires_at,
                expires_at,
                recorded,
                extensions,
                booking,
            }
        },
    )
}

fn cancellation() -> impl Strategy<Value = Cancellation> {
    (option::of(text()), money(), any::<[bool; 2]>(), digest(), digest(), instant()).prop_map(
        |(reason, refund, [before_capture, by_operator], key, body, at)| Cancellation {
            reason,
            refund,
            before_capture,
            by_operator,
            request: (key, body),
            at,
        },
    )
}

fn action() -> impl Strategy<Value = CustomerAction> {
    (text(), option::of(text()), instant()).prop_map(|(client_secret, redirect_url, expires_at)| {
        CustomerAction { client_secret, redirect_url, expires_at }
    })
}

fn awaited() -> impl Strategy<Value = AwaitedAction> {
    (any::<bool>(), instant()).prop_map(|(has_page, expires_at)| AwaitedAction { has_page, expires_at })
}

/// What one payment has come to: its method, status, parts of the amount that were captured, and of that refunded and taken back by
/// the bank, and how far the refund is.
type Progress = (PaymentMethod, PaymentStatus, [Percent; 3], RefundProgress);

fn progress(shapes: Shapes) -> impl Strategy<Value = Progress> {
    let card =
        (text(), option::of(text()), option::of(awaited())).prop_map(|(payment_method, intent, action)| {
            PaymentMethod::Card(CardPayment { payment_method, intent, action })
        });
    let method = card.prop_flat_map(move |card| {
        if shapes == Shapes::All { select(vec![card, PaymentMethod::OnAccount]) } else { select(vec![card]) }
    });
    let part = || (0_u8..=100).prop_map(|percent| Percent::new(percent).expect("a percentage"));
    let parts = [part(), part(), part()];
    (method, select(PaymentStatus::ALL.to_vec()), parts, select(RefundProgress::ALL.to_vec()))
}

/// Payments of a price, each of an equal share and the first of what is left over: one of all of it today.
fn payments(price: &Price, all: Vec<Progress>) -> BookingPayments {
    let total = price.total();
    let money = |amount| Money::new(amount, total.currency()).expect("in range");
    let number = i64::try_from(all.len()).expect("few");
    let share = total.amount().checked_div(number).unwrap_or(0);
    let payment = |(at, (method, status, parts, refund)): (usize, Progress)| {
        let amount = if at == 0 { money(total.amount() - share * (number - 1)) } else { money(share) };
        let [captured, refunded, charged_back] = parts.map(|part| amount.percent(part));
        Payment { method, amount, status, captured, refunded, refund, charged_back }
    };
    let all = all.into_iter().enumerate().map(payment).collect();
    BookingPayments::new(total.currency(), all).expect("in range")
}

fn booking(shapes: Shapes) -> impl Strategy<Value = Booking> {
    let ids = (booking_id(), hold_id(), text(), digest());
    let number = if shapes == Shapes::All { 0..4_usize } else { 1..2 };
    let paid = (select(BookingStatus::ALL.to_vec()), vec(progress(shapes), number));
    let ends = (option::of(text()), option::of(cancellation()));
    (ids, order(shapes), option::of(text()), paid, ends, (instant(), 0_u64..999, seal())).prop_map(
        |(ids, order, email, (status, paid), (failure, cancellation), rest)| {
            let (id, hold, confirmation_number, fingerprint) = ids;
            let (created_at, version, seal) = rest;
            let free = Money::zero(order.price.total().currency()).into();
            let order = if paid.is_empty() { Order { price: free, ..order } } else { order };
            let payments = payments(&order.price, paid);
            let payment_status = payments.status();
            Booking {
                id,
                confirmation_number,
                hold,
                order,
                email,
                fingerprint,
                status,
                payments,
                failure: failure.map(|text| FailureReason::of_stored(&text, payment_status)),
                cancellation,
                created_at,
                version,
                seal,
            }
        },
    )
}

fn facts() -> impl Strategy<Value = Value> {
    let fact = prop_oneof![
        text().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    btree_map(text(), fact, 0..5).prop_map(|facts| json!(facts))
}

fn trace() -> impl Strategy<Value = Option<String>> {
    option::of("[0-9a-f-]{1,55}")
}

fn write() -> impl Strategy<Value = Write> {
    (instant(), trace()).prop_map(|(at, trace)| Write { at, trace })
}

fn booking_facts() -> impl Strategy<Value = BookingFacts> {
    let of = (resource_id(), property_id(Shapes::All));
    (hold_id(), of, mark(), instant(), instant(), 1_u32..20, (money(), option::of(rate_facts()))).prop_map(
        |(hold, (resource, property), guest, start, end, quantity, (price, rate))| BookingFacts {
            hold,
            resource,
            property,
            guest,
            start,
            end,
            quantity,
            price,
            rate,
        },
    )
}

fn audit() -> impl Strategy<Value = AuditEvent> {
    let status = || select(BookingStatus::ALL.to_vec());
    let change = (status(), status(), facts(), option::of(booking_facts()));
    (booking_id(), 1_u64..2_000_000, text(), instant(), text(), change, trace(), seal()).prop_map(
        |(booking, sequence, kind, at, actor, (from, to, data, facts), trace, seal)| AuditEvent {
            booking,
            sequence,
            kind,
            at,
            actor,
            from,
            to,
            data,
            trace,
            seal,
            facts,
        },
    )
}

fn page_hold(shapes: Shapes) -> impl Strategy<Value = PageHold> {
    let claim =
        (booking_id(), instant()).prop_map(|(booking, deadline)| HoldState::Confirming { booking, deadline });
    let state = prop_oneof![Just(HoldState::Active), claim];
    let who = (digest(), mark(), vec(digest(), 0..4), any::<bool>());
    (taken(shapes, 19), instant(), instant(), state, who, cool_down()).prop_map(
        |(places, expires_at, first_expires_at, state, who, cool_down_seconds)| {
            let (fingerprint, guest, extensions, prolonged) = who;
            PageHold {
                places,
                expires_at,
                state,
                prolonged,
                first_expires_at,
                extensions,
                fingerprint,
                guest,
                cool_down_seconds,
            }
        },
    )
}

/// What writes may say that left this hold on the page, and what they may say of others.
fn changes_of(holds: &BTreeMap<HoldId, PageHold>, gone: &HoldId, booking: &BookingId) -> Vec<PageChange> {
    let mut changes = vec![
        PageChange::Unclaimed { hold: gone.clone() },
        PageChange::Released { hold: gone.clone() },
        PageChange::Expired { hold: gone.clone() },
        PageChange::Confirmed { hold: gone.clone(), booking: booking.clone() },
    ];
    for (hold, entry) in holds {
        let (hold, expires_at) = (hold.clone(), entry.expires_at);
        let (places, booking) = (entry.places.clone(), booking.clone());
        let slots: Vec<SlotKey> = places.slots().cloned().collect();
        changes.push(PageChange::Placed { hold: hold.clone(), entry: entry.clone() });
        changes.push(PageChange::Returned { hold: hold.clone(), entry: entry.clone() });
        changes.push(PageChange::Prolonged { hold: hold.clone(), expires_at });
        if let Some(request) = entry.extensions.last().cloned() {
            changes.push(PageChange::Extended { hold: hold.clone(), request, expires_at });
        }
        if let HoldState::Confirming { booking, deadline } = entry.state.clone() {
            changes.push(PageChange::Claimed { hold, booking, deadline });
        }
        let guest = entry.guest.clone();
        changes.push(PageChange::CoolDownBegun { guest, slots, until: expires_at });
        changes.push(PageChange::Freed { booking: booking.clone(), places: places.clone() });
        changes.push(PageChange::Reacquired { booking, places });
    }
    changes
}

fn shape_of(chosen: u64) -> Option<PageShape> {
    let at = |second: i32| Timestamp::from_second(i64::from(second)).expect("in range");
    let (start, minutes) = (at(i32::try_from(chosen % 4_000_000_000 / 2).expect("in range")), 30);
    match chosen % 4 {
        0 => None,
        1 => Some(PageShape::Nights),
        2 => Some(PageShape::Slots { day_start: start, minutes }),
        _ => Some(PageShape::Event { start, end: at(i32::MAX) }),
    }
}

fn page_record(shapes: Shapes) -> impl Strategy<Value = PageRecord> {
    let counts = move |most: u32| {
        let days = btree_map(1_u8..=31, 1_u32..=most, 0..6);
        days.prop_map(move |days| days.into_iter().map(|(day, n)| (slot(day), n)).collect::<BTreeMap<_, _>>())
    };
    let cooling = btree_map(mark(), btree_map(1_u8..=31, 1_i64..86_400_000, 1..3), 0..3);
    let holds = btree_map(hold_id(), page_hold(shapes), 0..5);
    let closed = btree_set(1_u8..=31, 0..4);
    let shard = if shapes == Shapes::All { 0_u16..3 } else { 0..1 };
    let numbers = ((resource_id(), shard), 1_u64..999, any::<u64>(), 500..=CAPACITY_MAX);
    let others = if shapes == Shapes::All { 6 } else { 1 };
    let others = (btree_map(1_u8..=31, 1_u32..50, 0..others), btree_map(1_u8..=31, 1_u32..2_000, 0..others));
    let written = (instant(), option::of("[0-9a-f-]{1,55}"), hold_id(), booking_id(), any::<u64>());
    (numbers, counts(CAPACITY_MAX), counts(300), closed, holds, cooling, (written, others)).prop_map(
        move |(
            ((resource, shard), schedule_revision, seq, capacity),
            own,
            confirmed,
            closed,
            holds,
            cooling,
            (written, (allowance, elsewhere)),
        )| {
            let places = |days: BTreeMap<u8, u32>| days.into_iter().map(|(day, n)| (slot(day), n)).collect();
            let (at, trace, gone, booking, chosen) = written;
            let after = |(day, millis): (u8, i64)| (slot(day), at + SignedDuration::from_millis(millis));
            let mut unpaid_ends = UnpaidEnds::default();
            for (number, entry) in holds.values().enumerate() {
                let earlier = SignedDuration::from_millis(i64::try_from(seq % 3_599_000).expect("small"));
                for end in [at, at - earlier].into_iter().take(number % 3) {
                    unpaid_ends.add(&entry.guest, end);
                }
            }
            let mut page = Page {
                unpaid_ends,
                key: PageKey { resource, page: "2030-07".to_owned(), shard },
                terms_revision: seq % 3,
                property: (seq % 2 == 0).then(house),
                schedule_revision,
                shape: shape_of(seq),
                seq,
                capacity,
                // Room for all that the generated holds and bookings take.
                overrides: own.into_iter().map(|(slot, places)| (slot, places.max(400))).collect(),
                closed: closed.into_iter().map(slot).collect::<BTreeSet<_>>(),
                allowance: places(allowance),
                elsewhere: places(elsewhere),
                excess: BTreeMap::new(),
                available: (1..=31).map(|day| (slot(day), 0)).collect(),
                confirmed,
                holds,
                cooling: cooling
                    .into_iter()
                    .map(|(guest, slots)| (guest, slots.into_iter().map(after).collect()))
                    .collect(),
            };
            let days: Vec<SlotKey> = page.available.keys().cloned().collect();
            for day in days {
                let of = |counts: &BTreeMap<SlotKey, u32>| counts.get(&day).copied().unwrap_or(0);
                let held: u32 = page.holds.values().map(|hold| hold.places.in_slot(&day)).sum();
                let taken = held + of(&page.confirmed) + of(&page.elsewhere);
                let limit = page.capacity_of(&day) + of(&page.allowance);
                page.available.insert(day.clone(), limit.saturating_sub(taken));
                if taken > limit {
                    page.excess.insert(day, taken - limit);
                }
            }
            let all = changes_of(&page.holds, &gone, &booking).into_iter().enumerate();
            let changes = all.filter(|(index, _)| chosen >> (index % 64) & 1 == 1).map(|(_, change)| change);
            let mut changes: Vec<PageChange> = changes.collect();
            if chosen % 2 == 0 {
                changes.push(PageChange::Framed { frame: Box::new(page.frame()) });
            }
            PageRecord { changes, page, at, trace }
        },
    )
}

fn stored(shapes: Shapes) -> impl Strategy<Value = Stored> {
    prop_oneof![
        (resource(shapes), 0_u64..99, option::of(write()))
            .prop_map(|(resource, pages, write)| Stored::Resource(Box::new(resource), pages, write)),
        resource(shapes).prop_map(|resource| Stored::Listing(Box::new(resource))),
        page_record(shapes).prop_map(|record| Stored::Page(Box::new(record))),
        (resource(shapes), page_record(shapes)).prop_map(|(resource, record)| {
            // The read model has no use for what the page's guests wait for at an unknown time.
            Stored::ListedPage(Box::new(resource), Box::new(record.page))
        }),
        hold(shapes).prop_map(|hold| Stored::Hold(Box::new(hold))),
        booking(shapes).prop_map(|booking| Stored::Booking(Box::new(booking))),
        audit().prop_map(|event| Stored::Audit(Box::new(event))),
        (text(), instant()).prop_map(|(case, at)| Stored::ParkedCase(case, at)),
    ]
}

/// What this release keeps where the release before does not look.
fn kept_apart() -> impl Strategy<Value = Stored> {
    prop_oneof![
        (booking_id(), text(), instant()).prop_map(|(id, token, at)| Stored::TaskToken(id, token, at)),
        (booking_id(), action()).prop_map(|(id, action)| Stored::Action(id, action)),
    ]
}

/// Generated values that each test writes and reads.
const CASES: u32 = 300;

proptest! {
    #![proptest_config(holdfast_properties::config(CASES, "tests/regressions/stored.txt"))]

    #[test]
    fn what_is_written_in_any_version_reads_back(value in stored(Shapes::All)) {
        for version in Version::ALL {
            value.assert_read_from(&value.encode_as(version));
        }
        value.assert_read_from(&value.encode());
    }

    #[test]
    fn what_is_kept_apart_reads_back(value in kept_apart()) {
        value.assert_read_from(&value.encode());
    }

    #[test]
    fn an_item_rewritten_in_another_version_is_the_same(value in stored(Shapes::All)) {
        for (from, to) in [(Version::V0, Version::V1), (Version::V1, Version::V0)] {
            let read = decode(value.kind(), &value.encode_as(from)).expect("readable");
            let rewritten = read.with_what_no_reader_gives(&value);
            prop_assert_eq!(rewritten.encode_as(to), value.encode_as(to));
        }
    }

    #[test]
    fn the_release_before_understands_what_is_written(value in stored(Shapes::Today)) {
        let own = read(value.kind(), &value.encode_as(Version::V0));
        prop_assert!(own.is_ok(), "{:?}", own);
        prop_assert_eq!(read(value.kind(), &value.encode()), own);
    }
}
