//! Writes of rates, and of bookings that have one, as events.

use holdfast_app::events::Write;
use holdfast_domain::catalogue::Month;
use holdfast_domain::rates::card::ResourceRates;
use holdfast_domain::rates::dated::MonthRates;
use holdfast_domain::{Booking, PropertyId, ResourceId};

use super::catalogue::EventData;
use super::data::rates::{RateApplied, RateUpdated};
use super::envelope::{Content, Event};

fn event(id: String, subject: &str, sequence: u64, write: &Write, data: EventData) -> Event {
    Event {
        id,
        subject: subject.to_owned(),
        sequence,
        at: write.at,
        trace: write.trace.clone(),
        content: Content::Newest(Box::new(data)),
    }
}

/// The event of a write of a resource's cards. `None` where it put no version: a draft does not hold, so that nobody has to know of it.
#[must_use]
pub fn of_rates(rates: &ResourceRates, property: Option<&PropertyId>, write: &Write) -> Option<Event> {
    // The number of a version is the revision with which it was put.
    let put = rates.versions.iter().find(|version| version.number == rates.revision)?;
    let data = EventData::RateUpdated(RateUpdated::of_card((&rates.resource, property), put));
    let id = format!("{}/rates/{}", rates.resource, rates.revision);
    Some(event(id, rates.resource.as_str(), rates.revision, write, data))
}

/// The event of what is set for the dates of a month under plans, of which `previous` was set before. `None` where nothing else is set now.
#[must_use]
pub fn of_month_rates(
    of: (&ResourceId, Option<&PropertyId>),
    month: Month,
    rates: &MonthRates,
    previous: &MonthRates,
    write: &Write,
) -> Option<Event> {
    let updated = RateUpdated::of_month(of, month, rates, previous)?;
    let id = format!("{}/{month}/rates/{}", of.0, rates.revision);
    Some(event(id, of.0.as_str(), rates.revision, write, EventData::RateUpdated(updated)))
}

/// The event of a confirmed booking's rate. `None` where no rate card priced it.
#[must_use]
pub fn of_applied(booking: &Booking, write: &Write) -> Option<Event> {
    let data = EventData::RateApplied(RateApplied::new(booking)?);
    let id = format!("{}/rate", booking.id);
    Some(event(id, booking.id.as_str(), booking.version, write, data))
}
