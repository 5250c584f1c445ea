//! The slots beside those of a calendar. Whether a stay may begin with its last slot depends on what comes after it.

use std::collections::BTreeSet;

use holdfast_domain::catalogue::{
    DAYS_PER_HOLD_MAX, Month, NIGHTS_PER_HOLD_MAX, SLOTS_PER_HOLD_MAX, Schedule,
};
use holdfast_domain::rates::sale::{DAYS_AHEAD, SoldSlot, SoldSlots, days_ahead};
use holdfast_domain::{Resource, Slot};
use jiff::ToSpan;
use jiff::civil::Date;

/// The most pages of inventory that are read beside those of a calendar, where a minimum stay does not count in a gap.
pub const GAP_PAGES_MAX: usize = 8;

/// Slots before and after those of a calendar, as far as they decide about stays with these.
#[derive(Default)]
pub(super) struct Beside {
    before: Option<Slot>,
    after: Vec<Slot>,
    /// The local date before which no slot is left out.
    to: Date,
}

impl Beside {
    /// Of slots of a calendar where stays have to be as long as `longest` says.
    pub(super) fn of(resource: &Resource, slots: &[Slot], longest: u32) -> Self {
        let (Some(first), Some(last)) = (slots.first(), slots.last()) else { return Self::default() };
        let date = resource.terms.local_date(first);
        let from = date.yesterday().unwrap_or(date);
        let before = date.tomorrow().ok().and_then(|to| resource.calendar(from, to).ok()).unwrap_or_default();
        let before = before.into_iter().rfind(|slot| slot.end <= first.start);
        let date = resource.terms.local_date(last);
        let to = later(date, days_ahead(longest) + 1);
        // The last itself, and one more than a stay from there has.
        let most = most(&resource.terms.schedule).0 + 2;
        let part = resource.calendar_part(date, to, Some(last.start), most);
        let (mut after, more) = part.unwrap_or_default();
        after.retain(|slot| slot.start > last.start);
        let to = match (&resource.terms.schedule, more) {
            (Schedule::Event { .. }, _) => Date::MAX,
            (Schedule::Nightly { .. } | Schedule::Slots(_), None) => to,
            (Schedule::Nightly { .. } | Schedule::Slots(_), Some(more)) => {
                resource.terms.time_zone.to_datetime(more).date()
            }
        };
        Self { before, after, to }
    }

    /// The pages, beside those that are known, of the slots that may bound a gap: at most [`GAP_PAGES_MAX`].
    pub(super) fn pages(&self, longest: u32, known: &BTreeSet<String>) -> BTreeSet<String> {
        let near = usize::try_from(longest).unwrap_or(usize::MAX);
        let slots = self.before.iter().chain(self.after.iter().take(near));
        let mut names: BTreeSet<String> = BTreeSet::new();
        for slot in slots.filter(|slot| !known.contains(&slot.page)) {
            if names.len() == GAP_PAGES_MAX && !names.contains(&slot.page) {
                break;
            }
            names.insert(slot.page.clone());
        }
        names
    }
}

/// The most slots and days of a hold.
fn most(schedule: &Schedule) -> (usize, i32) {
    match schedule {
        Schedule::Nightly { .. } => (usize::try_from(NIGHTS_PER_HOLD_MAX).unwrap_or(0), NIGHTS_PER_HOLD_MAX),
        Schedule::Slots(_) | Schedule::Event { .. } => (SLOTS_PER_HOLD_MAX, DAYS_PER_HOLD_MAX),
    }
}

/// Slots of a calendar among those beside them, for what restricts stays with them. `is_free` says whether a place of a slot could be held,
/// where it is known.
pub(super) fn sold_slots(
    resource: &Resource,
    slots: &[Slot],
    beside: &Beside,
    is_free: impl Fn(&Slot) -> Option<bool>,
) -> SoldSlots {
    let (schedule, zone) = (&resource.terms.schedule, &resource.terms.time_zone);
    let all: Vec<Slot> = beside.before.iter().chain(slots).chain(&beside.after).cloned().collect();
    let sold = |(run, slot): (usize, Slot)| SoldSlot {
        date: resource.terms.local_date(&slot),
        start: slot.start,
        departure: zone.to_datetime(slot.end).date(),
        run,
        is_free: is_free(&slot),
    };
    let runs = schedule.pieces(&all, zone).into_iter().enumerate();
    let begins = usize::from(beside.before.is_some());
    let (slots_max, days_max) = most(schedule);
    SoldSlots {
        slots: runs
            .flat_map(|(run, slots)| slots.into_iter().map(move |slot| (run, slot)))
            .map(sold)
            .collect(),
        asked: begins..begins + slots.len(),
        to: beside.to,
        slots_max,
        days_max,
    }
}

/// The months after the last slot of a calendar whose rates are read with those of its slots.
pub(super) fn months_ahead(resource: &Resource, last: Option<&Slot>) -> BTreeSet<Month> {
    months_to(resource, last, i32::try_from(DAYS_AHEAD).unwrap_or(0))
}

/// The months after the last slot whose rates decide where stays have to be as long as `longest` says.
pub(super) fn months_far_ahead(resource: &Resource, last: Option<&Slot>, longest: u32) -> BTreeSet<Month> {
    months_to(resource, last, days_ahead(longest))
}

fn months_to(resource: &Resource, last: Option<&Slot>, days: i32) -> BTreeSet<Month> {
    match (&resource.terms.schedule, last) {
        (Schedule::Nightly { .. } | Schedule::Slots(_), Some(last)) => {
            let date = resource.terms.local_date(last);
            // A stay may depart on the day after, beside which there is another.
            let to = later(date, days + 2);
            date.series(1.day()).take_while(|one| *one <= to).map(Month::of).collect()
        }
        (Schedule::Event { .. }, _) | (_, None) => BTreeSet::new(),
    }
}

fn later(date: Date, days: i32) -> Date {
    date.checked_add(days.days()).unwrap_or(Date::MAX)
}
