//! Receipts and the heads of their series as items. `docs/storage.md` has tables of the attributes.

use holdfast_app::StoreError;
use holdfast_domain::receipts::{MoneyMovement, Receipt, ReceiptKind, ReceiptSeries, SeriesHead};
use holdfast_domain::{BookingId, Money};

use crate::stored::records::booking_key;
use crate::stored::v1::receipt::StoredReceipt;
use crate::stored::v1::scalar::Scalar;
use crate::stored::version::Version;
use crate::table::item::{Item, Reader, document, millis, n, s};

/// Sort keys of receipts begin with it; the number of the entry of the audit trail follows, by which the money moved. So there is one
/// receipt for each.
pub(crate) const RECEIPT_SK_PREFIX: &str = "R#";
/// Partition keys of heads of series begin with it; the name of the series follows.
const SERIES_PK_PREFIX: &str = "N#";
/// Sort key of the head of a series.
const SERIES_SK: &str = "N";

/// Primary key of the head of a series.
pub(crate) fn series_key(series: &ReceiptSeries) -> Item {
    Item::from([
        ("pk".into(), s(format!("{SERIES_PK_PREFIX}{}", series.name()))),
        ("sk".into(), s(SERIES_SK)),
    ])
}

/// Whether an item is the head of a series.
pub(crate) fn is_series(item: &Item) -> bool {
    Reader::new(item).opt_text("pk").is_some_and(|pk| pk.starts_with(SERIES_PK_PREFIX))
}

/// Whether an item is a receipt.
pub(crate) fn is_receipt(item: &Item) -> bool {
    let reader = Reader::new(item);
    let is_of_booking = reader.opt_text("pk").is_some_and(|pk| pk.starts_with("B#"));
    is_of_booking && reader.opt_text("sk").is_some_and(|sk| sk.starts_with(RECEIPT_SK_PREFIX))
}

/// How far a series has come.
#[must_use]
pub fn encode_series(series: &ReceiptSeries, head: SeriesHead) -> Item {
    let mut item = series_key(series);
    item.extend([("n".into(), n(head.last)), ("at".into(), millis(head.at))]);
    Version::V1.mark(&mut item);
    item
}

/// How far a series has come.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn decode_series(item: &Item) -> Result<SeriesHead, StoreError> {
    let reader = Reader::new(item);
    match Version::of(&reader)? {
        Version::V0 => Err(reader.corrupt("there is no series of version 0")),
        Version::V1 => Ok(SeriesHead { last: reader.number("n")?, at: reader.instant("at")? }),
    }
}

/// A receipt.
#[must_use]
pub fn encode_receipt(receipt: &Receipt) -> Item {
    let content = &receipt.content;
    let movement = &content.movement;
    let mut item = booking_key(&content.booking, &format!("{RECEIPT_SK_PREFIX}{:06}", movement.entry));
    item.extend([
        ("se".into(), s(content.series.name())),
        ("n".into(), n(receipt.number)),
        ("at".into(), millis(receipt.issued_at)),
        ("k".into(), s(movement.kind.as_str())),
        ("am".into(), s(movement.amount.write())),
        ("mv".into(), millis(movement.at)),
        ("doc".into(), document(&StoredReceipt::from(content))),
    ]);
    Version::V1.mark(&mut item);
    item
}

/// A receipt.
///
/// # Errors
/// [`StoreError::Corrupt`] when the item cannot be read as one.
pub fn decode_receipt(item: &Item) -> Result<Receipt, StoreError> {
    let reader = Reader::new(item);
    let stored = match Version::of(&reader)? {
        Version::V0 => return Err(reader.corrupt("there is no receipt of version 0")),
        Version::V1 => reader.document::<StoredReceipt>("doc")?,
    };
    let movement = MoneyMovement {
        entry: reader
            .parsed("sk", |sk| sk.strip_prefix(RECEIPT_SK_PREFIX).unwrap_or_default().parse::<u64>())?,
        kind: reader.parsed("k", |name| ReceiptKind::parse(name).ok_or("no kind of receipt"))?,
        amount: reader.parsed("am", Money::read)?,
        at: reader.instant("mv")?,
    };
    let series = reader.parsed("se", |name| match ReceiptSeries::parse(name) {
        Some(series) => series.map_err(|error| error.to_string()),
        None => Err("no series".to_owned()),
    })?;
    let booking = reader.parsed("pk", |pk| BookingId::parse(pk.strip_prefix("B#").unwrap_or_default()))?;
    Ok(Receipt {
        number: reader.number("n")?,
        issued_at: reader.instant("at")?,
        content: stored.read(series, booking, movement).map_err(|reason| reader.corrupt(reason))?,
    })
}
