//! Rate cards as long as they may be.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_app::rates::RatesCommit;
use holdfast_domain::Resource;
use holdfast_domain::catalogue::{LABEL_LENGTH_MAX, Label};
use holdfast_domain::rates::cancellation::CancellationTerms;
use holdfast_domain::rates::card::{CardVersion, RateCard, ResourceRates};
use holdfast_domain::rates::changes::RatesChange;
use holdfast_domain::rates::charge::{Band, BandLevy, Charge, ChargeKind, Due, Levy, Validity};
use holdfast_domain::rates::condition::DateRange;
use holdfast_domain::rates::ids::{ChargeId, PlanId, RestrictionId, TaxCategory};
use holdfast_domain::rates::percentage::Percentage;
use holdfast_domain::rates::plan::{Audience, Payment, PlanPrice, RatePlan};
use holdfast_domain::rates::promotion::{Discount, Promotion, PromotionCode};
use holdfast_domain::rates::property_taxes::PROPERTY_TAXES_MAX;
use holdfast_domain::rates::restriction::{Limits, Restriction};
use holdfast_domain::rates::validate::BANDS_MAX;
use holdfast_domain::rates::versions::VERSIONS_MAX;
use holdfast_testkit::{Store, at, money, mutation};
use jiff::SignedDuration;
use jiff::civil::Date;

use crate::NOW;

/// As many versions of a rate card as may be, and a draft, each as long as a request's body may be.
pub(crate) async fn put_rates(store: &Store, resource: &Resource) {
    let stored = store.catalogue.resource(&resource.id).await.expect("a read").expect("a resource");
    let version = |number: u64| CardVersion {
        number,
        valid_from: at(NOW) + SignedDuration::from_hours(i64::try_from(number).expect("small") - 1),
        card: wordy_card(resource),
    };
    let versions: Vec<CardVersion> = (1..=VERSIONS_MAX as u64).map(version).collect();
    let draft = Some(wordy_card(resource));
    let change = RatesChange::Put { before: None, after: Box::new(versions[0].clone()) };
    let rates = ResourceRates { resource: resource.id.clone(), revision: 1, versions, draft };
    let commit = RatesCommit::new(&stored, rates, change, &mutation(at(NOW), "operator"));
    store.rates.put_rates(&commit).await.expect("rates");
}

/// The code of a promotion whose uses are limited, in all and for each guest.
pub(crate) const LIMITED_CODE: &str = "LIMITED";

fn limited_promotion() -> Promotion {
    Promotion {
        code: PromotionCode::parse(LIMITED_CODE).expect("a code"),
        name: Label::parse("Limited").expect("a label"),
        discount: Discount::Percent(Percentage::parse("10").expect("a percentage")),
        plans: BTreeSet::new(),
        stays: Validity::default(),
        from: None,
        to: None,
        uses_max: Some(1_000),
        uses_per_guest_max: Some(1),
    }
}

/// A card of one plan as long as a request's body may be.
fn wordy_card(resource: &Resource) -> RateCard {
    let name = || Label::parse(&"\u{1F3BE}".repeat(LABEL_LENGTH_MAX)).expect("a label");
    let flexible = PlanId::parse("flexible").expect("a name");
    let restriction = |number: u32| Restriction {
        id: RestrictionId::parse(&format!("restriction-{number}")).expect("a name"),
        name: name(),
        dates: Vec::new(),
        weekdays: Vec::new(),
        plans: BTreeSet::new(),
        not_plans: BTreeSet::new(),
        channels: BTreeSet::new(),
        limits: Limits { quantity_max: Some(100), fills_gaps: true, ..Limits::default() },
    };
    // Far off, so that stays are sold; but a calendar looks as far ahead as it asks.
    let far = Date::constant(2040, 1, 1);
    let year = Restriction {
        dates: vec![DateRange { from: far, to: far.tomorrow().expect("a date") }],
        limits: Limits { stay_min_through: Some(366), fills_gaps: true, ..Limits::default() },
        ..restriction(0)
    };
    let plan = RatePlan {
        id: flexible.clone(),
        name: name(),
        price: PlanPrice::Base(resource.terms.base_price),
        cancellation: CancellationTerms::default(),
        payment: Payment::Now,
        included: Vec::new(),
        audience: Audience::Everyone,
        channels: BTreeSet::new(),
    };
    RateCard {
        currency: resource.terms.base_price.currency(),
        plans: vec![plan],
        default_plan: flexible,
        unit_types: Vec::new(),
        occupancy: None,
        calendars: BTreeMap::new(),
        rules: Vec::new(),
        price_min: None,
        price_max: None,
        charges: Vec::new(),
        restrictions: std::iter::once(year).chain((1..105).map(restriction)).collect(),
        extras: Vec::new(),
        promotions: vec![limited_promotion()],
    }
}

/// As many taxes as a property may have, as long as its request has room for beside the longest other terms.
pub(crate) fn wordy_taxes() -> Vec<Charge> {
    let band = |number: usize| Band {
        from: money(i64::try_from(number).expect("small") * 100_000_000),
        levy: BandLevy::Amount(money(99_999_999_999)),
    };
    let category = |number: usize| TaxCategory::parse(&format!("{number:0>40}")).expect("a name");
    let tax = |number: usize| Charge {
        id: ChargeId::parse(&format!("{number:0>40}")).expect("a name"),
        name: Label::parse(&"\u{1F3BE}".repeat(LABEL_LENGTH_MAX)).expect("a label"),
        kind: ChargeKind::Tax,
        included: false,
        levy: Levy::Bands((0..BANDS_MAX).map(band).collect()),
        on: (0..14).map(category).collect(),
        valid: Validity::default(),
        exempt_to_age: Some(17),
        slots_max: Some(1_000_000),
        before_discounts: false,
        refundable: false,
        due: Due::AtProperty,
    };
    (0..PROPERTY_TAXES_MAX).map(tax).collect()
}
