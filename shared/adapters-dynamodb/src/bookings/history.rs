//! What a guest has booked, and what happened to a booking.

use async_trait::async_trait;
use holdfast_app::StoreError;
use holdfast_app::bookings::{AuditEvent, BookingHistory, BookingReader};
use holdfast_app::payments::RefundNotes;
use holdfast_domain::{Booking, BookingId, GuestId};
use jiff::Timestamp;

use crate::bookings::entry::read_booking;
use crate::stored::notes::{decode_parked_case, paid_otherwise_key};
use crate::stored::records::{
    BOOKING_SK, EVENT_SK_END, EVENT_SK_PREFIX, booking_pk, decode_audit, decode_booking, event_sk,
};
use crate::table::error::unavailable;
use crate::table::item::{Item, Reader, s};
use crate::table::ledger::LedgerTable;

/// [`BookingHistory`] and [`RefundNotes`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoBookingHistory(LedgerTable);

impl DynamoBookingHistory {
    /// In the ledger's table.
    #[must_use]
    pub fn new(ledger: LedgerTable) -> Self {
        Self(ledger)
    }
}

#[async_trait]
impl BookingReader for DynamoBookingHistory {
    async fn booking(&self, id: &BookingId) -> Result<Option<Booking>, StoreError> {
        read_booking(&self.0, id).await
    }
}

#[async_trait]
impl BookingHistory for DynamoBookingHistory {
    // A page of the index by guest, newest first, and the bookings it names.
    async fn bookings_of(
        &self,
        guest: &GuestId,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<(Vec<Booking>, Option<String>), StoreError> {
        let start = cursor.and_then(|cursor| cursor.split_once('.')).map(|(_, id)| {
            let sort = cursor.map(|cursor| cursor.replacen('.', "#", 1)).unwrap_or_default();
            Item::from([
                ("pk".into(), s(format!("B#{id}"))),
                ("sk".into(), s(BOOKING_SK)),
                ("guest".into(), s(guest.as_str())),
                ("guest_sort".into(), s(sort)),
            ])
        });
        let output = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .index_name("by-guest")
            .key_condition_expression("guest = :guest")
            .expression_attribute_values(":guest", s(guest.as_str()))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(unavailable)?;
        let next = output
            .last_evaluated_key()
            .and_then(|key| Reader::new(key).opt_text("guest_sort").map(|sort| sort.replacen('#', ".", 1)));
        let keys = output
            .items()
            .iter()
            .filter_map(|item| {
                let reader = Reader::new(item);
                Some(Item::from([
                    ("pk".into(), s(reader.opt_text("pk")?)),
                    ("sk".into(), s(reader.opt_text("sk")?)),
                ]))
            })
            .collect();
        let mut bookings =
            self.0.get_many(keys).await?.iter().map(decode_booking).collect::<Result<Vec<_>, _>>()?;
        bookings.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
        Ok((bookings, next))
    }

    async fn audit_trail(&self, booking: &BookingId) -> Result<Vec<AuditEvent>, StoreError> {
        self.0.query_all(&booking_pk(booking), EVENT_SK_PREFIX).await?.iter().map(decode_audit).collect()
    }

    async fn audit_page(
        &self,
        booking: &BookingId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        let first = event_sk(after.saturating_add(1));
        let items = self.0.query_between(&booking_pk(booking), &first, EVENT_SK_END, limit).await?;
        items.iter().map(decode_audit).collect()
    }
}

#[async_trait]
impl RefundNotes for DynamoBookingHistory {
    async fn paid_otherwise_at(&self, booking: &BookingId) -> Result<Option<Timestamp>, StoreError> {
        self.0.get(paid_otherwise_key(booking)).await?.as_ref().map(decode_parked_case).transpose()
    }
}
