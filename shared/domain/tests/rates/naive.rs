//! A second evaluator, as slow and plain as it can be: fractions of whole numbers, everything looked for again each time. It knows prices
//! of slots, sums of charges and totals; it does not make lines.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::charge::{BandLevy, Charge, ChargeKind, Due, Levy, Per};
use holdfast_domain::rates::condition::{Bounds, Condition};
use holdfast_domain::rates::plan::{Payment, PlanPrice, RatePlan};
use holdfast_domain::rates::promotion::Discount;
use holdfast_domain::rates::rule::{Adjustment, Rule};
use jiff::civil::Time;
use rust_decimal::Decimal;

use crate::generate::Case;

/// What the second evaluator says of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    /// The price of each slot of each unit.
    pub(crate) slots: Vec<i64>,
    /// What a promotion takes off.
    pub(crate) discount: i64,
    /// What each extra, fee and tax on top costs.
    pub(crate) codes: BTreeMap<String, i64>,
    /// What each included tax is.
    pub(crate) included: BTreeMap<String, i64>,
    pub(crate) now: i64,
    pub(crate) at_property: i64,
}

/// Something that taxes are levied on: its category, its slot, of the places their unit, and the amount.
pub(crate) type Part = (String, usize, Option<usize>, i64);

/// What is levied: on which slot, how much, and whether on what its places cost or for the slot itself.
pub(crate) type Levied = (usize, Q, bool);

/// Everything that a plan costs, and how it came to that.
pub(crate) struct Reckoned {
    pub(crate) sums: Sums,
    /// What each slot of each unit costs after a promotion.
    pub(crate) places: Vec<i64>,
    /// What taxes are levied on.
    pub(crate) parts: Vec<Part>,
    /// What the places are before a promotion.
    pub(crate) undiscounted: Vec<Part>,
}

/// A fraction; the lower number is above nothing.
#[derive(Clone, Copy)]
pub(crate) struct Q(i128, i128);

impl Q {
    pub(crate) fn whole(number: i64) -> Self {
        Self(i128::from(number), 1)
    }

    fn of(decimal: Decimal) -> Self {
        Self(decimal.mantissa(), 10_i128.pow(decimal.scale())).lowest()
    }

    fn lowest(self) -> Self {
        let (mut a, mut b) = (self.0.abs(), self.1);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Self(self.0 / a.max(1), self.1 / a.max(1))
    }

    fn plus(self, other: Self) -> Self {
        Self(self.0 * other.1 + other.0 * self.1, self.1 * other.1).lowest()
    }

    pub(crate) fn times(self, other: Self) -> Self {
        Self(self.0 * other.0, self.1 * other.1).lowest()
    }

    fn by(self, other: Self) -> Self {
        self.times(other.inverse())
    }

    /// One divided by it; it is above nothing.
    pub(crate) fn inverse(self) -> Self {
        Self(self.1, self.0)
    }

    /// The nearest multiple of a fraction, the upper of two.
    fn to_multiple_of(self, unit: Self) -> Self {
        let quotient = self.by(unit);
        let mut whole = quotient.0 / quotient.1;
        while whole * quotient.1 > quotient.0 {
            whole -= 1;
        }
        let rest = quotient.0 - whole * quotient.1;
        if 2 * rest >= quotient.1 {
            whole += 1;
        }
        Self(whole, 1).times(unit)
    }

    /// With ten decimals, as prices on their way have.
    fn ten_decimals(self) -> Self {
        self.to_multiple_of(Self(1, 10_000_000_000))
    }

    pub(crate) fn amount(self, step: i64) -> i64 {
        let multiple = self.to_multiple_of(Self::whole(step));
        i64::try_from(multiple.0).expect("in range")
    }

    fn is_below(self, other: Self) -> bool {
        self.0 * other.1 < other.0 * self.1
    }
}

pub(crate) struct Naive<'a> {
    pub(crate) case: &'a Case,
}

