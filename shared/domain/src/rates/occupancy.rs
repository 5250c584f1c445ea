//! Who a unit is for, and what that costs.

use crate::catalogue::Label;
use crate::money::Money;
use crate::rates::ids::UnitTypeId;

/// The most guests of one unit.
pub const GUESTS_PER_UNIT_MAX: u32 = 100;
/// The greatest age of a child, in years.
pub const CHILD_AGE_MAX: u8 = 17;

/// The guests of one unit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Guests {
    /// Adults.
    pub adults: u32,
    /// The age of each child on the day of arrival, in years.
    pub child_ages: Vec<u8>,
}

impl Guests {
    /// How many they are.
    #[must_use]
    pub fn count(&self) -> u32 {
        u32::try_from(self.child_ages.len()).unwrap_or(u32::MAX).saturating_add(self.adults)
    }
}

/// One of the units that are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Unit {
    /// Its kind, where the rate card has kinds; the card's first, if nothing is said.
    pub unit_type: Option<UnitTypeId>,
    /// Its guests; as many adults as the price is for, if nothing is said: one where guests cost nothing of their own.
    pub guests: Option<Guests>,
}

/// A kind of unit, such as a child's ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitType {
    /// Its name in requests.
    pub id: UnitTypeId,
    /// Its name for people.
    pub name: Label,
    /// What share of the plan's price it costs, in percent of it: 100 of an adult, 50 of a child at half price.
    pub percent: u16,
}

/// What guests beyond the first cost, per slot and unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occupancy {
    /// Adults that the plan's price is for.
    pub included_adults: u32,
    /// The most guests, children among them.
    pub guests_max: u32,
    /// The most children who are in cots and take none of these places; as many as there are guests of one unit, if nothing is said.
    pub cots_max: Option<u32>,
    /// What each further adult costs.
    pub extra_adult: Money,
    /// What is taken off for each adult that is missing of those included.
    pub missing_adult: Money,
    /// What children cost, by age. A child of an age that no band has costs as much as a further adult.
    pub child_bands: Vec<ChildBand>,
}

/// What a child of some age costs, per slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildBand {
    /// The lowest age, itself included.
    pub from_age: u8,
    /// The highest age, itself included.
    pub to_age: u8,
    /// What the child costs.
    pub price: Money,
    /// Whether the child takes none of the places of [`Occupancy::guests_max`], as an infant in a cot.
    pub in_cot: bool,
}
