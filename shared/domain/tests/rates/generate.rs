//! Cards and questions of chance, drawn from bytes: fewer and smaller bytes make simpler ones.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::Money;
use holdfast_domain::money::{Currency, Percent};
use holdfast_domain::rates::cancellation::{CancellationStep, CancellationTerms, Deadline, Penalty};
use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::charge::{Band, BandLevy, Charge, ChargeKind, Due, Levy, Per, Validity};
use holdfast_domain::rates::condition::{Bounds, Condition};
use holdfast_domain::rates::dated::{DateRates, DatedRates};
use holdfast_domain::rates::extra::{Extra, ExtraChoice};
use holdfast_domain::rates::ids::{CalendarId, ExtraId, PlanId, UnitTypeId};
use holdfast_domain::rates::occupancy::{ChildBand, Occupancy, Unit, UnitType};
use holdfast_domain::rates::plan::{Included, Payment, PlanPrice};
use holdfast_domain::rates::promotion::{Discount, Promotion, PromotionCode};
use holdfast_domain::rates::request::RateRequest;
use holdfast_domain::rates::restriction::{Limits, Restriction};
use holdfast_domain::rates::rule::{Adjustment, Rule};
use jiff::ToSpan;
use jiff::civil::{Weekday, time};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};

use crate::fixture;

/// The plans of every generated card.
pub(crate) const PLANS: [&str; 4] = ["flexible", "saver", "member", "breakfast"];
/// What can be charged, in minor units of a currency: of Icelandic crowns whole ones, of Kuwaiti dinars hundredths, of Swiss francs five hundredths.
const STEPS: [i64; 4] = [1, 10, 100, 5];

/// A card, what is set for dates, what can be charged, and a question.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) card: RateCard,
    pub(crate) dated: DatedRates,
    pub(crate) step: i64,
    pub(crate) request: RateRequest,
}

pub(crate) fn any_case() -> impl Strategy<Value = Case> {
    vec(any::<u8>(), 0..400)
        .prop_map(|bytes| Draw { bytes, next: 0, currency: fixture::eur(0).currency(), step: 1 }.case())
}

/// The same with more restrictions, of the card and of dates: few of these stays are sold.
pub(crate) fn any_restricted_case() -> impl Strategy<Value = Case> {
    (any_case(), vec(any::<u8>(), 0..120)).prop_map(|(case, bytes)| {
        let (currency, step) = (case.card.currency, case.step);
        Draw { bytes, next: 0, currency, step }.restricted(case)
    })
}

struct Draw {
    bytes: Vec<u8>,
    next: usize,
    currency: Currency,
    step: i64,
}

impl Draw {
    /// A number below `count`.
    fn below(&mut self, count: usize) -> usize {
        let byte = self.bytes.get(self.next).copied().unwrap_or(0);
        self.next += 1;
        usize::from(byte) % count.max(1)
    }

    fn number(&mut self, count: u32) -> u32 {
        u32::try_from(self.below(usize::try_from(count).unwrap_or(1))).unwrap_or(0)
    }