impl Naive<'_> {
    fn card(&self) -> &RateCard {
        &self.case.card
    }

    pub(crate) fn plan(&self, id: &str) -> &RatePlan {
        self.card().plans.iter().find(|plan| plan.id.as_str() == id).expect("a plan")
    }

    /// The plan's name and those of the plans it derives from.
    pub(crate) fn names(&self, id: &str) -> Vec<String> {
        match &self.plan(id).price {
            PlanPrice::Base(_) => vec![id.to_owned()],
            PlanPrice::Derived { from, .. } => {
                let mut names = self.names(from.as_str());
                names.insert(0, id.to_owned());
                names
            }
        }
    }

    fn guests(&self, unit: usize, above: Option<u8>) -> i64 {
        let adults =
            || self.card().occupancy.as_ref().map_or(1, |occupancy| i64::from(occupancy.included_adults));
        self.case.request.units[unit].guests.as_ref().map_or_else(adults, |guests| {
            let mut count = i64::from(guests.adults);
            for age in &guests.child_ages {
                if above.is_none_or(|limit| *age > limit) {
                    count += 1;
                }
            }
            count
        })
    }

    fn date(&self, slot: usize) -> jiff::civil::Date {
        self.case.request.slots[slot].date
    }

    /// What a slot of a unit costs, and the groups of the rules that made it.
    fn price(&self, id: &str, slot: usize, unit: usize) -> (i64, BTreeSet<String>) {
        let plan = self.plan(id);
        let parent = match &plan.price {
            PlanPrice::Base(_) => None,
            PlanPrice::Derived { from, .. } => Some(self.price(from.as_str(), slot, unit)),
        };
        let set = self.case.dated.of(self.date(slot), &plan.id).and_then(|rates| rates.price);
        let (mut price, mut groups, is_first) = match (set, &plan.price) {
            (Some(set), _) => (Q::whole(set.amount()), BTreeSet::new(), true),
            (None, PlanPrice::Base(base)) => (Q::whole(base.amount()), BTreeSet::new(), true),
            (None, PlanPrice::Derived { adjustment, .. }) => {
                let (above, used) = parent.clone().expect("a parent");
                (adjusted(Q::whole(above), *adjustment), used, false)
            }
        };
        if is_first {
            price = self.for_unit(price, unit);
        }
        let mut rules: Vec<&Rule> =
            self.card().rules.iter().filter(|rule| self.is_for(rule, id, is_first)).collect();
        while let Some(index) = lowest(&rules) {
            let rule = rules.remove(index);
            let name = rule.group.as_ref().map(|group| group.as_str().to_owned());
            if name.as_ref().is_some_and(|name| groups.contains(name)) || !self.is_met(&rule.when, slot, unit)
            {
                continue;
            }
            price = adjusted(price, rule.adjustment);
            groups.extend(name);
        }
        let mut amount = price.amount(self.case.step);
        let fence = |fence: &Option<holdfast_domain::Money>, is_least: bool, amount: i64| {
            fence.as_ref().map_or(amount, |fence| {
                if is_least { amount.max(fence.amount()) } else { amount.min(fence.amount()) }
            })
        };
        amount = fence(&self.card().price_min, true, amount);
        amount = fence(&self.card().price_max, false, amount);
        if let (Some((above, _)), PlanPrice::Derived { adjustment, .. }) = (parent, &plan.price) {
            let lowers = match adjustment {
                Adjustment::Price(_) => false,
                Adjustment::Percent(percentage) => {
                    percentage.value().is_sign_negative() && !percentage.value().is_zero()
                }
                Adjustment::Amount(amount) => *amount < 0,
            };
            if lowers && amount > above {
                amount = above;
            }
        }
        (amount, groups)
    }

    fn for_unit(&self, price: Q, unit: usize) -> Q {
        let asked = &self.case.request.units[unit];
        let mut price = price;
        for kind in &self.card().unit_types {
            if asked.unit_type.as_ref() == Some(&kind.id) {
                price = price.times(Q(i128::from(kind.percent), 100));
            }
        }
        if let (Some(occupancy), Some(guests)) = (&self.card().occupancy, &asked.guests) {
            let beyond = i64::from(guests.adults) - i64::from(occupancy.included_adults);
            let each = if beyond > 0 { &occupancy.extra_adult } else { &occupancy.missing_adult };
            let mut cost = beyond * each.amount();
            for age in &guests.child_ages {
                let band =
                    occupancy.child_bands.iter().find(|band| (band.from_age..=band.to_age).contains(age));
                cost += band.map_or(occupancy.extra_adult.amount(), |band| band.price.amount());
            }
            price = price.plus(Q::whole(cost));
        }
        if price.is_below(Q::whole(0)) { Q::whole(0) } else { price }
    }

    fn is_for(&self, rule: &Rule, id: &str, is_first: bool) -> bool {
        let names = self.names(id);
        let has = |name: &str| rule.when.plans.iter().any(|plan| plan.as_str() == name);
        if is_first {
            rule.when.plans.is_empty() || names.iter().any(|name| has(name))
        } else {
            has(id) && !names[1..].iter().any(|name| has(name))
        }
    }

    fn is_met(&self, when: &Condition, slot: usize, unit: usize) -> bool {
        let request = &self.case.request;
        let (stay_slot, date) = (&request.slots[slot], self.date(slot));
        let within = |bounds: &Option<Bounds>, number: i64| {
            bounds.is_none_or(|bounds| {
                bounds.min.is_none_or(|min| number >= i64::from(min))
                    && bounds.max.is_none_or(|max| number <= i64::from(max))
            })
        };
        let local: Time =
            request.zone.to_offset(stay_slot.slot.start).to_datetime(stay_slot.slot.start).time();
        let asked = request.zone.to_offset(request.at).to_datetime(request.at).date();
        let mut lead = 0_i64;
        let mut day = asked;
        while day < self.date(0) {
            day = day.tomorrow().expect("a date");
            lead += 1;
        }
        let sold = match stay_slot.places {
            None => 0,
            Some(0) => 100,
            Some(places) => {
                let taken = i64::from(stay_slot.taken) + i64::try_from(unit).expect("small");
                (taken * 100 / i64::from(places)).min(100)
            }
        };
        let count = |length: usize| i64::try_from(length).expect("small");
        let calendar = when.calendar.as_ref().is_none_or(|id| self.card().calendars[id].contains(&date));
        let times = when.times.is_none_or(|(from, to)| {
            if to < from { !(to <= local && local < from) } else { from <= local && local < to }
        });
        (when.dates.is_empty() || when.dates.iter().any(|range| range.from <= date && date < range.to))
            && (when.weekdays.is_empty() || when.weekdays.contains(&date.weekday()))
            && calendar
            && times
            && within(&when.slots, count(request.slots.len()))
            && when.from_slot.is_none_or(|from| count(slot) + 1 >= i64::from(from))
            && within(&when.quantity, count(request.units.len()))
            && within(&when.lead_days, lead)
            && within(&when.sold_percent, sold)
            && within(&when.guests, self.guests(unit, None))
            && (when.channels.is_empty() || when.channels.contains(&request.channel))
    }

    /// Everything that a plan costs.
    pub(crate) fn reckoned(&self, id: &str) -> Reckoned {
        let (slots, units) = (self.case.request.slots.len(), self.case.request.units.len());
        let plan = self.plan(id);
        let mut sums = Sums::default();
        for slot in 0..slots {
            for unit in 0..units {
                sums.slots.push(self.price(id, slot, unit).0);
            }
        }
        if let Some(set) = &self.case.request.price_override {
            let is_free = sums.slots.iter().all(|price| *price == 0);
            let weight = |price: &i64| if is_free { 1 } else { i128::from(*price) };
            let weights: Vec<i128> = sums.slots.iter().map(weight).collect();
            sums.slots = shared(set.amount.amount(), self.case.step, &weights);
        }
        let total: i64 = sums.slots.iter().sum();
        if let (Some(code), Some(promotion)) = (&self.case.request.promotion, self.card().promotions.first())
            && *code == promotion.code
        {
            sums.discount = match promotion.discount {
                Discount::Percent(percentage) => {
                    Q::whole(total).times(Q::of(percentage.value())).times(Q(1, 100)).amount(self.case.step)
                }
                Discount::Amount(amount) => amount.amount().min(total),
            };
        }
        let prices: Vec<i128> = sums.slots.iter().map(|price| i128::from(*price)).collect();
        let off = shared(sums.discount, self.case.step, &prices);
        let (mut parts, mut places): (Vec<Part>, Vec<i64>) = (Vec::new(), Vec::new());
        // The places without what the promotion takes off.
        let mut undiscounted: Vec<Part> = Vec::new();
        for (index, (price, off)) in sums.slots.iter().zip(off).enumerate() {
            let (slot, unit) = (index / units, index % units);
            places.push(price - off);
            for (parts, off) in [(&mut parts, off), (&mut undiscounted, 0)] {
                let mut left = price - off;
                for included in &plan.included {
                    if let Some(value) = included.value {
                        let part = (value.amount() * self.guests(unit, None)).min(left);
                        left -= part;
                        parts.push((included.category.to_string(), slot, Some(unit), part));
                    }
                }
                parts.push(("stay".to_owned(), slot, Some(unit), left));
            }
        }
        let mut due_now: BTreeMap<String, bool> = BTreeMap::new();
        for choice in &self.case.request.extras {
            let extra = self.card().extras.iter().find(|extra| extra.id == choice.extra).expect("an extra");
            let per_time = extra.price.amount() * i64::from(choice.quantity) * self.counted(extra.per, None);
            let times = if self.is_each_slot(extra.per) { slots } else { 1 };
            for slot in 0..times {
                parts.push((extra.category.to_string(), slot, None, per_time));
            }
            sums.codes.insert(extra.id.to_string(), per_time * i64::try_from(times).expect("small"));
            due_now.insert(extra.id.to_string(), extra.due == Due::Now);
        }
        let before_fees = parts.clone();
        for charge in &self.card().charges {
            if let ChargeKind::Fee { category } = &charge.kind {
                let each = self.levied(charge, &for_charge(charge, &before_fees, &undiscounted), false);
                let amount = total_of(&each).amount(self.case.step);
                sums.codes.insert(charge.id.to_string(), amount);
                due_now.insert(charge.id.to_string(), charge.due == Due::Now);
                for (slot, part) in shared(amount, 1, &by_slot(&each, slots)).into_iter().enumerate() {
                    parts.push((category.to_string(), slot, None, part));
                }
            }
        }
        for charge in self.card().charges.iter().filter(|charge| charge.kind == ChargeKind::Tax) {
            let levied = total_of(&self.levied(charge, &for_charge(charge, &parts, &undiscounted), true));
            if charge.included {
                sums.included.insert(charge.id.to_string(), levied.amount(1));
            } else {
                sums.codes.insert(charge.id.to_string(), levied.amount(self.case.step));
                due_now.insert(charge.id.to_string(), charge.due == Due::Now);
            }
        }
        let all_later = plan.payment == Payment::AtProperty;
        let (mut now, mut later) = (0, 0);
        let stay = total - sums.discount;
        if all_later {
            later += stay
        } else {
            now += stay
        }
        for (code, amount) in &sums.codes {
            if due_now[code] && !all_later { now += amount } else { later += amount }
        }
        (sums.now, sums.at_property) = (now, later);
        Reckoned { sums, places, parts, undiscounted }
    }

    fn is_each_slot(&self, per: Per) -> bool {
        matches!(per, Per::Slot | Per::UnitSlot | Per::GuestSlot)
    }

    fn counted(&self, per: Per, above: Option<u8>) -> i64 {
        let units = self.case.request.units.len();
        match per {
            Per::Stay | Per::Slot => 1,
            Per::Unit | Per::UnitSlot => i64::try_from(units).expect("small"),
            Per::Guest | Per::GuestSlot => (0..units).map(|unit| self.guests(unit, above)).sum(),
        }
    }

    fn holds(&self, charge: &Charge, slot: usize) -> bool {
        charge.valid.contains(self.date(slot))
            && charge.slots_max.is_none_or(|most| slot < usize::try_from(most).expect("small"))
    }

    /// The percentages that a category includes on a slot, as a fraction of one.
    fn included_in(&self, category: &str, slot: usize) -> Q {
        let mut sum = Q::whole(0);
        for charge in self.card().charges.iter().filter(|charge| charge.included) {
            let Levy::Percent(percentage) = charge.levy else { continue };
            if charge.on.iter().any(|on| on.as_str() == category) && self.holds(charge, slot) {
                sum = sum.plus(Q::of(percentage.value()).times(Q(1, 100)));
            }
        }
        sum
    }

    /// How much of an amount of a slot is a unit's, as much as is of its places.
    fn of_unit(&self, unit: usize, slot: usize, amount: i64, parts: &[Part]) -> i64 {
        let cost = |unit: usize| {
            let of_places = parts.iter().filter(|(_, at, of, _)| (*at, *of) == (slot, Some(unit)));
            of_places.map(|(_, _, _, amount)| i128::from(*amount)).sum::<i128>()
        };
        let mut costs: Vec<i128> = (0..self.case.request.units.len()).map(cost).collect();
        if costs.iter().sum::<i128>() == 0 {
            costs[0] = 1;
        }
        shared(amount, 1, &costs)[unit]
    }

    pub(crate) fn levied(&self, charge: &Charge, parts: &[Part], net: bool) -> Vec<Levied> {
        let mut each = Vec::new();
        match &charge.levy {
            Levy::Percent(percentage) => {
                for (category, slot, unit, amount) in parts {
                    if charge.on.iter().any(|on| on.as_str() == category) && self.holds(charge, *slot) {
                        let one = if net { self.included_in(category, *slot) } else { Q::whole(0) };
                        let base = Q::whole(*amount).by(Q::whole(1).plus(one));
                        let levied = base.times(Q::of(percentage.value())).times(Q(1, 100));
                        each.push((*slot, levied, unit.is_some()));
                    }
                }
            }
            Levy::Amount { amount, per } => {
                let count = self.counted(*per, charge.exempt_to_age);
                for slot in 0..self.case.request.slots.len() {
                    let once = slot == 0 && charge.valid.contains(self.date(0));
                    let is_due = if self.is_each_slot(*per) { self.holds(charge, slot) } else { once };
                    if is_due {
                        each.push((slot, Q::whole(count * amount.amount()), self.is_each_slot(*per)));
                    }
                }
            }
            Levy::Bands(bands) => {
                for slot in 0..self.case.request.slots.len() {
                    for unit in 0..self.case.request.units.len() {
                        let mut price = Q::whole(0);
                        for (category, at, of, amount) in parts {
                            let is_named = charge.on.iter().any(|on| on.as_str() == category);
                            let amount = match of {
                                _ if *at != slot => 0,
                                Some(of) if *of == unit && (is_named || charge.on.is_empty()) => *amount,
                                None if is_named => self.of_unit(unit, slot, *amount, parts),
                                _ => 0,
                            };
                            let one = Q::whole(1).plus(self.included_in(category, slot));
                            price = price.plus(Q::whole(amount).by(one));
                        }
                        let per_guest = price.by(Q::whole(self.guests(unit, None)));
                        let payers = Q::whole(self.guests(unit, charge.exempt_to_age));
                        let mut due = Q::whole(0);
                        for band in bands {
                            if !per_guest.is_below(Q::whole(band.from.amount())) {
                                due = match band.levy {
                                    BandLevy::Amount(amount) => Q::whole(amount.amount()),
                                    BandLevy::Percent(percentage) => {
                                        per_guest.times(Q::of(percentage.value())).times(Q(1, 100))
                                    }
                                };
                            }
                        }
                        if self.holds(charge, slot) {
                            each.push((slot, due.times(payers), true));
                        }
                    }
                }
            }
        }
        each
    }
}

