//! What a client does when a call is not served: the SDK's tries as `shared/runtime/src/sdk.rs` sets them, and the adapter's as
//! `shared/adapters-dynamodb/src/table/transact.rs` has them. Microseconds.

use fastrand::Rng;

/// Tries of the SDK, the first among them.
const ATTEMPTS_MAX: u32 = 4;
const BACKOFF_FIRST: u64 = 50_000;
const BACKOFF_LONGEST: u64 = 500_000;
/// Tries of the adapter of what others were first at.
const CONFLICTS_MAX: u32 = 30;
const CONFLICT_PAUSE_FIRST: u64 = 4_000;
const CONFLICT_PAUSE_LONGEST: u64 = 250_000;
/// Tries of the adapter of a transaction that is throttled.
const THROTTLES_MAX: u32 = 4;
const THROTTLE_PAUSE_FIRST: u64 = 100_000;
const THROTTLE_PAUSE_LONGEST: u64 = 1_000_000;

/// What one call has spent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tries {
    throttled: u32,
    conflicts: u32,
}

impl Tries {
    /// The pause after a single write that was throttled: of the SDK. `None` when it has no more tries.
    pub fn throttled(&mut self, rng: &mut Rng) -> Option<u64> {
        let pause = pause(rng, self.throttled, BACKOFF_FIRST, BACKOFF_LONGEST);
        self.throttled += 1;
        (self.throttled < ATTEMPTS_MAX).then_some(pause)
    }

    /// The pause after a transaction that was throttled: of the adapter.
    pub fn transaction_throttled(&mut self, rng: &mut Rng) -> Option<u64> {
        let pause = pause(rng, self.throttled, THROTTLE_PAUSE_FIRST, THROTTLE_PAUSE_LONGEST);
        self.throttled += 1;
        (self.throttled < THROTTLES_MAX).then_some(pause)
    }

    /// The pause after somebody else was first: of the adapter.
    pub fn conflict(&mut self, rng: &mut Rng) -> Option<u64> {
        let pause = pause(rng, self.conflicts, CONFLICT_PAUSE_FIRST, CONFLICT_PAUSE_LONGEST);
        self.conflicts += 1;
        (self.conflicts < CONFLICTS_MAX).then_some(pause)
    }
}

/// Full jitter: anything up to a bound that doubles.
fn pause(rng: &mut Rng, spent: u32, first: u64, longest: u64) -> u64 {
    rng.u64(0..=first.saturating_mul(1 << spent.min(10)).min(longest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_end_and_pauses_stay_within_their_bounds() {
        let mut rng = Rng::with_seed(1);
        let pauses = |next: &mut dyn FnMut() -> Option<u64>| std::iter::from_fn(next).collect::<Vec<_>>();
        let mut tries = Tries::default();
        let throttled = pauses(&mut || tries.throttled(&mut rng));
        assert_eq!(throttled.len(), 3);
        assert!(throttled.iter().zip([50_000, 100_000, 200_000]).all(|(pause, max)| *pause <= max));
        let conflicts = pauses(&mut || tries.conflict(&mut rng));
        assert_eq!(conflicts.len(), 29);
        assert!(conflicts.iter().all(|pause| *pause <= CONFLICT_PAUSE_LONGEST));
    }
}
