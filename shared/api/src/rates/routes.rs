//! Rates of resources: handlers of the function `resources`, which declares the routes, and their documentation.

use holdfast_app::Caller;
use holdfast_app::Failure;
use holdfast_app::catalogue::Run;
use holdfast_app::rates::Rates;
use holdfast_domain::rates::card::ResourceRates;
use holdfast_domain::rates::validate::CardProblem;
use holdfast_http::{Documentation, Exchange, Response, answer, paging};
use http::StatusCode;
use http::header::ETAG;
use serde_json::Value;

use crate::catalogue::ids::resource_id;
use crate::catalogue::version::{asked, knows};
use crate::catalogue::wire::EditParameters;
use crate::problem::{Code, Problem, problem};
use crate::rates::read::{history_of, place};
use crate::rates::wire::{
    DatedRatesBody, LineResults, PutParameters, RateCalendar, RateCalendarParameters, RateCardBody,
    RatesBody, VersionList, VersionParameters,
};

const TAG: &str = "rates";
const IF_MATCH: (&str, &str) = (
    "If-Match",
    "The `ETag` of the rates as the edit was made for them; otherwise 412 `precondition_failed`",
);

/// The strong tag of a resource's cards.
fn tag(revision: u64) -> String {
    format!("\"{revision}\"")
}

/// The revision that a tag names; `None` for any other text, weak tags included.
fn revision(text: &str) -> Option<u64> {
    let revision = text.strip_prefix('"')?.strip_suffix('"')?.parse().ok()?;
    (tag(revision) == text).then_some(revision)
}

pub(crate) fn read_documentation() -> Documentation<Code> {
    Documentation::new(TAG, "The rate cards of a resource.")
        .described(
            "The version that holds, those that are to, and the draft. A resource that never had a card has no version and no `ETag`: it \
            is sold as its terms say.",
        )
        .path("resourceId", "The resource")
        .header("If-None-Match", "An earlier answer's `ETag`")
        .answer::<RatesBody>(StatusCode::OK, "The cards")
        .having(&["ETag"])
        .empty(StatusCode::NOT_MODIFIED, "As the answer with that `ETag`")
        .having(&["ETag"])
        .problems(&[Code::NotFound])
}

pub(crate) async fn read(rates: &Rates, exchange: &Exchange, caller: &Caller) -> Result<Response, Problem> {
    let found = rates.get(caller, &resource_id(&exchange.named)?).await.map_err(problem)?;
    if found.revision > 0 && knows(&exchange.request.headers, &tag(found.revision)) {
        return Ok(tagged(answer::empty(StatusCode::NOT_MODIFIED), &found));
    }
    Ok(tagged(answer::json(StatusCode::OK, &RatesBody::from(&found))?, &found))
}

pub(crate) fn put_documentation() -> Documentation<Code> {
    Documentation::new(TAG, "Puts the rate card of a resource.")
        .described(
            "The card holds from `validFrom` on, without an end, until a later version holds; what was sold before keeps its own terms. At most 4 \
            versions may hold now or later: one more is 422 on `/validFrom`. A version that is to hold is replaced by another of the same `validFrom`, and cannot \
            be taken back; a card that is put for now leaves it as it is. With `draft=true` it does not hold, and takes \
            the place of an earlier draft. A field that is left out has its default. The same card again changes nothing. Every problem of \
            the card is named, each with its pointer. It is entered into the trail of the resource.",
        )
        .path("resourceId", "The resource")
        .header(IF_MATCH.0, IF_MATCH.1)
        .header("If-None-Match", "`*`: only if the resource has no card yet")
        .queries::<PutParameters>()
        .body::<RateCardBody>()
        .answer::<RatesBody>(StatusCode::OK, "The cards as they are then")
        .having(&["ETag"])
        .problems(&[Code::NotFound, Code::PreconditionFailed])
}

pub(crate) async fn put(rates: &Rates, exchange: &Exchange, caller: &Caller) -> Result<Response, Problem> {
    let body = exchange.json()?;
    let card = RateCardBody::read(&body)?;
    let id = resource_id(&exchange.named)?;
    let (held, run) = PutParameters::read(&exchange.request.query)?;
    let precondition = asked(&exchange.request.headers, true, revision);
    let mutation = exchange.mutation(caller.guest.as_str());
    let put = rates
        .put(caller, &id, &card, held, &precondition, run, &mutation)
        .await
        .map_err(|failure| problem(in_words_of(failure, &body)))?;
    written(&put, run)
}

/// The failure with the problems of a card, or of a property's taxes, where the body has what they are about.
pub(crate) fn in_words_of(failure: Failure, body: &Value) -> Failure {
    match failure {
        Failure::RateCard(problems) => {
            let placed = |problem: CardProblem| CardProblem { path: place(body, &problem.path), ..problem };
            Failure::RateCard(problems.into_iter().map(placed).collect())
        }
        other => other,
    }
}

/// The cards as an edit leaves them.
fn written(rates: &ResourceRates, run: Run) -> Result<Response, Problem> {
    let response = answer::json(StatusCode::OK, &RatesBody::from(rates))?;
    Ok(match run {
        Run::Dry => response,
        Run::Real => tagged(response, rates),
    })
}

