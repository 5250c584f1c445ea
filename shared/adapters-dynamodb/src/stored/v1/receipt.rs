//! What a receipt says, as version 1 has it. There is none of version 0.

use holdfast_domain::catalogue::Label;
use holdfast_domain::receipts::{MoneyMovement, ReceiptContent, ReceiptIssuer, ReceiptSeries, ReceiptTax};
use holdfast_domain::{BookingId, Money, PropertyId, ResourceId};
use serde::{Deserialize, Serialize};

use crate::stored::reason::Reason;
use crate::stored::v1::price::StoredPrice;
use crate::stored::v1::property::StoredAddress;
use crate::stored::v1::scalar::Text;

/// What a receipt says beside what moved.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredReceipt {
    resource: Text<ResourceId>,
    resource_name: String,
    /// Left out where the resource belonged to no property.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issuer: Option<StoredIssuer>,
    /// Left out but of a payment of the whole price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    price: Option<StoredPrice>,
    /// Left out without any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    taxes: Vec<StoredTax>,
}

/// The property, as it was.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredIssuer {
    property: Text<PropertyId>,
    name: Text<Label>,
    address: StoredAddress,
}

/// What the amount includes of a tax.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredTax {
    code: String,
    name: Text<Label>,
    amount: Text<Money>,
}

impl From<&ReceiptContent> for StoredReceipt {
    fn from(content: &ReceiptContent) -> Self {
        let ReceiptContent {
            series: _,
            booking: _,
            movement: _,
            issuer,
            resource,
            resource_name,
            price,
            taxes,
        } = content;
        let tax = |tax: &ReceiptTax| StoredTax {
            code: tax.code.clone(),
            name: Text(tax.name.clone()),
            amount: Text(tax.amount),
        };
        Self {
            resource: Text(resource.clone()),
            resource_name: resource_name.clone(),
            issuer: issuer.as_ref().map(|issuer| StoredIssuer {
                property: Text(issuer.property.clone()),
                name: Text(issuer.name.clone()),
                address: (&issuer.address).into(),
            }),
            price: price.as_ref().map(Into::into),
            taxes: taxes.iter().map(tax).collect(),
        }
    }
}

impl StoredReceipt {
    /// What it says of a movement of a booking's money.
    pub(crate) fn read(
        self,
        series: ReceiptSeries,
        booking: BookingId,
        movement: MoneyMovement,
    ) -> Result<ReceiptContent, Reason> {
        let issuer = |StoredIssuer { property, name, address }: StoredIssuer| {
            let address = address.read()?;
            Ok::<_, Reason>(ReceiptIssuer { property: property.0, name: name.0, address })
        };
        let tax = |StoredTax { code, name, amount }| ReceiptTax { code, name: name.0, amount: amount.0 };
        Ok(ReceiptContent {
            series,
            booking,
            movement,
            issuer: self.issuer.map(issuer).transpose()?,
            resource: self.resource.0,
            resource_name: self.resource_name,
            price: self.price.map(StoredPrice::read).transpose()?,
            taxes: self.taxes.into_iter().map(tax).collect(),
        })
    }
}
