//! Reading bookings: the function `bookings`.

use std::sync::Arc;

use holdfast_app::bookings::{Bookings, TrailPage, WholeBooking};
use holdfast_app::receipts::Receipts;
use holdfast_app::{Caller, Clock};
use holdfast_domain::receipts::Receipt;
use holdfast_http::{Api, Documentation, Exchange, Response, Route, answer, paging, routes};
use http::{Method, StatusCode};

use crate::bookings::ids::booking_id;
use crate::bookings::quote::CancellationQuoteBody;
use crate::bookings::receipts::{ReceiptBody, ReceiptList};
use crate::bookings::requests::BookingListParameters;
use crate::bookings::wire::{BookingBody, BookingEventBody, BookingEventList, BookingList};
use crate::problem::{Code, Problem, problem};
use crate::scopes::GUEST;
use crate::trail::TrailParameters;

/// The routes of the function `bookings`.
pub struct BookingsApi {
    bookings: Bookings,
    receipts: Receipts,
    clock: Arc<dyn Clock>,
}

impl BookingsApi {
    /// Over the use cases of bookings, and of their receipts.
    #[must_use]
    pub fn new(bookings: Bookings, receipts: Receipts, clock: Arc<dyn Clock>) -> Self {
        Self { bookings, receipts, clock }
    }
}

const TAG: &str = "bookings";

impl Api for BookingsApi {
    type Error = Problem;
    const FUNCTION: &'static str = "bookings";

    routes![
        (
            Route::scoped(Method::GET, "/api/bookings", "listBookings", GUEST, |api, exchange, caller| {
                Box::pin(list(api, exchange, caller))
            }),
            Documentation::new(TAG, "The caller's bookings, newest first.")
                .described("Attempts that failed are among them. Give `nextCursor` as `cursor` for the next page; on the last it is null.")
                .queries::<BookingListParameters>()
                .answer::<BookingList>(StatusCode::OK, "The caller's bookings")
                .problems(&[Code::ValidationFailed]),
        ),
        (
            Route::scoped(
                Method::GET,
                "/api/bookings/{bookingId}",
                "readBooking",
                GUEST,
                |api, exchange, caller| Box::pin(read(api, exchange, caller)),
            ),
            Documentation::new(TAG, "A booking as it is now.")
                .described(
                    "Poll it while `status` is `pending`. `nextAction` is there while the bank wants the customer. Somebody else's \
                    booking is answered as one that does not exist; operators read everybody's, without `clientSecret` and `redirectUrl`.",
                )
                .path("bookingId", "The booking")
                .answer::<BookingBody>(StatusCode::OK, "The booking")
                .problems(&[Code::NotFound]),
        ),
        (
            Route::scoped(
                Method::GET,
                "/api/bookings/{bookingId}/cancellation",
                "quoteCancellation",
                GUEST,
                |api, exchange, caller| Box::pin(quote(api, exchange, caller)),
            ),
            Documentation::new(TAG, "What cancelling a booking now would give back, and until when. Nothing is cancelled.")
                .described(
                    "`refund` is what `cancelBooking` at `asOf` would name, by the same rule. `validUntil` is the last moment at which \
                    it is that, and `schedule` says the same of all time to come. It is for the booking as it is: a refund in the dashboard, \
                    a dispute or a capture in the meantime changes it, as does the end of its time, from which on it cannot be cancelled. \
                    A booking that cannot be cancelled has `cancellable` false, an empty `schedule`, and as `refund` what was promised or \
                    given back.",
                )
                .path("bookingId", "The booking")
                .answer::<CancellationQuoteBody>(StatusCode::OK, "What a cancellation would give back")
                .problems(&[Code::NotFound]),
        ),
        (
            Route::scoped(
                Method::GET,
                "/api/bookings/{bookingId}/events",
                "readBookingEvents",
                GUEST,
                |api, exchange, caller| Box::pin(trail(api, exchange, caller)),
            ),
            Documentation::new(TAG, "The audit trail of a booking, oldest first.")
                .described(
                    "Each entry is a change, with who made it and when. `from` and `to` are values of `status`; a step of the payment \
                    keeps `from` = `to` and has the new `paymentStatus` in `data`. A card's decline is `card_declined` for guests, the \
                    provider's code for operators. Give `nextCursor` as `cursor` for the next page; \
                    on the last it is null.",
                )
                .path("bookingId", "The booking")
                .queries::<TrailParameters>()
                .answer::<BookingEventList>(StatusCode::OK, "What happened to the booking")
                .problems(&[Code::NotFound, Code::ValidationFailed]),
        ),
        (
            Route::scoped(
                Method::GET,
                "/api/bookings/{bookingId}/receipts",
                "readBookingReceipts",
                GUEST,
                |api, exchange, caller| Box::pin(receipts(api, exchange, caller)),
            ),
            Documentation::new(TAG, "The receipts of a booking, in order of number.")
                .described(
                    "One for each amount that was taken and for each that was given back; a booking that is free, paid at the place or whose \
                    money was never taken has none. They are issued within moments after the money moved, under the next number of the \
                    property. A refund has its share of each tax of the payment. One that fails later is reversed by a receipt of its own. \
                    Give `nextCursor` as `cursor` for the next page; on the last it is null.",
                )
                .path("bookingId", "The booking")
                .queries::<TrailParameters>()
                .answer::<ReceiptList>(StatusCode::OK, "The receipts of the booking")
                .problems(&[Code::NotFound, Code::ValidationFailed]),
        ),
    ];

    fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }
}

async fn list(api: &BookingsApi, exchange: &Exchange, caller: &Caller) -> Result<Response, Problem> {
    let asked = BookingListParameters::read(&exchange.request.query, &caller.guest)?;
    let listed = api.bookings.list(caller, asked.limit, asked.cursor.as_deref()).await;
    let (bookings, next) = listed.map_err(problem)?;
    let body = BookingList {
        results: bookings
            .iter()
            .map(|(booking, action)| BookingBody::at(booking, action.as_ref(), caller, exchange.now))
            .collect(),
        next_cursor: next.map(|cursor| paging::opaque(&cursor, caller.guest.as_str())),
    };
    Ok(answer::json(StatusCode::OK, &body)?)
}

async fn read(api: &BookingsApi, exchange: &Exchange, caller: &Caller) -> Result<Response, Problem> {
    let id = booking_id(&exchange.named)?;
    let WholeBooking { booking, action, contact } =
        api.bookings.get_whole(caller, &id).await.map_err(problem)?;
    let body =
        BookingBody::at(&booking, action.as_ref(), caller, exchange.now).with_contact(contact.as_ref());
    Ok(answer::json(StatusCode::OK, &body)?)
}

async fn quote(api: &BookingsApi, exchange: &Exchange, caller: &Caller) -> Result<Response, Problem> {
    let id = booking_id(&exchange.named)?;
    let quote = api.bookings.quote_cancellation(caller, &id, exchange.now).await.map_err(problem)?;
    Ok(answer::json(StatusCode::OK, &CancellationQuoteBody::of(&id, &quote))?)
}

async fn trail(api: &BookingsApi, exchange: &Exchange, caller: &Caller) -> Result<Response, Problem> {
    let id = booking_id(&exchange.named)?;
    let asked = TrailParameters::read(&exchange.request.query, id.as_str())?;
    let TrailPage { entries, next, as_operator } =
        api.bookings.trail(caller, &id, asked.after, asked.limit).await.map_err(problem)?;
    let body = BookingEventList {
        results: entries
            .into_iter()
            .map(|entry| BookingEventBody::shown(entry, &caller.guest, as_operator))
            .collect(),
        next_cursor: next.map(|after| paging::opaque(&after.to_string(), id.as_str())),
    };
    Ok(answer::json(StatusCode::OK, &body)?)
}

async fn receipts(api: &BookingsApi, exchange: &Exchange, caller: &Caller) -> Result<Response, Problem> {
    let id = booking_id(&exchange.named)?;
    let asked = TrailParameters::read(&exchange.request.query, id.as_str())?;
    let receipts = api.receipts.of_booking(caller, &id).await.map_err(problem)?;
    let mut rest = receipts.iter().filter(|receipt| receipt.number > asked.after).peekable();
    let limit = usize::try_from(asked.limit).unwrap_or(usize::MAX);
    let page: Vec<&Receipt> = rest.by_ref().take(limit).collect();
    let next = page.last().filter(|_| rest.peek().is_some());
    let body = ReceiptList {
        results: page.iter().map(|receipt| ReceiptBody::from(*receipt)).collect(),
        next_cursor: next.map(|last| paging::opaque(&last.number.to_string(), id.as_str())),
    };
    Ok(answer::json(StatusCode::OK, &body)?)
}
