//! Sizes of items, by DynamoDB's documented rule (Developer Guide, "DynamoDB item sizes and formats"): names and texts by
//! their UTF-8 length; numbers by one byte per two significant digits plus one; a list or map three bytes, plus one byte per
//! element; a boolean one byte. A write costs a unit per KB begun, in a transaction two.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_adapters_dynamodb::Item;
use holdfast_adapters_dynamodb::items::{
    CYCLE_SLOTS_MAX, KeptCycle, Version, encode_action, encode_attempts, encode_booking, encode_contact,
    encode_cycle, encode_cycle_pages, encode_hold_record, encode_listed_page, encode_listing,
    encode_month_rates, encode_page, encode_rates, encode_resource, encode_resource_event, encode_task_token,
};
use holdfast_app::catalogue::{FactsCommit, TermsCommit};
use holdfast_app::events::Write;
use holdfast_app::kernel::{booking_id, guest_mark};
use holdfast_app::operations::reconciliation::{ComparedPage, Counts, PaymentFilter};
use holdfast_app::payments::StoredAttempts;
use holdfast_app::rates::{CHANGES_PER_WRITE_MAX, DatedCommit};
use holdfast_domain::bookings::{
    CONTACT_NAME_LENGTH_MAX, Contact, ContactName, EmailAddress, LanguageTag, PhoneNumber,
};
use holdfast_domain::catalogue::{
    ATTRIBUTE_NAME_LENGTH_MAX, ATTRIBUTE_TEXT_LENGTH_MAX, ATTRIBUTES_MAX, AttributeValue as Attribute,
    CALENDAR_DAYS_MAX, DateFactsEdit, Facts, Month, ResourceChange,
};
use holdfast_domain::inventory::{
    COOL_DOWNS_PER_PAGE_MAX, HOLDS_PER_PAGE_MAX, LONG_HOLDS_PER_PAGE_MAX, Placement, SHORT_HOLD_SLOTS_MAX,
};
use holdfast_domain::money::AMOUNT_MAX;
use holdfast_domain::payments::{CustomerAction, PaymentAttempts, REMEMBERED_MAX, UNDONE_MAX};
use holdfast_domain::rates::card::{CardVersion, PLANS_MAX, RateCard, ResourceRates};
use holdfast_domain::rates::changes::{DatedChange, RatesChange};
use holdfast_domain::rates::dated::{DateRates, MonthRates};
use holdfast_domain::rates::ids::PlanId;
use holdfast_domain::rates::restriction::Limits;
use holdfast_domain::rates::versions::VERSIONS_MAX;
use holdfast_domain::{
    Booking, BookingId, GuestId, Hold, HoldId, Money, Page, PageChange, PageCommand, PageHold, PageKey,
    PropertyId, Resource, ResourceId, SlotKey, SlotPlaces,
};
use holdfast_testkit::{at, daily_resource, hold_for, mutation};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::values::write_at;
use crate::{cycles, samples};

fn size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => {
            let digits: String = number.chars().filter(char::is_ascii_digit).collect();
            digits.trim_matches('0').len().div_ceil(2) + 1
        }
        AttributeValue::Bool(_) => 1,
        AttributeValue::M(map) => {
            3 + map.iter().map(|(name, value)| 1 + name.len() + size(value)).sum::<usize>()
        }
        AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + size(value)).sum::<usize>(),
        other => unreachable!("{other:?} is not stored"),
    }
}

pub(crate) fn item_size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + size(value)).sum()
}

pub(crate) fn units(bytes: usize) -> usize {
    bytes.div_ceil(1024)
}

