//! The units that are asked for: their kinds and their guests.

use crate::rates::card::RateCard;
use crate::rates::occupancy::{GUESTS_PER_UNIT_MAX, Guests, Occupancy, Unit, UnitType};
use crate::rates::quote::Reason;

/// The kind of a unit, where the card has it: the card's first, if nothing is said.
pub(super) fn unit_type<'a>(card: &'a RateCard, unit: &Unit) -> Option<&'a UnitType> {
    let Some(id) = &unit.unit_type else { return card.unit_types.first() };
    card.unit_types.iter().find(|known| known.id == *id)
}

/// A unit's guests: as many adults as the price is for, if nothing is said, at least one.
pub(super) fn guest_count(card: &RateCard, unit: &Unit) -> u32 {
    unit.guests.as_ref().map_or_else(|| adults_included(card), Guests::count)
}

/// A unit's guests without those up to an age, itself included.
pub(super) fn guests_above(card: &RateCard, unit: &Unit, exempt_to_age: Option<u8>) -> u32 {
    let above = |guests: &Guests| {
        let exempt = guests.child_ages.iter().filter(|age| exempt_to_age.is_some_and(|to| **age <= to));
        guests.count().saturating_sub(u32::try_from(exempt.count()).unwrap_or(u32::MAX))
    };
    unit.guests.as_ref().map_or_else(|| adults_included(card), above)
}

fn adults_included(card: &RateCard) -> u32 {
    card.occupancy.as_ref().map_or(1, |occupancy| occupancy.included_adults.max(1))
}

/// What a unit's guests cost beyond what the price is for, per slot; below nothing where adults are missing.
pub(super) fn guests_cost(card: &RateCard, unit: &Unit) -> i64 {
    let (Some(occupancy), Some(guests)) = (&card.occupancy, &unit.guests) else { return 0 };
    let further = i64::from(guests.adults.saturating_sub(occupancy.included_adults));
    let missing = i64::from(occupancy.included_adults.saturating_sub(guests.adults));
    let child = |age: &u8| band(occupancy, *age).map_or(occupancy.extra_adult.amount(), |(price, _)| price);
    let children = guests.child_ages.iter().map(child).fold(0, i64::saturating_add);
    let adults = further.saturating_mul(occupancy.extra_adult.amount());
    let less = missing.saturating_mul(occupancy.missing_adult.amount());
    adults.saturating_add(children).saturating_sub(less)
}

/// What a child of an age costs, and whether it takes no place.
fn band(occupancy: &Occupancy, age: u8) -> Option<(i64, bool)> {
    let band = occupancy.child_bands.iter().find(|band| band.from_age <= age && age <= band.to_age)?;
    Some((band.price.amount(), band.in_cot))
}

/// Why the units cannot be had.
pub(super) fn reasons(card: &RateCard, units: &[Unit]) -> Vec<Reason> {
    let is_known = |unit: &Unit| unit.unit_type.is_none() || unit_type(card, unit).is_some();
    let guests_max = card.occupancy.as_ref().map_or(GUESTS_PER_UNIT_MAX, |occupancy| occupancy.guests_max);
    let in_cots = |guests: &Guests| {
        let is_in_cot = |age: &&u8| {
            card.occupancy.as_ref().and_then(|occupancy| band(occupancy, **age)).is_some_and(|(_, cot)| cot)
        };
        u32::try_from(guests.child_ages.iter().filter(is_in_cot).count()).unwrap_or(u32::MAX)
    };
    let fit = |guests: &Guests| {
        let places = guests.count().saturating_sub(in_cots(guests));
        (1..=GUESTS_PER_UNIT_MAX).contains(&guests.count()) && places <= guests_max
    };
    let kinds = (!units.iter().all(is_known)).then_some(Reason::UnitType);
    let all_fit = units.iter().all(|unit| unit.guests.as_ref().is_none_or(fit));
    let cots_max = card.occupancy.as_ref().and_then(|occupancy| occupancy.cots_max);
    let mut parties = units.iter().filter_map(|unit| unit.guests.as_ref());
    let has_few_cots = |cots_max: &u32| parties.any(|guests| in_cots(guests) > *cots_max);
    let cots = cots_max.filter(has_few_cots).map(|cots_max| Reason::Cots { cots_max });
    kinds.into_iter().chain((!all_fit).then_some(Reason::Guests { guests_max })).chain(cots).collect()
}
