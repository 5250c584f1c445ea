//! APIs: what a function declares of its routes, and how a request finds its handler.

use std::pin::Pin;

use holdfast_app::{Caller, Clock};
use http::Method;
use tracing::Instrument;

use crate::answer::ErrorAnswer;
use crate::budget::Budget;
use crate::documentation::Documentation;
use crate::exchange::Exchange;
use crate::identity::{authorized, known};
use crate::refusal::Refusal;
use crate::request::{Request, Response, Scope};
use crate::route::matches;

/// The future of a handler's answer.
pub type Answering<'a, A> = Pin<Box<dyn Future<Output = Result<Response, <A as Api>::Error>> + Send + 'a>>;

type OpenHandler<A> = for<'a> fn(&'a A, &'a Exchange) -> Answering<'a, A>;
type KnownHandler<A> = for<'a> fn(&'a A, &'a Exchange, Option<&'a Caller>) -> Answering<'a, A>;
type ScopedHandler<A> = for<'a> fn(&'a A, &'a Exchange, &'a Caller) -> Answering<'a, A>;

/// The routes of one function, with what their handlers need.
pub trait Api: Sized + Send + Sync + 'static {
    /// Its handlers' errors.
    type Error: ErrorAnswer;

    /// The function that serves the routes: a folder below `functions/`.
    const FUNCTION: &'static str;

    /// The routes. Declare them with [`routes!`](crate::routes), together with their documentation.
    const ROUTES: &'static [Route<Self>];

    /// The documentation of each route, in the same order. No function calls it, so that no binary carries it.
    fn documentation() -> Vec<Documentation<<Self::Error as ErrorAnswer>::Code>>;

    /// The clock that says when a request came.
    fn clock(&self) -> &dyn Clock;

    /// Whether it matters who sends such a request.
    #[must_use]
    fn asks_who(method: &Method, path: &str) -> bool {
        find(Self::ROUTES, method, path).is_ok_and(|(route, _)| route.asks_who())
    }

    /// Answers a request.
    fn handle(&self, request: Request) -> impl Future<Output = Response> {
        async move {
            let of_head = request.method == Method::HEAD;
            let mut exchange = Exchange::open(request, self.clock());
            let span = exchange.span();
            let outcome = answered(self, &mut exchange).instrument(span).await;
            let mut response = exchange.close(outcome);
            if of_head {
                response.body_mut().clear();
            }
            response
        }
    }
}

/// Declares the routes of an [`Api`], each as a pair of [`Route`] and [`Documentation`].
#[macro_export]
macro_rules! routes {
    [$(($route:expr, $documentation:expr $(,)?)),* $(,)?] => {
        const ROUTES: &'static [$crate::Route<Self>] = &[$($route),*];

        fn documentation()
        -> Vec<$crate::Documentation<<Self::Error as $crate::ErrorAnswer>::Code>> {
            vec![$($documentation),*]
        }
    };
}

/// A route: what dispatch, the OpenAPI document and the gateway's routes are made from.
pub struct Route<A: Api> {
    /// The method.
    pub method: Method,
    /// The path, which names at most one part, such as `/api/holds/{holdId}/extend`.
    pub path: &'static str,
    /// Its name in the OpenAPI document.
    pub operation_id: &'static str,
    /// The handler with those who may call it.
    handler: Handler<A>,
}