/// A hold is two writes, of its page and its record; a confirmation one transaction of page, booking, audit entry and
/// record. Three nights, a guest named as identity providers do, a page of 31 days.
#[test]
fn a_hold_costs_two_units_and_a_confirmation_eight_in_every_version() {
    for version in Version::ALL {
        let sizes: BTreeMap<&str, usize> = samples::of_a_confirmation()
            .into_iter()
            .map(|(name, value)| (name, item_size(&value.encode_as(version))))
            .collect();
        println!("version {version}: {sizes:?} bytes");
        assert_eq!(units(sizes["page"]) + units(sizes["hold record"]), 2, "{sizes:?}");
        let confirmation: usize = sizes.values().map(|bytes| 2 * units(*bytes)).sum();
        assert_eq!((sizes.len(), confirmation), (4, 8), "{sizes:?}");
    }
}

/// The request for a booking is one transaction of page, booking, audit entry and the guest's attempts to pay, and of the contact if
/// it has one: its hold's record does not change before the booking is confirmed.
#[test]
fn a_request_costs_eight_units_and_a_contact_two_more_at_most() {
    let contact = Contact {
        name: ContactName::parse(&"\u{20000}".repeat(CONTACT_NAME_LENGTH_MAX)).ok(),
        email: EmailAddress::parse(&format!("{}@{}.example", "a".repeat(64), ["b"; 90].join("."))).ok(),
        phone: PhoneNumber::parse("+123456789012345").ok(),
        language: LanguageTag::parse("de-DE-1996-x-abcdefgh-abcdefgh").ok(),
        by_operator: true,
    };
    let parts = [
        contact.name.is_some(),
        contact.email.is_some(),
        contact.phone.is_some(),
        contact.language.is_some(),
    ];
    assert_eq!(parts, [true; 4]);
    let booking = BookingId::parse(&"b".repeat(64)).expect("an id");
    let contact = item_size(&encode_contact(&booking, &contact, at("2030-06-13T09:00:00Z")));
    let guest = GuestId::parse(&"g".repeat(128)).expect("a guest");
    // Under the ids that the use case gives.
    let attempts = |count: usize| {
        let all = (0..count).map(|n| (booking_id(&guest, &n.to_string()), at("2030-05-01T10:00:00.001Z")));
        let stored = StoredAttempts { attempts: PaymentAttempts::new(all.collect()), revision: u64::MAX };
        item_size(&encode_attempts(&guest_mark(&guest), &stored))
    };
    assert_eq!(units(attempts(REMEMBERED_MAX)), 2, "as many as are remembered");
    let attempts = attempts(UNDONE_MAX);
    for version in Version::ALL {
        let mut sizes: BTreeMap<&str, usize> = samples::of_a_confirmation()
            .into_iter()
            .filter(|(name, _)| *name != "hold record")
            .map(|(name, value)| (name, item_size(&value.encode_as(version))))
            .collect();
        sizes.insert("attempts", attempts);
        let cost = |sizes: &BTreeMap<_, _>| sizes.values().map(|bytes| 2 * units(*bytes)).sum::<usize>();
        assert_eq!((sizes.len(), cost(&sizes)), (4, 8), "{sizes:?}");
        sizes.insert("contact", contact);
        assert_eq!(cost(&sizes), 10, "{sizes:?}");
    }
}

/// A task token as long as Step Functions may make one, and an action whose page names the secret and leads back to a long address.
#[test]
fn a_token_costs_two_units_at_most_and_what_the_customer_has_to_do_two_in_its_transaction() {
    let booking = BookingId::parse(&"b".repeat(64)).expect("an id");
    let token = encode_task_token(&booking, &"t".repeat(1024), at("2030-05-20T12:00:00Z"));
    assert_eq!(units(item_size(&token)), 2);
    let action = CustomerAction {
        client_secret: format!("pi_{}_secret_{}", "i".repeat(24), "s".repeat(25)),
        redirect_url: Some(format!("https://hooks.stripe.com/{}", "u".repeat(700))),
        expires_at: at("2030-05-20T12:10:00Z"),
    };
    assert_eq!(2 * units(item_size(&encode_action(&booking, &action))), 2);
}

