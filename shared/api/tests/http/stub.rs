//! One stub for every port, and a gateway in front of the routers.

use async_trait::async_trait;
use holdfast_api::properties::PropertyTermsBody;
use holdfast_api::{
    Api, BookingsApi, CancelApi, Claims, ConfirmApi, HoldApi, Identity, Request, ResourcesApi, Response,
    SearchApi, WebhookApi,
};
use holdfast_app::bookings::{
    AppendError, AuditEvent, BookingCommit, BookingContacts, BookingHistory, BookingJournal, BookingReader,
    BookingRequests, BookingStore, Bookings, Cancellations, CommitError, JournalEntry,
};
use holdfast_app::catalogue::{Calendars, ResourceTrails, Resources, Stops};
use holdfast_app::holds::{HoldReader, HoldStops, HoldStore, Holds, Placed};
use holdfast_app::kernel::SecretError;
use holdfast_app::payments::{
    AttemptReader, BookingSaga, ChargeLimits, ChargeRules, CustomerActions, InvalidWebhook, Payment,
    PaymentInquiry, SagaCallbacks, SagaResumption, SettlementSaga, StoredAttempts, Webhook, WebhookError,
    WebhookEvent, WebhookVerifier,
};
use holdfast_app::properties::Properties;
use holdfast_app::rates::{Pricing, Quote, Quotes, Rates};
use holdfast_app::receipts::{ReceiptReader, Receipts};
use holdfast_app::search::{ListedPages, Search, SearchIndex};
use holdfast_app::{Clock, LedgerError, Mutation, PaymentError, StoreError, WorkflowError};
use holdfast_domain::bookings::Contact;
use holdfast_domain::catalogue::{Month, MonthFacts};
use holdfast_domain::holds::Extension;
use holdfast_domain::payments::CustomerAction;
use holdfast_domain::rates::card::ResourceRates;
use holdfast_domain::rates::dated::{DatedRates, MonthRates};
use holdfast_domain::rates::property_taxes::PropertyTaxes;
use holdfast_domain::receipts::Receipt;
use holdfast_domain::{
    Booking, BookingEvent, BookingId, Fingerprint, GuestId, GuestMark, Hold, HoldId, HoldSnapshot,
    InventoryMove, Page, PageRejection, PaymentStep, Property, PropertyId, Resource, ResourceId,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::published::published;

/// The time in every test.
pub(crate) const NOW: &str = "2027-05-01T10:00:00.123456789Z";

/// What the outside knows, and how it behaves.
#[derive(Default)]
pub(crate) struct Outside {
    pub(crate) resource: Option<Resource>,
    pub(crate) property: Option<Property>,
    pub(crate) rates: Option<ResourceRates>,
    pub(crate) dated: DatedRates,
    pub(crate) quote: Mutex<Option<Quote>>,
    pub(crate) hold: Mutex<Option<Hold>>,
    pub(crate) booking: Mutex<Option<Booking>>,
    pub(crate) contact: Mutex<Option<Contact>>,
    pub(crate) receipts: Mutex<Vec<Receipt>>,
    /// What the saga does to a booking as soon as it is started.
    pub(crate) saga: Vec<BookingEvent>,
    /// A page refuses.
    pub(crate) rejection: Option<PageRejection>,
    /// Nothing answers.
    pub(crate) down: bool,
    /// Whether as many codes of promotions were tried as may be.
    pub(crate) codes_are_guessed: bool,
}

impl Outside {
    /// With the nightly resource of API.md.
    pub(crate) fn with_resource() -> Self {
        let body = hotel();
        let terms = holdfast_api::catalogue::TermsBody::read(&body).expect("valid terms");
        let id = ResourceId::parse("hotel-nyc-deluxe").expect("an id");
        Self { resource: Some(Resource::create(id, terms)), property: Some(house()), ..Self::default() }
    }

    pub(crate) fn up(&self) -> Result<(), StoreError> {
        if self.down { Err(StoreError::Unavailable("SECRET host".into())) } else { Ok(()) }
    }

    pub(crate) fn refused(&self) -> Result<(), LedgerError> {
        self.up()?;
        self.rejection.clone().map_or(Ok(()), |rejection| Err(rejection.into()))
    }
}

/// A property that exists.
fn house() -> Property {
    let terms = PropertyTermsBody::read(&grand()).expect("valid terms");
    Property::create(PropertyId::parse("hotel-nyc").expect("an id"), terms)
}

/// The body of a valid `PUT` of a property.
pub(crate) fn grand() -> Value {
    json!({
        "propertyType": "hotel", "name": "The Grand",
        "address": {
            "lines": ["1 Grand Street", "Floor 2"], "city": "New York", "region": "NY", "postalCode": "10013", "country": "US"
        },
        "position": { "latitude": 40.72, "longitude": -74.0 }, "timeZone": "America/New_York", "currency": "USD",
        "contact": { "email": "desk@grand.example", "phone": "+12125550100", "website": "https://grand.example/en?a=1" },
        "houseRules": "No smoking.\nQuiet from 22:00.",
        "taxes": [
            {
                "chargeId": "city-tax", "name": "City tax", "kind": "tax", "amount": 200, "per": "guest_slot", "from": "2027-01-01",
                "until": "2027-12-31", "exemptToAge": 17, "slotsMax": 7, "refundable": true, "due": "at_property"
            },
            { "chargeId": "vat", "name": "VAT", "kind": "tax", "included": true, "percent": 7.25, "on": ["stay"], "refundable": true, "due": "now" },
            { "chargeId": "resort", "name": "Resort fee", "kind": "fee", "category": "resort", "amount": 1500, "per": "unit_slot", "refundable": false, "due": "now" },
            {
                "chargeId": "luxury", "name": "Luxury tax", "kind": "tax", "refundable": true, "due": "now",
                "bands": [{ "from": 0, "amount": 0 }, { "from": 50000, "percent": 2.5 }]
            }
        ]
    })
}

/// The body of a valid `PUT`.
pub(crate) fn hotel() -> Value {
    json!({
        "resourceType": "hotel", "name": "Deluxe double", "location": "NYC", "timeZone": "America/New_York",
        "schedule": { "kind": "nightly", "checkIn": "15:00", "checkOut": "11:00" },
        "capacity": 3, "holdTtlSeconds": 600, "holdLimits": { "perGuest": 8, "coolDownSeconds": 60 },
        "pricing": { "currency": "USD", "base": 12900 },
        "cancellationPolicy": {
            "tiers": [{ "hoursBefore": 0, "refundPercent": 50 }, { "hoursBefore": 24, "refundPercent": 100 }]
        },
        "attributes": { "rating": 4.6, "latitude": 40.7, "longitude": -74.0 }
    })
}

pub(crate) struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        NOW.parse().expect("an instant")
    }
}

