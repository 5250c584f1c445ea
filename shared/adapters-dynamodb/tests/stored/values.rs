//! What is stored, as one type; and each kind's encoder and decoder.

use holdfast_adapters_dynamodb::items;
use holdfast_adapters_dynamodb::{Item, PageRecord};
use holdfast_app::bookings::AuditEvent;
use holdfast_domain::{Booking, BookingId, Hold, Page, Resource};
use jiff::Timestamp;

/// A kind of item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    Resource,
    Page,
    Hold,
    Booking,
    Audit,
    TaskToken,
    ParkedCase,
    Listing,
    ListedPage,
}

impl Kind {
    pub(crate) const ALL: [Self; 9] = [
        Self::Resource,
        Self::Page,
        Self::Hold,
        Self::Booking,
        Self::Audit,
        Self::TaskToken,
        Self::ParkedCase,
        Self::Listing,
        Self::ListedPage,
    ];

    /// The name that samples begin with.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Page => "page",
            Self::Hold => "hold",
            Self::Booking => "booking",
            Self::Audit => "audit",
            Self::TaskToken => "task-token",
            Self::ParkedCase => "parked-case",
            Self::Listing => "listing",
            Self::ListedPage => "listed-page",
        }
    }

    /// The kind of a sample.
    pub(crate) fn of(sample: &str) -> Self {
        let kinds = Self::ALL.into_iter().filter(|kind| sample.starts_with(kind.name()));
        kinds.max_by_key(|kind| kind.name().len()).unwrap_or_else(|| panic!("{sample} is of no kind"))
    }
}

/// An item as the domain knows it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Stored {
    Resource(Box<Resource>, u64),
    Page(Box<PageRecord>),
    Hold(Box<Hold>),
    Booking(Box<Booking>),
    Audit(Box<AuditEvent>),
    TaskToken(BookingId, String, Timestamp),
    ParkedCase(String, Timestamp),
    Listing(Box<Resource>),
    ListedPage(Box<Resource>, Box<Page>),
}

impl Stored {
    /// The item in today's only shape.
    pub(crate) fn encode(&self) -> Item {
        match self {
            Self::Resource(resource, pages) => items::encode_resource(resource, *pages),
            Self::Page(record) => {
                items::encode_page(&record.page, &record.changes, record.at, record.trace.as_deref())
            }
            Self::Hold(hold) => items::encode_hold_record(hold),
            Self::Booking(booking) => items::encode_booking(booking),
            Self::Audit(event) => items::encode_audit(event),
            Self::TaskToken(booking, token, at) => items::encode_task_token(booking, token, *at),
            Self::ParkedCase(case, at) => items::encode_parked_case(case, *at),
            Self::Listing(resource) => items::encode_listing(resource),
            Self::ListedPage(resource, page) => items::encode_listed_page(resource, page),
        }
    }
}
