//! Mails to guests: a booking is confirmed, or it was cancelled.
//!
//! A mail may be sent twice, when a queue delivers an event twice: it says the same both times. It is never sent before
//! it is true, nor when it is true no more.

use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::{Booking, BookingId, BookingStatus, Money, Resource};
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

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeKind {
    /// The booking is confirmed.
    Confirmed,
    /// The booking was cancelled.
    Cancelled,
}

/// The outcome of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeOutcome {
    /// A mail went out.
    Mailed,
    /// The guest's token named no address.
    NoAddress,
    /// The booking has another status by now.
    OutOfDate,
}

/// Why a guest was not notified.
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

    /// Mails the guest of a booking about the event `cause`.
    ///
    /// # Errors
    /// [`NoticeError`]; the event is to be delivered again.
    pub async fn mail(
        &self,
        id: &BookingId,
        kind: NoticeKind,
        cause: &str,
    ) -> Result<NoticeOutcome, NoticeError> {
        let booking = match kind {
            NoticeKind::Confirmed => self.captured(id).await?,
            NoticeKind::Cancelled => self.load(id).await?,
        };
        let is_true = match kind {
            NoticeKind::Confirmed => booking.holds_places(),
            NoticeKind::Cancelled => booking.status == BookingStatus::Cancelled,
        };
        if !is_true {
            return Ok(NoticeOutcome::OutOfDate);
        }
        let Some(to) = booking.email.clone() else { return Ok(NoticeOutcome::NoAddress) };
        let resource = self.catalogue.resource(&booking.order.resource).await.map_err(Failure::from)?;
        let zone = resource.map_or(TimeZone::UTC, |resource: Resource| resource.terms.time_zone);
        let (subject, text) = match kind {
            NoticeKind::Confirmed => confirmation(&booking, &zone),
            NoticeKind::Cancelled => cancellation(&booking, &zone),
        };
        self.mailer.send(&Mail { to, subject, text, cause: cause.to_owned() }).await?;
        Ok(NoticeOutcome::Mailed)
    }

    /// The booking once its money is taken, or will not be.
    async fn captured(&self, id: &BookingId) -> Result<Booking, Failure> {
        let captured = timeout(WAIT_FOR_CAPTURE, self.until_captured(id)).await;
        captured.unwrap_or(Err(Failure::RequestInProgress))
    }

    async fn until_captured(&self, id: &BookingId) -> Result<Booking, Failure> {
        loop {
            let booking = self.load(id).await?;
            if !booking.awaits_capture() {
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
    at.to_zoned_datetime(zone.clone()).strftime("%A, %-d %B %Y, %H:%M").to_string()
}

/// An amount for people: with as many decimals as ISO 4217 gives its currency.
pub(crate) fn amount(money: Money) -> String {
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
