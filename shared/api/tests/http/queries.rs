//! Every query of the document with its reader.

use holdfast_api::bookings::BookingListParameters;
use holdfast_api::catalogue::EditParameters;
use holdfast_api::rates::{ExplainParameters, PutParameters, RateCalendarParameters, VersionParameters};
use holdfast_api::search::{CalendarParameters, SearchParameters};
use holdfast_api::{ResourceTrailParameters, TrailParameters};
use holdfast_domain::{GuestId, ResourceId};
use holdfast_http::Refusal;

/// A query: path, reader, and a valid one to begin with.
pub(crate) type Query =
    (&'static str, &'static str, fn(&str) -> Result<(), Refusal>, &'static [(&'static str, &'static str)]);

pub(crate) const QUERIES: [Query; 17] = [
    (
        "get",
        "/api/availability",
        |query| SearchParameters::read(query).map(drop),
        &[
            ("resourceType", "hotel"),
            ("location", "New York"),
            ("start", "2027-06-01"),
            ("end", "2027-06-03T11:00:00+02:00"),
            ("quantity", "2"),
            ("sort", "distance"),
            ("near", "40.7,-74.0"),
            ("limit", "20"),
            ("cursor", "MDAwMA"),
        ],
    ),
    (
        "get",
        "/api/resources/{resourceId}/availability",
        |query| CalendarParameters::read(query, &ResourceId::parse("room").expect("an id")).map(drop),
        &[("start", "2027-06-01"), ("end", "2027-07-01"), ("cursor", "MDAwMA")],
    ),
    (
        "get",
        "/api/bookings",
        |query| BookingListParameters::read(query, &GuestId::parse("guest").expect("an id")).map(drop),
        &[("limit", "20"), ("cursor", "MDAwMA")],
    ),
    (
        "get",
        "/api/bookings/{bookingId}/events",
        |query| TrailParameters::read(query, "booking").map(drop),
        &[("limit", "100"), ("cursor", "MDAwMA")],
    ),
    (
        "get",
        "/api/bookings/{bookingId}/receipts",
        |query| TrailParameters::read(query, "booking").map(drop),
        &[("limit", "100"), ("cursor", "MDAwMA")],
    ),
    (
        "get",
        "/api/resources/{resourceId}/events",
        |query| ResourceTrailParameters::read(query, "room").map(drop),
        &[("limit", "100"), ("cursor", "MDAwMA"), ("date", "2027-06-05")],
    ),
    (
        "get",
        "/api/stop/events",
        |query| TrailParameters::read(query, "*").map(drop),
        &[("limit", "100"), ("cursor", "MDAwMA")],
    ),
    (
        "get",
        "/api/properties/{propertyId}/events",
        |query| TrailParameters::read(query, "property/house").map(drop),
        &[("limit", "100"), ("cursor", "MDAwMA")],
    ),
    ("put", "/api/properties/{propertyId}", |query| EditParameters::read(query).map(drop), DRY_RUN),
    ("put", "/api/resources/{resourceId}", |query| EditParameters::read(query).map(drop), DRY_RUN),
    (
        "patch",
        "/api/resources/{resourceId}/inventory",
        |query| EditParameters::read(query).map(drop),
        DRY_RUN,
    ),
    (
        "put",
        "/api/resources/{resourceId}/rates",
        |query| PutParameters::read(query).map(drop),
        &[("validFrom", "2027-06-01T00:00:00Z"), ("draft", "false"), ("dryRun", "true")],
    ),
    (
        "delete",
        "/api/resources/{resourceId}/rates/draft",
        |query| EditParameters::read(query).map(drop),
        DRY_RUN,
    ),
    (
        "get",
        "/api/resources/{resourceId}/rates/versions",
        |query| VersionParameters::read(query, "room").map(drop),
        &[("limit", "10"), ("cursor", "MDAwMA")],
    ),
    (
        "get",
        "/api/resources/{resourceId}/rates/calendar",
        |query| RateCalendarParameters::read(query).map(drop),
        &[("from", "2027-06-01"), ("to", "2027-07-01"), ("planId", "flexible")],
    ),
    (
        "get",
        "/api/resources/{resourceId}/rates/explain",
        |query| ExplainParameters::read(query, &ResourceId::parse("room").expect("an id")).map(drop),
        &[
            ("start", "2027-06-01"),
            ("end", "2027-06-03"),
            ("quantity", "2"),
            ("ratePlanId", "flexible"),
            ("adults", "2"),
            ("childAges", "4,11"),
            ("unitType", "adult"),
            ("channel", "web"),
            ("asOf", "2027-05-01T10:00:00Z"),
            ("rules", "draft"),
        ],
    ),
    ("patch", "/api/rates", |query| EditParameters::read(query).map(drop), DRY_RUN),
];
const DRY_RUN: &[(&str, &str)] = &[("dryRun", "true")];
