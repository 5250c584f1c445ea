//! How often promotions are used whose uses are limited, by their counters.

use async_trait::async_trait;
use holdfast_app::StoreError;
use holdfast_app::rates::PromotionUses;
use holdfast_domain::rates::promotion::{PromotionCode, UseLimits};
use holdfast_domain::rates::uses::UsesMade;
use holdfast_domain::{GuestId, ResourceId};

use crate::stored::uses::{counter_key, decode_uses, guest_counter_key};
use crate::table::item::Item;
use crate::table::ledger::LedgerTable;

/// [`PromotionUses`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoPromotionUses(LedgerTable);

impl DynamoPromotionUses {
    /// Over the table that counts them.
    #[must_use]
    pub fn new(ledger: LedgerTable) -> Self {
        Self(ledger)
    }
}

#[async_trait]
impl PromotionUses for DynamoPromotionUses {
    async fn made(
        &self,
        resource: &ResourceId,
        code: &PromotionCode,
        limits: UseLimits,
        guest: Option<&GuestId>,
    ) -> Result<UsesMade, StoreError> {
        let of_code = limits.in_all.map(|_| counter_key(resource, code));
        let of_guest = guest.filter(|_| limits.per_guest.is_some());
        let of_guest = of_guest.map(|guest| guest_counter_key(resource, code, guest));
        let keys: Vec<Item> = of_code.iter().chain(&of_guest).cloned().collect();
        let items = if keys.is_empty() { Vec::new() } else { self.0.get_many(keys).await? };
        // Nothing has been counted yet where there is no counter.
        let counted = |key: Option<Item>| {
            let is_of = |item: &&Item| key.as_ref().is_some_and(|key| key.get("sk") == item.get("sk"));
            items.iter().find(is_of).map_or(Ok(0), decode_uses)
        };
        Ok(UsesMade { in_all: counted(of_code)?, of_guest: counted(of_guest)? })
    }
}
