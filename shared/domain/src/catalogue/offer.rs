//! What search offers of a range: something that one hold can cover.

use std::cmp::Reverse;

use jiff::{SignedDuration, Timestamp};

use super::bounds::{Bound, RangeError, SLOTS_PER_HOLD_MAX};
use super::resource::{Resource, Stay, StayError};
use super::schedule::Schedule;
use super::slot::{Slot, When};
use crate::rates::quote::{Limit, Reason};

/// What may be offered of a range, before it is known what is free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offerable {
    /// These slots, all of them.
    Whole(Vec<Slot>),
    /// Slots of one of these pieces that are free in a row: breaks divide them, and no hold goes over a break.
    Pieces(Vec<Vec<Slot>>),
}

impl Offerable {
    /// The slots of which something may be offered, in time order.
    #[must_use]
    pub fn slots(&self) -> Vec<&Slot> {
        match self {
            Self::Whole(slots) => slots.iter().collect(),
            Self::Pieces(pieces) => pieces.iter().flatten().collect(),
        }
    }

    /// What can be offered to `quantity` units, the best first, each with the places that are free in every slot of it: of pieces the
    /// slots that are free in a row, the most of them first, the earliest of equals. `offered` gives the free places of a slot.
    #[must_use]
    pub fn stays(&self, quantity: u32, offered: impl Fn(&Slot) -> u32) -> Vec<(Stay, u32)> {
        let mut runs = match self {
            Self::Whole(slots) => {
                let available = slots.iter().map(offered).min().filter(|available| *available >= quantity);
                available.map(|available| (&slots[..], available)).into_iter().collect()
            }
            Self::Pieces(pieces) => {
                let runs = pieces.iter().flat_map(|piece| free_runs(piece, quantity, &offered));
                runs.collect::<Vec<_>>()
            }
        };
        runs.sort_by_key(|(run, _)| Reverse(run.len()));
        runs.into_iter().filter_map(|(run, available)| Some((Stay::of(run.to_vec())?, available))).collect()
    }

    /// A shorter part of a stay that may be sold where the stay is refused for `reasons` at `now`: without the slots that are too near, or no longer than a
    /// stay may be. Only pieces have parts, and none where whatever begins on the date is refused.
    #[must_use]
    pub fn part(&self, stay: &Stay, reasons: &[Reason], now: Timestamp) -> Option<Stay> {
        let Self::Pieces(_) = self else { return None };
        let limits = || {
            reasons.iter().filter_map(|reason| match reason {
                Reason::Restricted { limit, .. } => Some(*limit),
                Reason::NoPlan
                | Reason::Channel
                | Reason::UnitType
                | Reason::Guests { .. }
                | Reason::Cots { .. }
                | Reason::Extra(_)
                | Reason::Promotion
                | Reason::OutOfRange => None,
            })
        };
        if limits()
            .any(|limit| matches!(limit, Limit::StopSell | Limit::ClosedToArrival | Limit::WindowMax(_)))
        {
            return None;
        }
        let notice = limits()
            .filter_map(|limit| if let Limit::NoticeMin(minutes) = limit { Some(minutes) } else { None });
        if let Some(minutes) = notice.max() {
            let from = now.checked_add(SignedDuration::from_mins(minutes.into())).ok()?;
            let late = stay.slots.iter().position(|slot| slot.start >= from).filter(|late| *late > 0)?;
            return Stay::of(stay.slots.get(late..)?.to_vec());
        }
        let most =
            limits().filter_map(|limit| if let Limit::StayMax(most) = limit { Some(most) } else { None });
        let most = usize::try_from(most.min()?).ok().filter(|most| *most < stay.slots.len())?;
        Stay::of(stay.slots.get(..most)?.to_vec())
    }
}

/// The slots in a row that have `quantity` places each, at most as many as a hold takes, with the places free in all of them.
fn free_runs<'a>(
    piece: &'a [Slot],
    quantity: u32,
    offered: &impl Fn(&Slot) -> u32,
) -> Vec<(&'a [Slot], u32)> {
    let free: Vec<u32> = piece.iter().map(offered).collect();
    let mut rest = piece;
    let mut runs = Vec::new();
    for places in free.chunk_by(|a, b| (*a >= quantity) == (*b >= quantity)) {
        let (run, later) = rest.split_at(places.len());
        rest = later;
        let places = &places[..places.len().min(SLOTS_PER_HOLD_MAX)];
        let available = places.iter().min().copied().unwrap_or(0);
        if available >= quantity {
            runs.push((&run[..places.len()], available));
        }
    }
    runs
}

impl Resource {
    /// What may be offered of a range at `now`: the exact stay, or, for a range of dates over a schedule finer than a day, the
    /// slots that start on these dates. Of a single date these are the slots that have not begun, in pieces if the date has
    /// breaks. A break within a longer range leaves nothing that covers the range.
    ///
    /// # Errors
    /// [`StayError`].
    pub fn offerable(&self, start: When, end: When, now: Timestamp) -> Result<Offerable, StayError> {
        let stay = match (start, end, &self.terms.schedule) {
            (When::Date(from), When::Date(to), Schedule::Slots(_) | Schedule::Event { .. }) => {
                if from.tomorrow().is_ok_and(|next| next == to) {
                    return self.offerable_of_date(&self.calendar(from, to)?, now);
                }
                // No more slots are cut than one hold can cover.
                let (slots, more) = self.calendar_part(from, to, None, SLOTS_PER_HOLD_MAX)?;
                if more.is_some() {
                    return Err(RangeError::TooLong(Bound::Slots).into());
                }
                let whole = Stay::of(slots).ok_or(RangeError::NotBookable)?;
                self.stay(When::Instant(whole.start), When::Instant(whole.end), now)?
            }
            (_, _, Schedule::Nightly { .. } | Schedule::Slots(_) | Schedule::Event { .. }) => {
                self.stay(start, end, now)?
            }
        };
        Ok(Offerable::Whole(stay.slots))
    }

    fn offerable_of_date(&self, slots: &[Slot], now: Timestamp) -> Result<Offerable, StayError> {
        let pieces = self.terms.schedule.pieces(slots, &self.terms.time_zone);
        let has_breaks = pieces.len() > 1;
        let ahead = pieces.into_iter().map(|mut piece| {
            piece.retain(|slot| !self.is_past(slot, now));
            piece
        });
        let ahead: Vec<Vec<Slot>> = ahead.filter(|piece| !piece.is_empty()).collect();
        if slots.is_empty() {
            return Err(RangeError::NotBookable.into());
        }
        match ahead.first() {
            None => Err(StayError::Past),
            Some(_) if has_breaks => Ok(Offerable::Pieces(ahead)),
            Some(whole) if whole.len() > SLOTS_PER_HOLD_MAX => Err(RangeError::TooLong(Bound::Slots).into()),
            Some(whole) => Ok(Offerable::Whole(whole.clone())),
        }
    }
}
