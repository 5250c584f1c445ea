//! The second evaluator's restrictions and cancellations, by the sentences that clients read (`DateLimits`, `DatedLimits`, `Restriction`,
//! `CancellationStep` and `CancellationTerms` in `docs/reference.md`, "Prices, plans and quotes" in `docs/api.md`): night by night, date by
//! date, each time from the beginning.

use holdfast_domain::rates::cancellation::{Deadline, Penalty};
use holdfast_domain::rates::charge::{ChargeKind, Due};
use holdfast_domain::rates::plan::Payment;
use holdfast_domain::rates::restriction::{Limits, Restriction};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::naive::{Naive, Q, Reckoned, Sums, by_slot, for_charge, shared};

/// A reason why a plan is not sold, in the words of the contract.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Refusal {
    /// `reason`.
    pub(crate) reason: &'static str,
    /// `restrictionId`; none for what is set for a date.
    pub(crate) restriction: Option<String>,
    /// `limit`.
    pub(crate) limit: Option<u32>,
    /// `from` and `to`, of what is sold together.
    pub(crate) together: Option<(Date, Date)>,
    /// `date`: the earliest that it is about.
    pub(crate) date: Option<Date>,
}

/// What a cancellation keeps, and by which words of the terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) amount: i64,
    pub(crate) by: Vec<&'static str>,
}

