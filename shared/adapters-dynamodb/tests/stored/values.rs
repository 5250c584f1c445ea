//! What is stored, as one type; and each kind's encoder and decoder.

use std::collections::BTreeSet;

use holdfast_adapters_dynamodb::Item;
use holdfast_adapters_dynamodb::items::{self, CountedUse, KeptCycle, Version, WRITES};
use holdfast_app::StoreError;
use holdfast_app::bookings::AuditEvent;
use holdfast_app::catalogue::ResourceEvent;
use holdfast_app::events::{PageRecord, Write};
use holdfast_app::operations::reconciliation::ComparedPage;
use holdfast_app::payments::StoredAttempts;
use holdfast_app::rates::{CardRecord, TriedCodes};
use holdfast_domain::bookings::Contact;
use holdfast_domain::catalogue::{Month, MonthFacts};
use holdfast_domain::payments::CustomerAction;
use holdfast_domain::rates::card::ResourceRates;
use holdfast_domain::rates::dated::MonthRates;
use holdfast_domain::rates::property_taxes::PropertyTaxes;
use holdfast_domain::rates::uses::{PromotionUse, UseCount};
use holdfast_domain::receipts::{Receipt, ReceiptSeries, SeriesHead};
use holdfast_domain::{
    Booking, BookingId, GuestMark, Hold, Page, PageKey, Property, PropertyId, Resource, ResourceId,
};
use holdfast_testkit::nightly_resource;
use jiff::Timestamp;

use crate::samples::TRACE;
use crate::uses::promotion_use;

/// A kind of item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    Resource,
    Property,
    Page,
    Hold,
    Booking,
    Audit,
    Receipt,
    Series,
    Change,
    TaskToken,
    ParkedCase,
    SentMail,
    Contact,
    Action,
    Attempts,
    GuestMails,
    TriedCodes,
    PaymentTurns,
    UseCounter,
    GuestUses,
    PromotionUse,
    Listing,
    ListedPage,
    Facts,
    ListedFacts,
    Rates,
    CardVersion,
    MonthRates,
    ListedTaxes,
    Cycle,
    CyclePages,
}

impl Kind {
    pub(crate) const ALL: [Self; 31] = [
        Self::Resource,
        Self::Property,
        Self::Page,
        Self::Hold,
        Self::Booking,
        Self::Audit,
        Self::Receipt,
        Self::Series,
        Self::Change,
        Self::TaskToken,
        Self::ParkedCase,
        Self::SentMail,
        Self::Contact,
        Self::Action,
        Self::Attempts,
        Self::GuestMails,
        Self::TriedCodes,
        Self::PaymentTurns,
        Self::UseCounter,
        Self::GuestUses,
        Self::PromotionUse,
        Self::Listing,
        Self::ListedPage,
        Self::Facts,
        Self::ListedFacts,
        Self::Rates,
        Self::CardVersion,
        Self::MonthRates,
        Self::ListedTaxes,
        Self::Cycle,
        Self::CyclePages,
    ];

