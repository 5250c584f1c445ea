//! Series of receipts: numbers from 1, without a gap.

use jiff::Timestamp;

use crate::bookings::Order;
use crate::ids::{InvalidId, PropertyId, ResourceId};

/// Whose receipts are numbered one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ReceiptSeries {
    /// Those of a property.
    Property(PropertyId),
    /// Those of a resource that belonged to no property when it was ordered.
    Resource(ResourceId),
}

impl ReceiptSeries {
    /// Names of properties' series begin with it.
    const PROPERTY: &str = "property/";
    /// Names of resources' series begin with it.
    const RESOURCE: &str = "resource/";

    /// The series of an order: the same for every receipt of its booking, whatever becomes of the resource.
    #[must_use]
    pub fn of(order: &Order) -> Self {
        match &order.property {
            Some(property) => Self::Property(property.clone()),
            None => Self::Resource(order.resource.clone()),
        }
    }

    /// `property/` or `resource/`, and the id.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Property(id) => format!("{}{id}", Self::PROPERTY),
            Self::Resource(id) => format!("{}{id}", Self::RESOURCE),
        }
    }

    /// The series of that name; `None` if no series has it.
    ///
    /// # Errors
    /// [`InvalidId`] of the part after the kind.
    pub fn parse(name: &str) -> Option<Result<Self, InvalidId>> {
        if let Some(id) = name.strip_prefix(Self::PROPERTY) {
            return Some(PropertyId::parse(id).map(Self::Property));
        }
        name.strip_prefix(Self::RESOURCE).map(|id| ResourceId::parse(id).map(Self::Resource))
    }
}

/// How far a series has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeriesHead {
    /// The number of the last receipt.
    pub last: u64,
    /// When it was issued.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_has_a_name_of_its_own() {
        let property = ReceiptSeries::Property(PropertyId::parse("one").expect("an id"));
        let resource = ReceiptSeries::Resource(ResourceId::parse("one").expect("an id"));
        assert_ne!(property.name(), resource.name());
        for series in [property, resource] {
            assert_eq!(ReceiptSeries::parse(&series.name()), Some(Ok(series)));
        }
        assert_eq!(ReceiptSeries::parse("one"), None);
        assert!(matches!(ReceiptSeries::parse("property/"), Some(Err(_))));
    }
}
