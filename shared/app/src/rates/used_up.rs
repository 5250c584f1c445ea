//! Whether a promotion is used up for somebody: one answer for quotes and holds.

use holdfast_domain::rates::promotion::{PromotionCode, UseLimits};
use holdfast_domain::{GuestId, ResourceId};

use crate::kernel::errors::StoreError;
use crate::rates::port::PromotionUses;

/// Whether a promotion has no use left for a guest. Whoever has not said who they are is kept to its uses in all alone. Nothing is read
/// where nothing is limited.
pub(crate) async fn is_used_up(
    uses: &dyn PromotionUses,
    resource: &ResourceId,
    code: &PromotionCode,
    limits: UseLimits,
    guest: Option<&GuestId>,
) -> Result<bool, StoreError> {
    let limits = UseLimits { per_guest: limits.per_guest.filter(|_| guest.is_some()), ..limits };
    if !limits.are_counted() {
        return Ok(false);
    }
    let made = uses.made(resource, code, limits, guest).await?;
    Ok(!limits.have_room(made))
}
