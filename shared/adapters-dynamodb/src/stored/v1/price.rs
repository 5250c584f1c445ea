//! A price as version 1 has it.

use holdfast_domain::Money;
use holdfast_domain::bookings::{LineDetail, Price, PriceLine, PriceLineKind};
use holdfast_domain::catalogue::Label;
use holdfast_domain::money::SignedMoney;
use holdfast_domain::rates::charge::Due;
use holdfast_domain::rates::condition::DateRange;
use holdfast_domain::rates::ids::ChargeId;
use holdfast_domain::rates::quote::IncludedTax;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::stored::reason::{Reason, reason};
use crate::stored::v1::scalar::{Scalar, Text};

/// A price: its lines and the sum of those that are paid with the booking.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredPrice {
    total: Text<Money>,
    lines: Vec<StoredPriceLine>,
    /// What lines and included taxes are of, each once: they name it by its position. Left out if there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    named: Vec<Named>,
}

/// The name in the rate card, and that for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    code: String,
    name: Text<Label>,
}

/// A part of a price.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredPriceLine {
    kind: LineKind,
    amount: Text<SignedMoney>,
    /// Left out where the order keeps no rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    detail: Option<StoredDetail>,
}

/// What a rate card says of a line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredDetail {
    /// Position of what it is of.
    of: usize,
    /// First local date; left out with the next where the line is for no dates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<Text<Date>>,
    /// Local date after the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<Text<Date>>,
    /// Left out if it is 1.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    count: u32,
    /// Left out for what is paid with the booking.
    #[serde(default, skip_serializing_if = "is_now")]
    due: StoredDue,
    /// Whether a cancellation keeps it; left out if it may be given back.
    #[serde(default, skip_serializing_if = "is_false")]
    kept: bool,
    /// Left out if there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    taxes: Vec<Text<PositionedTax>>,
}

fn once() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_once(count: &u32) -> bool {
    *count == once()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_now(due: &StoredDue) -> bool {
    *due == StoredDue::Now
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Where something is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StoredDue {
    /// With the booking.
    #[default]
    Now,
    /// At the place.
    AtProperty,
}

/// An included tax: the position of what it is, a space, minor units in the line's currency. One text, since a long stay has many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PositionedTax {
    of: usize,
    amount: i64,
}

impl Scalar for PositionedTax {
    fn write(&self) -> String {
        format!("{} {}", self.of, self.amount)
    }

    fn read(text: &str) -> Result<Self, Reason> {
        let parts =
            text.split_once(' ').and_then(|(of, amount)| Some((of.parse().ok()?, amount.parse().ok()?)));
        let (of, amount) = parts.ok_or_else(|| format!("{text:?} is no included tax"))?;
        Ok(Self { of, amount })
    }
}

/// What a line is for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LineKind {
    /// The places themselves.
    Stay,
    /// What a promotion takes off.
    Discount,
    /// Something beside the places.
    Extra,
    /// What the place takes beside the price.
    Fee,
    /// A tax that the other lines do not include.
    Tax,
}

impl From<PriceLineKind> for LineKind {
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

impl From<LineKind> for PriceLineKind {
    fn from(kind: LineKind) -> Self {
        match kind {
            LineKind::Stay => Self::Stay,
            LineKind::Discount => Self::Discount,
            LineKind::Extra => Self::Extra,
            LineKind::Fee => Self::Fee,
            LineKind::Tax => Self::Tax,
        }
    }
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
    fn from(due: StoredDue) -> Self {
        match due {
            StoredDue::Now => Self::Now,
            StoredDue::AtProperty => Self::AtProperty,
        }
    }
}

/// The position of a name among those that are known, where it is added if it is new.
fn position(named: &mut Vec<Named>, code: &str, name: &Label) -> usize {
    let is_known = |known: &Named| known.code == code && known.name.0 == *name;
    named.iter().position(is_known).unwrap_or_else(|| {
        named.push(Named { code: code.to_owned(), name: Text(name.clone()) });
        named.len() - 1
    })
}

impl From<&Price> for StoredPrice {
    fn from(price: &Price) -> Self {
        let mut named = Vec::new();
        let mut lines = Vec::with_capacity(price.lines().len());
        for line in price.lines() {
            let detail = line.detail.as_ref().map(|detail| StoredDetail::of(detail, &mut named));
            lines.push(StoredPriceLine { kind: line.kind.into(), amount: Text(line.amount), detail });
        }
        Self { total: Text(price.total()), lines, named }
    }
}

impl StoredPrice {
    pub(crate) fn read(self) -> Result<Price, Reason> {
        let Self { total, lines, named } = self;
        let line = |StoredPriceLine { kind, amount: Text(amount), detail }| {
            let detail = detail.map(|detail| detail.read(&named)).transpose()?;
            Ok(PriceLine { kind: kind.into(), amount, detail })
        };
        let lines = lines.into_iter().map(line).collect::<Result<_, Reason>>()?;
        let price = Price::new(lines).map_err(reason)?;
        if price.total() == total.0 { Ok(price) } else { Err("lines that are not the total".to_owned()) }
    }
}

fn named_at(named: &[Named], position: usize) -> Result<&Named, Reason> {
    named.get(position).ok_or_else(|| format!("nothing is named at {position}"))
}

impl StoredDetail {
    fn of(detail: &LineDetail, named: &mut Vec<Named>) -> Self {
        Self {
            of: position(named, &detail.code, &detail.name),
            from: detail.dates.map(|dates| Text(dates.from)),
            to: detail.dates.map(|dates| Text(dates.to)),
            count: detail.count,
            due: detail.due.into(),
            kept: !detail.refundable,
            taxes: (detail.included_taxes.iter())
                .map(|tax| {
                    let of = position(named, tax.charge.as_str(), &tax.name);
                    Text(PositionedTax { of, amount: tax.amount })
                })
                .collect(),
        }
    }

    fn read(self, named: &[Named]) -> Result<LineDetail, Reason> {
        let own = named_at(named, self.of)?;
        let dates = match (self.from, self.to) {
            (Some(Text(from)), Some(Text(to))) => Some(DateRange { from, to }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err("dates with one end".to_owned()),
        };
        let tax = |Text(PositionedTax { of, amount })| {
            let tax = named_at(named, of)?;
            Ok(IncludedTax {
                charge: ChargeId::parse(&tax.code).map_err(reason)?,
                name: tax.name.0.clone(),
                amount,
            })
        };
        Ok(LineDetail {
            code: own.code.clone(),
            name: own.name.0.clone(),
            dates,
            count: self.count,
            due: self.due.into(),
            refundable: !self.kept,
            included_taxes: self.taxes.into_iter().map(tax).collect::<Result<_, Reason>>()?,
        })
    }
}
