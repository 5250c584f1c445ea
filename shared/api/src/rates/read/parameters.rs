//! Parameters of questions and edits.

use holdfast_app::catalogue::Run;
use holdfast_app::rates::{CardUse, VERSIONS_PER_PAGE_MAX};
use holdfast_domain::catalogue::CALENDAR_DAYS_MAX;
use holdfast_domain::rates::condition::DateRange;
use holdfast_domain::rates::ids::PlanId;
use holdfast_http::read::fields::{date, instant, without_card};
use holdfast_http::read::query::{Query, with_plus};
use holdfast_http::{Refusal, paging};

use crate::catalogue::terms::dry_run;
use crate::rates::wire::{PutParameters, RateCalendarParameters, VersionParameters};

/// The most days of a calendar of every plan.
const DAYS_OF_EVERY_PLAN_MAX: i32 = 62;

impl PutParameters {
    /// Reads the query string of a card that is put.
    ///
    /// # Errors
    /// 422 naming every parameter that is wrong.
    pub fn read(query: &str) -> Result<(CardUse, Run), Refusal> {
        let query = Query::parse(query);
        let from = query.optional("validFrom", |text| instant(&with_plus(text)));
        let draft = query.optional("draft", flag).unwrap_or(false);
        if draft && from.is_some() {
            query.errors.push("/validFrom", "must not be given with draft");
        }
        let run = dry_run(&query);
        query.finish(Some((if draft { CardUse::Draft } else { CardUse::From(from) }, run)))
    }
}

fn flag(text: &str) -> Result<bool, String> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("must be true or false".to_owned()),
    }
}

/// What part of the history is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionQuestion {
    /// The most versions of the page.
    pub limit: u32,
    /// The number before which the page begins.
    pub before: u64,
}

impl VersionParameters {
    /// Reads the query string of the history of a resource's cards.
    ///
    /// # Errors
    /// 422 naming every parameter that is wrong.
    pub fn read(query: &str, resource: &str) -> Result<VersionQuestion, Refusal> {
        let query = Query::parse(query);
        let limit = paging::limit(&query, VERSIONS_PER_PAGE_MAX, VERSIONS_PER_PAGE_MAX);
        let owner = history_of(resource);
        let before = query
            .optional("cursor", |text| paging::opened(text, &owner)?.parse().map_err(|_| paging::not_ours()));
        query.finish(Some(VersionQuestion { limit, before: before.unwrap_or(u64::MAX) }))
    }
}

/// Whom the cursors of a resource's history are made for: no cursor of another list opens there.
pub(crate) fn history_of(resource: &str) -> String {
    format!("rates/{resource}")
}

impl RateCalendarParameters {
    /// Reads the query string of a calendar of rates.
    ///
    /// # Errors
    /// 422 naming every parameter that is wrong.
    pub fn read(query: &str) -> Result<(DateRange, Option<PlanId>), Refusal> {
        let query = Query::parse(query);
        let from = query.required("from", date);
        let to = query.required("to", date);
        let plan = query.optional("planId", |text| {
            without_card(text)?;
            PlanId::parse(text).map_err(|error| error.to_string())
        });
        let range = from.zip(to).map(|(from, to)| DateRange { from, to });
        if let Some(range) = range {
            let days = range.from.until(range.to).map_or(i32::MAX, |span| span.get_days());
            let days_max = if plan.is_some() { CALENDAR_DAYS_MAX } else { DAYS_OF_EVERY_PLAN_MAX };
            if range.from >= range.to {
                query.errors.push("/to", "must be after from");
            } else if days > days_max {
                query.errors.push("/to", format!("must be at most {days_max} days after from"));
            }
        }
        query.finish(range.map(|range| (range, plan)))
    }
}
