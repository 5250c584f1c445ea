//! Receipts of a booking on the wire.

use holdfast_domain::receipts::{Receipt, ReceiptIssuer, ReceiptKind, ReceiptTax};
use serde::Serialize;
use utoipa::ToSchema;

use crate::properties::wire::AddressBody;
use crate::rates::applied::{PriceLineBody, lines};
use crate::wire::{MoneyBody, moment};
use crate::words::words;

words! {
    /// What a receipt is for.
    #[schema(as = ReceiptKind)]
    pub enum ReceiptKindName {
        /// Money was taken.
        Payment = "payment",
        /// Money was given back, or is on its way back.
        Refund = "refund",
        /// Money that was on its way back did not arrive: so much of the refunds before is taken back.
        RefundReversed = "refund_reversed",
    }
}

impl From<ReceiptKind> for ReceiptKindName {
    fn from(kind: ReceiptKind) -> Self {
        match kind {
            ReceiptKind::Payment => Self::Payment,
            ReceiptKind::Refund => Self::Refund,
            ReceiptKind::RefundReversed => Self::RefundReversed,
        }
    }
}

/// The property of a receipt, as it was when it was issued.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReceiptProperty)]
pub struct ReceiptPropertyBody {
    /// The property.
    pub property_id: String,
    /// Its name.
    pub name: String,
    /// Where mail for it goes.
    pub address: AddressBody,
}

/// What the amount of a receipt includes of a tax.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ReceiptTax)]
pub struct ReceiptTaxBody {
    /// Its name in the rate card.
    pub code: String,
    /// Its name for people, as it was.
    pub name: String,
    /// How much of the amount it is.
    pub amount: MoneyBody,
}

/// A receipt: never changed, and never taken away.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Receipt, example = json!({
    "series": "property/hotel-nyc", "number": 1057, "kind": "refund", "amount": { "amount": 25800, "currency": "USD" },
    "issuedAt": "2027-05-20T09:30:02.114Z", "movedAt": "2027-05-20T09:30:01.020Z", "bookingId": "bkg_q3w5e7r2t4y6u1i9o8p0a2s4",
    "property": {
        "propertyId": "hotel-nyc", "name": "The Grand",
        "address": { "lines": ["1 Grand Street"], "city": "New York", "region": "NY", "postalCode": "10013", "country": "US" }
    },
    "resourceId": "hotel-nyc-deluxe", "resourceName": "Deluxe double", "lines": [],
    "taxes": [{ "code": "vat", "name": "VAT 7 %", "amount": { "amount": 1688, "currency": "USD" } }]
}))]
pub struct ReceiptBody {
    /// Whose numbers they are: `property/` and the property's id, or, of a resource that belonged to no property when it was held,
    /// `resource/` and its id.
    pub series: String,
    /// From 1 in its series, without a gap; it never starts again, nor with a year.
    #[schema(minimum = 1)]
    pub number: u64,
    /// What it is for.
    pub kind: ReceiptKindName,
    /// How much was taken or given back.
    pub amount: MoneyBody,
    /// When it was issued, in UTC; never before the number before it.
    #[schema(format = DateTime)]
    pub issued_at: String,
    /// When the money moved, in UTC. Of receipts of several bookings this is not in the order of their numbers.
    #[schema(format = DateTime)]
    pub moved_at: String,
    /// The booking.
    pub booking_id: String,
    /// The property; left out if the resource belonged to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub property: Option<ReceiptPropertyBody>,
    /// What was booked.
    pub resource_id: String,
    /// Its name, as it was when the guest chose it.
    pub resource_name: String,
    /// Of a payment of the whole price: the lines that add up to the amount. Else empty.
    #[schema(max_items = 500)]
    pub lines: Vec<PriceLineBody>,
    /// What the amount includes of each tax of the price, in its order. Empty where the price has no tax.
    pub taxes: Vec<ReceiptTaxBody>,
}

impl From<&ReceiptIssuer> for ReceiptPropertyBody {
    fn from(issuer: &ReceiptIssuer) -> Self {
        Self {
            property_id: issuer.property.to_string(),
            name: issuer.name.as_str().to_owned(),
            address: (&issuer.address).into(),
        }
    }
}

impl From<&ReceiptTax> for ReceiptTaxBody {
    fn from(tax: &ReceiptTax) -> Self {
        Self { code: tax.code.clone(), name: tax.name.as_str().to_owned(), amount: tax.amount.into() }
    }
}

impl From<&Receipt> for ReceiptBody {
    fn from(receipt: &Receipt) -> Self {
        let content = &receipt.content;
        Self {
            series: content.series.name(),
            number: receipt.number,
            kind: content.movement.kind.into(),
            amount: receipt.amount().into(),
            issued_at: moment(receipt.issued_at),
            moved_at: moment(content.movement.at),
            booking_id: content.booking.to_string(),
            property: content.issuer.as_ref().map(Into::into),
            resource_id: content.resource.to_string(),
            resource_name: content.resource_name.clone(),
            lines: content.price.as_ref().map_or_else(Vec::new, lines),
            taxes: content.taxes.iter().map(Into::into).collect(),
        }
    }
}

/// The receipts of a booking, in order of number.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptList {
    /// The receipts.
    pub results: Vec<ReceiptBody>,
    /// Where the next page begins; null on the last, as of now: money may move again.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}
