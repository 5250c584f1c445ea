//! Receipts are issued after the fact: what the trail of a booking says of its money is compared with the receipts that there are, and
//! what is missing is issued, in order. No payment waits for a number, and whatever kept a receipt from being issued is made up for when
//! the booking is looked at again.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_domain::BookingId;
use holdfast_domain::receipts::{MoneyMovement, ReceiptIssuer, receipt_contents};
use jiff::Timestamp;

use crate::bookings::port::BookingHistory;
use crate::bookings::read::load;
use crate::kernel::failure::Failure;
use crate::properties::port::PropertyReader;
use crate::receipts::gap::ReceiptGap;
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
        let (movements, gap) = self.compared(id).await?;
        if gap.missing.is_empty() {
            return Ok(0);
        }
        let missing: BTreeSet<u64> = gap.missing.iter().map(|movement| movement.entry).collect();
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
            if !missing.contains(&content.movement.entry) {
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

    /// In what the receipts of a booking differ from the movements of its money.
    ///
    /// # Errors
    /// [`Failure`]; [`Failure::Inconsistent`] where its trail does not say how much moved.
    pub(crate) async fn gap(&self, id: &BookingId) -> Result<ReceiptGap, Failure> {
        Ok(self.compared(id).await?.1)
    }

    /// The movements of a booking's money, and in what its receipts differ from them. The receipts are read first: what one is for was
    /// written before it.
    async fn compared(&self, id: &BookingId) -> Result<(Vec<MoneyMovement>, ReceiptGap), Failure> {
        let receipts = self.receipts.receipts(id).await?;
        let movements = movements(&self.history.audit_trail(id).await?)?;
        let gap = ReceiptGap::between(&movements, receipts);
        Ok((movements, gap))
    }
}