pub(crate) const ITEM_BYTES_MAX: usize = 400 * 1024;
/// A request's body may have 64 KiB; the document of a card that came by it is some longer by names that bodies do not have.
const CARD_BYTES_MAX: usize = 72 * 1024;
const TRANSACTION_BYTES_MAX: usize = 4 * 1024 * 1024;

fn long_hold(resource: &Resource, range: (&str, &str)) -> Hold {
    let guest = "auth0|507f1f77bcf86cd799439011";
    hold_for(resource, guest, "a-key-of-a-common-length", range, 1, at("2030-05-20T12:00:00Z"))
}

/// A hold writes its pages and its record, a confirmation its pages, the booking, an audit entry and the record.
#[test]
fn the_longest_holds_fit_one_transaction_and_cost_what_is_printed() {
    let court = daily_resource("court", 4, &[("00:00", "20:00")], 2, 60);
    let bike = daily_resource("bike", 1440, &[("00:00", "00:00")], 2, 60);
    let slots = long_hold(&court, ("2030-06-01T00:00:00+02:00", "2030-06-01T20:00:00+02:00"));
    let days = long_hold(&bike, ("2030-09-01", "2030-11-30"));
    let audit = samples::of_a_confirmation()["audit entry"].encode_as(Version::V1);
    for (name, resource, hold, most) in
        [("300 slots of a day", &court, slots, [6, 20]), ("90 days", &bike, days, [186, 204])]
    {
        let booking = Booking { order: hold.order.clone(), ..samples::confirmed_booking() };
        let held = |placement: &Placement| {
            let mut page = resource.fresh_page(&placement.page, &Facts::default());
            page.holds.insert(hold.id.clone(), hold.entry(placement));
            page
        };
        let confirmed = |placement: &Placement| {
            let change = PageChange::Confirmed { hold: hold.id.clone(), booking: booking.id.clone() };
            held(placement).apply(&[change])
        };
        let size = |page: Page| item_size(&encode_page(&page, &[], hold.created_at, None));
        let placements = &hold.order.placements;
        let held: Vec<usize> = placements.iter().map(|placement| size(held(placement))).collect();
        let pages: Vec<usize> = placements.iter().map(|placement| size(confirmed(placement))).collect();
        let record = item_size(&encode_hold_record(&hold));
        let others =
            [record, item_size(&encode_booking(&booking, &write_at(hold.created_at))), item_size(&audit)];
        let whole: usize = pages.iter().chain(&others).sum();
        assert!(pages.len() + others.len() <= 100 && whole < TRANSACTION_BYTES_MAX, "{name}: {whole} bytes");
        let all_units = |sizes: &[usize]| sizes.iter().map(|bytes| units(*bytes)).sum::<usize>();
        // Several pages and the record are one transaction, of two units for one.
        let placed = (all_units(&held) + units(record)) * if held.len() == 1 { 1 } else { 2 };
        // A write costs what the larger of the item before and after it does.
        let larger: Vec<usize> = held.iter().zip(&pages).map(|(before, after)| *before.max(after)).collect();
        let confirmed = 2 * (all_units(&larger) + all_units(&others));
        println!(
            "{name}: {} pages, {whole} bytes; {placed} units to place, {confirmed} to confirm",
            pages.len()
        );
        assert!(placed <= most[0] && confirmed <= most[1], "{name}: {placed} and {confirmed} units");
    }
}

