//! A receipt, and what the receipts of a booking say.

use jiff::Timestamp;

use crate::bookings::{Order, Price, PriceLine};
use crate::catalogue::Label;
use crate::ids::{BookingId, PropertyId, ResourceId};
use crate::money::Money;
use crate::properties::Address;
use crate::rates::charge::Due;
use crate::receipts::movement::{MoneyMovement, ReceiptKind};
use crate::receipts::series::{ReceiptSeries, SeriesHead};
use crate::receipts::taxes::{PartsFirst, ReceiptTax, TaxParts};

/// The property that issues a receipt, as it is then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptIssuer {
    /// The property.
    pub property: PropertyId,
    /// Its name.
    pub name: Label,
    /// Where mail for it goes.
    pub address: Address,
}

/// What a receipt says, but for its number and when it was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptContent {
    /// The series that it is of.
    pub series: ReceiptSeries,
    /// The booking.
    pub booking: BookingId,
    /// The movement of money that it is for.
    pub movement: MoneyMovement,
    /// The property; none where the resource belonged to none.
    pub issuer: Option<ReceiptIssuer>,
    /// What was booked.
    pub resource: ResourceId,
    /// Its name, as it was when the guest chose it.
    pub resource_name: String,
    /// What the amount is made of, if it is a payment of the whole price: its lines that are paid with the booking.
    pub price: Option<Price>,
    /// What the amount includes of each tax of the price, in its order.
    pub taxes: Vec<ReceiptTax>,
}

/// A receipt. It is never changed, and never taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its number in its series: from 1, without a gap.
    pub number: u64,
    /// When it was issued: never before the number before it.
    pub issued_at: Timestamp,
    /// What it says.
    pub content: ReceiptContent,
}

impl Receipt {
    /// The next receipt of a series that has come as far as `head`, or has no receipt yet, issued at `now`. Its time is never before that
    /// of the number before it, nor before its money moved, whichever clock says so.
    #[must_use]
    pub fn next(head: Option<SeriesHead>, content: ReceiptContent, now: Timestamp) -> Self {
        let (last, at) = head.map_or((0, now), |head| (head.last, head.at));
        Self { number: last.saturating_add(1), issued_at: now.max(at).max(content.movement.at), content }
    }

    /// How much was taken or given back.
    #[must_use]
    pub fn amount(&self) -> Money {
        self.content.movement.amount
    }
}

/// What the receipts of a booking say, one for each movement of its money, which are in order of time. What is paid at the place is no
/// part of it.
#[must_use]
pub fn receipt_contents(
    booking: &BookingId,
    order: &Order,
    issuer: Option<&ReceiptIssuer>,
    movements: &[MoneyMovement],
) -> Vec<ReceiptContent> {
    let parts = TaxParts::of(&order.price);
    let (mut open, mut paid, mut given_back) = (parts.all(), parts.none(), parts.none());
    let content = |movement: &MoneyMovement| {
        let amount = movement.amount.amount();
        let moved = match movement.kind {
            ReceiptKind::Payment => open.give(amount, PartsFirst::None, &mut paid),
            ReceiptKind::Refund => paid.give(amount, PartsFirst::Refundable, &mut given_back),
            ReceiptKind::RefundReversed => given_back.give(amount, PartsFirst::Kept, &mut paid),
        };
        let is_whole = movement.kind == ReceiptKind::Payment && movement.amount == order.price.total();
        ReceiptContent {
            series: ReceiptSeries::of(order),
            booking: booking.clone(),
            movement: *movement,
            issuer: issuer.cloned(),
            resource: order.resource.clone(),
            resource_name: order.resource_name.clone(),
            price: if is_whole { paid_with_booking(&order.price) } else { None },
            taxes: parts.named(&moved),
        }
    };
    movements.iter().map(content).collect()
}

/// The part of a price that is paid with the booking.
fn paid_with_booking(price: &Price) -> Option<Price> {
    let lines: Vec<PriceLine> = price.lines().iter().filter(|line| line.due() == Due::Now).cloned().collect();
    // Its sum is the total of the price.
    Price::new(lines).ok()
}
