//! What every change of a booking writes: the booking and its audit event. And how a booking is read.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use holdfast_app::StoreError;
use holdfast_app::bookings::AuditEvent;
use holdfast_app::events::Write;
use holdfast_domain::{Booking, BookingId};

use crate::stored::records::{BOOKING_SK, booking_key, decode_booking, encode_audit, encode_booking};
use crate::table::item::n;
use crate::table::ledger::LedgerTable;
use crate::table::transact::built;

/// A booking; the latest write.
pub(crate) async fn read_booking(
    ledger: &LedgerTable,
    id: &BookingId,
) -> Result<Option<Booking>, StoreError> {
    let item = ledger.get(booking_key(id, BOOKING_SK)).await?;
    item.as_ref().map(decode_booking).transpose()
}

/// The booking, provided that it is still as it was before, and its audit event.
pub(crate) fn entry_items(
    ledger: &LedgerTable,
    booking: &Booking,
    audit: &AuditEvent,
) -> Result<[TransactWriteItem; 2], StoreError> {
    let write = Write { at: audit.at, trace: audit.trace.clone() };
    Ok([put_booking(ledger, booking, &write)?, put_audit(ledger, audit)?])
}

fn put_booking(
    ledger: &LedgerTable,
    booking: &Booking,
    write: &Write,
) -> Result<TransactWriteItem, StoreError> {
    let put = Put::builder().table_name(&ledger.name).set_item(Some(encode_booking(booking, write)));
    let put = if booking.version <= 1 {
        put.condition_expression("attribute_not_exists(pk)")
    } else {
        put.condition_expression("v = :v").expression_attribute_values(":v", n(booking.version - 1))
    };
    Ok(TransactWriteItem::builder().put(put.build().map_err(built)?).build())
}

fn put_audit(ledger: &LedgerTable, event: &AuditEvent) -> Result<TransactWriteItem, StoreError> {
    let put = Put::builder()
        .table_name(&ledger.name)
        .set_item(Some(encode_audit(event)))
        .condition_expression("attribute_not_exists(pk)")
        .build()
        .map_err(built)?;
    Ok(TransactWriteItem::builder().put(put).build())
}
