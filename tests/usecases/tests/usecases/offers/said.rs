//! What search, calendar, quote and hold say of a stay, and whether it is the same.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use holdfast_app::Failure;
use holdfast_app::catalogue::CalendarSlot;
use holdfast_app::holds::HoldRequest;
use holdfast_app::rates::{QuoteRequest, QuotedPlans, RateChoice};
use holdfast_app::search::{Query, Sort};
use holdfast_domain::catalogue::{Stay, StayError};
use holdfast_domain::rates::quote::{Limit, Reason};
use holdfast_domain::rates::sale::{Sale, Stays};
use holdfast_domain::{Resource, When};
use holdfast_testkit::money;
use jiff::civil::Date;

use crate::world::{PRICE, World, guest, hold_request, key, operator};

/// How often each kind of answer was met.
#[derive(Default)]
pub(super) struct Seen(Mutex<BTreeMap<&'static str, usize>>);

impl Seen {
    pub(super) fn add(&self, kind: &'static str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(kind).or_default() += 1;
    }

    fn add_reasons(&self, reasons: &[Reason]) {
        for reason in reasons {
            if let Reason::Restricted { limit, .. } = reason {
                self.add(kind(*limit));
            }
        }
    }

    pub(super) fn all(&self) -> BTreeMap<&'static str, usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn kind(limit: Limit) -> &'static str {
    match limit {
        Limit::StayMin(_) => "stay_min",
        Limit::StayMax(_) => "stay_max",
        Limit::ClosedToArrival => "closed_to_arrival",
        Limit::ClosedToDeparture => "closed_to_departure",
        Limit::StopSell => "stop_sell",
        Limit::NoticeMin(_) => "notice_min",
        Limit::WindowMax(_) => "window_max",
        Limit::QuantityMin(_) => "quantity_min",
        Limit::QuantityMax(_) => "quantity_max",
        Limit::SoldTogether { .. } => "sold_together",
    }
}

/// What is said of a stay: its price, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    At(i64),
    No,
}

async fn found(w: &World, resource: &Resource, range: (When, When), quantity: u32) -> Said {
    let query = Query {
        resource_type: resource.terms.resource_type.as_str().to_owned(),
        location: resource.terms.location.as_str().to_owned(),
        start: range.0,
        end: range.1,
        quantity,
        sort: Sort::Price,
        limit: 100,
        cursor: None,
    };
    let offers = w.search.find(&query, w.now()).await.expect("an answer").offers;
    assert!(offers.len() <= 1, "one resource at the place: {offers:?}");
    offers.first().map_or(Said::No, |offer| Said::At(offer.price.amount()))
}

async fn quoted(w: &World, resource: &Resource, range: (When, When), quantity: u32) -> Result<Said, Failure> {
    let request = QuoteRequest {
        resource: resource.id.clone(),
        start: range.0,
        end: range.1,
        quantity,
        choice: RateChoice::default(),
        plans: QuotedPlans::Every,
        as_of: None,
        draft: false,
        address: None,
    };
    let rates = w.rates.get(&operator(), &resource.id).await.expect("rates");
    let default = &rates.at(w.now()).expect("a card").card.default_plan;
    let quoted = w.quotes.quote(None, &request, w.now()).await?;
    let is_default = |offer: &&holdfast_app::rates::Offered| offer.rate.plan == *default;
    let offer = quoted.offers.iter().find(is_default);
    Ok(offer.map_or(Said::No, |offer| Said::At(offer.price.whole().expect("in range").amount())))
}

/// Places a hold, says its price and gives it back.
async fn held(w: &World, resource: &Resource, range: (When, When), quantity: u32) -> Result<Said, Failure> {
    let request =
        HoldRequest { start: range.0, end: range.1, ..hold_request(resource, crate::world::NIGHT, quantity) };
    let (caller, by) = (guest("prober"), w.by("prober"));
    let name = format!("{}{range:?}{quantity}{}", resource.id, w.now());
    let placed = w.holds.create(&caller, &key(&name, ""), &request, &by).await?;
    let price = placed.hold.order.price.whole().expect("in range").amount();
    w.holds.release(&caller, &placed.hold.id, &by).await.expect("a release");
    Ok(Said::At(price))
}

/// What the calendar says of the slots of a stay, asked for their dates alone.
async fn shown(w: &World, resource: &Resource, stay: &Stay) -> Vec<CalendarSlot> {
    let date = |slot| resource.terms.local_date(slot);
    let (first, last) = (date(&stay.slots[0]), date(&stay.slots[stay.slots.len() - 1]));
    let to = last.tomorrow().expect("a date");
    let (slots, _) = w.calendars.slots(&resource.id, first, to, None, w.now()).await.expect("a calendar");
    let is_of_stay = |shown: &CalendarSlot| stay.slots.iter().any(|slot| slot.start == shown.slot.start);
    slots.into_iter().filter(is_of_stay).collect()
}

/// What the calendar says of a slot of a resource that has a card.
pub(super) fn sale(shown: &CalendarSlot) -> &Sale {
    shown.sale.as_ref().expect("the resource has a card")
}

/// Whether a slot is stopped itself, and not one after it.
fn is_stopped(shown: &CalendarSlot) -> bool {
    let is_stop = |reason: &Reason| matches!(reason, Reason::Restricted { limit: Limit::StopSell, .. });
    let reasons = sale(shown).arrival.as_ref().err();
    !sale(shown).is_on_sale && reasons.is_some_and(|reasons| reasons.iter().any(is_stop))
}

/// What quote and hold say of a stay.
struct Answers<'a> {
    quote: &'a Result<Said, Failure>,
    hold: &'a Result<Said, Failure>,
}

