//! Records of the ledger's stream: each is one write to the ledger, as relay and projector read it.

use std::collections::BTreeMap;

use holdfast_domain::catalogue::{Month, MonthFacts};
use holdfast_domain::rates::card::ResourceRates;
use holdfast_domain::rates::dated::MonthRates;
use holdfast_domain::rates::uses::UseCount;
use holdfast_domain::{
    Booking, HoldId, Page, PageChange, PageHold, Property, PropertyId, Resource, ResourceId,
};
use jiff::Timestamp;

use crate::bookings::trail::AuditEvent;

/// A page with what its last write did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRecord {
    /// The page after the write.
    pub page: Page,
    /// The changes that the write made, in order.
    pub changes: Vec<PageChange>,
    /// The time of the write.
    pub at: Timestamp,
    /// W3C trace context of the request.
    pub trace: Option<String>,
}

/// The time of a write, and its W3C trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The time.
    pub at: Timestamp,
    /// The trace of the request, if one caused it.
    pub trace: Option<String>,
}

/// One write to the ledger.
#[derive(Debug, Clone, PartialEq)]
pub enum LedgerRecord {
    /// A page was written.
    Page {
        /// The page after the write, with what the write did.
        record: PageRecord,
        /// The holds that the write took from the page, as they were before.
        ended: BTreeMap<HoldId, PageHold>,
    },
    /// A page was removed, which only the release before does. What it was.
    PageRemoved(Box<Page>),
    /// A resource was created or replaced.
    Resource {
        /// The resource after the write.
        resource: Box<Resource>,
        /// The resource before the write, if there was one.
        previous: Option<Box<Resource>>,
        /// The write; unknown of what a release before wrote.
        write: Option<Write>,
    },
    /// What is set for the dates of a month was written.
    Facts {
        /// The resource.
        resource: ResourceId,
        /// The property that it belonged to, if to one; unknown of what a release before wrote.
        property: Option<PropertyId>,
        /// The month.
        month: Month,
        /// Its facts after the write.
        facts: MonthFacts,
        /// Its facts before the write.
        previous: MonthFacts,
        /// The write.
        write: Write,
    },
    /// The rate cards of a resource were written.
    Rates {
        /// The cards after the write.
        rates: Box<ResourceRates>,
        /// The property that the resource belonged to, if to one; unknown of what a release before wrote.
        property: Option<PropertyId>,
        /// The write.
        write: Write,
    },
    /// What is set for the dates of a month under plans was written.
    MonthRates {
        /// The resource.
        resource: ResourceId,
        /// The property that it belonged to, if to one; unknown of what a release before wrote.
        property: Option<PropertyId>,
        /// The month.
        month: Month,
        /// What is set after the write.
        rates: MonthRates,
        /// What was set before the write.
        previous: MonthRates,
        /// The write.
        write: Write,
    },
    /// A booking with a rate was confirmed. Its audit event says so too, without the rate's lines.
    Confirmed {
        /// The booking after the write.
        booking: Box<Booking>,
        /// The write.
        write: Write,
    },
    /// A use of a promotion was counted or given back.
    PromotionUses {
        /// The promotion's counter after the write.
        count: Box<UseCount>,
        /// W3C trace context of the request.
        trace: Option<String>,
    },
    /// A property was created or replaced.
    Property(Box<Property>),
    /// An audit event of a booking was written.
    Audit(AuditEvent),
    /// A write that no consumer needs: another of a booking itself (its audit events say it), a callback, a page counter.
    Other,
}
