//! What the worst legal request to each route that anyone may call costs. `docs/api.md` has the same table; a test makes those
//! requests and counts.
//!
//! The figures are for pages of inventory of at most 4 KB, such as a month of nights with ten holds: a larger one costs a unit more
//! for each 8 KB. Terms are as long as a request's body allows, and announced ones beside them.

use holdfast_app::catalogue::CALENDAR_SLOTS_MAX;
use holdfast_app::rates::QUOTE_BYTES_MAX;
use holdfast_app::search::RESULTS_BYTES_MAX;
use holdfast_domain::catalogue::SLOTS_PER_DAY_MAX;
use holdfast_domain::rates::card::PLANS_MAX;
use holdfast_domain::rates::quote::REASONS_MAX;
use holdfast_http::Budget;

/// What is around the results of an answer, in bytes.
const FRAME_BYTES: usize = 1024;

/// What is around the offers of a quote: plans that cannot be had, with their reasons.
const QUOTE_FRAME_BYTES: usize = FRAME_BYTES + PLANS_MAX * (PLAN_BYTES + REASONS_MAX * REASON_BYTES);
/// The longest name of a plan, and what is around it and the reasons.
const PLAN_BYTES: usize = 1024;
/// The longest reason.
const REASON_BYTES: usize = 256;

/// `GET /api/availability`: a stay over as many days as one hold can cover, among resources each of whose days has a page of its
/// own. What it reads of one resource is stated for terms of up to 4 KB; its rate card, what is set of rates for a month, and the taxes of its property come on top, half a
/// unit for each 4 KB.
pub const SEARCH: Budget = Budget {
    ledger_units: 0,
    read_model_units: 110,
    // Half a unit for each of its pages, another for each month of what is set, and its terms.
    units_per_resource: 50,
    body_bytes: RESULTS_BYTES_MAX + FRAME_BYTES,
    // Of a date: its own openings, and what opened the evening before.
    slots_per_resource: 2 * SLOTS_PER_DAY_MAX,
};

/// `GET /api/resources/{resourceId}/availability`: of the ledger the terms, the rate cards and the taxes as for a quote, what is set of inventory in 24 months, and of
/// rates in those of the calendar and as far after it as the longest stay that is asked for goes, where the cards are read with the latter again, of the read model 100
/// pages and what may bound a gap beside them, each under two keys.
pub const CALENDAR: Budget = Budget {
    ledger_units: 248,
    read_model_units: 108,
    units_per_resource: 0,
    // Of a slot: itself, and four reasons.
    body_bytes: 768 * 1024,
    slots_per_resource: CALENDAR_SLOTS_MAX,
};

/// `POST /api/quotes`: of the ledger the terms, as many versions of a rate card as may hold or are to, with a draft, the taxes of the property, and what is set in 15
/// months, of inventory and, up to 4 KB a month, of rates, and what is counted of a promotion; of the read model as many pages as one hold can cover and those beside them, each under two keys.
pub const QUOTE: Budget = Budget {
    ledger_units: 160,
    read_model_units: 110,
    units_per_resource: 0,
    body_bytes: QUOTE_BYTES_MAX + QUOTE_FRAME_BYTES,
    slots_per_resource: SLOTS_PER_DAY_MAX,
};

/// `GET /api/resources/{resourceId}`.
pub const RESOURCE: Budget = Budget {
    ledger_units: 35,
    read_model_units: 0,
    units_per_resource: 0,
    body_bytes: 66 * 1024,
    slots_per_resource: 0,
};

/// `GET /api/properties/{propertyId}`.
pub const PROPERTY: Budget = Budget {
    ledger_units: 18,
    read_model_units: 0,
    units_per_resource: 0,
    body_bytes: 66 * 1024,
    slots_per_resource: 0,
};

/// `POST /api/webhooks/stripe` of anyone but Stripe: the signature is checked before anything is read.
pub const UNSIGNED_WEBHOOK: Budget = Budget {
    ledger_units: 0,
    read_model_units: 0,
    units_per_resource: 0,
    body_bytes: FRAME_BYTES,
    slots_per_resource: 0,
};