    fn chance(&mut self, of: usize) -> bool {
        self.below(of) == of - 1
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// An amount that can be charged, up to some 650 times `unit` of its steps.
    fn amount(&mut self, unit: i64) -> i64 {
        let high = i64::try_from(self.below(256)).unwrap_or(0);
        let low = i64::try_from(self.below(256)).unwrap_or(0);
        (high * unit + low) * self.step
    }

    fn money(&mut self, unit: i64) -> Money {
        let amount = self.amount(unit);
        fixture::money(amount, self.currency.code())
    }

    fn maybe<T>(&mut self, of: usize, draw: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.chance(of).then(|| draw(self))
    }

    fn case(mut self) -> Case {
        let currencies: Vec<Currency> = Currency::all().collect();
        (self.currency, self.step) = (self.one(&currencies), self.one(&STEPS));
        let card = self.card();
        let request = self.request(&card);
        let dated = self.dated(4);
        Case { card, dated, step: self.step, request }
    }

    fn restricted(mut self, mut case: Case) -> Case {
        case.dated = self.dated(12);
        let count = self.below(5);
        case.card.restrictions = (0..count).map(|index| self.restriction(index)).collect();
        case
    }

    fn card(&mut self) -> RateCard {
        let base = self.money(40);
        let mut card = fixture::card_at(base);
        let saver = fixture::by_percent(self.one(&["-15", "-10", "-12.5", "-33.3333", "0", "5"]));
        card.plans.push(fixture::derived("saver", "flexible", saver));
        let member = Adjustment::Amount(-self.amount(1));
        card.plans.push(fixture::derived("member", "saver", member));
        let with_breakfast = self.money(45);
        card.plans.push(fixture::plan("breakfast", PlanPrice::Base(with_breakfast)));
        let value = self.maybe(2, |draw| draw.money(3));
        card.plans[3].included = vec![Included {
            name: fixture::label("Breakfast"),
            category: fixture::category("breakfast"),
            value,
        }];
        if self.chance(6) {
            card.plans[3].payment = Payment::AtProperty;
        }
        if self.chance(6) {
            card.plans[2].channels = BTreeSet::from([fixture::channel("web")]);
        }
        for plan in 0..card.plans.len() {
            card.plans[plan].cancellation = self.cancellation();
        }
        if self.chance(3) {
            for (name, percent) in [("adult", 100), ("child", 50), ("senior", 85)] {
                let id = UnitTypeId::parse(name).expect("a name");
                card.unit_types.push(UnitType { id, name: fixture::label(name), percent });
            }
        }
        card.occupancy = self.maybe(2, Self::occupancy);
        card.calendars = BTreeMap::from([(
            CalendarId::parse("holidays").expect("a name"),
            BTreeSet::from(["2026-06-12", "2026-06-15", "2026-06-17"].map(fixture::date)),
        )]);
        let rules = self.below(9);
        card.rules = (0..rules).map(|index| self.rule(index)).collect();
        card.price_min = self.maybe(4, |draw| draw.money(20));
        card.price_max = self
            .maybe(4, |draw| draw.money(60))
            .filter(|most| card.price_min.is_none_or(|least| least.amount() <= most.amount()));
        card.charges = self.charges();
        let restrictions = self.below(3);
        card.restrictions = (0..restrictions).map(|index| self.restriction(index)).collect();
        card.extras = (0..2).map(|index| self.extra(index)).collect();
        card.promotions.push(Promotion {
            code: PromotionCode::parse("SUMMER").expect("a code"),
            name: fixture::label("Summer"),
            discount: if self.chance(2) {
                Discount::Percent(fixture::percent(self.one(&["10", "7.5", "33.3333", "100", "0"])))
            } else {
                Discount::Amount(self.money(30))
            },
            plans: BTreeSet::new(),
            stays: Validity::default(),
            from: None,
            to: None,
            uses_max: None,
            uses_per_guest_max: None,
        });
        card
    }

    fn cancellation(&mut self) -> CancellationTerms {
        let steps = self.below(4);
        let mut deadlines = vec![
            Deadline::DaysBefore { days: 14, time: None },
            Deadline::HoursBefore(96),
            Deadline::DaysBefore { days: 1, time: Some(time(18, 0, 0, 0)) },
        ];
        deadlines.truncate(steps);
        let step = |deadline| CancellationStep {
            deadline,
            penalty: match self.below(3) {
                0 => Penalty::Percent(
                    Percent::new(u8::try_from(self.below(101)).unwrap_or(0)).expect("a share"),
                ),
                1 => Penalty::FirstSlots(1 + self.number(4)),
                _ => Penalty::Amount(self.money(30)),
            },
        };
        let steps = deadlines.into_iter().map(step).collect();
        CancellationTerms { free_hours_after_booking: self.one(&[0, 0, 24, 168]), steps }
    }

    fn occupancy(&mut self) -> Occupancy {
        let band = |from_age, to_age, price, in_cot| ChildBand { from_age, to_age, price, in_cot };
        let (infant, child) = (fixture::money(0, self.currency.code()), self.money(5));
        Occupancy {
            included_adults: 1 + self.number(2),
            guests_max: 6,
            cots_max: None,
            extra_adult: self.money(10),
            missing_adult: self.money(2),
            child_bands: vec![band(0, 2, infant, true), band(3, 11, child, false)],
        }
    }

    fn plans(&mut self) -> BTreeSet<PlanId> {
        (0..self.below(3)).map(|_| fixture::plan_id(self.one(&PLANS))).collect()
    }

    fn rule(&mut self, index: usize) -> Rule {
        let adjustment = match self.below(6) {
            0..=2 => fixture::by_percent(
                self.one(&["10", "-10", "12.5", "-7.25", "33.3333", "-50", "200", "-100"]),
            ),
            3 => Adjustment::Amount(self.amount(5)),
            4 => Adjustment::Amount(-self.amount(5)),
            _ => Adjustment::Price(self.money(50)),
        };
        let mut when = Condition::default();
        for _ in 0..self.below(3) {
            self.narrow(&mut when);
        }
        when.plans = self.plans();
        let mut rule = fixture::rule(&format!("r{index}"), adjustment, when);
        rule.priority = u16::try_from(self.below(3)).unwrap_or(0);
        rule.group = self.maybe(3, |draw| fixture::rule_id(draw.one(&["a", "b"])));
        rule
    }

    fn narrow(&mut self, when: &mut Condition) {
        let least = |min| Some(Bounds { min: Some(min), max: None });
        let most = |max| Some(Bounds { min: None, max: Some(max) });
        match self.below(12) {
            0 => when.dates = vec![fixture::dates("2026-06-12", "2026-06-15")],
            1 => when.weekdays = vec![Weekday::Friday, Weekday::Saturday],
            2 => when.calendar = CalendarId::parse("holidays").ok(),
            3 => when.times = Some((time(22, 0, 0, 0), time(16, 0, 0, 0))),
            4 => {
                let nights = 3 + self.number(3);
                // For all nights of such a stay, or for those from one on.
                (when.slots, when.from_slot) = (least(nights), Some(nights - 1).filter(|_| nights != 4));
            }
            5 => when.lead_days = least(30 + self.number(20)),
            6 => when.lead_days = most(41),
            7 => when.sold_percent = least(self.one(&[50, 60, 80])),
            8 => when.guests = least(2 + self.number(2)),
            9 => when.quantity = least(2),
            10 => when.channels = BTreeSet::from([fixture::channel(self.one(&["web", "partner"]))]),
            _ => when.slots = most(4),
        }
    }

    fn charges(&mut self) -> Vec<Charge> {
        let mut charges = Vec::new();
        let rates = ["7", "19", "10", "8.875"];
        if self.chance(2) {
            charges.push(fixture::included("vat-low", self.one(&rates), &["stay"]));
        }
        if self.chance(2) {
            charges.push(fixture::included(
                "vat",
                self.one(&rates),
                &["breakfast", "parking", "service", "stay"],
            ));
        }
        let pers = [Per::GuestSlot, Per::Stay, Per::Slot, Per::Unit, Per::UnitSlot, Per::Guest];
        for index in 0..self.below(4) {
            let levy = match self.below(3) {
                0 => Levy::Percent(fixture::percent(self.one(&["5", "7.5", "3.3333", "12"]))),
                1 => Levy::Amount { amount: self.money(1), per: self.one(&pers) },
                _ => self.bands(),
            };
            let mut charge = fixture::tax(&format!("tax-{index}"), levy, &["stay", "breakfast"]);
            if self.chance(3) {
                charge.kind = ChargeKind::Fee { category: fixture::category("service") };
            } else if self.chance(2) {
                charge.on.insert(fixture::category("service"));
            }
            if matches!(charge.levy, Levy::Bands(_)) && self.chance(4) {
                charge.on.clear();
            }
            charge.slots_max = self.maybe(3, |draw| 1 + draw.number(4));
            let is_of_price = !matches!(charge.levy, Levy::Amount { .. });
            charge.before_discounts = is_of_price && charge.slots_max.is_some_and(|most| most % 2 == 0);
            charge.exempt_to_age = self.maybe(3, |draw| draw.one(&[2, 11, 17]));
            charge.valid.from = self.maybe(4, |_| fixture::date("2026-06-13"));
            charge.valid.until = self.maybe(4, |_| fixture::date("2026-06-16"));
            charge.refundable = !self.chance(4);
            charge.due = if self.chance(4) { Due::AtProperty } else { Due::Now };
            charges.push(charge);
        }
        charges
    }

    fn bands(&mut self) -> Levy {
        let band = |from, levy| Band { from, levy };
        let (first, second) = (
            fixture::money(0, self.currency.code()),
            fixture::money(2_000 * self.step, self.currency.code()),
        );
        let third = fixture::money(5_000 * self.step, self.currency.code());
        Levy::Bands(vec![
            band(first, BandLevy::Amount(self.money(1))),
            band(second, BandLevy::Amount(self.money(2))),
            band(third, BandLevy::Percent(fixture::percent(self.one(&["5", "3.3333"])))),
        ])
    }

    /// One limit, of whichever kind but what is sold together.
    fn limits(&mut self) -> Limits {
        let number = 1 + self.number(5);
        let none = Limits::default;
        match self.below(11) {
            0 => Limits { stay_min_on_arrival: Some(number), fills_gaps: self.chance(2), ..none() },
            1 => Limits { stay_min_through: Some(number), fills_gaps: self.chance(2), ..none() },
            2 => Limits { stay_max_on_arrival: Some(number + 1), ..none() },
            3 => Limits { closed_to_arrival: true, ..none() },
            4 => Limits { closed_to_departure: true, ..none() },
            5 => Limits { stop_sell: true, ..none() },
            6 => Limits { notice_minutes_min: Some(self.one(&[60, 2_880, 57_600, 80_000])), ..none() },
            7 => Limits { window_days_max: Some(self.one(&[2, 33, 40, 42])), ..none() },
            8 => Limits { quantity_min: Some(2), ..none() },
            9 => Limits { stay_max_through: Some(number + 1), ..none() },
            _ => Limits { quantity_max: Some(1 + self.number(2)), ..none() },
        }
    }

    fn restriction(&mut self, index: usize) -> Restriction {
        let limits =
            if self.chance(6) { Limits { sold_together: true, ..Limits::default() } } else { self.limits() };
        let mut restriction = fixture::restriction(&format!("limit-{index}"), limits);
        restriction.plans = self.plans();
        restriction.not_plans = if self.chance(4) { self.plans() } else { BTreeSet::new() };
        restriction.dates = vec![fixture::dates("2026-06-13", "2026-06-15")];
        if !restriction.limits.sold_together && self.chance(2) {
            restriction.weekdays = vec![Weekday::Saturday];
        }
        restriction
    }

    fn extra(&mut self, index: usize) -> Extra {
        let pers = [Per::Stay, Per::GuestSlot, Per::Slot, Per::Unit, Per::UnitSlot, Per::Guest];
        Extra {
            id: ExtraId::parse(&format!("extra-{index}")).expect("a name"),
            name: fixture::label("Parking"),
            price: self.money(2),
            per: self.one(&pers),
            quantity_max: 4,
            category: fixture::category("parking"),
            plans: BTreeSet::new(),
            refundable: !self.chance(3),
            due: if self.chance(4) { Due::AtProperty } else { Due::Now },
        }
    }

    fn request(&mut self, card: &RateCard) -> RateRequest {
        let from = fixture::date("2026-06-10").checked_add(i32::try_from(self.below(6)).unwrap_or(0).days());
        let nights = 1 + i32::try_from(self.below(8)).unwrap_or(0);
        let mut request = fixture::request(&from.expect("a date").to_string(), nights);
        request.at += jiff::SignedDuration::from_hours(self.one(&[0, 24, 240, 960]));
        for slot in &mut request.slots {
            slot.places = self.one(&[Some(10), None, Some(7), Some(4), Some(0)]);
            slot.taken = self.number(slot.places.unwrap_or(0) + 1);
        }
        let units = 1 + self.below(3);
        request.units = (0..units)
            .map(|_| Unit {
                unit_type: card.unit_types.get(self.below(3)).map(|unit_type| unit_type.id.clone()),
                guests: self
                    .maybe(2, |draw| {
                        let (adults, children) = (1 + draw.number(3), draw.below(3));
                        let ages: Vec<u8> = (0..children).map(|_| draw.one(&[1, 7, 11, 14, 17])).collect();
                        fixture::guests(adults, &ages).guests
                    })
                    .flatten(),
            })
            .collect();
        request.channel = fixture::channel(self.one(&["web", "web", "partner"]));
        for extra in &card.extras {
            if self.chance(3) {
                request.extras.push(ExtraChoice { extra: extra.id.clone(), quantity: 1 + self.number(2) });
            }
        }
        request.promotion = self.maybe(3, |_| PromotionCode::parse("summer").expect("a code"));
        request.is_free_before = self.one(&[None, Some(true), Some(false), Some(false)]);
        request.is_free_after = request.is_free_before;
        if self.chance(4) {
            request.promotion = None;
            let amount = self.amount(90);
            request.price_override =
                Some(fixture::price_override(fixture::money(amount, self.currency.code())));
        }
        request
    }

    /// Fewer than `most` times something for a date under a plan.
    fn dated(&mut self, most: usize) -> DatedRates {
        let days = ["2026-06-12", "2026-06-13", "2026-06-14"];
        let entry = |draw: &mut Self| {
            let limits = match draw.below(6) {
                0 | 1 => Limits::default(),
                2 => Limits { fills_gaps: true, ..Limits::default() },
                3 => Limits { sold_together: true, ..Limits::default() },
                _ => draw.limits(),
            };
            let price = draw.maybe(2, |draw| draw.money(70));
            (draw.one(&days), draw.one(&PLANS), DateRates { price, limits })
        };
        let count = self.below(most);
        let entries: Vec<(&str, &str, DateRates)> = (0..count).map(|_| entry(self)).collect();
        fixture::set(&entries)
    }
}