pub(crate) struct Stub(pub(crate) Arc<Outside>);

#[async_trait]
impl HoldReader for Stub {
    async fn hold(&self, id: &HoldId) -> Result<Option<HoldSnapshot>, StoreError> {
        self.0.up()?;
        let known = self.0.hold.lock().expect("unpoisoned").clone().filter(|hold| hold.id == *id);
        Ok(known.map(|hold| HoldSnapshot {
            entry: hold.order.placements.first().map(|placement| hold.entry(placement)),
            hold,
        }))
    }
}

#[async_trait]
impl HoldStore for Stub {
    async fn place(&self, _: &[&Resource], hold: &Hold, _: &Mutation) -> Result<Placed, LedgerError> {
        self.0.refused()?;
        let mut known = self.0.hold.lock().expect("unpoisoned");
        if let Some(known) = known.as_ref().filter(|known| known.id == hold.id) {
            return match known.fingerprint == hold.fingerprint {
                true => Ok(Placed { hold: known.clone(), replayed: true }),
                false => Err(PageRejection::Reused.into()),
            };
        }
        *known = Some(hold.clone());
        Ok(Placed { hold: hold.clone(), replayed: false })
    }
    async fn extend(
        &self,
        hold: &Hold,
        request: &Fingerprint,
        mutation: &Mutation,
    ) -> Result<(Extension, bool), LedgerError> {
        self.0.refused()?;
        let expires_at = hold.expires_at.checked_add(hold.ttl()).expect("in range");
        let extension = Extension { expires_at, at: mutation.now };
        if let Some(known) = self.0.hold.lock().expect("unpoisoned").as_mut() {
            known.extensions.insert(request.clone(), extension);
            known.expires_at = expires_at;
        }
        Ok((extension, false))
    }
    async fn release(&self, _: &Hold, _: &Mutation) -> Result<(), LedgerError> {
        self.0.refused()
    }
    async fn expire(&self, _: &Hold, _: &Mutation) -> Result<(), LedgerError> {
        self.0.refused()
    }
}