    /// The name that samples begin with.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Property => "property",
            Self::Page => "page",
            Self::Hold => "hold",
            Self::Booking => "booking",
            Self::Audit => "audit",
            Self::Receipt => "receipt",
            Self::Series => "series",
            Self::Change => "change",
            Self::TaskToken => "task-token",
            Self::ParkedCase => "parked-case",
            Self::SentMail => "sent-mail",
            Self::Contact => "contact",
            Self::Action => "action",
            Self::Attempts => "attempts",
            Self::GuestMails => "guest-mails",
            Self::TriedCodes => "tried-codes",
            Self::PaymentTurns => "payment-turns",
            Self::UseCounter => "use-counter",
            Self::GuestUses => "guest-uses",
            Self::PromotionUse => "promotion-use",
            Self::Listing => "listing",
            Self::ListedPage => "listed-page",
            Self::Facts => "dated-facts",
            Self::ListedFacts => "listed-facts",
            Self::Rates => "rates",
            Self::CardVersion => "card-version",
            Self::MonthRates => "month-rates",
            Self::ListedTaxes => "listed-taxes",
            Self::Cycle => "cycle",
            Self::CyclePages => "cycle-pages",
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
    Property(Box<Property>, Write),
    Page(Box<PageRecord>),
    Hold(Box<Hold>),
    Booking(Box<Booking>),
    Audit(Box<AuditEvent>),
    Receipt(Box<Receipt>),
    Series(ReceiptSeries, SeriesHead),
    Change(Box<ResourceEvent>),
    TaskToken(BookingId, String, Timestamp),
    ParkedCase(String, Timestamp),
    SentMail(BookingId, String, Timestamp),
    Contact(BookingId, Contact, Timestamp),
    Action(BookingId, CustomerAction),
    Attempts(GuestMark, StoredAttempts),
    GuestMails(GuestMark, Timestamp, BTreeSet<String>),
    TriedCodes(GuestMark, Timestamp, TriedCodes),
    PaymentTurns(Timestamp),
    UseCounter(Box<UseCount>, Option<String>),
    GuestUses(PromotionUse, u64, Timestamp),
    PromotionUse(PromotionUse, CountedUse, Timestamp),
    Listing(Box<Resource>),
    ListedPage(Box<Resource>, Box<Page>),
    Facts(ResourceId, Month, MonthFacts, Write),
    ListedFacts(Box<Resource>, Month, MonthFacts),
    Rates(Box<ResourceRates>, Write),
    CardVersion(ResourceId, Box<CardRecord>, Write),
    MonthRates(ResourceId, Month, MonthRates, Write),
    ListedTaxes(Box<PropertyTaxes>),
    Cycle(Box<KeptCycle>),
    CyclePages(u64, Vec<(PageKey, ComparedPage)>),
}

/// A write that a request with a trace caused.
pub(crate) fn write_at(at: Timestamp) -> Write {
    Write { at, trace: Some(TRACE.to_owned()) }
}

pub(crate) fn house() -> PropertyId {
    PropertyId::parse("hotel-nyc").expect("an id")
}

