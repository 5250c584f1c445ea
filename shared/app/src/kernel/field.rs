//! Fields of requests, in the words of the use cases. How a field is written (a JSON pointer, a query parameter) is known
//! where requests are read.

use std::fmt;

/// A field that a use case may find wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// The property that a resource belongs to.
    Property,
    /// When a stay begins.
    StayStart,
    /// When a stay ends.
    StayEnd,
    /// How many units.
    Quantity,
    /// The currency of a property.
    Currency,
    /// The currency of a price.
    PriceCurrency,
    /// The price of one slot and unit.
    BasePrice,
    /// The rate plan.
    RatePlan,
    /// The units one by one.
    Units,
    /// What is chosen beside the places.
    Extras,
    /// A promotion's code.
    PromotionCode,
    /// The price that an operator sets.
    PriceOverride,
    /// Its amount.
    OverrideAmount,
    /// Its currency.
    OverrideCurrency,
    /// A quote.
    Quote,
    /// By which card a booking is paid.
    PaymentMethod,
    /// Where a list goes on.
    Cursor,
    /// The local date after the last one of a change of inventory.
    InventoryEnd,
    /// The local date after the last one of a calendar.
    CalendarEnd,
    /// From when on a rate card holds.
    ValidFrom,
    /// The moment whose price is asked.
    AsOf,
}

impl Field {
    fn as_str(self) -> &'static str {
        match self {
            Self::Property => "the property",
            Self::StayStart => "the start",
            Self::StayEnd => "the end",
            Self::Quantity => "the quantity",
            Self::Currency | Self::PriceCurrency => "the currency",
            Self::BasePrice => "the price",
            Self::RatePlan => "the rate plan",
            Self::Units => "the units",
            Self::Extras => "the extras",
            Self::PromotionCode => "the promotion's code",
            Self::PriceOverride => "the price that is set",
            Self::OverrideAmount => "the amount that is set",
            Self::OverrideCurrency => "the currency of what is set",
            Self::Quote => "the quote",
            Self::PaymentMethod => "the payment method",
            Self::Cursor => "the cursor",
            Self::ValidFrom => "the beginning",
            Self::AsOf => "the moment",
            Self::InventoryEnd | Self::CalendarEnd => "the last date",
        }
    }
}

/// A field of a request, with the item that has it if it is in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FieldPath {
    /// The position in the request's list, from 0.
    pub item: Option<usize>,
    /// The field.
    pub field: Field,
}

impl From<Field> for FieldPath {
    fn from(field: Field) -> Self {
        Self { item: None, field }
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.item {
            None => to.write_str(self.field.as_str()),
            Some(item) => write!(to, "{} of item {item}", self.field.as_str()),
        }
    }
}
