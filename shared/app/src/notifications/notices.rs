//! Mails to guests: a booking is confirmed, or it was cancelled.
//!
//! It is remembered by which event a mail was caused, so that an event that comes again, as when the archive is replayed, sends none.
//! A mail may still be sent twice, when a queue delivers an event twice at once or the function dies before it has remembered: it
//! says the same both times. It is never sent before it is true, nor when it is true no more.
//!
//! An address that a guest names may be anybody's: mails to such addresses are counted, so that nobody floods a stranger by booking and
//! cancelling what is free.

use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::bookings::{Contact, EmailAddress};
use holdfast_domain::{Booking, BookingId, BookingStatus, Resource};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::time::{sleep, timeout};

use crate::bookings::port::{BookingContacts, BookingReader};
use crate::catalogue::port::CatalogueReader;
use crate::kernel::errors::DeliveryError;
use crate::kernel::failure::Failure;
use crate::kernel::identity::guest_mark;
use crate::kernel::money_text::amount;
use crate::notifications::port::{GuestDirectory, Mail, MailCounts, Mailer, SentMails};

/// How many mails to contacts that a guest has named go out in a day, by UTC: ten bookings that are confirmed and cancelled.
pub const MAILS_PER_GUEST_AND_DAY: usize = 20;

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
    /// A mail had gone out for the same event.
    MailedBefore,
    /// The booking has no contact with an address, and the guest's account none that is verified.
    NoAddress,
    /// The guest has caused as many mails on that day as go to addresses that a guest names.
    TooMany,
    /// The booking has another status by now.
    OutOfDate,
}

/// Where a mail goes.
struct Address {
    to: EmailAddress,
    /// Whether nobody but the guest says whose it is.
    is_guests_word: bool,
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
    contacts: Arc<dyn BookingContacts>,
    directory: Arc<dyn GuestDirectory>,
    catalogue: Arc<dyn CatalogueReader>,
    mailer: Arc<dyn Mailer>,
    sent: Arc<dyn SentMails>,
    counts: Arc<dyn MailCounts>,
}

impl Notices {
    /// Over bookings, how their guests are reached, the accounts of guests, the catalogue, a mail service, the memory of what it
    /// took, and the count of what guests cause.
    #[must_use]
    pub fn new(
        bookings: Arc<dyn BookingReader>,
        contacts: Arc<dyn BookingContacts>,
        directory: Arc<dyn GuestDirectory>,
        catalogue: Arc<dyn CatalogueReader>,
        mailer: Arc<dyn Mailer>,
        sent: Arc<dyn SentMails>,
        counts: Arc<dyn MailCounts>,
    ) -> Self {
        Self { bookings, contacts, directory, catalogue, mailer, sent, counts }
    }

    /// Mails the guest of a booking about the event `cause`, once.
    ///
    /// # Errors
    /// [`NoticeError`]; the event is to be delivered again.
    pub async fn mail(
        &self,
        id: &BookingId,
        kind: NoticeKind,
        cause: &str,
        now: Timestamp,
    ) -> Result<NoticeOutcome, NoticeError> {
        if self.sent.sent_at(id, cause).await.map_err(Failure::from)?.is_some() {
            return Ok(NoticeOutcome::MailedBefore);
        }
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
        let Some(Address { to, is_guests_word }) = self.address(&booking).await? else {
            return Ok(NoticeOutcome::NoAddress);
        };
        if is_guests_word {
            let guest = guest_mark(&booking.order.guest);
            let counted = self.counts.count(&guest, cause, MAILS_PER_GUEST_AND_DAY, now).await;
            if !counted.map_err(Failure::from)? {
                return Ok(NoticeOutcome::TooMany);
            }
        }
        let resource = self.catalogue.resource(&booking.order.resource).await.map_err(Failure::from)?;
        let zone = resource.map_or(TimeZone::UTC, |resource: Resource| resource.terms.time_zone);
        let (subject, text) = match kind {
            NoticeKind::Confirmed => confirmation(&booking, &zone),
            NoticeKind::Cancelled => cancellation(&booking, &zone),
        };
        self.mailer.send(&Mail { to, subject, text, cause: cause.to_owned() }).await?;
        if let Err(error) = self.sent.note_sent(id, cause, now).await {
            // To report it would have the event delivered again at once, and the guest mailed again for certain.
            tracing::warn!(booking = %id, event = cause, %error, "a mail was sent, which will not be remembered");
        }
        Ok(NoticeOutcome::Mailed)
    }

    /// Where the guest is mailed: as they said for this booking, else where their account is. An operator who booked for a guest is
    /// never mailed.
    async fn address(&self, booking: &Booking) -> Result<Option<Address>, NoticeError> {
        let contact = self.contacts.contact(&booking.id).await.map_err(Failure::from)?;
        if let Some(Contact { email: Some(to), by_operator, .. }) = contact {
            return Ok(Some(Address { to, is_guests_word: !by_operator }));
        }
        let verified = self.directory.verified_email(&booking.order.guest).await?;
        Ok(verified.map(|to| Address { to, is_guests_word: false }))
    }

    /// The booking once its money is taken, or will not be.
    async fn captured(&self, id: &BookingId) -> Result<Booking, Failure> {
        let captured = timeout(WAIT_FOR_CAPTURE, self.until_captured(id)).await;
        captured.unwrap_or(Err(Failure::RequestInProgress))
    }

    async fn until_captured(&self, id: &BookingId) -> Result<Booking, Failure> {
        // Ends: by the time-out around it.
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
    let money = match booking.promised_refund().filter(|refund| refund.amount() > 0) {
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