enum Handler<A: Api> {
    Open(&'static Budget, OpenHandler<A>),
    Known(&'static Budget, KnownHandler<A>),
    Scoped(&'static [Scope], ScopedHandler<A>),
}

impl<A: Api> Route<A> {
    /// A route that anyone may call, each time at a cost of at most `budget`.
    #[must_use]
    pub const fn open(
        method: Method,
        path: &'static str,
        operation_id: &'static str,
        budget: &'static Budget,
        handler: OpenHandler<A>,
    ) -> Self {
        Self { method, path, operation_id, handler: Handler::Open(budget, handler) }
    }

    /// A route that anyone may call, each time at a cost of at most `budget`, and whose handler gets the caller if a token says who it is.
    #[must_use]
    pub const fn open_to_callers(
        method: Method,
        path: &'static str,
        operation_id: &'static str,
        budget: &'static Budget,
        handler: KnownHandler<A>,
    ) -> Self {
        Self { method, path, operation_id, handler: Handler::Known(budget, handler) }
    }

    /// A route for bearers of a token with any one of `scopes`. Its handler gets the caller.
    #[must_use]
    pub const fn scoped(
        method: Method,
        path: &'static str,
        operation_id: &'static str,
        scopes: &'static [Scope],
        handler: ScopedHandler<A>,
    ) -> Self {
        Self { method, path, operation_id, handler: Handler::Scoped(scopes, handler) }
    }

    /// The scopes of which a token must have one; empty if anyone may call it.
    #[must_use]
    pub fn scopes(&self) -> &'static [Scope] {
        match self.handler {
            Handler::Open(..) | Handler::Known(..) => &[],
            Handler::Scoped(scopes, _) => scopes,
        }
    }

    /// Whether it matters who sends a request.
    #[must_use]
    pub fn asks_who(&self) -> bool {
        match self.handler {
            Handler::Open(..) => false,
            Handler::Known(..) | Handler::Scoped(..) => true,
        }
    }

    /// What a request costs at most, if anyone may send it.
    #[must_use]
    pub fn budget(&self) -> Option<&'static Budget> {
        match self.handler {
            Handler::Open(budget, _) | Handler::Known(budget, _) => Some(budget),
            Handler::Scoped(..) => None,
        }
    }
}

async fn answered<A: Api>(api: &A, exchange: &mut Exchange) -> Result<Response, A::Error> {
    let (route, named) = find(A::ROUTES, &exchange.request.method, &exchange.request.path)?;
    exchange.named = named;
    exchange.route = Some(route.path);
    match route.handler {
        Handler::Open(_, handler) => handler(api, exchange).await,
        Handler::Known(_, handler) => {
            let caller = known(&exchange.request.identity)?;
            handler(api, exchange, caller.as_ref()).await
        }
        Handler::Scoped(scopes, handler) => {
            let caller = authorized(&exchange.request.identity, scopes)?;
            handler(api, exchange, &caller).await
        }
    }
}

/// The route that a request asks for, and the part of its path that the route's names. `HEAD` asks for the route of `GET`,
/// whose answer it gets without the body.
///
/// # Errors
/// 404 for an unknown path, 405 with `Allow` for a known path with another method.
fn find<'a, A: Api>(
    routes: &'a [Route<A>],
    method: &Method,
    path: &str,
) -> Result<(&'a Route<A>, String), Refusal> {
    let mut allowed = Vec::new();
    for route in routes {
        if let Some(named) = matches(route.path, path) {
            let asked = if *method == Method::HEAD { &Method::GET } else { method };
            if route.method == *asked {
                return Ok((route, named));
            }
            allowed.push(route.method.as_str());
            if route.method == Method::GET {
                allowed.push(Method::HEAD.as_str());
            }
        }
    }
    Err(if allowed.is_empty() { Refusal::no_such_route() } else { Refusal::method_not_allowed(&allowed) })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderMap, StatusCode};
    use jiff::Timestamp;

    use super::*;
    use crate::answer::json;
    use crate::code::HttpCode;
    use crate::problem::Problem;
    use crate::request::{Claims, Identity};

    struct Holds;

    impl Clock for Holds {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }
    }

    async fn said(what: &str, exchange: &Exchange, by: &str) -> Result<Response, Problem<HttpCode>> {
        Ok(json(StatusCode::OK, &format!("{what} {} {by}", exchange.named))?)
    }

    const ONE: &str = "/api/holds/{holdId}";
    const GUEST: &[Scope] = &[Scope::Guest];
    const COST: Budget = Budget {
        ledger_units: 0,
        read_model_units: 0,
        units_per_resource: 0,
        body_bytes: 100,
        slots_per_resource: 0,
    };

    impl Api for Holds {
        type Error = Problem<HttpCode>;
        const FUNCTION: &'static str = "hold";

        crate::routes![
            (
                Route::open(Method::GET, ONE, "read", &COST, |_, exchange| Box::pin(said(
                    "read", exchange, "anyone"
                ))),
                Documentation::new("holds", "Reads a hold."),
            ),
            (
                Route::scoped(Method::DELETE, ONE, "release", GUEST, |_, exchange, caller| Box::pin(said(
                    "release",
                    exchange,
                    caller.guest.as_str()
                ))),
                Documentation::new("holds", "Releases a hold."),
            ),
            (
                Route::open_to_callers(Method::POST, "/api/quotes", "quote", &COST, |_, exchange, caller| {
                    Box::pin(said(
                        "quoted",
                        exchange,
                        caller.map_or("anyone", |caller| caller.guest.as_str()),
                    ))
                }),
                Documentation::new("rates", "Says what a stay costs."),
            ),
        ];

        fn clock(&self) -> &dyn Clock {
            self
        }
    }

    fn request(method: Method, path: &str, scope: Option<&str>) -> Request {
        Request {
            method,
            path: path.to_owned(),
            query: String::new(),
            headers: HeaderMap::new(),
            body: Vec::new(),
            identity: scope.map_or(Identity::Unproven, |scope| {
                let (sub, scopes) = ("guest-1".to_owned(), vec![scope.to_owned()]);
                Identity::Bearer(Claims { sub, scopes, groups: Vec::new() })
            }),
            address: None,
            request_id: "r-1".to_owned(),
            time_left: Duration::from_secs(29),
        }
    }

    /// `expected` is the body of an answer, or the code of a problem.
    async fn check(method: Method, path: &str, scope: Option<&str>, status: u16, expected: &str) {
        let response = Holds.handle(request(method.clone(), path, scope)).await;
        let body: serde_json::Value = serde_json::from_slice(response.body()).expect("JSON");
        assert_eq!(response.status().as_u16(), status, "{method} {path}: {body}");
        assert_eq!(body["code"].as_str().or(body.as_str()), Some(expected), "{method} {path}: {body}");
        assert_eq!(response.headers()["x-request-id"], "r-1");
        assert!(response.headers().contains_key("traceparent"));
        if status == 405 {
            assert_eq!(response.headers()["allow"], "GET, HEAD, DELETE");
        }
    }

    #[tokio::test]
    async fn a_request_finds_its_handler_by_method_and_path() {
        check(Method::GET, "/api/holds/h1", None, 200, "read h1 anyone").await;
        check(Method::PUT, "/api/holds/h1", None, 405, "method_not_allowed").await;
        check(Method::GET, "/api/holds", None, 404, "not_found").await;
    }

    #[tokio::test]
    async fn an_exchange_knows_its_route_even_when_it_is_refused() {
        for (path, expected) in [("/api/holds/h1", Some(ONE)), ("/api/holds", None)] {
            let mut exchange = Exchange::open(request(Method::DELETE, path, None), &Holds);
            assert!(answered(&Holds, &mut exchange).await.is_err(), "{path}");
            assert_eq!(exchange.route, expected, "{path}");
        }
    }

    #[tokio::test]
    async fn head_is_answered_as_get_without_the_body() {
        let head = |path: &str| Holds.handle(request(Method::HEAD, path, None));
        let found = head("/api/holds/h1").await;
        assert_eq!((found.status(), found.body().as_slice()), (StatusCode::OK, &b""[..]));
        assert_eq!(found.headers()["content-type"], "application/json");
        let missing = head("/api/holds").await;
        assert_eq!((missing.status(), missing.body().as_slice()), (StatusCode::NOT_FOUND, &b""[..]));
    }

    #[test]
    fn it_matters_who_asks_on_routes_whose_handlers_get_a_caller() {
        for (method, path, expected) in [
            (Method::DELETE, "/api/holds/h1", true),
            (Method::GET, "/api/holds/h1", false),
            (Method::HEAD, "/api/holds/h1", false),
            (Method::PUT, "/api/holds/h1", false),
            (Method::DELETE, "/api/holds", false),
            (Method::POST, "/api/quotes", true),
        ] {
            assert_eq!(Holds::asks_who(&method, path), expected, "{method} {path}");
        }
    }

    #[tokio::test]
    async fn a_token_that_cannot_be_checked_is_503_where_it_matters() {
        for (method, status) in [(Method::DELETE, 503), (Method::GET, 200)] {
            let mut request = request(method, "/api/holds/h1", None);
            request.identity = Identity::Unverifiable;
            let response = Holds.handle(request).await;
            assert_eq!(response.status(), status);
            assert_eq!(response.headers().contains_key("retry-after"), status == 503);
        }
    }

    #[tokio::test]
    async fn a_route_for_anyone_may_be_given_the_caller() {
        check(Method::POST, "/api/quotes", None, 200, "quoted  anyone").await;
        check(Method::POST, "/api/quotes", Some("booking/guest"), 200, "quoted  guest-1").await;
        let mut unknown = request(Method::POST, "/api/quotes", None);
        unknown.identity = Identity::Unverifiable;
        assert_eq!(Holds.handle(unknown).await.status(), 503);
    }

    #[tokio::test]
    async fn a_handler_is_called_only_with_one_of_the_scopes() {
        check(Method::DELETE, "/api/holds/h1", Some("booking/guest"), 200, "release h1 guest-1").await;
        check(Method::DELETE, "/api/holds/h1", Some("booking/operator"), 403, "insufficient_scope").await;
        check(Method::DELETE, "/api/holds/h1", None, 401, "unauthorized").await;
        check(Method::DELETE, "/api/holds/h1/more", None, 404, "not_found").await;
    }
}
