//! The catalogue: every event that is published. Its name, its versions, the type of its data in each, and who gets it are
//! declared here and nowhere else; `docs/events`, the samples of events and the rules on the bus follow.

use jiff::civil::{Date, date};
use serde_json::Value;

use super::data::{bookings, holds, inventory, promotions, rates, reconciliation, resources, v1};
use super::schema::{DataSchema, schema_of};

/// The last day on which version 1 is published.
const VERSION_1_ENDS: Date = date(2027, 6, 30);

/// A version of an event: of its data, and of the envelope around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    /// What is needed is read back from the ledger; `sequence` is a number.
    V1,
    /// An event says what its receivers need; `sequence` is a text, as CloudEvents has it.
    V2,
}

impl Version {
    /// The number.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
        }
    }

    /// The last day on which it is published, if it has one.
    #[must_use]
    pub fn ends(self) -> Option<Date> {
        match self {
            Self::V1 => Some(VERSION_1_ENDS),
            Self::V2 => None,
        }
    }
}

/// What an event is about. Its writes are what `sequence` counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A hold on a page; the page's writes are counted.
    Hold,
    /// A page of a resource.
    Page,
    /// A resource.
    Resource,
    /// The dates of a month of a resource.
    Month,
    /// A promotion of a resource whose uses are limited.
    Promotion,
    /// The rate cards of a resource, or what is set for the dates of a month under plans: each counts its own writes.
    Rates,
    /// A booking.
    Booking,
    /// A run of the reconciliation, whose time is its number.
    Run,
}

/// Who gets events: a queue with its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consumer {
    /// Times holds, and wakes sagas.
    Expiry,
    /// Mails guests.
    Notify,
    /// Notifies the partner.
    Partner,
    /// Issues receipts.
    Receipts,
    /// Keeps what a person has to decide.
    Review,
}

impl Consumer {
    /// The name that its queue is made under.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expiry => "expiry",
            Self::Notify => "notify",
            Self::Partner => "partner",
            Self::Receipts => "receipts",
            Self::Review => "review",
        }
    }
}

/// What is declared of a type of event beside its data.
#[derive(Debug, Clone, Copy)]
pub struct Declaration {
    /// `type` of the event, `detail-type` on the bus.
    pub name: &'static str,
    /// When it is published: the lines of a documentation comment.
    pub description: &'static [&'static str],
    /// What it is about.
    pub subject: Subject,
    /// The versions that are published, the oldest first.
    pub versions: &'static [Version],
    /// Who gets it, and the version that the rule of each selects.
    pub consumers: &'static [(Consumer, Version)],
}

