//! Holds that use a promotion whose uses are limited, and what is counted of it.

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_adapters_dynamodb::items::decode_uses;
use holdfast_domain::catalogue::Label;
use holdfast_domain::rates::cancellation::RefundTerms;
use holdfast_domain::rates::ids::PlanId;
use holdfast_domain::rates::occupancy::Unit;
use holdfast_domain::rates::plan::Payment;
use holdfast_domain::rates::promotion::{PromotionCode, UseLimits};
use holdfast_domain::rates::quote::AppliedRate;
use holdfast_domain::{Hold, ResourceId};

use crate::{Database, money};

/// The same hold, priced under a plan with a promotion whose uses are limited.
#[must_use]
pub fn with_promotion(mut hold: Hold, code: &str, limits: UseLimits) -> Hold {
    let units = vec![Unit::default(); usize::try_from(hold.order.quantity).expect("small")];
    hold.order.rate = Some(Box::new(AppliedRate {
        plan: PlanId::parse("flexible").expect("a name"),
        plan_name: Label::parse("Flexible").expect("a label"),
        card_version: 1,
        payment: Payment::Now,
        included: Vec::new(),
        units,
        extras: Vec::new(),
        promotion: Some(PromotionCode::parse(code).expect("a code")),
        promotion_limits: limits,
        price_override: None,
        refunds: RefundTerms { free_hours_after_booking: 0, steps: Vec::new(), kept_always: money(0) },
        priced_at: hold.created_at,
    }));
    hold
}

impl Database {
    /// The uses that are counted of a promotion: by its counter, which has to say as many as there are items of uses.
    pub async fn uses(&self, resource: &ResourceId, code: &str) -> u64 {
        let query = self
            .client
            .query()
            .table_name(Self::LEDGER)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(format!("PC#{resource}")))
            .consistent_read(true);
        let items = query.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let items = items.expect("a query");
        let has_key = |item: &&holdfast_adapters_dynamodb::Item, prefix: &str| {
            item["sk"].as_s().is_ok_and(|sk| sk.starts_with(prefix))
        };
        let counter = items.iter().find(|item| has_key(item, &format!("C#{code}")));
        let counted = counter.map_or(0, |item| decode_uses(item).expect("a counter"));
        let uses = items.iter().filter(|item| has_key(item, &format!("U#{code}#"))).count();
        assert_eq!(usize::try_from(counted).expect("small"), uses, "the counter of {code} and its uses");
        counted
    }
}
