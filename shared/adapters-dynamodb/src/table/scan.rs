//! Reads a table part by part, whatever it holds. A scan reads, and pays for, every item of the table whatever its filter keeps.

use aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder;
use holdfast_app::StoreError;
use holdfast_app::operations::{Part, Unreadable};

use crate::table::error::unavailable;
use crate::table::item::{Item, Reader, s};

/// The most items that one call reads. DynamoDB itself stops at 1 MB.
const SCAN_ITEMS_MAX: i32 = 2_000;
/// Between hash and range key; no range key has it.
const KEY_SEPARATOR: char = '|';

/// The key that a name says.
pub(crate) fn key_of(name: &str) -> Option<Item> {
    let (pk, sk) = name.rsplit_once(KEY_SEPARATOR)?;
    Some(Item::from([("pk".into(), s(pk)), ("sk".into(), s(sk))]))
}

/// The name of an item's key.
pub(crate) fn name_of(item: &Item) -> Option<String> {
    let reader = Reader::new(item);
    Some(format!("{}{KEY_SEPARATOR}{}", reader.opt_text("pk")?, reader.opt_text("sk")?))
}

/// The part of a scan after `cursor`, which is the name of a key.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub(crate) async fn read_part<T>(
    scan: ScanFluentBuilder,
    cursor: Option<&str>,
    decode: impl Fn(&Item) -> Result<T, StoreError>,
) -> Result<Part<T>, StoreError> {
    let scan = scan.limit(SCAN_ITEMS_MAX).set_exclusive_start_key(cursor.and_then(key_of));
    let output = scan.send().await.map_err(unavailable)?;
    let next = output.last_evaluated_key().and_then(name_of);
    let mut part = Part { items: Vec::new(), unreadable: Vec::new(), next };
    for item in output.items() {
        match decode(item) {
            Ok(decoded) => part.items.push(decoded),
            Err(StoreError::Corrupt { item, reason }) => part.unreadable.push(Unreadable { item, reason }),
            Err(error) => return Err(error),
        }
    }
    Ok(part)
}