impl Answers<'_> {
    /// Whether restrictions refuse the stay, and for what among other things; nothing is known where places refuse it.
    fn refuse(&self, limit: &dyn Fn(Limit) -> bool) -> Option<bool> {
        match self.hold {
            Ok(_) => Some(false),
            Err(Failure::RateNotAvailable { reasons, .. }) => Some(are_of(reasons, limit)),
            Err(_) => None,
        }
    }
}

/// Whether a most is on the date of arrival: one of a later night is met by the stays that have it.
fn is_most_on(reasons: &[Reason], arrival: Date) -> bool {
    let is_most = |reason: &Reason| matches!(reason, Reason::Restricted { limit: Limit::StayMax(_), date, .. } if *date == arrival);
    reasons.iter().any(is_most)
}

fn are_of(reasons: &[Reason], limit: &dyn Fn(Limit) -> bool) -> bool {
    reasons.iter().any(|reason| matches!(reason, Reason::Restricted { limit: one, .. } if limit(*one)))
}

/// What the calendar says of a stay that is not so, beside what quote and hold say. `knows_places` says whether the read model is up to date
/// and no edit of places was cut off.
fn wrongly_shown(
    shown: &[CalendarSlot],
    arrival: Date,
    quantity: u32,
    answers: &Answers<'_>,
    knows_places: bool,
) -> Option<&'static str> {
    let (first, last) = (shown.first()?, shown.last()?);
    let length = u32::try_from(shown.len()).expect("few slots");
    let stays = sale(first).arrival.as_ref().ok();
    let is_too_long = |stays: &Stays| stays.slots_max.is_some_and(|most| length > most);
    let is_too_few = |stays: &Stays| stays.quantity_min.is_some_and(|least| quantity < least);
    let is_too_many = |stays: &Stays| stays.quantity_max.is_some_and(|most| quantity > most);
    let fits = |stays: &&Stays| !is_too_long(stays) && !is_too_few(stays) && !is_too_many(stays);
    let fitting = stays.filter(fits);
    match answers.quote {
        Ok(Said::At(price)) => {
            if fitting.is_none_or(|stays| length < stays.slots_min) || !sale(last).departs {
                return Some("the calendar keeps back what is sold");
            }
            if length == 1 && quantity == 1 && first.price.map(|shown| shown.amount()) != Some(*price) {
                return Some("the calendar shows another price");
            }
        }
        Ok(Said::No) | Err(_) => {
            if fitting.is_some_and(|stays| stays.slots_min == length) {
                return Some("the calendar promises what is not sold");
            }
        }
    }
    // What refuses the stay is what the calendar says, and what it says refuses the stay.
    let says =
        |limit: &dyn Fn(Limit) -> bool| sale(first).arrival.as_ref().is_err_and(|why| are_of(why, limit));
    let is_start: [fn(Limit) -> bool; 3] = [
        |limit| matches!(limit, Limit::ClosedToArrival),
        |limit| matches!(limit, Limit::NoticeMin(_)),
        |limit| matches!(limit, Limit::WindowMax(_)),
    ];
    let starts = is_start.iter().map(|limit| (answers.refuse(limit), says(limit)));
    let others = [
        (answers.refuse(&|limit| matches!(limit, Limit::ClosedToDeparture)), !sale(last).departs),
        (answers.refuse(&|limit| matches!(limit, Limit::StopSell)), shown.iter().any(is_stopped)),
    ];
    let of_open = stays.map(|stays| {
        [
            (answers.refuse(&|limit| matches!(limit, Limit::QuantityMin(_))), is_too_few(stays)),
            (answers.refuse(&|limit| matches!(limit, Limit::QuantityMax(_))), is_too_many(stays)),
        ]
    });
    let mut all = starts.chain(others).chain(of_open.into_iter().flatten());
    if all.any(|(refused, shown)| refused.is_some_and(|refused| refused != shown)) {
        return Some("the calendar has other reasons");
    }
    let is_long = stays.is_some_and(is_too_long);
    let is_refused = answers.refuse(&|limit| matches!(limit, Limit::StayMax(_)));
    let is_on_arrival = matches!(answers.hold, Err(Failure::RateNotAvailable { reasons, .. }) if is_most_on(reasons, arrival));
    if (is_long && is_refused == Some(false)) || (stays.is_some() && !is_long && is_on_arrival) {
        return Some("the calendar has another most of slots");
    }
    if shown.iter().any(|slot| slot.price.is_some() != sale(slot).is_on_sale) {
        return Some("a price is shown where nothing is on sale, or none where it is");
    }
    let places = shown.iter().map(|slot| slot.available).min().unwrap_or(0);
    match answers.hold {
        Ok(_) if places < quantity => Some("the calendar keeps places back"),
        Err(Failure::SoldOut { .. }) if knows_places && places >= quantity => {
            Some("the calendar shows places that cannot be had")
        }
        Ok(_) | Err(_) => None,
    }
}

