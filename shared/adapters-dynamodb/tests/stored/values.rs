//! What is stored, as one type; and each kind's encoder and decoder.

use holdfast_adapters_dynamodb::Item;
use holdfast_adapters_dynamodb::items::{self, Version, WRITES};
use holdfast_app::StoreError;
use holdfast_app::bookings::AuditEvent;
use holdfast_app::events::{PageRecord, Write};
use holdfast_domain::catalogue::{Month, MonthFacts};
use holdfast_domain::{Booking, BookingId, Hold, Page, Resource, ResourceId};
use holdfast_testkit::nightly_resource;
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
    Facts,
    ListedFacts,
}

impl Kind {
    pub(crate) const ALL: [Self; 11] = [
        Self::Resource,
        Self::Page,
        Self::Hold,
        Self::Booking,
        Self::Audit,
        Self::TaskToken,
        Self::ParkedCase,
        Self::Listing,
        Self::ListedPage,
        Self::Facts,
        Self::ListedFacts,
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
            Self::Facts => "dated-facts",
            Self::ListedFacts => "listed-facts",
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
    Resource(Box<Resource>, u64, Option<Write>),
    Page(Box<PageRecord>),
    Hold(Box<Hold>),
    Booking(Box<Booking>),
    Audit(Box<AuditEvent>),
    TaskToken(BookingId, String, Timestamp),
    ParkedCase(String, Timestamp),
    Listing(Box<Resource>),
    ListedPage(Box<Resource>, Box<Page>),
    Facts(ResourceId, Month, MonthFacts, Write),
    ListedFacts(Box<Resource>, Month, MonthFacts),
}

impl Stored {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Resource(..) => Kind::Resource,
            Self::Page(_) => Kind::Page,
            Self::Hold(_) => Kind::Hold,
            Self::Booking(_) => Kind::Booking,
            Self::Audit(_) => Kind::Audit,
            Self::TaskToken(..) => Kind::TaskToken,
            Self::ParkedCase(..) => Kind::ParkedCase,
            Self::Listing(_) => Kind::Listing,
            Self::ListedPage(..) => Kind::ListedPage,
            Self::Facts(..) => Kind::Facts,
            Self::ListedFacts(..) => Kind::ListedFacts,
        }
    }

    /// The item as it is written.
    pub(crate) fn encode(&self) -> Item {
        match self {
            Self::Resource(resource, pages, write) => {
                items::encode_resource(resource, *pages, write.as_ref())
            }
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
            Self::Facts(resource, month, facts, write) => items::encode_month(resource, *month, facts, write),
            Self::ListedFacts(resource, month, facts) => items::encode_listed_month(resource, *month, facts),
        }
    }

    /// The item in a given version.
    pub(crate) fn encode_as(&self, version: Version) -> Item {
        match self {
            Self::Resource(resource, pages, write) => {
                items::encode_resource_as(resource, *pages, write.as_ref(), version)
            }
            Self::Page(record) => {
                let trace = record.trace.as_deref();
                items::encode_page_as(&record.page, &record.changes, record.at, trace, version)
            }
            Self::Hold(hold) => items::encode_hold_record_as(hold, version),
            Self::Booking(booking) => items::encode_booking_as(booking, version),
            Self::Audit(event) => items::encode_audit_as(event, version),
            Self::TaskToken(booking, token, at) => items::encode_task_token_as(booking, token, *at, version),
            Self::ParkedCase(case, at) => items::encode_parked_case_as(case, *at, version),
            Self::Listing(resource) => items::encode_listing_as(resource, version),
            Self::ListedPage(resource, page) => items::encode_listed_page_as(resource, page, version),
            Self::Facts(resource, month, facts, write) => {
                items::encode_month_as(resource, *month, facts, write, version)
            }
            Self::ListedFacts(resource, month, facts) => {
                items::encode_listed_month_as(resource, *month, facts, version)
            }
        }
    }

    /// Fails unless `item` is read as this.
    pub(crate) fn assert_read_from(&self, item: &Item) {
        let read = decode(self.kind(), item).unwrap_or_else(|error| panic!("{error} in {item:?}"));
        assert_eq!(read.with_what_no_reader_gives(self), *self);
    }

    /// What was read, with those parts of `original` that are written and not read with the rest.
    pub(crate) fn with_what_no_reader_gives(self, original: &Self) -> Self {
        match (self, original.clone()) {
            (Self::Resource(resource, _, write), Self::Resource(_, pages, _)) => {
                Self::Resource(resource, pages, write)
            }
            (Self::TaskToken(_, token, _), Self::TaskToken(booking, _, at)) => {
                Self::TaskToken(booking, token, at)
            }
            (Self::ParkedCase(_, at), Self::ParkedCase(case, _)) => Self::ParkedCase(case, at),
            (Self::ListedPage(_, page), Self::ListedPage(resource, _)) => Self::ListedPage(resource, page),
            (Self::Facts(_, month, facts, _), Self::Facts(resource, _, _, write)) => {
                Self::Facts(resource, month, facts, write)
            }
            (Self::ListedFacts(_, _, facts), Self::ListedFacts(resource, month, _)) => {
                Self::ListedFacts(resource, month, facts)
            }
            (read, _) => read,
        }
    }
}

/// What an item of a kind says, as far as its reader looks.
pub(crate) fn decode(kind: Kind, item: &Item) -> Result<Stored, StoreError> {
    Ok(match kind {
        Kind::Resource => {
            let write = items::decode_resource_write(item)?;
            Stored::Resource(Box::new(items::decode_resource(item)?), 0, write)
        }
        Kind::Page => Stored::Page(Box::new(items::decode_page_record(item)?)),
        Kind::Hold => Stored::Hold(Box::new(items::decode_hold_record(item)?)),
        Kind::Booking => Stored::Booking(Box::new(items::decode_booking(item)?)),
        Kind::Audit => Stored::Audit(Box::new(items::decode_audit_with_facts(item)?)),
        Kind::TaskToken => {
            let token = items::decode_task_token(item)?;
            Stored::TaskToken(BookingId::parse("unread").expect("an id"), token, Timestamp::UNIX_EPOCH)
        }
        Kind::ParkedCase => Stored::ParkedCase(String::new(), items::decode_parked_case(item)?),
        Kind::Listing => Stored::Listing(Box::new(items::decode_listing(item)?)),
        Kind::ListedPage => {
            let unread = Box::new(nightly_resource("unread", 1, 60));
            Stored::ListedPage(unread, Box::new(items::decode_listed_page(item)?))
        }
        Kind::Facts => {
            let (month, facts) = items::decode_month(item)?;
            let unread = Write { at: Timestamp::UNIX_EPOCH, trace: None };
            Stored::Facts(nightly_resource("unread", 1, 60).id, month, facts, unread)
        }
        Kind::ListedFacts => {
            let unread = Box::new(nightly_resource("unread", 1, 60));
            let (_, month, facts) = items::decode_listed_month(item)?;
            Stored::ListedFacts(unread, month, facts)
        }
    })
}

/// The version in which items of a kind are written.
pub(crate) fn written(kind: Kind) -> Version {
    match kind {
        Kind::Resource | Kind::Listing => WRITES.resource,
        Kind::Page | Kind::ListedPage => WRITES.page,
        Kind::Hold => WRITES.hold,
        Kind::Booking => WRITES.booking,
        Kind::Facts | Kind::ListedFacts => WRITES.facts,
        Kind::Audit => WRITES.audit,
        Kind::TaskToken | Kind::ParkedCase => WRITES.note,
    }
}
