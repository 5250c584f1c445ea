//! Prices that operators set, on the wire.

use holdfast_app::Caller;
use holdfast_app::rates::SetPrice;
use holdfast_domain::Currency;
use holdfast_domain::bookings::Order;
use holdfast_domain::money::{AMOUNT_MAX, Money};
use holdfast_domain::rates::price_override::OverrideReason;
use holdfast_http::read::body::Object;
use holdfast_http::read::errors::Errors;
use holdfast_http::read::fields::{integer, parsed};
use serde::Serialize;
use utoipa::ToSchema;

/// A price that an operator sets for the places, before taxes and fees on top and without extras.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "amount": 20000, "currency": "USD", "reason": "Regular guest" }))]
pub struct NewPriceOverride {
    /// In the minor unit of the currency: of all slots of all units.
    #[schema(minimum = 0, maximum = 99_999_999_999_i64)]
    pub amount: i64,
    /// ISO 4217: that of the rate card.
    #[schema(format = "currency")]
    pub currency: String,
    /// Why.
    #[schema(format = "override-reason")]
    pub reason: String,
}

/// Reads the price that is set, if one is.
pub(crate) fn price_override(fields: &mut Object<'_>, errors: &Errors) -> Option<SetPrice> {
    let at = fields.at("priceOverride");
    let mut fields = Object::new(fields.value("priceOverride")?, at, errors)?;
    let amount = fields.required("amount", integer(0..=AMOUNT_MAX));
    let currency = fields.required("currency", parsed(Currency::parse));
    let reason = fields.required("reason", parsed(OverrideReason::parse));
    fields.close();
    let (amount, currency, reason) = (amount?, currency?, reason?);
    Some(SetPrice { amount: Money::new(amount, currency).ok()?, reason })
}

/// A price that an operator set for the places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PriceOverride)]
pub struct PriceOverrideBody {
    /// In the minor unit of the currency.
    #[schema(minimum = 0)]
    pub amount: i64,
    /// ISO 4217.
    #[schema(format = "currency")]
    pub currency: String,
    /// Why.
    pub reason: String,
    /// Who set it.
    pub by: String,
}

impl PriceOverrideBody {
    /// That of an order, for who may know it: an operator of the order.
    pub(crate) fn of(order: &Order, reader: &Caller) -> Option<Self> {
        let set = order.rate.as_deref()?.price_override.as_ref()?;
        reader.is_operator_of(order.property.as_ref()).then(|| Self {
            amount: set.amount.amount(),
            currency: set.amount.currency().code().to_owned(),
            reason: set.reason.as_str().to_owned(),
            by: set.by.to_string(),
        })
    }
}