#[async_trait]
impl BookingReader for Stub {
    async fn booking(&self, id: &BookingId) -> Result<Option<Booking>, StoreError> {
        self.0.up()?;
        Ok(self.0.booking.lock().expect("unpoisoned").clone().filter(|booking| booking.id == *id))
    }
}

#[async_trait]
impl HoldStops for Stub {
    async fn are_stopped(&self, _: &ResourceId) -> Result<bool, StoreError> {
        self.0.up()?;
        Ok(false)
    }
}

#[async_trait]
impl AttemptReader for Stub {
    async fn attempts(&self, _: &GuestMark) -> Result<StoredAttempts, StoreError> {
        self.0.up()?;
        Ok(StoredAttempts::default())
    }
}

#[async_trait]
impl BookingStore for Stub {
    async fn commit(&self, commit: &BookingCommit) -> Result<(), CommitError> {
        self.0.up()?;
        *self.0.booking.lock().expect("unpoisoned") = Some(commit.booking.clone());
        if let Some(contact) = &commit.contact {
            *self.0.contact.lock().expect("unpoisoned") = Some(contact.clone());
        }
        Ok(())
    }
}

#[async_trait]
impl BookingJournal for Stub {
    async fn append(&self, entry: &JournalEntry) -> Result<(), AppendError> {
        self.0.up()?;
        *self.0.booking.lock().expect("unpoisoned") = Some(entry.booking.clone());
        Ok(())
    }
}

#[async_trait]
impl BookingContacts for Stub {
    async fn contact(&self, _: &BookingId) -> Result<Option<Contact>, StoreError> {
        self.0.up()?;
        Ok(self.0.contact.lock().expect("unpoisoned").clone())
    }
}

#[async_trait]
impl CustomerActions for Stub {
    async fn customer_action(&self, _: &BookingId) -> Result<Option<CustomerAction>, StoreError> {
        self.0.up()?;
        Ok(self.0.saga.iter().find_map(|event| match event {
            BookingEvent::Payment { step: PaymentStep::ActionRequired { action }, .. } => {
                Some(action.clone())
            }
            _ => None,
        }))
    }
}

#[async_trait]
impl BookingHistory for Stub {
    async fn bookings_of(
        &self,
        guest: &GuestId,
        _: u32,
        cursor: Option<&str>,
    ) -> Result<(Vec<Booking>, Option<String>), StoreError> {
        self.0.up()?;
        assert!(
            cursor.is_none_or(|cursor| cursor == "the-store's-own"),
            "a foreign cursor reached the store"
        );
        let known = self.0.booking.lock().expect("unpoisoned").clone();
        let own = known.into_iter().filter(|booking| booking.order.guest == *guest).collect();
        Ok((own, cursor.is_none().then(|| "the-store's-own".to_owned())))
    }
    async fn audit_trail(&self, _: &BookingId) -> Result<Vec<AuditEvent>, StoreError> {
        let Some(booking) = self.0.booking.lock().expect("unpoisoned").clone() else {
            return Ok(Vec::new());
        };
        let mutation = Mutation { now: Fixed.now(), actor: "guest-1".to_owned(), trace: None };
        let entry =
            BookingCommit::new(&booking, BookingEvent::Requested, InventoryMove::Keep, &mutation).audit;
        Ok((1..=booking.version).map(|sequence| AuditEvent { sequence, ..entry.clone() }).collect())
    }
    async fn audit_page(
        &self,
        id: &BookingId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        let trail = self.audit_trail(id).await?.into_iter();
        Ok(trail
            .filter(|entry| entry.sequence > after)
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .collect())
    }
}

#[async_trait]
impl ReceiptReader for Stub {
    async fn receipts(&self, _: &BookingId) -> Result<Vec<Receipt>, StoreError> {
        self.0.up()?;
        Ok(self.0.receipts.lock().expect("unpoisoned").clone())
    }
}