impl Naive<'_> {
    fn arrival(&self) -> Date {
        self.case.request.slots[0].date
    }

    fn departure(&self) -> Date {
        let end = self.case.request.slots[self.case.request.slots.len() - 1].slot.end;
        self.case.request.zone.to_offset(end).to_datetime(end).date()
    }

    fn has_night(&self, date: Date) -> bool {
        self.case.request.slots.iter().any(|slot| slot.date == date)
    }

    fn nights(&self) -> u32 {
        u32::try_from(self.case.request.slots.len()).expect("few")
    }

    fn units(&self) -> u32 {
        u32::try_from(self.case.request.units.len()).expect("few")
    }

    fn fills_the_gap(&self) -> bool {
        self.case.request.is_free_before == Some(false) && self.case.request.is_free_after == Some(false)
    }

    /// Whether a restriction is one of a plan: "its plans; all if left out. A derived plan has the restrictions of the plan it derives
    /// from, but where it is one of `notPlans`."
    fn is_of(&self, restriction: &Restriction, id: &str) -> bool {
        if restriction.not_plans.iter().any(|plan| plan.as_str() == id) {
            return false;
        }
        if restriction.plans.is_empty() || restriction.plans.iter().any(|plan| plan.as_str() == id) {
            return true;
        }
        let names = self.names(id);
        names.len() > 1 && self.is_of(restriction, &names[1])
    }

    fn is_on(&self, restriction: &Restriction, date: Date) -> bool {
        let mut is_in_range = restriction.dates.is_empty();
        for range in &restriction.dates {
            if range.from <= date && date < range.to {
                is_in_range = true;
            }
        }
        is_in_range && (restriction.weekdays.is_empty() || restriction.weekdays.contains(&date.weekday()))
    }

    /// The number that is set for a date: under the plan, else under the one that it derives from, and so on. With it whether it is relaxed for gaps: there, or
    /// under a plan that came before.
    fn set_number(&self, id: &str, date: Date, of: fn(&Limits) -> Option<u32>) -> Option<(u32, bool)> {
        let mut relaxed = false;
        for name in self.names(id) {
            if let Some(set) = self.case.dated.of(date, &self.plan(&name).id) {
                if set.limits.fills_gaps {
                    relaxed = true;
                }
                if let Some(number) = of(&set.limits) {
                    return Some((number, relaxed));
                }
            }
        }
        None
    }

    /// Whether a yes is set for a date, under the plan or under one that it derives from.
    fn set_yes(&self, id: &str, date: Date, of: fn(&Limits) -> bool) -> bool {
        for name in self.names(id) {
            if let Some(set) = self.case.dated.of(date, &self.plan(&name).id)
                && of(&set.limits)
            {
                return true;
            }
        }
        false
    }

    /// Every number that counts on a date: what is set for it, or else those of the card; whether it is relaxed for gaps.
    fn numbers(
        &self,
        id: &str,
        date: Date,
        of: fn(&Limits) -> Option<u32>,
    ) -> Vec<(Option<String>, u32, bool)> {
        if let Some((number, relaxed)) = self.set_number(id, date, of) {
            return vec![(None, number, relaxed)];
        }
        let set_for_gaps = self.set_yes(id, date, |limits| limits.fills_gaps);
        let mut numbers = Vec::new();
        for restriction in self.restrictions(id, date) {
            if let Some(number) = of(&restriction.limits) {
                let relaxed = set_for_gaps || restriction.limits.fills_gaps;
                numbers.push((Some(restriction.id.to_string()), number, relaxed));
            }
        }
        numbers
    }

    /// Everything that says yes on a date: what is set for it, and the card.
    fn yeses(&self, id: &str, date: Date, of: fn(&Limits) -> bool) -> Vec<Option<String>> {
        let mut yeses = Vec::new();
        if self.set_yes(id, date, of) {
            yeses.push(None);
        }
        for restriction in self.restrictions(id, date) {
            if of(&restriction.limits) {
                yeses.push(Some(restriction.id.to_string()));
            }
        }
        yeses
    }

    /// The card's restrictions of a plan on a date, where it is asked.
    fn restrictions(&self, id: &str, date: Date) -> Vec<&Restriction> {
        let mut found = Vec::new();
        for restriction in &self.case.card.restrictions {
            let is_here =
                restriction.channels.is_empty() || restriction.channels.contains(&self.case.request.channel);
            if is_here && self.is_of(restriction, id) && self.is_on(restriction, date) {
                found.push(restriction);
            }
        }
        found
    }

    /// Why a plan is not sold for the stay; sold, if there is no reason.
    pub(crate) fn refusals(&self, id: &str) -> Vec<Refusal> {
        let mut all: Vec<Refusal> = Vec::new();
        let mut say = |reason, restriction: Option<String>, limit, together, date| {
            let said = Refusal { reason, restriction, limit, together, date };
            if !all.iter().any(|known| Refusal { date: known.date, ..said.clone() } == *known) {
                all.push(said);
            }
        };
        let plan = self.plan(id);
        if !plan.channels.is_empty() && !plan.channels.contains(&self.case.request.channel) {
            say("channel", None, None, None, None);
        }
        let (asked, start) = (self.case.request.at, self.case.request.slots[0].slot.start);
        let mut date = self.arrival();
        while date <= self.departure() {
            if date == self.arrival() {
                for (name, least, relaxed) in self.numbers(id, date, |limits| limits.stay_min_on_arrival) {
                    if self.nights() < least && !(relaxed && self.fills_the_gap()) {
                        say("stay_min", name, Some(least), None, Some(date));
                    }
                }
                for (name, most, _) in self.numbers(id, date, |limits| limits.stay_max_on_arrival) {
                    if self.nights() > most {
                        say("stay_max", name, Some(most), None, Some(date));
                    }
                }
                for name in self.yeses(id, date, |limits| limits.closed_to_arrival) {
                    say("closed_to_arrival", name, None, None, Some(date));
                }
                for (name, minutes, _) in self.numbers(id, date, |limits| limits.notice_minutes_min) {
                    if asked.as_second() + i64::from(minutes) * 60 > start.as_second() {
                        say("notice_min", name, Some(minutes), None, Some(date));
                    }
                }
                for (name, most, _) in self.numbers(id, date, |limits| limits.window_days_max) {
                    let mut days = 0;
                    let mut day = self.case.request.zone.to_offset(asked).to_datetime(asked).date();
                    while day < date {
                        day = day.tomorrow().expect("a date");
                        days += 1;
                    }
                    if days > most {
                        say("window_max", name, Some(most), None, Some(date));
                    }
                }
                for (name, least, _) in self.numbers(id, date, |limits| limits.quantity_min) {
                    if self.units() < least {
                        say("quantity_min", name, Some(least), None, Some(date));
                    }
                }
                for (name, most, _) in self.numbers(id, date, |limits| limits.quantity_max) {
                    if self.units() > most {
                        say("quantity_max", name, Some(most), None, Some(date));
                    }
                }
            }
            if self.has_night(date) {
                for name in self.yeses(id, date, |limits| limits.stop_sell) {
                    say("stop_sell", name, None, None, Some(date));
                }
                for (name, least, relaxed) in self.numbers(id, date, |limits| limits.stay_min_through) {
                    if self.nights() < least && !(relaxed && self.fills_the_gap()) {
                        say("stay_min", name, Some(least), None, Some(date));
                    }
                }
                for (name, most, _) in self.numbers(id, date, |limits| limits.stay_max_through) {
                    if self.nights() > most {
                        say("stay_max", name, Some(most), None, Some(date));
                    }
                }
                for restriction in self.restrictions(id, date) {
                    if !restriction.limits.sold_together {
                        continue;
                    }
                    for range in &restriction.dates {
                        let (mut has_this, mut misses_one) = (false, false);
                        let mut day = range.from;
                        while day < range.to {
                            has_this |= day == date;
                            misses_one |= self.is_on(restriction, day) && !self.has_night(day);
                            day = day.tomorrow().expect("a date");
                        }
                        if has_this && misses_one {
                            let (name, together) = (restriction.id.to_string(), (range.from, range.to));
                            say("sold_together", Some(name), None, Some(together), Some(date));
                        }
                    }
                }
                if self.set_yes(id, date, |limits| limits.sold_together) {
                    let (mut from, mut to) = (date, date);
                    while self.set_yes(id, from.yesterday().expect("a date"), |limits| limits.sold_together) {
                        from = from.yesterday().expect("a date");
                    }
                    while self.set_yes(id, to, |limits| limits.sold_together) {
                        to = to.tomorrow().expect("a date");
                    }
                    let mut misses_one = false;
                    let mut day = from;
                    while day < to {
                        misses_one |= !self.has_night(day);
                        day = day.tomorrow().expect("a date");
                    }
                    if misses_one {
                        say("sold_together", None, None, Some((from, to)), Some(date));
                    }
                }
            }
            if date == self.departure() {
                for name in self.yeses(id, date, |limits| limits.closed_to_departure) {
                    say("closed_to_departure", name, None, None, Some(date));
                }
            }
            date = date.tomorrow().expect("a date");
        }
        all.sort();
        all
    }

    /// What is never given back of what is paid with the booking: extras, fees and taxes that say so.
    fn never_given_back(&self, id: &str, sums: &Sums) -> i64 {
        if self.plan(id).payment == Payment::AtProperty {
            return 0;
        }
        let mut kept = 0;
        for (code, amount) in &sums.codes {
            for extra in &self.case.card.extras {
                if extra.id.as_str() == code && !extra.refundable && extra.due == Due::Now {
                    kept += amount;
                }
            }
            for charge in &self.case.card.charges {
                if charge.id.as_str() == code && !charge.refundable && charge.due == Due::Now {
                    kept += amount;
                }
            }
        }
        kept
    }

    /// "The price of the first slots, with what they are taxed": what their places cost after a promotion, and of each tax on top that is
    /// paid with the booking and may be given back, what is levied on these.
    fn first_slots(&self, reckoned: &Reckoned, count: u32) -> i64 {
        let (slots, units) = (self.case.request.slots.len(), self.case.request.units.len());
        let mut by_slot_of_all = vec![0_i64; slots];
        for (index, left) in reckoned.places.iter().enumerate() {
            by_slot_of_all[index / units] += left;
        }
        for charge in &self.case.card.charges {
            let is_tax_on_top = charge.kind == ChargeKind::Tax && !charge.included;
            if !is_tax_on_top || !charge.refundable || charge.due != Due::Now {
                continue;
            }
            let all = self.levied(charge, &for_charge(charge, &reckoned.parts, &reckoned.undiscounted), true);
            let mut of_places = all.clone();
            of_places.retain(|(_, _, is_of_places)| *is_of_places);
            let mut weights = by_slot(&of_places, slots);
            weights.push(by_slot(&all, slots).iter().sum::<i128>() - weights.iter().sum::<i128>());
            let amount = reckoned.sums.codes[charge.id.as_str()];
            let parts = shared(amount, self.case.step, &weights);
            for slot in 0..slots {
                by_slot_of_all[slot] += parts[slot];
            }
        }
        let mut price = 0;
        for (slot, amount) in by_slot_of_all.into_iter().enumerate() {
            if u32::try_from(slot).expect("few") < count {
                price += amount;
            }
        }
        price
    }

    /// What a cancellation at an instant keeps of what is paid with the booking, where the plan costs that much.
    pub(crate) fn kept(&self, id: &str, reckoned: &Reckoned, at: Timestamp) -> Kept {
        let (request, terms) = (&self.case.request, &self.plan(id).cancellation);
        let start = request.slots[0].slot.start;
        let paid = reckoned.sums.now;
        if at >= start {
            return Kept { amount: paid, by: vec!["begun"] };
        }
        let always = self.never_given_back(id, &reckoned.sums);
        let part = if always > 0 { "with what is kept always" } else { "of all" };
        let hours = i128::from(terms.free_hours_after_booking);
        if hours > 0 && at.as_nanosecond() <= request.at.as_nanosecond() + hours * 3_600_000_000_000 {
            return Kept { amount: always, by: vec!["free hours", part] };
        }
        let local = |instant: Timestamp| request.zone.to_offset(instant).to_datetime(instant);
        for step in &terms.steps {
            let (is_in_time, deadline) = match step.deadline {
                Deadline::HoursBefore(hours) => {
                    let before = i128::from(hours) * 3_600_000_000_000;
                    (at.as_nanosecond() + before <= start.as_nanosecond(), "hours before")
                }
                Deadline::DaysBefore { days, time } => {
                    let mut last = local(start).date();
                    for _ in 0..days {
                        last = last.yesterday().expect("a date");
                    }
                    let (day, hour) = (local(at).date(), local(at).time());
                    match time {
                        None => (day <= last, "days before"),
                        Some(time) => (day < last || (day == last && hour <= time), "days before at a time"),
                    }
                }
            };
            if !is_in_time {
                continue;
            }
            let refundable = paid - always;
            let (penalty, word) = match step.penalty {
                Penalty::Percent(share) => {
                    let share = Q::whole(i64::from(share.value())).times(Q::whole(100).inverse());
                    (Q::whole(refundable).times(share).amount(self.case.step), "percent")
                }
                Penalty::FirstSlots(count) => (self.first_slots(reckoned, count), "slots"),
                Penalty::Amount(amount) => (amount.amount(), "amount"),
            };
            let amount = always + penalty.min(refundable);
            return Kept { amount, by: vec![deadline, word, part] };
        }
        Kept { amount: paid, by: vec!["past the last"] }
    }
}
