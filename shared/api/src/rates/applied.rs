//! The rate of a hold or a booking on the wire, and the parts of it that quotes have too.

use holdfast_app::Caller;
use holdfast_domain::bookings::{Order, Price, PriceLine, PriceLineKind};
use holdfast_domain::catalogue::Label;
use holdfast_domain::money::SignedMoney;
use holdfast_domain::rates::cancellation::{CANCELLATION_STEPS_MAX, RefundTerms};
use holdfast_domain::rates::extra::ExtraChoice;
use holdfast_domain::rates::ids::PlanId;
use holdfast_domain::rates::occupancy::Unit;
use holdfast_domain::rates::standard::{STANDARD_VERSION, standard_name};
use serde::Serialize;
use utoipa::ToSchema;

use crate::rates::price_override::PriceOverrideBody;
use crate::rates::wire::DueName;
use crate::wire::{MoneyBody, moment};
use crate::words::words;

/// The rate of an order. At a resource without a rate card that is its own price, by the plan `standard`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Rate)]
pub struct RateBody {
    /// The rate plan.
    pub rate_plan: RatePlanName,
    /// The version of the rate card that priced it; 0 where the resource had none, and its own `pricing` did.
    pub card_version: u64,
    /// What the price is made of: `price` is the sum of what is due `now`, `payAtProperty` of the rest.
    #[schema(max_items = 500)]
    pub lines: Vec<PriceLineBody>,
    /// What is paid at the place.
    pub pay_at_property: MoneyBody,
    /// The units one by one, if something was said of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub units: Option<Vec<UnitBody>>,
    /// What was chosen beside the places, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub extras: Option<Vec<ChosenExtraBody>>,
    /// The promotion's code, if one was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub promotion_code: Option<String>,
    /// The price that an operator set for the places, if one did; for operators alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub price_override: Option<PriceOverrideBody>,
    /// What a cancellation keeps. It comes before `cancellationPolicy`.
    pub cancellation_terms: KeptTermsBody,
}

/// A rate plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RatePlanName {
    /// Its name in requests.
    pub plan_id: String,
    /// Its name for people, as it was.
    pub name: String,
}

impl RatePlanName {
    fn of(plan: &PlanId, name: &Label) -> Self {
        Self { plan_id: plan.to_string(), name: name.as_str().to_owned() }
    }
}

words! {
    /// What a line of a price is for.
    #[schema(as = LineKindName)]
    pub enum LineKindName {
        /// The places.
        Stay = "stay",
        /// What a promotion takes off: below nothing.
        Discount = "discount",
        /// Something beside the places.
        Extra = "extra",
        /// What the place takes beside the price.
        Fee = "fee",
        /// A tax that the other lines do not include.
        Tax = "tax",
    }
}

impl From<PriceLineKind> for LineKindName {
    fn from(kind: PriceLineKind) -> Self {
        match kind {
            PriceLineKind::Stay => Self::Stay,
            PriceLineKind::Discount => Self::Discount,
            PriceLineKind::Extra => Self::Extra,
            PriceLineKind::Fee => Self::Fee,
            PriceLineKind::Tax => Self::Tax,
        }
    }
}

/// Money that may be below nothing: an integer in the currency's minor unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SignedMoney, example = json!({ "amount": -1290, "currency": "EUR" }))]
pub struct SignedMoneyBody {
    /// In the minor unit of the currency.
    pub amount: i64,
    /// ISO 4217.
    #[schema(format = "currency")]
    pub currency: String,
}

impl From<SignedMoney> for SignedMoneyBody {
    fn from(money: SignedMoney) -> Self {
        Self { amount: money.amount(), currency: money.currency().code().to_owned() }
    }
}

/// A line of a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PriceLine)]
pub struct PriceLineBody {
    /// What it is for.
    pub kind: LineKindName,
    /// The name in requests of its plan, promotion, extra, tax or fee.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub code: Option<String>,
    /// Its name for people, as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    /// How much; below nothing for a discount.
    pub amount: SignedMoneyBody,
    /// Of how many equal parts it is the sum; 1 where it is no such sum.
    pub count: u32,
    /// The local date of the first slot it is for; left out where it is for no dates, or is all there is without a rate card.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Date)]
    pub from: Option<String>,
    /// The local date after the last slot it is for; likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Date)]
    pub to: Option<String>,
    /// When it is paid.
    pub due: DueName,
    /// Whether a cancellation may give it back; what is not is kept, whatever the plan gives back.
    pub refundable: bool,
    /// Taxes that the amount includes; left out if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub included_taxes: Vec<IncludedTaxBody>,
}

/// A tax that an amount includes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = IncludedTax)]
pub struct IncludedTaxBody {
    /// Its name in the rate card.
    pub code: String,
    /// Its name for people, as it was.
    pub name: String,
    /// How much of the amount it is.
    pub amount: SignedMoneyBody,
}

/// A unit of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Unit, example = json!({ "unitType": "double", "adults": 2, "childAges": [3] }))]
pub struct UnitBody {
    /// Its kind, where the rate card has kinds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "rate-name")]
    pub unit_type: Option<String>,
    /// Adults. If nothing is said of guests: as many as `includedAdults` of the card's `occupancy`, or 1 without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100)]
    pub adults: Option<u32>,
    /// The age of each child on the day of arrival, in years.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 100)]
    pub child_ages: Option<Vec<ChildAge>>,
}