impl Stored {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Resource(..) => Kind::Resource,
            Self::Property(..) => Kind::Property,
            Self::Page(_) => Kind::Page,
            Self::Hold(_) => Kind::Hold,
            Self::Booking(_) => Kind::Booking,
            Self::Audit(_) => Kind::Audit,
            Self::Receipt(_) => Kind::Receipt,
            Self::Series(..) => Kind::Series,
            Self::Change(_) => Kind::Change,
            Self::TaskToken(..) => Kind::TaskToken,
            Self::ParkedCase(..) => Kind::ParkedCase,
            Self::SentMail(..) => Kind::SentMail,
            Self::Contact(..) => Kind::Contact,
            Self::Action(..) => Kind::Action,
            Self::Attempts(..) => Kind::Attempts,
            Self::GuestMails(..) => Kind::GuestMails,
            Self::TriedCodes(..) => Kind::TriedCodes,
            Self::PaymentTurns(_) => Kind::PaymentTurns,
            Self::UseCounter(..) => Kind::UseCounter,
            Self::GuestUses(..) => Kind::GuestUses,
            Self::PromotionUse(..) => Kind::PromotionUse,
            Self::Listing(_) => Kind::Listing,
            Self::ListedPage(..) => Kind::ListedPage,
            Self::Facts(..) => Kind::Facts,
            Self::ListedFacts(..) => Kind::ListedFacts,
            Self::Rates(..) => Kind::Rates,
            Self::CardVersion(..) => Kind::CardVersion,
            Self::MonthRates(..) => Kind::MonthRates,
            Self::ListedTaxes(_) => Kind::ListedTaxes,
            Self::Cycle(_) => Kind::Cycle,
            Self::CyclePages(..) => Kind::CyclePages,
        }
    }

    /// The item as it is written.
    pub(crate) fn encode(&self) -> Item {
        match self {
            Self::Resource(resource, pages, write) => {
                items::encode_resource(resource, *pages, write.as_ref())
            }
            Self::Property(property, write) => items::encode_property(property, write),
            Self::Page(record) => {
                items::encode_page(&record.page, &record.changes, record.at, record.trace.as_deref())
            }
            Self::Hold(hold) => items::encode_hold_record(hold),
            Self::Booking(booking) => items::encode_booking(booking, &write_at(booking.created_at)),
            Self::Audit(event) => items::encode_audit(event),
            Self::Receipt(receipt) => items::encode_receipt(receipt),
            Self::Series(series, head) => items::encode_series(series, *head),
            Self::Change(entry) => items::encode_resource_event(entry),
            Self::TaskToken(booking, token, at) => items::encode_task_token(booking, token, *at),
            Self::ParkedCase(case, at) => items::encode_parked_case(case, *at),
            Self::SentMail(booking, cause, at) => items::encode_sent_mail(booking, cause, *at),
            Self::Contact(booking, contact, end) => items::encode_contact(booking, contact, *end),
            Self::Action(booking, action) => items::encode_action(booking, action),
            Self::Attempts(guest, attempts) => items::encode_attempts(guest, attempts),
            Self::GuestMails(guest, at, causes) => items::encode_guest_mails(guest, *at, causes),
            Self::TriedCodes(by, at, tried) => items::encode_tries(by, *at, tried),
            Self::PaymentTurns(next) => items::encode_turns(*next),
            Self::UseCounter(count, trace) => items::encode_use_count(count, trace.as_deref()),
            Self::GuestUses(of, uses, at) => items::encode_guest_uses(of, *uses, *at),
            Self::PromotionUse(of, counted, at) => items::encode_use(of, counted, *at),
            Self::Listing(resource) => items::encode_listing(resource),
            Self::ListedPage(resource, page) => items::encode_listed_page(resource, page),
            Self::Facts(resource, month, facts, write) => {
                items::encode_month((resource, Some(&house())), *month, facts, write)
            }
            Self::ListedFacts(resource, month, facts) => items::encode_listed_month(resource, *month, facts),
            Self::Rates(rates, write) => items::encode_rates(rates, Some(&house()), write),
            Self::CardVersion(resource, record, write) => items::encode_card_record(resource, record, write),
            Self::MonthRates(resource, month, rates, write) => {
                items::encode_month_rates((resource, Some(&house())), *month, rates, write)
            }
            Self::ListedTaxes(taxes) => items::encode_listed_taxes(taxes),
            Self::Cycle(kept) => items::encode_cycle(&kept.cycle, kept.mark, kept.items),
            Self::CyclePages(mark, pages) => {
                let pages: Vec<_> = pages.iter().map(|(key, page)| (key, page)).collect();
                items::encode_cycle_pages(7, 3, *mark, &pages)
            }
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
            Self::Booking(booking) => {
                items::encode_booking_as(booking, &write_at(booking.created_at), version)
            }
            Self::Audit(event) => items::encode_audit_as(event, version),
            Self::ParkedCase(case, at) => items::encode_parked_case_as(case, *at, version),
            Self::SentMail(booking, cause, at) => items::encode_sent_mail_as(booking, cause, *at, version),
            Self::Attempts(guest, attempts) => items::encode_attempts(guest, attempts),
            Self::Listing(resource) => items::encode_listing_as(resource, version),
            Self::ListedPage(resource, page) => items::encode_listed_page_as(resource, page, version),
            Self::Facts(resource, month, facts, write) => {
                items::encode_month_as((resource, Some(&house())), *month, facts, write, version)
            }
            Self::ListedFacts(resource, month, facts) => {
                items::encode_listed_month_as(resource, *month, facts, version)
            }
            // They began with version 1.
            Self::Receipt(_)
            | Self::Series(..)
            | Self::Rates(..)
            | Self::CardVersion(..)
            | Self::MonthRates(..)
            | Self::ListedTaxes(_)
            | Self::Cycle(_)
            | Self::CyclePages(..)
            | Self::Property(..)
            | Self::Contact(..)
            | Self::Action(..)
            | Self::Change(_)
            | Self::TaskToken(..)
            | Self::GuestMails(..)
            | Self::TriedCodes(..)
            | Self::PaymentTurns(_)
            | Self::UseCounter(..)
            | Self::GuestUses(..)
            | Self::PromotionUse(..) => self.encode(),
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
            (Self::Property(property, _), Self::Property(_, write)) => Self::Property(property, write),
            (Self::Series(_, head), Self::Series(series, _)) => Self::Series(series, head),
            (Self::TaskToken(_, token, _), Self::TaskToken(booking, _, at)) => {
                Self::TaskToken(booking, token, at)
            }
            (Self::ParkedCase(_, at), Self::ParkedCase(case, _)) => Self::ParkedCase(case, at),
            (Self::SentMail(_, _, at), Self::SentMail(booking, cause, _)) => {
                Self::SentMail(booking, cause, at)
            }
            (Self::Contact(_, contact, _), Self::Contact(booking, _, end)) => {
                Self::Contact(booking, contact, end)
            }
            (Self::Action(_, action), Self::Action(booking, _)) => Self::Action(booking, action),
            (Self::Attempts(_, attempts), Self::Attempts(guest, _)) => Self::Attempts(guest, attempts),
            (Self::GuestMails(_, _, causes), Self::GuestMails(guest, at, _)) => {
                Self::GuestMails(guest, at, causes)
            }
            (Self::TriedCodes(_, _, tried), Self::TriedCodes(by, at, _)) => Self::TriedCodes(by, at, tried),
            (Self::GuestUses(_, uses, _), Self::GuestUses(of, _, at)) => Self::GuestUses(of, uses, at),
            (Self::PromotionUse(_, counted, _), Self::PromotionUse(of, _, at)) => {
                Self::PromotionUse(of, counted, at)
            }
            (Self::ListedPage(_, page), Self::ListedPage(resource, _)) => Self::ListedPage(resource, page),
            (Self::Facts(_, month, facts, _), Self::Facts(resource, _, _, write)) => {
                Self::Facts(resource, month, facts, write)
            }
            (Self::Rates(rates, _), Self::Rates(_, write)) => Self::Rates(rates, write),
            (Self::CardVersion(_, record, _), Self::CardVersion(resource, _, write)) => {
                Self::CardVersion(resource, record, write)
            }
            (Self::MonthRates(_, month, rates, _), Self::MonthRates(resource, _, _, write)) => {
                Self::MonthRates(resource, month, rates, write)
            }
            (Self::ListedFacts(_, _, facts), Self::ListedFacts(resource, month, _)) => {
                Self::ListedFacts(resource, month, facts)
            }
            (read, _) => read,
        }
    }
}