#[async_trait]
impl SagaCallbacks for Stub {
    async fn put_task_token(&self, _: &BookingId, _: &str, _: &Mutation) -> Result<(), StoreError> {
        Ok(())
    }
    async fn task_token(&self, _: &BookingId) -> Result<Option<String>, StoreError> {
        Ok(None)
    }
}

#[async_trait]
impl BookingSaga for Stub {
    async fn start_booking(&self, _: &BookingId, _: Option<&str>) -> Result<(), WorkflowError> {
        let mut known = self.0.booking.lock().expect("unpoisoned");
        if let Some(pending) = known.take() {
            let happens = pending.version == 1;
            let events = if happens { self.0.saga.as_slice() } else { &[] };
            *known = Some(events.iter().fold(pending, Booking::evolve));
        }
        Ok(())
    }

    async fn resume_booking(&self, _: &BookingId, _: u32) -> Result<(), WorkflowError> {
        Ok(())
    }
}

#[async_trait]
impl SettlementSaga for Stub {
    async fn start_settlement(&self, _: &BookingId, _: &str, _: Option<&str>) -> Result<(), WorkflowError> {
        let mut known = self.0.booking.lock().expect("unpoisoned");
        if let Some(booking) = known.take() {
            let due = booking.refund_due();
            let event = if due.amount() > 0 {
                BookingEvent::first_payment(PaymentStep::Refunded { total: due })
            } else {
                BookingEvent::first_payment(PaymentStep::Voided)
            };
            *known = Some(booking.evolve(&event));
        }
        Ok(())
    }
}

#[async_trait]
impl SagaResumption for Stub {
    async fn resume(&self, _: &str) -> Result<bool, WorkflowError> {
        Ok(true)
    }
}

