//! What a cancellation of a stay keeps: a plan's terms as instants and amounts.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use crate::bookings::policy::TICK;
use crate::catalogue::local_time::{instant_on, start_of};
use crate::money::{Currency, Money};
use crate::rates::cancellation::{CancellationTerms, Deadline, KeptStep, Penalty, RefundTerms};
use crate::rates::exact::Exact;

/// What is paid with a booking, as its cancellation has to know it; minor units.
pub(super) struct Paid {
    pub(super) currency: Currency,
    /// All of it.
    pub(super) total: i64,
    /// What of it is never given back.
    pub(super) kept_always: i64,
    /// What the places of each slot cost, with what that is taxed on top; of what is given back as the price is.
    pub(super) by_slot: Vec<i64>,
    /// What is charged is a multiple of this.
    pub(super) step: i64,
}

/// What is kept of a stay from `start` on. A step whose deadline does not come after that of the step before is left out, as it never
/// applies; no deadline is later than the last instant before the start.
pub(super) fn resolve(
    terms: &CancellationTerms,
    start: Timestamp,
    zone: &TimeZone,
    paid: &Paid,
) -> RefundTerms {
    let kept_always = paid.kept_always.clamp(0, paid.total);
    let refundable = paid.total - kept_always;
    let mut steps: Vec<KeptStep> = Vec::new();
    for step in &terms.steps {
        let Some(until) = instant(step.deadline, start, zone) else { continue };
        let penalty = match step.penalty {
            Penalty::Percent(percent) => {
                Exact::share(refundable.into(), percent.value().into(), 100).rounded(paid.step)
            }
            Penalty::FirstSlots(slots) => {
                let first = paid.by_slot.iter().take(usize::try_from(slots).unwrap_or(usize::MAX));
                first.copied().fold(0, i64::saturating_add)
            }
            Penalty::Amount(amount) => amount.amount(),
        };
        let kept = money(kept_always + penalty.clamp(0, refundable), paid.currency);
        if steps.last().is_none_or(|last| last.until < until) {
            steps.push(KeptStep { until, kept });
        }
    }
    RefundTerms {
        free_hours_after_booking: terms.free_hours_after_booking,
        steps,
        kept_always: money(kept_always, paid.currency),
    }
}

/// An amount that is part of a price, which is in range.
fn money(amount: i64, currency: Currency) -> Money {
    Money::new(amount, currency).unwrap_or(Money::zero(currency))
}

/// The last instant of a deadline; `None` before the beginning of time.
fn instant(deadline: Deadline, start: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let until = match deadline {
        Deadline::HoursBefore(hours) => {
            start.checked_sub(SignedDuration::from_hours(i64::from(hours))).ok()?
        }
        Deadline::DaysBefore { days, time } => {
            let before = Span::new().try_days(days).ok()?;
            let date = zone.to_datetime(start).date().checked_sub(before).ok()?;
            last_of(date, time, zone)?
        }
    };
    start.checked_sub(TICK).ok().map(|before| before.min(until))
}

/// The instant of a time on a date, or the last of the date.
fn last_of(date: Date, time: Option<Time>, zone: &TimeZone) -> Option<Timestamp> {
    match time {
        Some(time) => instant_on(date, time, zone).ok(),
        None => start_of(date.tomorrow().ok()?, zone).ok()?.checked_sub(TICK).ok(),
    }
}