/// Declares events: `Name "name" of Subject: data [, v1 data of version 1], to [consumer version, …];`.
macro_rules! events {
    ($(
        $(#[doc = $about:literal])+
        $kind:ident $name:literal of $subject:ident: $data:ty $(, v1 $old:ty)?, to [$($consumer:ident $selects:ident),*];
    )*) => {
        /// What can have happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum EventType {
            $($(#[doc = $about])+ $kind,)*
        }

        /// What an event says, in the newest version.
        #[derive(Debug, Clone, PartialEq)]
        pub enum EventData {
            $($(#[doc = $about])+ $kind($data),)*
        }

        impl EventType {
            /// Every type.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// What is declared of it.
            #[must_use]
            pub fn declaration(self) -> Declaration {
                match self {
                    $(Self::$kind => Declaration {
                        name: $name,
                        description: &[$($about),+],
                        subject: Subject::$subject,
                        versions: events!(@versions $($old)?),
                        consumers: &[$((Consumer::$consumer, Version::$selects)),*],
                    },)*
                }
            }
        }

        impl EventData {
            /// The type of the event.
            #[must_use]
            pub fn kind(&self) -> EventType {
                match self {
                    $(Self::$kind(_) => EventType::$kind,)*
                }
            }

            /// The data in a version; `None` if there is none of that version.
            pub(super) fn write(&self, version: Version) -> Option<serde_json::Result<Value>> {
                match version {
                    Version::V1 => match self {
                        $(Self::$kind(data) => events!(@write data $(as $old)?),)*
                    },
                    Version::V2 => Some(match self {
                        $(Self::$kind(data) => serde_json::to_value(data),)*
                    }),
                }
            }
        }

        impl EventType {
            /// The schema of the data in a version; `None` if there is none of that version.
            #[must_use]
            pub fn schema(self, version: Version) -> Option<DataSchema> {
                match version {
                    Version::V1 => match self {
                        $(Self::$kind => events!(@schema $($old)?),)*
                    },
                    Version::V2 => Some(match self {
                        $(Self::$kind => schema_of::<$data>(),)*
                    }),
                }
            }
        }
    };
    (@versions) => { &[Version::V2] };
    (@versions $old:ty) => { &[Version::V1, Version::V2] };
    (@write $data:ident) => {{
        let _ = $data;
        None
    }};
    (@write $data:ident as $old:ty) => { Some(serde_json::to_value(<$old>::from($data))) };
    (@schema) => { None };
    (@schema $old:ty) => { Some(schema_of::<$old>()) };
}

events! {
    /// A hold took places, or has them again after its booking failed. Every page of the hold publishes it.
    HoldPlaced "hold.placed" of Hold: holds::HoldPlaced, v1 v1::HoldPlaced, to [Expiry V1];
    /// A hold expires later. Every page of the hold publishes it.
    HoldExtended "hold.extended" of Hold: holds::HoldExtended, v1 v1::HoldExtended, to [Expiry V1];
    /// A hold waits for the bank. Every page of the hold publishes it.
    HoldClaimed "hold.claimed" of Hold: holds::HoldClaimed, v1 v1::HoldClaimed, to [];
    /// A payment failed, and the hold waits for its guest again. Every page of the hold publishes it.
    HoldUnclaimed "hold.unclaimed" of Hold: holds::HoldState, v1 v1::HoldUnclaimed, to [Expiry V1];
    /// A hold was released. Every page of the hold publishes it.
    HoldReleased "hold.released" of Hold: holds::HoldState, v1 v1::HoldPlace, to [Expiry V1];
    /// A hold whose time had passed was dropped. Every page of the hold publishes it.
    HoldExpired "hold.expired" of Hold: holds::HoldState, v1 v1::HoldPlace, to [];
    /// A hold is a confirmed booking now. Every page of the hold publishes it.
    HoldConfirmed "hold.confirmed" of Hold: holds::HoldConfirmed, v1 v1::HoldConfirmed, to [];
    /// A page was written: what is free now. Every write of a page is published, so that a gap in `sequence` is a lost
    /// event.
    InventoryChanged "inventory.changed" of Page: inventory::InventoryChanged, v1 v1::InventoryChanged, to [Partner V1];
    /// Capacity or stop-sell was set for dates of a month, whether anybody holds places there or not.
    InventoryDatesSet "inventory.dates_set" of Month: inventory::InventoryDatesSet, to [Partner V2];
    /// A resource was created or replaced.
    ResourceChanged "resource.changed" of Resource: resources::ResourceChanged, v1 v1::ResourceChanged, to [Partner V2];
    /// A use of a promotion whose uses are limited was counted: with its hold, or with a payment that came after the hold's end.
    PromotionRedeemed "promotion.redeemed" of Promotion: promotions::PromotionUses, to [];
    /// A use of a promotion was given back: its hold ended without a booking, or its booking failed or was cancelled.
    PromotionReturned "promotion.returned" of Promotion: promotions::PromotionUses, to [];
    /// A version of a resource's rate card was put, or prices and restrictions of dates of a month were set. Drafts, which do not hold, publish nothing.
    RateUpdated "rate.updated" of Rates: rates::RateUpdated, to [];
    /// A booking that a rate card priced is confirmed: what its price is made of.
    RateApplied "rate.applied" of Booking: rates::RateApplied, to [];
    /// A guest asked to pay a hold.
    BookingRequested "booking.requested" of Booking: bookings::BookingState, v1 v1::BookingRequested, to [Expiry V1];
    /// The booking is confirmed; its money is taken next.
    BookingConfirmed "booking.confirmed" of Booking: bookings::BookingState, v1 v1::BookingState, to [Notify V1];
    /// The payment failed.
    BookingFailed "booking.failed" of Booking: bookings::BookingFailed, v1 v1::BookingFailed, to [];
    /// The booking was cancelled; its places are free.
    BookingCancelled "booking.cancelled" of Booking: bookings::BookingCancelled, v1 v1::BookingCancelled, to [Expiry V1, Notify V1];
    /// The time of the booking has passed.
    BookingCompleted "booking.completed" of Booking: bookings::BookingState, v1 v1::BookingState, to [Receipts V2];
    /// The provider knows of the payment; no money is touched.
    PaymentCreated "payment.created" of Booking: bookings::PaymentCreated, v1 v1::PaymentCreated, to [];
    /// The amount is reserved on the card.
    PaymentAuthorized "payment.authorized" of Booking: bookings::BookingState, v1 v1::BookingState, to [];
    /// The bank wants the customer.
    PaymentActionRequired "payment.action_required" of Booking: bookings::PaymentActionRequired, v1 v1::PaymentActionRequired, to [];
    /// The money is taken.
    PaymentCaptured "payment.captured" of Booking: bookings::PaymentCaptured, v1 v1::PaymentCaptured, to [Receipts V2];
    /// The reservation of the money was given back.
    PaymentVoided "payment.voided" of Booking: bookings::BookingState, v1 v1::BookingState, to [];
    /// Money was given back.
    PaymentRefunded "payment.refunded" of Booking: bookings::PaymentRefunded, v1 v1::PaymentRefunded, to [Receipts V2];
    /// Money is on its way back, and counts as given back; it may still fail.
    PaymentRefundPending "payment.refund_pending" of Booking: bookings::PaymentRefunded, to [Receipts V2];
    /// Money that was to be given back was refused, or has come back from the bank.
    PaymentRefundFailed "payment.refund_failed" of Booking: bookings::PaymentRefunded, to [Receipts V2];
    /// The card's bank disputes the payment.
    PaymentDisputed "payment.disputed" of Booking: bookings::BookingState, to [];
    /// The dispute is over; the money is the house's as before.
    PaymentDisputeWon "payment.dispute_won" of Booking: bookings::BookingState, to [];
    /// The card's bank has taken the money back.
    PaymentChargedBack "payment.charged_back" of Booking: bookings::BookingState, to [];
    /// Reconciliation has found that pages, bookings and the provider's payments differ.
    ReconciliationDrift "reconciliation.drift" of Run: reconciliation::ReconciliationDrift, v1 v1::ReconciliationDrift, to [];
    /// Reconciliation has found what only a person can decide.
    ReconciliationReviewRequested "reconciliation.review_requested" of Run: reconciliation::ReconciliationReviewRequested, to [Review V2];
}

impl EventType {
    /// The name: `type` of the event, `detail-type` on the bus.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.declaration().name
    }

    /// The type of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }

    /// Names the schema of the data in a version.
    #[must_use]
    pub fn data_schema(self, version: Version) -> String {
        format!("urn:holdfast:event:{}:v{}", self.as_str(), version.number())
    }
}