#[test]
fn a_page_full_of_the_longest_holds_and_of_cool_downs_fits_an_item_also_when_all_holds_end_at_once() {
    let court = daily_resource("court", 4, &[("04:00", "00:00")], 1000, 60);
    let whole = long_hold(&court, ("2030-06-01T04:00:00+02:00", "2030-06-02T00:00:00+02:00"));
    let placement = &whole.order.placements[0];
    let set = DateFactsEdit { capacity: Some(900), overbooking: Some(100), closed: None };
    let facts = Facts::default().with([date(2030, 6, 1), date(2030, 6, 2)], set);
    let mut page = court.fresh_page(&placement.page, &facts);
    assert!(
        page.allowance.len() > 100 && page.overrides.len() == page.allowance.len(),
        "each slot says both"
    );
    let slots: Vec<_> = placement.places.slots().cloned().collect();
    let last = &slots[slots.len() - SHORT_HOLD_SLOTS_MAX..];
    for number in 0..HOLDS_PER_PAGE_MAX {
        let slots = if number < LONG_HOLDS_PER_PAGE_MAX { &slots[..] } else { last };
        let guest = format!("auth0|507f1f77bcf86cd7{number:05}");
        let hold =
            Hold { guest_mark: guest_mark(&GuestId::parse(&guest).expect("a guest")), ..whole.clone() };
        let entry = PageHold {
            places: SlotPlaces::uniform(slots.iter().cloned(), 1).expect("ascending"),
            cool_down_seconds: Some(86_400),
            ..hold.entry(placement)
        };
        let id = HoldId::parse(&format!("{}{number:03}", &whole.id.as_str()[..20])).expect("an id");
        page.holds.insert(id, entry);
    }
    // As many cool-downs as a page keeps, each of another guest: that takes the most room.
    for number in 0..COOL_DOWNS_PER_PAGE_MAX {
        let guest = GuestId::parse(&format!("auth0|507f1f77bcf86ce{number:05}")).expect("a guest");
        let until = whole.created_at + SignedDuration::from_hours(24);
        page.cooling.insert(guest_mark(&guest), BTreeMap::from([(last[0].clone(), until)]));
    }
    let bytes =
        |page: &Page, changes: &[PageChange]| item_size(&encode_page(page, changes, whole.created_at, None));
    let full = bytes(&page, &[]);
    // The dead are dropped when their places are needed, and each begins a cool-down.
    let newcomer = PageHold {
        places: SlotPlaces::uniform(slots.iter().cloned(), 900).expect("ascending"),
        ..whole.entry(placement)
    };
    let place = PageCommand::Place { hold: whole.id.clone(), entry: newcomer, limits: None };
    let changes = page.decide(&place, whole.expires_at).expect("all others are dead");
    let emptied = page.apply(&changes);
    let kept: usize = emptied.cooling.values().map(BTreeMap::len).sum();
    assert_eq!(kept, COOL_DOWNS_PER_PAGE_MAX);
    let emptied = bytes(&emptied, &changes);
    println!("{full} bytes full, {emptied} bytes when all ended");
    assert!(full.max(emptied) < ITEM_BYTES_MAX, "{full} and {emptied} bytes");
    // The read model keeps the same page under two more keys.
    let listed = item_size(&encode_listed_page(&court, &page));
    assert!(listed < ITEM_BYTES_MAX, "{listed} bytes listed");
}

/// A resource with as many attributes as it may have, each as long as it may be in characters of four bytes; and again those of
/// the terms that are announced. A request's body may have no more than 64 KiB: what comes by one is smaller still.
#[test]
fn a_resource_with_all_its_attributes_fits_an_item_also_while_other_terms_are_announced() {
    let mut court = daily_resource("court", 4, &[("04:00", "00:00")], 1000, 60);
    for number in 0..ATTRIBUTES_MAX {
        let name = format!("{number:02}{}", "\u{1F3BE}".repeat(ATTRIBUTE_NAME_LENGTH_MAX - 2));
        let text = Attribute::Text("\u{1F3BE}".repeat(ATTRIBUTE_TEXT_LENGTH_MAX));
        court.terms.attributes.insert(name, text);
    }
    court.terms = court.terms.checked().expect("terms within their bounds");
    let announcing = court.announcing(court.terms.clone());
    for (name, item) in
        [("stored", encode_resource(&announcing, 1, None)), ("listed", encode_listing(&announcing))]
    {
        let bytes = item_size(&item);
        println!("a resource as {name}: {bytes} bytes");
        assert!(bytes > 2 * ATTRIBUTES_MAX * 4 * ATTRIBUTE_TEXT_LENGTH_MAX, "{name}: {bytes} bytes");
        assert!(bytes < ITEM_BYTES_MAX, "{name}: {bytes} bytes");
    }
}

