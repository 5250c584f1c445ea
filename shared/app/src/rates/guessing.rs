//! Guessing of promotions' codes, and its limit.
//!
//! Whoever gives a code is counted with it before anything is priced, and no longer once the code counts: so what can be told apart is
//! bounded however many ask at once. A code that nobody has to count again, because it is counted already or known to be good, costs
//! one read; a new one costs a write besides, and a second one if it is good. Beyond the limit every new code gets one answer, before
//! the rates of the resource are looked at. Whoever gives no code costs nothing, nor does an operator of the resource, who may read its codes.

use holdfast_domain::{Fingerprint, GuestMark};
use jiff::Timestamp;

use crate::kernel::failure::Failure;
use crate::kernel::identity::{address_mark, code_digest, guest_mark};
use crate::rates::asked::Asked;
use crate::rates::port::CodeTries;

/// The most codes that do not count, of whatever resources, that a caller with a token may try within an hour of the clock.
pub const GUEST_CODES_MAX: usize = 10;
/// The same of one address, for callers without a token: a house, an office or a carrier may have many guests behind one.
pub const ADDRESS_CODES_MAX: usize = 50;
/// The most codes of which is remembered, for the same hour, that they were good; the others are counted for a moment each time.
pub const GOOD_CODES_MAX: usize = 50;
const HOUR_SECONDS: i64 = 3_600;

/// A code that is being tried.
pub(crate) struct Tried<'a> {
    tries: &'a dyn CodeTries,
    by: GuestMark,
    code: Fingerprint,
    is_remembered: bool,
    now: Timestamp,
}

/// Counts the code that is asked with; `None` if there is nothing to count.
///
/// # Errors
/// [`Failure::TooManyCodes`]; an outage.
pub(crate) async fn tried<'a>(
    tries: &'a dyn CodeTries,
    asked: &Asked<'_>,
) -> Result<Option<Tried<'a>>, Failure> {
    let Some(code) = &asked.choice.promotion else { return Ok(None) };
    let property = asked.resource.terms.property.as_ref();
    let (by, most) = match asked.caller {
        Some(caller) if caller.is_operator_of(property) => return Ok(None),
        Some(caller) => (guest_mark(&caller.guest), GUEST_CODES_MAX),
        None => (address_mark(asked.address), ADDRESS_CODES_MAX),
    };
    let (code, now) = (code_digest(asked.resource, code), asked.at);
    let known = tries.tried(&by, now).await?;
    if known.good.contains(&code) {
        return Ok(None);
    }
    let is_counted = known.counted.contains(&code)
        || known.counted.len() < most && tries.count(&by, &code, most, now).await?;
    if !is_counted {
        return Err(Failure::TooManyCodes { wait_seconds: seconds_to_the_hour(now) });
    }
    Ok(Some(Tried { tries, by, code, is_remembered: known.good.len() < GOOD_CODES_MAX, now }))
}

impl Tried<'_> {
    /// Counts the code no longer: something was priced with it.
    pub(crate) async fn was_good(self) {
        // A code that stays counted is one guess less within the hour, and nothing else.
        if let Err(error) = self.tries.clear(&self.by, &self.code, self.is_remembered, self.now).await {
            tracing::warn!(error = %error, "a good code stays counted as one that is not");
        }
    }
}

/// When the next hour of the clock begins, in seconds.
fn seconds_to_the_hour(now: Timestamp) -> u32 {
    u32::try_from(HOUR_SECONDS - now.as_second().rem_euclid(HOUR_SECONDS)).unwrap_or(1)
}