/// A write that no reader gives.
fn unread() -> Write {
    Write { at: Timestamp::UNIX_EPOCH, trace: None }
}

/// What an item of a kind says, as far as its reader looks.
pub(crate) fn decode(kind: Kind, item: &Item) -> Result<Stored, StoreError> {
    Ok(match kind {
        Kind::Resource => {
            let write = items::decode_resource_write(item)?;
            Stored::Resource(Box::new(items::decode_resource(item)?), 0, write)
        }
        Kind::Property => {
            let unread = Write { at: Timestamp::UNIX_EPOCH, trace: None };
            Stored::Property(Box::new(items::decode_property(item)?), unread)
        }
        Kind::Page => Stored::Page(Box::new(items::decode_page_record(item)?)),
        Kind::Hold => Stored::Hold(Box::new(items::decode_hold_record(item)?)),
        Kind::Booking => Stored::Booking(Box::new(items::decode_booking(item)?)),
        Kind::Audit => Stored::Audit(Box::new(items::decode_audit_with_facts(item)?)),
        Kind::Receipt => Stored::Receipt(Box::new(items::decode_receipt(item)?)),
        Kind::Series => {
            let unread = ReceiptSeries::Resource(nightly_resource("unread", 1, 60).id);
            Stored::Series(unread, items::decode_series(item)?)
        }
        Kind::Change => Stored::Change(Box::new(items::decode_resource_event(item)?)),
        Kind::TaskToken => {
            let token = items::decode_task_token(item)?;
            Stored::TaskToken(BookingId::parse("unread").expect("an id"), token, Timestamp::UNIX_EPOCH)
        }
        Kind::ParkedCase => Stored::ParkedCase(String::new(), items::decode_parked_case(item)?),
        Kind::SentMail => {
            let at = items::decode_sent_mail(item)?;
            Stored::SentMail(BookingId::parse("unread").expect("an id"), String::new(), at)
        }
        Kind::Contact => {
            let contact = items::decode_contact(item)?;
            Stored::Contact(BookingId::parse("unread").expect("an id"), contact, Timestamp::UNIX_EPOCH)
        }
        Kind::Action => {
            Stored::Action(BookingId::parse("unread").expect("an id"), items::decode_action(item)?)
        }
        Kind::Attempts => {
            Stored::Attempts(GuestMark::parse("unread").expect("a mark"), items::decode_attempts(item)?)
        }
        Kind::GuestMails => {
            let guest = GuestMark::parse("unread").expect("a mark");
            Stored::GuestMails(guest, Timestamp::UNIX_EPOCH, items::decode_guest_mails(item)?)
        }
        Kind::TriedCodes => {
            let by = GuestMark::parse("unread").expect("a mark");
            Stored::TriedCodes(by, Timestamp::UNIX_EPOCH, items::decode_tries(item)?)
        }
        Kind::PaymentTurns => Stored::PaymentTurns(items::decode_turns(item)?),
        Kind::UseCounter => {
            let (count, trace) = items::decode_use_count(item)?;
            Stored::UseCounter(Box::new(count), trace)
        }
        Kind::GuestUses => {
            Stored::GuestUses(promotion_use(), items::decode_uses(item)?, Timestamp::UNIX_EPOCH)
        }
        Kind::PromotionUse => {
            Stored::PromotionUse(promotion_use(), items::decode_use(item)?, Timestamp::UNIX_EPOCH)
        }
        Kind::Listing => Stored::Listing(Box::new(items::decode_listing(item)?)),
        Kind::ListedPage => {
            let unread = Box::new(nightly_resource("unread", 1, 60));
            Stored::ListedPage(unread, Box::new(items::decode_listed_page(item)?))
        }
        Kind::Facts => {
            let (month, facts) = items::decode_month(item)?;
            Stored::Facts(nightly_resource("unread", 1, 60).id, month, facts, unread())
        }
        Kind::ListedFacts => {
            let unread = Box::new(nightly_resource("unread", 1, 60));
            let (_, month, facts) = items::decode_listed_month(item)?;
            Stored::ListedFacts(unread, month, facts)
        }
        Kind::Rates => Stored::Rates(Box::new(items::decode_rates(item)?), unread()),
        Kind::CardVersion => {
            let record = items::decode_card_record(item)?;
            Stored::CardVersion(nightly_resource("unread", 1, 60).id, Box::new(record), unread())
        }
        Kind::MonthRates => {
            let (month, rates) = items::decode_month_rates(item)?;
            Stored::MonthRates(nightly_resource("unread", 1, 60).id, month, rates, unread())
        }
        Kind::ListedTaxes => Stored::ListedTaxes(Box::new(items::decode_listed_taxes(item)?)),
        Kind::Cycle => Stored::Cycle(Box::new(items::decode_cycle(item)?)),
        Kind::CyclePages => {
            let (mark, pages) = items::decode_cycle_pages(item)?;
            Stored::CyclePages(mark, pages)
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
        Kind::Rates | Kind::CardVersion | Kind::MonthRates => WRITES.rates,
        Kind::Audit | Kind::Change => WRITES.audit,
        Kind::TaskToken
        | Kind::ParkedCase
        | Kind::SentMail
        | Kind::Contact
        | Kind::Action
        | Kind::Attempts
        | Kind::GuestMails
        | Kind::TriedCodes
        | Kind::PaymentTurns
        | Kind::UseCounter
        | Kind::GuestUses
        | Kind::PromotionUse => WRITES.note,
        Kind::Cycle
        | Kind::CyclePages
        | Kind::Property
        | Kind::ListedTaxes
        | Kind::Receipt
        | Kind::Series => Version::V1,
    }
}
