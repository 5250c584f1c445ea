//! Rules that change the price of a slot.

use crate::catalogue::Label;
use crate::money::Money;
use crate::rates::condition::Condition;
use crate::rates::ids::RuleId;
use crate::rates::percentage::Percentage;

/// A rule: where it applies, it changes the running price of one slot of one unit.
///
/// Rules apply by ascending `priority`; those of one priority in the order: fixed prices, percentages, amounts, and by name among
/// these, so that the order in which they are written makes no difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name in requests.
    pub id: RuleId,
    /// Its name for people.
    pub name: Label,
    /// Lower ones apply first.
    pub priority: u16,
    /// When it applies.
    pub when: Condition,
    /// What it does.
    pub adjustment: Adjustment,
    /// Of the rules of one group that apply to a slot, only the one of the lowest priority does. A rule without a group always
    /// does. A rule of a derived plan counts those of its group that are in the price it derives from.
    pub group: Option<RuleId>,
}

/// A change of a running price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Adjustment {
    /// It becomes this.
    Price(Money),
    /// It changes by a percentage of itself.
    Percent(Percentage),
    /// It changes by a number of minor units, not below nothing.
    Amount(i64),
}