/// What a charge is levied on: the parts, or, in place of those of the places, what they are before a promotion.
pub(crate) fn for_charge(charge: &Charge, parts: &[Part], undiscounted: &[Part]) -> Vec<Part> {
    if !charge.before_discounts {
        return parts.to_vec();
    }
    undiscounted.iter().chain(parts.iter().filter(|(_, _, unit, _)| unit.is_none())).cloned().collect()
}

fn total_of(each: &[Levied]) -> Q {
    each.iter().fold(Q::whole(0), |sum, (_, one, _)| sum.plus(*one))
}

/// How much is of each slot, in parts of a minor unit that are small enough.
pub(crate) fn by_slot(each: &[Levied], slots: usize) -> Vec<i128> {
    let mut sums = vec![0; slots];
    for (slot, one, _) in each {
        sums[*slot] += one.ten_decimals().times(Q(10_000_000_000, 1)).0;
    }
    sums
}

fn adjusted(price: Q, adjustment: Adjustment) -> Q {
    match adjustment {
        Adjustment::Price(price) => Q::whole(price.amount()),
        Adjustment::Percent(percentage) => {
            let factor = Q::of(percentage.value()).times(Q(1, 100)).plus(Q::whole(1));
            price.times(factor).ten_decimals()
        }
        Adjustment::Amount(amount) => {
            let sum = price.plus(Q::whole(amount));
            if sum.is_below(Q::whole(0)) { Q::whole(0) } else { sum }
        }
    }
}

