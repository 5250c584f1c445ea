//! Reading bookings: the function `bookings`.

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use holdfast_app::bookings::Bookings;
use holdfast_app::kernel::fingerprint;
use holdfast_app::{Clock, Failure};
use holdfast_domain::{BookingId, GuestId};
use http::{Method, StatusCode};
use tracing::Instrument;

use crate::answer;
use crate::exchange::Exchange;
use crate::problem::Problem;
use crate::read::query::Query;
use crate::request::{Request, Response, Scope};
#[cfg(test)]
use crate::route::listed;
use crate::route::{Route, find};
use crate::wire::booking::{BookingBody, BookingEventList, BookingList};
use crate::wire::search::{bounded, limit};

/// The routes of the function `bookings`.
pub struct BookingsApi {
    bookings: Bookings,
    clock: Arc<dyn Clock>,
}

#[derive(Debug, Clone, Copy)]
enum Operation {
    List,
    Read,
    Trail,
}

const ROUTES: &[Route<Operation>] = &[
    Route { method: Method::GET, template: "/api/bookings", operation: Operation::List },
    Route { method: Method::GET, template: "/api/bookings/{bookingId}", operation: Operation::Read },
    Route { method: Method::GET, template: "/api/bookings/{bookingId}/events", operation: Operation::Trail },
];
const SCOPES: &[Scope] = &[Scope::Guest, Scope::Operator];

/// Method and template of every route, for the OpenAPI document to be held against.
#[cfg(test)]
pub(crate) fn routes() -> Vec<(String, String)> {
    listed(ROUTES)
}

impl BookingsApi {
    /// Over the use cases of bookings.
    #[must_use]
    pub fn new(bookings: Bookings, clock: Arc<dyn Clock>) -> Self {
        Self { bookings, clock }
    }

    /// Answers a request.
    pub async fn handle(&self, request: Request) -> Response {
        let exchange = Exchange::open(request, self.clock.as_ref());
        let outcome = self.route(&exchange).instrument(exchange.span()).await;
        exchange.close(outcome)
    }

    async fn route(&self, exchange: &Exchange) -> Result<Response, Problem> {
        let (operation, id) = find(ROUTES, &exchange.request.method, &exchange.request.path)?;
        match operation {
            Operation::List => list(self, exchange).await,
            Operation::Read => read(self, exchange, &id).await,
            Operation::Trail => trail(self, exchange, &id).await,
        }
    }
}

/// A text that cannot be a booking's id names no booking.
pub(crate) fn booking_id(id: &str) -> Result<BookingId, Problem> {
    BookingId::parse(id).map_err(|_| Failure::NotFound("booking").into())
}

/// The caller's bookings, newest first.
#[utoipa::path(
    get, path = "/api/bookings", operation_id = "listBookings", tag = "bookings",
    params(
        ("limit" = Option<u32>, Query, description = "At most so many results, 1 to 100; 20 if left out"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of an earlier answer"),
    ),
    responses((status = 200, description = "The caller's bookings", body = BookingList))
)]
pub(crate) async fn list(api: &BookingsApi, exchange: &Exchange) -> Result<Response, Problem> {
    let caller = exchange.caller(SCOPES)?;
    let query = Query::parse(&exchange.request.query);
    let limit = limit(&query);
    let cursor = query.optional("cursor", |text| opened(&bounded(text)?, &caller.guest));
    query.finish(Some(()))?;
    let (bookings, next) = api.bookings.list(&caller, limit, cursor.as_deref()).await?;
    let body = BookingList {
        results: bookings.iter().map(|booking| BookingBody::at(booking, true, exchange.now)).collect(),
        next_cursor: next.map(|cursor| sealed(&cursor, &caller.guest)),
    };
    answer::json(StatusCode::OK, &body)
}

/// A booking as it stands now.
#[utoipa::path(
    get, path = "/api/bookings/{bookingId}", operation_id = "readBooking", tag = "bookings",
    params(("bookingId" = String, Path, description = "The booking")),
    responses((status = 200, description = "The booking", body = BookingBody))
)]
pub(crate) async fn read(api: &BookingsApi, exchange: &Exchange, id: &str) -> Result<Response, Problem> {
    let caller = exchange.caller(SCOPES)?;
    let booking = api.bookings.get(&caller, &booking_id(id)?).await?;
    let own = booking.order.guest == caller.guest;
    answer::json(StatusCode::OK, &BookingBody::at(&booking, own, exchange.now))
}

/// The audit trail of a booking, oldest first.
#[utoipa::path(
    get, path = "/api/bookings/{bookingId}/events", operation_id = "readBookingEvents", tag = "bookings",
    params(("bookingId" = String, Path, description = "The booking")),
    responses((status = 200, description = "What happened to the booking", body = BookingEventList))
)]
pub(crate) async fn trail(api: &BookingsApi, exchange: &Exchange, id: &str) -> Result<Response, Problem> {
    let caller = exchange.caller(SCOPES)?;
    let events = api.bookings.trail(&caller, &booking_id(id)?).await?;
    let body = BookingEventList { results: events.into_iter().map(Into::into).collect(), next_cursor: None };
    answer::json(StatusCode::OK, &body)
}

const SEAL_LENGTH: usize = 16;

fn seal(cursor: &str, guest: &GuestId) -> String {
    fingerprint(&["cursor", guest.as_str(), cursor]).as_str().to_owned()
}

/// A cursor as the store knows it, made opaque. The digest in it tells a damaged or borrowed cursor from ours before the
/// store sees it; it is no secret, and the store asks for the caller's bookings only whatever the cursor says.
fn sealed(cursor: &str, guest: &GuestId) -> String {
    BASE64URL_NOPAD.encode(format!("{}{cursor}", seal(cursor, guest)).as_bytes())
}

fn opened(text: &str, guest: &GuestId) -> Result<String, String> {
    BASE64URL_NOPAD
        .decode(text.as_bytes())
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| {
            let (digest, cursor) = text.split_at_checked(SEAL_LENGTH)?;
            (digest == seal(cursor, guest)).then(|| cursor.to_owned())
        })
        .ok_or_else(|| "is not a cursor of this list".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_for_whom_it_was_made_and_undamaged_only() {
        let guest = |name| GuestId::parse(name).expect("a guest");
        let cursor = sealed("2026|bkg_1", &guest("a"));
        assert_eq!(opened(&cursor, &guest("a")).as_deref(), Ok("2026|bkg_1"));
        assert!(opened(&cursor, &guest("b")).is_err());
        for wrong in ["", "x", "AAAA", &cursor[1..], &format!("{cursor}A")] {
            assert!(opened(wrong, &guest("a")).is_err(), "{wrong}");
        }
    }
}
