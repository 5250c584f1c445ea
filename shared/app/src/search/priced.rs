//! What of a resource is sold in a range, and for how much: the best of what is free that the default plan sells.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::catalogue::{Facts, Offerable, Stay};
use holdfast_domain::rates::card::CardVersion;
use holdfast_domain::rates::dated::DatedRates;
use holdfast_domain::rates::evaluate::quote;
use holdfast_domain::rates::property_taxes::PropertyTaxes;
use holdfast_domain::rates::quote::{PlanQuote, Reason};
use holdfast_domain::rates::snapshot::can_be_kept;
use holdfast_domain::{Money, Page, Resource, Slot};
use jiff::Timestamp;

use crate::catalogue::calendar::how_full;
use crate::payments::charge::ChargeRules;
use crate::rates::asked::{Around, Fullness, Taken, around, needs_fullness, request, units_alike};
use crate::rates::choice::RateChoice;
use crate::rates::standard::StandardStay;
use crate::search::missed::{Missed, no_places, no_price, no_standard, not_sold};

/// A resource that is looked at, with what is known of it.
pub(super) struct Candidate<'a> {
    pub(super) resource: &'a Resource,
    /// Its rate card, if it has one, with what is set for dates.
    pub(super) card: Option<(&'a CardVersion, &'a DatedRates)>,
    /// What its property adds, where it has no card: cards have it already.
    pub(super) taxes: Option<&'a PropertyTaxes>,
    pub(super) stored: &'a [Page],
    pub(super) facts: &'a Facts,
    /// The slots next to what is offerable, where a price or a restriction depends on them.
    pub(super) beside: &'a [Slot],
    pub(super) quantity: u32,
    pub(super) now: Timestamp,
    pub(super) charges: &'a ChargeRules,
}

/// Why a stay is not sold: what is told of it, and what refused it, if restrictions did.
type NotSold = (BTreeSet<Missed>, Vec<Reason>);

impl Candidate<'_> {
    /// The best that is free and sold, with the places that are free in all of it, and what it costs in all. Of a single date the longest run of slots comes
    /// first; where it is refused for being too near or too long, its part that is not; then the next.
    ///
    /// # Errors
    /// What is against the first of them.
    pub(super) fn best(&self, offerable: &Offerable) -> Result<(Stay, u32, Money), BTreeSet<Missed>> {
        let offered = |slot: &Slot| self.resource.offered(slot, self.stored, self.facts, self.now);
        let mut missed = None;
        let full = self.how_full(offerable);
        for (stay, _) in offerable.stays(self.quantity, offered) {
            let mut part = Some(stay);
            // Ends since each part is shorter than the one before.
            while let Some(stay) = part {
                match self.price(&stay, &full) {
                    Ok(price) => {
                        let available = stay.slots.iter().map(offered).min().unwrap_or(0);
                        return Ok((stay, available, price));
                    }
                    Err((reasons, refused)) => {
                        missed.get_or_insert(reasons);
                        part = offerable.part(&stay, &refused, self.now);
                    }
                }
            }
        }
        Err(missed.unwrap_or_else(|| no_places(self.resource, offerable, self.facts)))
    }

    /// How full the slots are that may be offered, and those next to them, where a price or a restriction depends on it.
    fn how_full(&self, offerable: &Offerable) -> BTreeMap<Timestamp, Taken> {
        if !self.card.is_some_and(|(card, dated)| needs_fullness(card, dated)) {
            return BTreeMap::new();
        }
        let slots: Vec<&Slot> = offerable.slots().into_iter().chain(self.beside).collect();
        how_full(self.resource, &slots, self.stored.to_vec(), self.facts, self.now)
    }

    fn price(&self, stay: &Stay, full: &BTreeMap<Timestamp, Taken>) -> Result<Money, NotSold> {
        let nothing = |reasons: BTreeSet<Missed>| (reasons, Vec::new());
        let Some((card, dated)) = self.card else {
            let Self { resource, taxes, quantity, now: at, .. } = *self;
            let stay = StandardStay { resource, stay, quantity, units: &[], taxes, at };
            let (now, whole) = stay.price(self.charges).map_err(|none| nothing(no_standard(&none)))?;
            self.charges.check_total(now).map_err(|_| nothing(no_price()))?;
            return Ok(whole);
        };
        let around = if self.beside.is_empty() { Around::default() } else { around(self.resource, stay) };
        let fullness = Fullness::new(&around, full.clone());
        let units = units_alike(stay.slots.len(), self.quantity).ok_or_else(|| nothing(no_price()))?;
        let asked = request(self.resource, stay, units, &RateChoice::default(), &fullness, self.now);
        let step = self.charges.step(card.card.currency);
        let quote = quote(card, dated, step, &asked, &card.card.default_plan)
            .map_err(|none| (not_sold(&none), none.reasons))?;
        sold(&quote, self.charges).ok_or_else(|| nothing(no_price()))
    }
}

/// What a stay costs in all, if it can be had.
fn sold(quote: &PlanQuote, charges: &ChargeRules) -> Option<Money> {
    charges.check_total(quote.price.total()).ok()?;
    quote.price.whole().ok().filter(|_| can_be_kept(&quote.price, &quote.applied))
}