/// The rule that applies before all others.
fn lowest(rules: &[&Rule]) -> Option<usize> {
    let kind = |rule: &Rule| match rule.adjustment {
        Adjustment::Price(_) => 'a',
        Adjustment::Percent(_) => 'b',
        Adjustment::Amount(_) => 'c',
    };
    let mut best: Option<usize> = None;
    for (index, rule) in rules.iter().enumerate() {
        let key = |rule: &Rule| (rule.priority, kind(rule), rule.id.as_str().to_owned());
        if best.is_none_or(|best| key(rule) < key(rules[best])) {
            best = Some(index);
        }
    }
    best
}

/// An amount in parts as large as the weights, by largest remainder.
pub(crate) fn shared(total: i64, step: i64, weights: &[i128]) -> Vec<i64> {
    let sum: i128 = weights.iter().sum();
    let mut parts = vec![0; weights.len()];
    if sum == 0 {
        return parts;
    }
    let mut rests: Vec<i128> = Vec::new();
    for (index, weight) in weights.iter().enumerate() {
        let product = i128::from(total / step) * *weight;
        parts[index] = i64::try_from(product / sum).expect("in range") * step;
        rests.push(product % sum);
    }
    while parts.iter().sum::<i64>() < total {
        let mut largest = 0;
        for index in 0..rests.len() {
            if rests[index] > rests[largest] {
                largest = index;
            }
        }
        parts[largest] += step;
        rests[largest] = -1;
    }
    parts
}