/// A way in which a calendar could be wrong: what it is called, and what it does to a slot.
type Flaw = (&'static str, fn(&mut CalendarSlot));

/// Each has to be found.
const FLAWS: [Flaw; 7] = [
    ("flaw: departures are always open", |slot| sale_mut(slot).departs = true),
    ("flaw: closed arrivals are forgotten", |slot| {
        forget(slot, |limit| matches!(limit, Limit::ClosedToArrival));
    }),
    ("flaw: stops are forgotten", |slot| forget(slot, |limit| matches!(limit, Limit::StopSell))),
    ("flaw: notice and window are forgotten", |slot| {
        forget(slot, |limit| matches!(limit, Limit::NoticeMin(_) | Limit::WindowMax(_)));
    }),
    ("flaw: one slot is always enough", |slot| {
        if let Ok(stays) = &mut sale_mut(slot).arrival {
            stays.slots_min = 1;
        }
    }),
    ("flaw: a longer stay is asked for", |slot| {
        if let Ok(stays) = &mut sale_mut(slot).arrival {
            stays.slots_min += 1;
        }
    }),
    ("flaw: nothing limits length and units", |slot| {
        if let Ok(stays) = &mut sale_mut(slot).arrival {
            *stays = Stays { slots_max: None, quantity_min: None, quantity_max: None, ..*stays };
        }
    }),
];

fn sale_mut(slot: &mut CalendarSlot) -> &mut Sale {
    slot.sale.as_mut().expect("the resource has a card")
}

/// As if a restriction did not count.
fn forget(slot: &mut CalendarSlot, limit: fn(Limit) -> bool) {
    let sale = sale_mut(slot);
    if sale.arrival.as_ref().is_err_and(|why| are_of(why, &limit)) {
        let any = Stays { slots_min: 1, slots_max: None, quantity_min: None, quantity_max: None };
        (sale.arrival, sale.is_on_sale) = (Ok(any), true);
        slot.price = slot.price.or(Some(money(PRICE)));
    }
}

/// Puts what search says of a range to quote, hold and calendar; gives what it says.
pub(super) async fn check(
    w: &World,
    resource: &Resource,
    range: (When, When),
    quantity: u32,
    knows_places: bool,
    seen: &Seen,
) -> Result<Said, String> {
    let said = found(w, resource, range, quantity).await;
    let (quote, hold) =
        (quoted(w, resource, range, quantity).await, held(w, resource, range, quantity).await);
    let stay = resource.stay(range.0, range.1, w.now());
    let is_past = stay == Err(StayError::Past);
    let wrong = |what: &str| {
        let id = &resource.id;
        Err(format!("{what} of {id} for {range:?} times {quantity}: {said:?}, {quote:?}, {hold:?}"))
    };
    match (&hold, said) {
        (Ok(held), Said::At(_)) if *held == said => seen.add("offered"),
        (Err(Failure::SoldOut { .. }), Said::No) => seen.add("sold out"),
        (Err(Failure::RateNotAvailable { reasons, .. }), Said::No) => seen.add_reasons(reasons),
        (Err(Failure::RangeNotBookable(_)), Said::No) => seen.add("not bookable"),
        (Err(Failure::Invalid { .. }), Said::No) if is_past => seen.add("past"),
        _ => return wrong("search and hold disagree"),
    }
    match (&quote, &hold) {
        (Ok(quote), Ok(hold)) if quote == hold => {}
        // A quote says nothing of places.
        (Ok(_), Err(Failure::SoldOut { .. })) => {}
        (Ok(Said::No), Err(Failure::RateNotAvailable { .. })) => {}
        (Err(Failure::RangeNotBookable(_)), Err(Failure::RangeNotBookable(_))) => {}
        (Err(Failure::Invalid { .. }), Err(Failure::Invalid { .. })) if is_past => {}
        _ => return wrong("quote and hold disagree"),
    }
    if let Ok(stay) = stay {
        let shown = shown(w, resource, &stay).await;
        if shown.len() != stay.slots.len() {
            return wrong("the calendar has not every slot");
        }
        for slot in &shown {
            match &sale(slot).arrival {
                Ok(_) => seen.add("open in the calendar"),
                Err(reasons) => seen.add_reasons(reasons),
            }
        }
        let answers = Answers { quote: &quote, hold: &hold };
        let arrival = resource.terms.local_date(&stay.slots[0]);
        if let Some(what) = wrongly_shown(&shown, arrival, quantity, &answers, knows_places) {
            return wrong(&format!("{what}: {shown:?}"));
        }
        for (flaw, spoil) in FLAWS {
            let mut spoilt = shown.clone();
            spoilt.iter_mut().for_each(spoil);
            if wrongly_shown(&spoilt, arrival, quantity, &answers, knows_places).is_some() {
                seen.add(flaw);
            }
        }
    }
    Ok(said)
}