/// The answer with the tag of the cards, if there ever were any.
fn tagged(mut response: Response, rates: &ResourceRates) -> Response {
    if rates.revision > 0 {
        answer::set(&mut response, ETAG, &tag(rates.revision));
    }
    response
}

pub(crate) fn discard_documentation() -> Documentation<Code> {
    Documentation::new(TAG, "Throws the draft of a resource's rate card away.")
        .described("Nothing changes if there is none. It is entered into the trail of the resource.")
        .path("resourceId", "The resource")
        .header(IF_MATCH.0, IF_MATCH.1)
        .queries::<EditParameters>()
        .answer::<RatesBody>(StatusCode::OK, "The cards as they are then")
        .having(&["ETag"])
        .problems(&[Code::NotFound, Code::PreconditionFailed, Code::ValidationFailed])
}

pub(crate) async fn discard(
    rates: &Rates,
    exchange: &Exchange,
    caller: &Caller,
) -> Result<Response, Problem> {
    let id = resource_id(&exchange.named)?;
    let run = EditParameters::read(&exchange.request.query)?;
    let precondition = asked(&exchange.request.headers, false, revision);
    let mutation = exchange.mutation(caller.guest.as_str());
    let put = rates.discard_draft(caller, &id, &precondition, run, &mutation).await.map_err(problem)?;
    written(&put, run)
}

pub(crate) fn versions_documentation() -> Documentation<Code> {
    Documentation::new(TAG, "Every version of a resource's rate card, the newest first.")
        .described(
            "With who put it and when; no version is ever changed. Give `nextCursor` as `cursor` for the next page; on the last it is null.",
        )
        .path("resourceId", "The resource")
        .queries::<VersionParameters>()
        .answer::<VersionList>(StatusCode::OK, "The versions")
        .problems(&[Code::NotFound, Code::ValidationFailed])
}

pub(crate) async fn versions(
    rates: &Rates,
    exchange: &Exchange,
    caller: &Caller,
) -> Result<Response, Problem> {
    let id = resource_id(&exchange.named)?;
    let asked = VersionParameters::read(&exchange.request.query, id.as_str())?;
    let (records, next) = rates.versions(caller, &id, asked.before, asked.limit).await.map_err(problem)?;
    let body = VersionList {
        results: records.iter().map(Into::into).collect(),
        next_cursor: next.map(|before| paging::opaque(&before.to_string(), &history_of(id.as_str()))),
    };
    Ok(answer::json(StatusCode::OK, &body)?)
}

pub(crate) fn set_dates_documentation() -> Documentation<Code> {
    Documentation::new(TAG, "Sets prices and restrictions of dates, of many resources at once.")
        .described(
            "A value that no rate could have refuses the call. Else each line is done or refused for each of its resources, whatever the others do; the answer says which, and is 200 also where every \
            line was refused. A resource that does not exist, or is somebody else's, is a line that is refused. The price of a date takes the \
            place of the plan's `base` or of the price that it derives; kinds of units, guests, rules, `priceMin`, `priceMax` and the bound of a \
            derived plan still apply, and `explainRates` shows each step. Of limits, a number takes the place of the card's, and a yes is added. A \
            line may name plans of the card that holds, of those that are to, and of the draft; what is set under plans that none of these has any \
            more goes with the next edit of the same months. A call that was not answered is sent again as it is: what is set is set once. It is entered into \
            the trails of the resources.",
        )
        .queries::<EditParameters>()
        .body::<DatedRatesBody>()
        .answer::<LineResults>(StatusCode::OK, "What each line did")
        .problems(&[])
}

pub(crate) async fn set_dates(
    rates: &Rates,
    exchange: &Exchange,
    caller: &Caller,
) -> Result<Response, Problem> {
    let lines = DatedRatesBody::read(&exchange.json()?)?;
    let run = EditParameters::read(&exchange.request.query)?;
    let mutation = exchange.mutation(caller.guest.as_str());
    let outcomes = rates.set_dates(caller, &lines, run, &mutation).await.map_err(problem)?;
    Ok(answer::json(StatusCode::OK, &LineResults::from(outcomes))?)
}

pub(crate) fn calendar_documentation() -> Documentation<Code> {
    Documentation::new(TAG, "What is set for the dates of a resource.")
        .described("Prices and limits that are set for dates, by date and plan, as the latest edit left them. Of one plan 400 days can be read at a time, of every plan 62.")
        .path("resourceId", "The resource")
        .queries::<RateCalendarParameters>()
        .answer::<RateCalendar>(StatusCode::OK, "The dates for which something is set")
        .problems(&[Code::NotFound, Code::ValidationFailed])
}

pub(crate) async fn calendar(
    rates: &Rates,
    exchange: &Exchange,
    caller: &Caller,
) -> Result<Response, Problem> {
    let id = resource_id(&exchange.named)?;
    let (range, plan) = RateCalendarParameters::read(&exchange.request.query)?;
    let dates = rates.dates(caller, &id, range).await.map_err(problem)?;
    Ok(answer::json(StatusCode::OK, &RateCalendar::of(id.to_string(), range, plan.as_ref(), &dates))?)
}