/// The largest entries of a trail: one that takes every attribute of such a resource away and gives it as many others, and one that sets
/// something else for each date of the longest range.
#[test]
fn what_operators_change_fits_an_item() {
    let court = |sign: &str| {
        let mut court = daily_resource("court", 4, &[("04:00", "00:00")], 1000, 60);
        for number in 0..ATTRIBUTES_MAX {
            let name = format!("{number:02}{}", sign.repeat(ATTRIBUTE_NAME_LENGTH_MAX - 2));
            court.terms.attributes.insert(name, Attribute::Text(sign.repeat(ATTRIBUTE_TEXT_LENGTH_MAX)));
        }
        court.terms = court.terms.checked().expect("terms within their bounds");
        court
    };
    let (court, other) = (court("\u{1F3BE}"), court("\u{1F3C9}"));
    let by = mutation(Timestamp::UNIX_EPOCH, &"o".repeat(128));
    let terms = TermsCommit::new(Some(&court), &court.replace(other.terms), &by).entry.expect("a change");
    let dates = date(2030, 1, 1)
        .series(1.day())
        .take(usize::try_from(CALENDAR_DAYS_MAX).expect("a number"))
        .enumerate();
    let facts = dates.fold(Facts::default(), |facts, (number, date)| {
        facts.with(
            [date],
            DateFactsEdit {
                capacity: Some(100_000 - u32::try_from(number % 2).expect("a number")),
                closed: Some(true),
                overbooking: Some(100_000 - u32::try_from(number % 3).expect("a number")),
            },
        )
    });
    let facts = FactsCommit::new(&court, &Facts::default(), &facts, ResourceChange::of_dates, &by);
    let facts = facts.and_then(|commit| commit.entry).expect("a change");
    for (name, entry, least) in [("terms", terms, 140_000), ("dates", facts, 40_000)] {
        let bytes = item_size(&encode_resource_event(&entry));
        println!("a change of {name}: {bytes} bytes");
        assert!((least..ITEM_BYTES_MAX).contains(&bytes), "{name}: {bytes} bytes");
    }
}

