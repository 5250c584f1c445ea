//! Receipts are issued after the fact: what the trail of a booking says of its money is compared with the receipts that there are, and
//! what is missing is issued, in order. No payment waits for a number, and whatever kept a receipt from being issued is made up for when
//! the booking is looked at again.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_domain::BookingId;
use holdfast_domain::receipts::{ReceiptIssuer, receipt_contents};
use jiff::Timestamp;

use crate::bookings::port::BookingHistory;
use crate::bookings::read::load;
use crate::kernel::failure::Failure;
use crate::properties::port::PropertyReader;
use crate::receipts::movements::movements;
use crate::receipts::port::{Issued, ReceiptStore};

/// The use case of the receipts function.
pub struct ReceiptIssue {
    history: Arc<dyn BookingHistory>,
    properties: Arc<dyn PropertyReader>,
    receipts: Arc<dyn ReceiptStore>,
}

impl ReceiptIssue {
    /// Over bookings with their trails, the properties that issue receipts, and the store of these.
    #[must_use]
    pub fn new(
        history: Arc<dyn BookingHistory>,
        properties: Arc<dyn PropertyReader>,
        receipts: Arc<dyn ReceiptStore>,
    ) -> Self {
        Self { history, properties, receipts }
    }

    /// Issues the receipts that a booking does not have yet, in the order in which its money moved; gives how many there were. Another
    /// that does the same at the same time, or did it before, is no error.
    ///
    /// # Errors
    /// [`Failure`]; what was issued until then stays so, and the rest follows when it is asked for again.
    pub async fn issue_missing(&self, id: &BookingId, now: Timestamp) -> Result<usize, Failure> {
        let booking = load(self.history.as_ref(), id).await?;
        let movements = movements(&self.history.audit_trail(id).await?)?;
        let there = self.receipts.receipts(id).await?;
        let there: BTreeSet<u64> = there.iter().map(|receipt| receipt.content.movement.entry).collect();
        if movements.iter().all(|movement| there.contains(&movement.entry)) {
            return Ok(0);
        }
        let property = match &booking.order.property {
            Some(id) => self.properties.property(id).await?,
            None => None,
        };
        let issuer = property.map(|property| ReceiptIssuer {
            property: property.id,
            name: property.terms.name,
            address: property.terms.address,
        });
        let mut issued = 0;
        for content in receipt_contents(id, &booking.order, issuer.as_ref(), &movements) {
            if there.contains(&content.movement.entry) {
                continue;
            }
            match self.receipts.issue(&content, now).await? {
                Issued::Now(number) => {
                    tracing::info!(booking = %id, series = content.series.name(), number, "receipt");
                    issued += 1;
                }
                Issued::Before => {}
            }
        }
        Ok(issued)
    }
}
