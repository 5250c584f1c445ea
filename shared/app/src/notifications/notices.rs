//! What guests are told by mail: that a booking stands, or that it was cancelled.
//!
//! A mail may be sent twice, when a queue delivers an event twice: it says the same both times. It is never sent before
//! it is true, nor when it is true no more.

use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::{Booking, BookingId, BookingStatus, Money, PaymentStatus, Resource};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::time::{sleep, timeout};

use crate::bookings::port::BookingReader;
use crate::catalogue::port::CatalogueReader;
use crate::kernel::errors::DeliveryError;
use crate::kernel::failure::Failure;
use crate::notifications::port::{Mail, Mailer};

/// How long a confirmation waits for the money to be taken before its event is put back.
const WAIT_FOR_CAPTURE: Duration = Duration::from_secs(8);
const PAUSE: Duration = Duration::from_millis(100);

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// The booking stands.
    Confirmed,
    /// It was given up.
    Cancelled,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// A mail went out.
    Mailed,
    /// The guest's token named no address.
    NoAddress,
    /// It is true no more.
    Overtaken,
}

/// Why a guest was not told.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// The booking could not be read, or its money is not taken yet.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// The mail was not taken.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
}

/// The use case of the notify function.
pub struct Notices {
    bookings: Arc<dyn BookingReader>,
    catalogue: Arc<dyn CatalogueReader>,
    mailer: Arc<dyn Mailer>,
}

impl Notices {
    /// Over bookings, the catalogue and a mail service.
    #[must_use]
    pub fn new(
        bookings: Arc<dyn BookingReader>,
        catalogue: Arc<dyn CatalogueReader>,
        mailer: Arc<dyn Mailer>,
    ) -> Self {
        Self { bookings, catalogue, mailer }
    }

    /// Tells the guest of a booking what happened to it, as the event `cause` says.
    ///
    /// # Errors
    /// [`NoticeError`]; the event is to be delivered again.
    pub async fn tell(&self, id: &BookingId, occasion: Occasion, cause: &str) -> Result<Told, NoticeError> {
        let booking = match occasion {
            Occasion::Confirmed => self.captured(id).await?,
            Occasion::Cancelled => self.load(id).await?,
        };
        let is_true = match (occasion, booking.status) {
            (Occasion::Confirmed, BookingStatus::Confirmed | BookingStatus::Completed)
            | (Occasion::Cancelled, BookingStatus::Cancelled) => true,
            (
                Occasion::Confirmed,
                BookingStatus::Pending | BookingStatus::Cancelled | BookingStatus::Failed,
            )
            | (
                Occasion::Cancelled,
                BookingStatus::Pending
                | BookingStatus::Confirmed
                | BookingStatus::Completed
                | BookingStatus::Failed,
            ) => false,
        };
        if !is_true {
            return Ok(Told::Overtaken);
        }
        let Some(to) = booking.email.clone() else { return Ok(Told::NoAddress) };
        let resource = self.catalogue.resource(&booking.order.resource).await.map_err(Failure::from)?;
        let zone = resource.map_or(TimeZone::UTC, |resource: Resource| resource.terms.time_zone);
        let (subject, text) = match occasion {
            Occasion::Confirmed => confirmation(&booking, &zone),
            Occasion::Cancelled => cancellation(&booking, &zone),
        };
        self.mailer.send(&Mail { to, subject, text, cause: cause.to_owned() }).await?;
        Ok(Told::Mailed)
    }

    /// The booking once its money is taken, or once it stands no more.
    async fn captured(&self, id: &BookingId) -> Result<Booking, Failure> {
        let captured = timeout(WAIT_FOR_CAPTURE, self.until_captured(id)).await;
        captured.unwrap_or(Err(Failure::RequestInProgress))
    }

    async fn until_captured(&self, id: &BookingId) -> Result<Booking, Failure> {
        loop {
            let booking = self.load(id).await?;
            let waits = match (booking.status, booking.payment_status()) {
                (
                    BookingStatus::Pending | BookingStatus::Confirmed,
                    PaymentStatus::Pending | PaymentStatus::Authorized,
                ) => true,
                (
                    BookingStatus::Pending | BookingStatus::Confirmed,
                    PaymentStatus::Captured
                    | PaymentStatus::Voided
                    | PaymentStatus::PartiallyRefunded
                    | PaymentStatus::Refunded
                    | PaymentStatus::Failed,
                )
                | (BookingStatus::Cancelled | BookingStatus::Completed | BookingStatus::Failed, _) => false,
            };
            if !waits {
                return Ok(booking);
            }
            sleep(PAUSE).await;
        }
    }

    async fn load(&self, id: &BookingId) -> Result<Booking, Failure> {
        self.bookings.booking(id).await?.ok_or(Failure::NotFound("booking"))
    }
}

fn confirmation(booking: &Booking, zone: &TimeZone) -> (String, String) {
    let number = &booking.confirmation_number;
    let order = &booking.order;
    let subject = format!("Your booking {number} is confirmed");
    let text = format!(
        "Hello,\n\nyour booking is confirmed. We look forward to seeing you.\n\n{}Paid:         {}\n\n\
         Should your plans change, you can cancel with your confirmation number.\n",
        facts(booking, zone),
        amount(order.price.total()),
    );
    (subject, text)
}

fn cancellation(booking: &Booking, zone: &TimeZone) -> (String, String) {
    let number = &booking.confirmation_number;
    let subject = format!("Your booking {number} is cancelled");
    let refund = booking.cancellation.as_ref().map(|cancellation| cancellation.refund);
    let money = match refund.filter(|refund| refund.amount() > 0) {
        Some(refund) => format!("We are giving you {} back, to the card you paid with.", amount(refund)),
        None if booking.captured().amount() == 0 => "You have not been charged.".to_owned(),
        None => "By the terms of the booking nothing is refunded.".to_owned(),
    };
    let text = format!(
        "Hello,\n\nyour booking is cancelled, as you asked. {money}\n\n{}\nWe hope to see you another time.\n",
        facts(booking, zone),
    );
    (subject, text)
}

fn facts(booking: &Booking, zone: &TimeZone) -> String {
    let order = &booking.order;
    let name = zone.iana_name().unwrap_or("UTC");
    format!(
        "Confirmation: {}\nWhat:         {}\nFrom:         {}\nTo:           {}\nTime zone:    {name}\nQuantity:     {}\n",
        booking.confirmation_number,
        order.resource_name,
        local(order.start, zone),
        local(order.end, zone),
        order.quantity,
    )
}

fn local(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%A, %-d %B %Y, %H:%M").to_string()
}

/// An amount for people: with as many decimals as ISO 4217 gives its currency.
fn amount(money: Money) -> String {
    let currency = money.currency();
    let decimals: u32 = match currency.code() {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    };
    let unit = 10_i64.pow(decimals);
    let (whole, part) = (money.amount() / unit, money.amount() % unit);
    if decimals == 0 {
        format!("{whole} {currency}")
    } else {
        let width = usize::try_from(decimals).unwrap_or(2);
        format!("{whole}.{part:0width$} {currency}")
    }
}
