//! What a partition serves in a second, and which keys it has.
//!
//! Documented: a partition writes 1,000 units a second and reads 3,000
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html>); up to 300 s of unused capacity
//! may be used in a burst, which nobody promises; a partition under sustained heat is split, and one with a single key or item is
//! not made faster by that (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html>).
//! Assumed: that a second is any second; that a partition is split after it has throttled for [`Heat::after`], into halves of its keys;
//! that an item collection is never split.

use std::collections::VecDeque;

/// Microseconds of a second.
pub const SECOND: u64 = 1_000_000;
/// Write units a second of a partition.
pub const WRITE_UNITS_PER_SECOND: u64 = 1_000;
/// Halves of read units a second of a partition: 3,000 units.
pub const READ_HALVES_PER_SECOND: u64 = 6_000;
/// Seconds of unused capacity that a burst may use.
pub const BURST_SECONDS: u64 = 300;
/// Heat has ended when nothing was throttled for so long.
const COOL: u64 = 10 * SECOND;

/// How much a partition serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The documented units of any second.
    Second,
    /// Those, and what was not used of the 300 s before: a partition that rested until now.
    Burst,
    /// As much as is asked for: the control of the others.
    None,
}

/// What becomes of a partition that throttles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heat {
    /// Microseconds of throttling after which it is split; never if absent.
    pub after: Option<u64>,
}

/// Which keys lie together at the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// Each key has a partition of its own: split already.
    Alone,
    /// Keys are hashed to a number of partitions.
    Hashed(u32),
}

/// Units that one partition has served of late.
#[derive(Debug, Default)]
struct Served {
    of_late: VecDeque<(u64, u64)>,
    sum: u64,
    /// Units left for a burst, and since when.
    saved: u64,
    saved_at: u64,
    hot_since: Option<u64>,
    throttled_at: u64,
}

/// The partitions of one table.
#[derive(Debug)]
pub struct Partitions {
    limit: Limit,
    per_second: u64,
    heat: Heat,
    of_key: Vec<usize>,
    served: Vec<Served>,
    splits: u32,
}

impl Partitions {
    /// Of keys numbered from 0.
    #[must_use]
    pub fn new(keys: u32, spread: Spread, limit: Limit, heat: Heat) -> Self {
        let count = match spread {
            Spread::Alone => keys,
            Spread::Hashed(partitions) => partitions.max(1),
        };
        let place = |key: u32| match spread {
            Spread::Alone => index(key.into()),
            Spread::Hashed(_) => index(hash(key.into()) % u64::from(count)),
        };
        let rested = || Served { saved: BURST_SECONDS * WRITE_UNITS_PER_SECOND, ..Served::default() };
        let served = (0..count).map(|_| rested()).collect();
        let of_key = (0..keys).map(place).collect();
        Self { limit, per_second: WRITE_UNITS_PER_SECOND, heat, of_key, served, splits: 0 }
    }

    /// The same with another number of units a second.
    #[must_use]
    pub fn at(self, per_second: u64) -> Self {
        Self { per_second, ..self }
    }

    /// Takes units of the partition of a key, if it has them left.
    pub fn take(&mut self, key: u32, units: u64, now: u64) -> bool {
        let partition = self.of_key[index(key.into())];
        let served = &mut self.served[partition];
        let has = match self.limit {
            Limit::None => true,
            Limit::Second => served.has_in_second(units, self.per_second, now),
            Limit::Burst => served.has_saved(units, now),
        };
        if has {
            return true;
        }
        if served.hot_since.is_none() || now > served.throttled_at + COOL {
            served.hot_since = Some(now);
        }
        served.throttled_at = now;
        if let (Some(since), Some(after)) = (served.hot_since, self.heat.after)
            && now >= since + after
        {
            served.hot_since = None;
            self.split(partition);
        }
        false
    }

    /// How many partitions were split.
    #[must_use]
    pub fn splits(&self) -> u32 {
        self.splits
    }

