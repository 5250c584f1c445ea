//! `/api/properties`: handlers of the function `resources`, which declares their routes.

use holdfast_app::catalogue::Run;
use holdfast_app::properties::Properties;
use holdfast_app::{Caller, Failure};
use holdfast_domain::{PropertyId, TrailSubject};
use holdfast_http::read::fields::without_card;
use holdfast_http::{Exchange, FieldError, Refusal, Response, answer};
use http::StatusCode;
use http::header::CACHE_CONTROL;

use crate::catalogue::trail::trail_answer;
use crate::catalogue::version::{is_known, precondition, tagged};
use crate::catalogue::wire::EditParameters;
use crate::problem::{Problem, problem};
use crate::properties::wire::{PropertyBody, PropertyTermsBody};
use crate::rates::routes::in_words_of;
use crate::trail::TrailParameters;

/// The property that a path names. A text that cannot be a property's id names none.
fn property_id(text: &str) -> Result<PropertyId, Problem> {
    PropertyId::parse(text).map_err(|_| problem(Failure::NotFound("property")))
}

/// The id that the platform gives to a property.
fn new_property_id(text: &str) -> Result<PropertyId, Refusal> {
    without_card(text)
        .and_then(|()| PropertyId::parse(text).map_err(|error| error.to_string()))
        .map_err(|detail| Refusal::invalid(vec![FieldError { pointer: "/propertyId".to_owned(), detail }]))
}

pub(crate) async fn read(properties: &Properties, exchange: &Exchange) -> Result<Response, Problem> {
    let property = properties.get(&property_id(&exchange.named)?).await.map_err(problem)?;
    let mut response = if is_known(&exchange.request.headers, &property) {
        answer::empty(StatusCode::NOT_MODIFIED)
    } else {
        answer::json(StatusCode::OK, &PropertyBody::from(&property))?
    };
    answer::set(&mut response, CACHE_CONTROL, "no-cache");
    Ok(tagged(response, &property))
}

pub(crate) async fn put(
    properties: &Properties,
    exchange: &Exchange,
    caller: &Caller,
) -> Result<Response, Problem> {
    let body = exchange.json()?;
    let terms = PropertyTermsBody::read(&body)?;
    let id = new_property_id(&exchange.named)?;
    let run = EditParameters::read(&exchange.request.query)?;
    let precondition = precondition(&exchange.request.headers, true);
    let mutation = exchange.mutation(caller.guest.as_str());
    let put = properties
        .put(caller, &id, &terms, &precondition, run, &mutation)
        .await
        .map_err(|failure| problem(in_words_of(failure, &body)))?;
    let body = PropertyBody::from(&put.property);
    match (run, put.created) {
        (Run::Dry, _) => Ok(answer::json(StatusCode::OK, &body)?),
        (Run::Real, false) => Ok(tagged(answer::json(StatusCode::OK, &body)?, &put.property)),
        (Run::Real, true) => {
            let path = format!("/api/properties/{id}");
            let response = answer::located(answer::json(StatusCode::CREATED, &body)?, &path);
            Ok(tagged(response, &put.property))
        }
    }
}

pub(crate) async fn trail(
    properties: &Properties,
    exchange: &Exchange,
    caller: &Caller,
) -> Result<Response, Problem> {
    let id = property_id(&exchange.named)?;
    let subject = TrailSubject::Property(id.clone());
    let asked = TrailParameters::read(&exchange.request.query, &subject.name())?;
    let page = properties.trail(caller, &id, asked.after, asked.limit).await.map_err(problem)?;
    trail_answer(page, &subject.name())
}