/// The age of a child, in years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(minimum = 0, maximum = 17)]
pub struct ChildAge(pub u8);

impl From<&Unit> for UnitBody {
    fn from(unit: &Unit) -> Self {
        Self {
            unit_type: unit.unit_type.as_ref().map(ToString::to_string),
            adults: unit.guests.as_ref().map(|guests| guests.adults),
            child_ages: unit
                .guests
                .as_ref()
                .filter(|guests| !guests.child_ages.is_empty())
                .map(|guests| guests.child_ages.iter().copied().map(ChildAge).collect()),
        }
    }
}

/// How many of an extra are chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ChosenExtra, example = json!({ "extraId": "parking", "quantity": 1 }))]
pub struct ChosenExtraBody {
    /// Which.
    #[schema(format = "rate-name")]
    pub extra_id: String,
    /// How many.
    #[schema(minimum = 1, maximum = 1000)]
    pub quantity: u32,
}

impl From<&ExtraChoice> for ChosenExtraBody {
    fn from(choice: &ExtraChoice) -> Self {
        Self { extra_id: choice.extra.to_string(), quantity: choice.quantity }
    }
}

/// What a cancellation keeps of what is paid with the booking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = KeptTerms)]
pub struct KeptTermsBody {
    /// Hours after the booking in which only `keptAlways` is kept, as long as the stay has not begun.
    pub free_hours_after_booking: u32,
    /// What is never given back.
    pub kept_always: MoneyBody,
    /// What is kept, the earliest first. After the last, and once the stay has begun, all is kept.
    #[schema(max_items = 18)]
    pub steps: Vec<KeptStepBody>,
}

const _: () = assert!(CANCELLATION_STEPS_MAX + 2 == 18, "as the schema says");

/// What is kept up to an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = KeptStep)]
pub struct KeptStepBody {
    /// The last instant, itself included.
    #[schema(format = DateTime)]
    pub until: String,
    /// What is kept.
    pub kept: MoneyBody,
}

impl From<&RefundTerms> for KeptTermsBody {
    fn from(terms: &RefundTerms) -> Self {
        let step = |step: &holdfast_domain::rates::cancellation::KeptStep| KeptStepBody {
            until: moment(step.until),
            kept: step.kept.into(),
        };
        Self {
            free_hours_after_booking: terms.free_hours_after_booking,
            kept_always: terms.kept_always.into(),
            steps: terms.steps.iter().map(step).collect(),
        }
    }
}

impl From<&PriceLine> for PriceLineBody {
    fn from(line: &PriceLine) -> Self {
        let detail = line.detail.as_ref();
        let currency = line.amount.currency();
        let tax = |tax: &holdfast_domain::rates::quote::IncludedTax| IncludedTaxBody {
            code: tax.charge.to_string(),
            name: tax.name.as_str().to_owned(),
            amount: SignedMoneyBody { amount: tax.amount, currency: currency.code().to_owned() },
        };
        let dates = detail.and_then(|detail| detail.dates);
        Self {
            kind: line.kind.into(),
            code: detail.map(|detail| detail.code.clone()),
            name: detail.map(|detail| detail.name.as_str().to_owned()),
            amount: line.amount.into(),
            count: detail.map_or(1, |detail| detail.count),
            from: dates.map(|dates| dates.from.to_string()),
            to: dates.map(|dates| dates.to.to_string()),
            due: line.due().into(),
            refundable: detail.is_none_or(|detail| detail.refundable),
            included_taxes: detail
                .map_or_else(Vec::new, |detail| detail.included_taxes.iter().map(tax).collect()),
        }
    }
}

/// The lines of a price.
pub(crate) fn lines(price: &Price) -> Vec<PriceLineBody> {
    price.lines().iter().map(Into::into).collect()
}

impl RateBody {
    /// The rate of an order, as its reader may see it.
    #[must_use]
    pub fn of(order: &Order, reader: &Caller) -> Self {
        let (price, refunds) = order.shown_rate();
        let Some(rate) = order.rate.as_deref() else {
            return Self {
                rate_plan: RatePlanName::of(&PlanId::standard(), &standard_name()),
                card_version: STANDARD_VERSION,
                lines: lines(&price),
                pay_at_property: price.at_property().into(),
                units: None,
                extras: None,
                promotion_code: None,
                price_override: None,
                cancellation_terms: (&*refunds).into(),
            };
        };
        let is_said = rate.units.iter().any(|unit| *unit != Unit::default());
        Self {
            rate_plan: RatePlanName::of(&rate.plan, &rate.plan_name),
            card_version: rate.card_version,
            lines: lines(&price),
            pay_at_property: price.at_property().into(),
            units: is_said.then(|| rate.units.iter().map(Into::into).collect()),
            extras: (!rate.extras.is_empty()).then(|| rate.extras.iter().map(Into::into).collect()),
            promotion_code: rate.promotion.as_ref().map(ToString::to_string),
            price_override: PriceOverrideBody::of(order, reader),
            cancellation_terms: (&*refunds).into(),
        }
    }
}
