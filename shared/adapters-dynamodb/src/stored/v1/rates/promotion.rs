//! Promotions.

use holdfast_domain::Currency;
use holdfast_domain::catalogue::Label;
use holdfast_domain::rates::ids::PlanId;
use holdfast_domain::rates::percentage::Percentage;
use holdfast_domain::rates::promotion::{Discount, Promotion, PromotionCode};
use serde::{Deserialize, Serialize};

use crate::stored::reason::Reason;
use crate::stored::v1::rates::charge::StoredValidity;
use crate::stored::v1::rates::{money, plain, texts};
use crate::stored::v1::scalar::{Millis, Text};

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredPromotion {
    code: Text<PromotionCode>,
    name: Text<Label>,
    discount: StoredDiscount,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    plans: Vec<Text<PlanId>>,
    #[serde(default, skip_serializing_if = "StoredValidity::is_empty")]
    stays: StoredValidity,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uses_max: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uses_per_guest_max: Option<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum StoredDiscount {
    Percent(Text<Percentage>),
    Amount(i64),
}

impl From<&Promotion> for StoredPromotion {
    fn from(promotion: &Promotion) -> Self {
        Self {
            code: Text(promotion.code.clone()),
            name: Text(promotion.name.clone()),
            discount: match promotion.discount {
                Discount::Percent(percent) => StoredDiscount::Percent(Text(percent)),
                Discount::Amount(amount) => StoredDiscount::Amount(amount.amount()),
            },
            plans: texts(&promotion.plans),
            stays: promotion.stays.into(),
            from: promotion.from.map(Millis),
            to: promotion.to.map(Millis),
            uses_max: promotion.uses_max,
            uses_per_guest_max: promotion.uses_per_guest_max,
        }
    }
}

impl StoredPromotion {
    pub(crate) fn read(self, currency: Currency) -> Result<Promotion, Reason> {
        Ok(Promotion {
            code: self.code.0,
            name: self.name.0,
            discount: match self.discount {
                StoredDiscount::Percent(Text(percent)) => Discount::Percent(percent),
                StoredDiscount::Amount(amount) => Discount::Amount(money(amount, currency)?),
            },
            plans: plain(self.plans),
            stays: self.stays.into(),
            from: self.from.map(|Millis(from)| from),
            to: self.to.map(|Millis(to)| to),
            uses_max: self.uses_max,
            uses_per_guest_max: self.uses_per_guest_max,
        })
    }
}