    fn split(&mut self, partition: usize) {
        let keys: Vec<usize> = (0..self.of_key.len()).filter(|key| self.of_key[*key] == partition).collect();
        if keys.len() < 2 {
            return;
        }
        let new = self.served.len();
        self.served.push(Served::default());
        for key in &keys[keys.len() / 2..] {
            self.of_key[*key] = new;
        }
        self.splits += 1;
    }
}

impl Served {
    fn has_in_second(&mut self, units: u64, per_second: u64, now: u64) -> bool {
        while let Some((at, of)) = self.of_late.front().copied()
            && at + SECOND <= now
        {
            self.sum -= of;
            self.of_late.pop_front();
        }
        let has = self.sum + units <= per_second;
        if has {
            self.sum += units;
            self.of_late.push_back((now, units));
        }
        has
    }

    fn has_saved(&mut self, units: u64, now: u64) -> bool {
        let passed = now.saturating_sub(self.saved_at);
        let gained = passed / (SECOND / WRITE_UNITS_PER_SECOND);
        self.saved_at += gained * (SECOND / WRITE_UNITS_PER_SECOND);
        self.saved = (self.saved + gained).min(BURST_SECONDS * WRITE_UNITS_PER_SECOND);
        let has = self.saved >= units;
        if has {
            self.saved -= units;
        }
        has
    }
}

/// A number scattered: the finalizer of SplitMix64.
#[must_use]
pub fn hash(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

pub(crate) fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEVER: Heat = Heat { after: None };

    /// Asks for a unit each 100 microseconds and gives the instants at which there was one.
    fn served_at(per_second: u64, limit: Limit, units: u64, seconds: u64) -> Vec<u64> {
        let mut partitions = Partitions::new(1, Spread::Alone, limit, NEVER).at(per_second);
        let asked = (0..seconds * SECOND).step_by(100);
        asked.filter(|at| partitions.take(0, units, *at)).collect()
    }

    fn served(limit: Limit, units: u64, seconds: u64) -> Vec<u64> {
        served_at(WRITE_UNITS_PER_SECOND, limit, units, seconds)
    }

    #[test]
    fn a_key_never_serves_more_than_its_units_in_any_second() {
        for (per_second, units) in [(1_000, 1), (1_000, 3), (1_000, 20), (READ_HALVES_PER_SECOND, 2)] {
            let served = served_at(per_second, Limit::Second, units, 5);
            for (first, from) in served.iter().enumerate() {
                let within = served[first..].iter().take_while(|at| **at < from + SECOND).count() as u64;
                assert!(within * units <= per_second, "{within} writes of {units} from {from}");
            }
            let all = served.len() as u64 * units;
            assert!(
                all * 50 > 5 * per_second * 49 && all <= 5 * per_second,
                "what there is is served: {all}"
            );
        }
    }

    #[test]
    fn control_without_a_limit_all_is_served_and_a_burst_ends() {
        assert_eq!(served(Limit::None, 20, 2).len(), 20_000);
        // 10,000 writes a second of 20 units: what 300 s have saved lasts a second and a half.
        let burst = served(Limit::Burst, 20, 4).len();
        assert!((15_000..15_300).contains(&burst), "{burst}");
    }

    #[test]
    fn keys_that_lie_together_share_until_they_are_split_and_one_key_stays_as_it_is() {
        let run = |keys: u32| {
            let heat = Heat { after: Some(3 * SECOND) };
            let mut partitions = Partitions::new(keys, Spread::Hashed(1), Limit::Second, heat);
            let mut served = [0_u64; 10];
            for at in (0..10 * SECOND).step_by(100) {
                let key = (at / 100 % u64::from(keys)) as u32;
                served[index(at / SECOND)] += u64::from(partitions.take(key, 1, at));
            }
            (served, partitions.splits())
        };
        let (two, splits) = run(2);
        assert_eq!((two[0], two[8], splits), (1_000, 2_000, 1));
        let (one, splits) = run(1);
        assert_eq!((one[0], one[8], splits), (1_000, 1_000, 0));
    }
}