/// As many cards as a resource may have, each as long as a request's body may be, and a month in which everything is set for every date
/// under every plan.
#[test]
fn rates_fit_an_item() {
    let (mut card, plan) = (crate::rates::card(), crate::rates::card().default_plan);
    let restriction = card.restrictions[0].clone();
    card.restrictions.clear();
    let rates = |card: &RateCard, count: usize| {
        let version = |number| CardVersion {
            number,
            valid_from: at("2030-01-01T00:00:00Z") + SignedDuration::from_secs(number as i64),
            card: card.clone(),
        };
        let versions = (1..=count as u64).map(version).collect();
        ResourceRates {
            resource: ResourceId::parse(&"r".repeat(64)).expect("an id"),
            revision: u64::MAX,
            versions,
            draft: None,
        }
    };
    let write = Write { at: at("2030-01-01T00:00:00Z"), trace: Some(samples::TRACE.to_owned()) };
    let property = PropertyId::parse(&"p".repeat(64)).expect("an id");
    let bytes = |rates: &ResourceRates| item_size(&encode_rates(rates, Some(&property), &write));
    // Until it is as long as a body: a document is not longer than what it came by, but for some names of its own.
    while bytes(&rates(&card, 1)) < CARD_BYTES_MAX {
        card.restrictions.push(restriction.clone());
    }
    let full = ResourceRates { draft: Some(card.clone()), ..rates(&card, VERSIONS_MAX) };
    let full = bytes(&full);
    println!("rate cards: {full} bytes");
    assert!((5 * 70_000..ITEM_BYTES_MAX).contains(&full), "{full} bytes");

    let longest = |number: usize| PlanId::parse(&format!("{number:040}")).expect("a name");
    let most = DateRates {
        price: Money::new(AMOUNT_MAX, card.currency).ok(),
        limits: Limits {
            stay_min_on_arrival: Some(1_000_000),
            stay_min_through: Some(1_000_000),
            stay_max_on_arrival: Some(1_000_000),
            stay_max_through: Some(1_000_000),
            notice_minutes_min: Some(1_000_000),
            window_days_max: Some(1_000_000),
            quantity_min: Some(1_000_000),
            quantity_max: Some(1_000_000),
            ..restriction.limits.clone()
        },
    };
    let plans: BTreeMap<_, _> = (0..PLANS_MAX).map(|number| (longest(number), most.clone())).collect();
    let dates: BTreeMap<_, _> =
        date(2030, 1, 1).series(1.day()).take(31).map(|day| (day, plans.clone())).collect();
    let month = MonthRates { revision: u64::MAX, dates };
    let january = Month::of(date(2030, 1, 1));
    let room = ResourceId::parse("room").expect("an id");
    let bytes = item_size(&encode_month_rates((&room, Some(&property)), january, &month, &write));
    println!("rates of a month: {bytes} bytes");
    assert!((200_000..ITEM_BYTES_MAX).contains(&bytes), "{bytes} bytes");
    // The largest entry of the trail: as many changes as one write has, each of everything.
    let change = |number: usize| DatedChange {
        from: date(2030, 1, 1),
        to: date(2030, 1, 2),
        plan: plan.clone(),
        before: most.clone(),
        after: DateRates {
            price: Money::new(AMOUNT_MAX - 1 - number as i64, card.currency).ok(),
            limits: Limits { stay_min_on_arrival: Some(999_999), ..most.limits.clone() },
        },
    };
    let by = mutation(Timestamp::UNIX_EPOCH, &"o".repeat(128));
    let room = daily_resource("room", 4, &[("04:00", "00:00")], 1000, 60);
    let changes = RatesChange::Dates((0..CHANGES_PER_WRITE_MAX).map(change).collect());
    let entry = DatedCommit::new(&room, BTreeMap::new(), changes, &by).entry;
    let bytes = item_size(&encode_resource_event(&entry));
    println!("a change of rates of dates: {bytes} bytes");
    assert!((150_000..ITEM_BYTES_MAX).contains(&bytes), "{bytes} bytes");
}

/// The reconciliation's cycle: its filter at its full size, and pages as many and as large as one item takes.
#[test]
fn a_cycle_and_its_pages_stay_below_the_bound_of_an_item() {
    let KeptCycle { mut cycle, .. } = cycles::counting();
    cycle.agreeing = PaymentFilter::of_bytes(vec![255; 128 * 1024]);
    let size_of_cycle = item_size(&encode_cycle(&cycle, u64::MAX, u32::MAX));
    assert!((170_000..200_000).contains(&size_of_cycle), "{size_of_cycle}");
    let most = Counts { confirmed: u32::MAX, current: u32::MAX, over: u32::MAX };
    // Pages of some slots and of many, named as long as resources can be.
    for slots in [1_u32, 31, 300] {
        let pages: Vec<(PageKey, ComparedPage)> = (0..CYCLE_SLOTS_MAX as u32 / (4 + slots))
            .map(|number| {
                let name = format!("{number:064}");
                let key = PageKey::first(ResourceId::parse(&name).expect("an id"), "2030-06-01");
                let slot = |minute: u32| (SlotKey::parse(&minute.to_string()).expect("a slot"), most);
                (key, ComparedPage { seq: Some(u64::MAX), slots: (1_000..1_000 + slots).map(slot).collect() })
            })
            .collect();
        let pages: Vec<_> = pages.iter().map(|(key, page)| (key, page)).collect();
        let size = item_size(&encode_cycle_pages(1, 0, u64::MAX, &pages));
        assert!(size < 400_000, "{size} with pages of {slots} slots");
    }
}
