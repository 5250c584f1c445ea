//! Taxes and fees.

use holdfast_domain::rates::charge::{Band, BandLevy, Charge, ChargeKind, Due, Levy, Per};
use serde::Serialize;
use utoipa::ToSchema;

use crate::rates::wire::parts::{RateName, ShareBody, rate_names};
use crate::rates::wire::{amount, is_no, number};
use crate::words::words;

/// A tax or a fee: one of `percent`, `amount` with `per`, and `bands`.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Charge, example = json!({
    "chargeId": "vat", "name": "VAT", "kind": "tax", "included": true, "percent": 7, "on": ["stay"], "refundable": true,
    "due": "now"
}))]
pub struct ChargeBody {
    /// Its name in requests: 1 to 40 small letters, digits and `-`.
    #[schema(format = "rate-name", example = "city-tax")]
    pub charge_id: String,
    /// Its name for people.
    #[schema(format = "label", example = "City tax")]
    pub name: String,
    /// What it is.
    pub kind: ChargeKindName,
    /// Of a fee: what taxes are levied on for it, a word of your own that taxes name in `on`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "rate-name", example = "service")]
    pub category: Option<String>,
    /// Whether prices include it already. A fee is never included.
    #[serde(skip_serializing_if = "is_no")]
    #[schema(required = false, default = false)]
    pub included: bool,
    /// A percentage of what it is levied on; needs `on`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<ShareBody>,
    /// An amount for each of what `per` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 99_999_999_999_i64, example = 350)]
    pub amount: Option<i64>,
    /// With `amount`: what it is counted by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per: Option<PerName>,
    /// By what a slot costs per guest after discounts (see `beforeDiscounts`), without included percentages of tax: the last band whose `from` is not above it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 20)]
    pub bands: Option<Vec<BandBody>>,
    /// What it is levied on: `stay`, which is the price of the places, and the `category` of extras, of fees, and of what plans include with a
    /// `value`. A percentage must name one at least. By bands it is what counts as the price, all of it if left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 40)]
    pub on: Vec<RateName>,
    /// The first local date of slots for which it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Date, example = "2027-01-01")]
    pub from: Option<String>,
    /// The last local date of slots for which it holds, itself included.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Date, example = "2027-12-31")]
    pub until: Option<String>,
    /// Guests up to this age, itself included, are exempt, if it counts guests.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 17, example = 17)]
    pub exempt_to_age: Option<u8>,
    /// The first slots of a stay for which it is due, if it counts slots or is a percentage of their price.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_000, example = 5)]
    pub slots_max: Option<u32>,
    /// Whether a percentage, or the bands, go by what the places cost before a promotion takes something off, instead of after it. Not of an
    /// `amount`, and not of an included tax.
    #[serde(skip_serializing_if = "is_no")]
    #[schema(required = false, default = false)]
    pub before_discounts: bool,
    /// Whether it is given back as the price is, or never.
    #[schema(example = true)]
    pub refundable: bool,
    /// Where it is paid.
    pub due: DueName,
}

words! {
    /// What a charge is.
    #[schema(as = ChargeKind)]
    pub enum ChargeKindName {
        /// What an authority levies.
        Tax = "tax",
        /// What the place takes beside the price; taxes may be levied on it.
        Fee = "fee",
    }
}

words! {
    /// Where something is paid.
    #[schema(as = Due)]
    pub enum DueName {
        /// With the booking.
        Now = "now",
        /// At the place.
        AtProperty = "at_property",
    }
}

impl From<Due> for DueName {
    fn from(due: Due) -> Self {
        match due {
            Due::Now => Self::Now,
            Due::AtProperty => Self::AtProperty,
        }
    }
}

words! {
    /// What something is counted by.
    #[schema(as = Per)]
    pub enum PerName {
        /// Once for the stay.
        Stay = "stay",
        /// For each slot, however many units.
        Slot = "slot",
        /// For each unit, however many slots.
        Unit = "unit",
        /// For each slot of each unit.
        UnitSlot = "unit_slot",
        /// For each guest, however many slots.
        Guest = "guest",
        /// For each guest and slot.
        GuestSlot = "guest_slot",
    }
}

impl From<Per> for PerName {
    fn from(per: Per) -> Self {
        match per {
            Per::Stay => Self::Stay,
            Per::Slot => Self::Slot,
            Per::Unit => Self::Unit,
            Per::UnitSlot => Self::UnitSlot,
            Per::Guest => Self::Guest,
            Per::GuestSlot => Self::GuestSlot,
        }
    }
}

/// What is due for each guest and slot from a price on: one of `amount` and `percent`.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ChargeBand, example = json!({ "from": 10_000, "amount": 300 }))]
pub struct BandBody {
    /// The least price per guest and slot.
    #[schema(minimum = 0, maximum = 99_999_999_999_i64, example = 10_000)]
    pub from: i64,
    /// An amount per guest and slot.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 99_999_999_999_i64, example = 300)]
    pub amount: Option<i64>,
    /// A percentage of the price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<ShareBody>,
}

impl From<&Band> for BandBody {
    fn from(band: &Band) -> Self {
        let (amount_due, percent) = match band.levy {
            BandLevy::Amount(money) => (Some(amount(money)), None),
            BandLevy::Percent(percent) => (None, Some(ShareBody(number(percent)))),
        };
        Self { from: amount(band.from), amount: amount_due, percent }
    }
}

impl From<&Charge> for ChargeBody {
    fn from(charge: &Charge) -> Self {
        let (kind, category) = match &charge.kind {
            ChargeKind::Tax => (ChargeKindName::Tax, None),
            ChargeKind::Fee { category } => (ChargeKindName::Fee, Some(category.to_string())),
        };
        let (percent, levied, per, bands) = match &charge.levy {
            Levy::Percent(percent) => (Some(ShareBody(number(*percent))), None, None, None),
            Levy::Amount { amount: money, per } => (None, Some(amount(*money)), Some((*per).into()), None),
            Levy::Bands(bands) => (None, None, None, Some(bands.iter().map(Into::into).collect())),
        };
        Self {
            charge_id: charge.id.to_string(),
            name: charge.name.as_str().to_owned(),
            kind,
            category,
            included: charge.included,
            percent,
            amount: levied,
            per,
            bands,
            on: rate_names(&charge.on),
            from: charge.valid.from.map(|date| date.to_string()),
            until: charge.valid.until.map(|date| date.to_string()),
            exempt_to_age: charge.exempt_to_age,
            slots_max: charge.slots_max,
            before_discounts: charge.before_discounts,
            refundable: charge.refundable,
            due: charge.due.into(),
        }
    }
}