#[async_trait]
impl SearchIndex for Stub {
    async fn resources(&self, _: &str, _: &str) -> Result<Vec<Resource>, StoreError> {
        self.0.up()?;
        Ok(self.0.resource.clone().into_iter().collect())
    }
    async fn facts(&self, _: &str, _: &str, _: Month) -> Result<Vec<(ResourceId, MonthFacts)>, StoreError> {
        Ok(Vec::new())
    }
    async fn rates(&self, _: &str, _: &str) -> Result<Vec<ResourceRates>, StoreError> {
        Ok(self.0.rates.iter().map(ResourceRates::listed).collect())
    }
    async fn month_rates(
        &self,
        _: &str,
        _: &str,
        _: Month,
    ) -> Result<Vec<(ResourceId, MonthRates)>, StoreError> {
        Ok(Vec::new())
    }
    async fn taxes(&self, _: &BTreeSet<PropertyId>) -> Result<Vec<PropertyTaxes>, StoreError> {
        Ok(Vec::new())
    }
    async fn pages(&self, _: &str, _: &str, _: &str) -> Result<Vec<Page>, StoreError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl ListedPages for Stub {
    async fn of_resource(&self, _: &Resource, _: &[String]) -> Result<Vec<Page>, StoreError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl PaymentInquiry for Stub {
    async fn inquire(&self, _: &str) -> Result<Payment, PaymentError> {
        if self.0.down {
            return Err(PaymentError::Unavailable("SECRET host".into()));
        }
        let (code, message) = ("resource_missing".to_owned(), "no such payment".to_owned());
        Err(PaymentError::Refused { code, message })
    }
}

#[async_trait]
impl WebhookVerifier for Stub {
    async fn verify(&self, payload: &[u8], header: &str, _: Timestamp) -> Result<WebhookEvent, WebhookError> {
        match header {
            "good" => {}
            "unverifiable" => return Err(SecretError("SECRET host".into()).into()),
            _ => return Err(InvalidWebhook::Foreign.into()),
        }
        let event: Value = serde_json::from_slice(payload).map_err(|_| InvalidWebhook::Payload)?;
        Ok(WebhookEvent {
            id: "evt_1".to_owned(),
            kind: event["type"].as_str().unwrap_or_default().to_owned(),
            intent: event["data"]["object"]["id"].as_str().map(str::to_owned),
        })
    }
}

/// A provider that charges dollars and euros, from half of one to a hundred thousand, and dinars in tens.
fn charges() -> ChargeRules {
    ChargeRules::new(|currency| match currency.code() {
        "USD" | "EUR" | "JPY" => ChargeLimits::new(currency, 1, 50, 10_000_000),
        "KWD" => ChargeLimits::new(currency, 10, 10, 10_000_000),
        _ => None,
    })
}

/// Passes a request to the function that the gateway would pass it to. What it answers is as published.
pub(crate) async fn gateway(outside: &Arc<Outside>, request: Request) -> Response {
    let response = answered(outside, request.clone()).await;
    published(&request, &response);
    response
}

async fn answered(outside: &Arc<Outside>, request: Request) -> Response {
    let stub = || Arc::new(Stub(Arc::clone(outside)));
    let clock = Arc::new(Fixed);
    let path = request.path.clone();
    let get = matches!(request.method, Method::GET | Method::HEAD);
    if path.starts_with("/api/holds") {
        HoldApi::new(
            Holds::new(
                stub(),
                stub(),
                stub(),
                Pricing::new(stub(), stub(), stub(), stub(), stub(), stub(), charges()),
                stub(),
            ),
            clock,
        )
        .handle(request)
        .await
    } else if path.starts_with("/api/bookings") && path.ends_with("/cancel") {
        CancelApi::new(Cancellations::new(stub(), stub(), stub(), stub(), charges()), clock)
            .handle(request)
            .await
    } else if path == "/api/bookings" && !get {
        ConfirmApi::new(BookingRequests::new(stub(), stub(), stub(), stub(), stub()), clock)
            .handle(request)
            .await
    } else if path.starts_with("/api/bookings") {
        let receipts = Receipts::new(stub(), stub());
        BookingsApi::new(Bookings::new(stub(), stub(), stub(), charges()), receipts, clock)
            .handle(request)
            .await
    } else if path.starts_with("/api/webhooks") {
        WebhookApi::new(Webhook::new(stub(), stub(), stub(), stub(), stub()), stub(), clock)
            .handle(request)
            .await
    } else if path.ends_with("/availability") || path.ends_with("/quotes") || path.ends_with("/explain") {
        let quotes = Quotes::new(
            stub(),
            Pricing::new(stub(), stub(), stub(), stub(), stub(), stub(), charges()),
            stub(),
        );
        SearchApi::new(
            Search::new(stub(), charges()),
            Calendars::new(stub(), stub(), stub(), stub(), charges()),
            quotes,
            clock,
        )
        .handle(request)
        .await
    } else {
        let trails = ResourceTrails::new(stub(), stub(), stub());
        let resources = Resources::new(stub(), stub(), stub(), charges());
        let rates = Rates::new(stub(), stub(), stub(), charges());
        let properties = Properties::new(stub(), stub(), charges());
        ResourcesApi::new(resources, properties, trails, Stops::new(stub()), rates, clock)
            .handle(request)
            .await
    }
}

/// A request of guest-1 with an idempotency key; change what matters.
pub(crate) fn request(method: Method, target: &str, body: &str) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let request = Request {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        headers: HeaderMap::new(),
        body: body.as_bytes().to_vec(),
        identity: Identity::Unproven,
        address: None,
        request_id: "request-1".to_owned(),
        time_left: Duration::from_secs(29),
    };
    with(by(request, "guest-1", "booking/guest"), "idempotency-key", "key-1")
}

/// With a header.
pub(crate) fn with(mut request: Request, name: &'static str, value: &str) -> Request {
    let value = HeaderValue::from_bytes(value.as_bytes()).expect("a header");
    request.headers.insert(HeaderName::from_static(name), value);
    request
}

/// By somebody else; an operator is staff of the platform.
pub(crate) fn by(mut request: Request, sub: &str, scope: &str) -> Request {
    let (sub, scopes, groups) = (sub.to_owned(), vec![scope.to_owned()], vec!["platform".to_owned()]);
    request.identity = Identity::Bearer(Claims { sub, scopes, groups });
    request
}

/// By staff in these groups.
pub(crate) fn by_staff(request: Request, groups: &[&str]) -> Request {
    let mut request = by(request, "staff/desk-1", "booking/operator");
    if let Identity::Bearer(claims) = &mut request.identity {
        claims.groups = groups.iter().map(|group| (*group).to_owned()).collect();
    }
    request
}

/// The answer's body.
pub(crate) fn body(response: &Response) -> Value {
    if response.body().is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(response.body()).expect("a body is JSON")
}

/// Runs a test's future.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime").block_on(future)
}
