//! Taxes and fees.

use holdfast_domain::Currency;
use holdfast_domain::catalogue::Label;
use holdfast_domain::rates::charge::{Band, BandLevy, Charge, ChargeKind, Due, Levy, Per, Validity};
use holdfast_domain::rates::ids::{ChargeId, TaxCategory};
use holdfast_domain::rates::percentage::Percentage;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::stored::reason::Reason;
use crate::stored::v1::rates::{is_no, money, plain, texts};
use crate::stored::v1::scalar::Text;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredCharge {
    id: Text<ChargeId>,
    name: Text<Label>,
    /// What taxes are levied on for it, of a fee; a tax has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fee: Option<Text<TaxCategory>>,
    #[serde(default, skip_serializing_if = "is_no")]
    included: bool,
    levy: StoredLevy,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    on: Vec<Text<TaxCategory>>,
    #[serde(default, skip_serializing_if = "StoredValidity::is_empty")]
    valid: StoredValidity,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exempt_to_age: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slots_max: Option<u32>,
    #[serde(default, skip_serializing_if = "is_no")]
    before_discounts: bool,
    #[serde(default, skip_serializing_if = "is_no")]
    refundable: bool,
    due: StoredDue,
}

/// Local dates, both included.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StoredValidity {
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Text<Date>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Text<Date>>,
}

impl StoredValidity {
    pub(crate) fn is_empty(&self) -> bool {
        self.from.is_none() && self.until.is_none()
    }
}

impl From<Validity> for StoredValidity {
    fn from(valid: Validity) -> Self {
        Self { from: valid.from.map(Text), until: valid.until.map(Text) }
    }
}

impl From<StoredValidity> for Validity {
    fn from(stored: StoredValidity) -> Self {
        let date = |date: Option<Text<Date>>| date.map(|Text(date)| date);
        Self { from: date(stored.from), until: date(stored.until) }
    }
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StoredDue {
    Now,
    AtProperty,
}

impl From<Due> for StoredDue {
    fn from(due: Due) -> Self {
        match due {
            Due::Now => Self::Now,
            Due::AtProperty => Self::AtProperty,
        }
    }
}

impl From<StoredDue> for Due {
    fn from(stored: StoredDue) -> Self {
        match stored {
            StoredDue::Now => Self::Now,
            StoredDue::AtProperty => Self::AtProperty,
        }
    }
}

/// What something is counted by.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StoredPer {
    Stay,
    Slot,
    Unit,
    UnitSlot,
    Guest,
    GuestSlot,
}

impl From<Per> for StoredPer {
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

impl From<StoredPer> for Per {
    fn from(stored: StoredPer) -> Self {
        match stored {
            StoredPer::Stay => Self::Stay,
            StoredPer::Slot => Self::Slot,
            StoredPer::Unit => Self::Unit,
            StoredPer::UnitSlot => Self::UnitSlot,
            StoredPer::Guest => Self::Guest,
            StoredPer::GuestSlot => Self::GuestSlot,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum StoredLevy {
    Percent(Text<Percentage>),
    Amount { amount: i64, per: StoredPer },
    Bands(Vec<StoredBand>),
}

/// From a price on.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredBand {
    from: i64,
    levy: StoredBandLevy,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum StoredBandLevy {
    Amount(i64),
    Percent(Text<Percentage>),
}

impl From<&Charge> for StoredCharge {
    fn from(charge: &Charge) -> Self {
        let band = |band: &Band| StoredBand {
            from: band.from.amount(),
            levy: match band.levy {
                BandLevy::Amount(amount) => StoredBandLevy::Amount(amount.amount()),
                BandLevy::Percent(percent) => StoredBandLevy::Percent(Text(percent)),
            },
        };
        Self {
            id: Text(charge.id.clone()),
            name: Text(charge.name.clone()),
            fee: match &charge.kind {
                ChargeKind::Tax => None,
                ChargeKind::Fee { category } => Some(Text(category.clone())),
            },
            included: charge.included,
            levy: match &charge.levy {
                Levy::Percent(percent) => StoredLevy::Percent(Text(*percent)),
                Levy::Amount { amount, per } => {
                    StoredLevy::Amount { amount: amount.amount(), per: (*per).into() }
                }
                Levy::Bands(bands) => StoredLevy::Bands(bands.iter().map(band).collect()),
            },
            on: texts(&charge.on),
            valid: charge.valid.into(),
            exempt_to_age: charge.exempt_to_age,
            slots_max: charge.slots_max,
            before_discounts: charge.before_discounts,
            refundable: charge.refundable,
            due: charge.due.into(),
        }
    }
}

impl StoredCharge {
    pub(crate) fn read(self, currency: Currency) -> Result<Charge, Reason> {
        let band = |StoredBand { from, levy }| {
            let levy = match levy {
                StoredBandLevy::Amount(amount) => BandLevy::Amount(money(amount, currency)?),
                StoredBandLevy::Percent(Text(percent)) => BandLevy::Percent(percent),
            };
            Ok(Band { from: money(from, currency)?, levy })
        };
        Ok(Charge {
            id: self.id.0,
            name: self.name.0,
            kind: match self.fee {
                None => ChargeKind::Tax,
                Some(Text(category)) => ChargeKind::Fee { category },
            },
            included: self.included,
            levy: match self.levy {
                StoredLevy::Percent(Text(percent)) => Levy::Percent(percent),
                StoredLevy::Amount { amount, per } => {
                    Levy::Amount { amount: money(amount, currency)?, per: per.into() }
                }
                StoredLevy::Bands(bands) => {
                    Levy::Bands(bands.into_iter().map(band).collect::<Result<_, Reason>>()?)
                }
            },
            on: plain(self.on),
            valid: self.valid.into(),
            exempt_to_age: self.exempt_to_age,
            slots_max: self.slots_max,
            before_discounts: self.before_discounts,
            refundable: self.refundable,
            due: self.due.into(),
        })
    }
}
