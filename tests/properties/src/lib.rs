//! Settings of tests over generated cases: how many cases, from which seed, and how a failure is run again.
//!
//! A suite has as many cases as it needs to find a disagreement of four steps in every run. The suite's control shows that:
//! [`assert_found`] plants such a disagreement and counts the cases. `make test-deep` multiplies the cases of every suite by
//! the depth, which it hands over in `HOLDFAST_TEST_DEPTH`.
//!
//! For tests only.

use std::cell::Cell;
use std::thread;

use proptest::strategy::Strategy;
use proptest::test_runner::{
    Config, FileFailurePersistence, RngSeed, TestCaseError, TestCaseResult, TestError, TestRunner,
};

/// Name of the environment variable that multiplies the number of cases.
pub const DEPTH: &str = "HOLDFAST_TEST_DEPTH";
/// From these seeds a control must find what it plants.
const SEEDS: [u64; 8] = [1, 2, 3, 4, 5, 6, 7, 8];
/// How many times as many cases a suite has as it needs on average: from a seed of chance it then misses a planted
/// disagreement once in `e^10`, some 22,000, runs.
const MARGIN: u32 = 10;

/// Settings of a suite of `cases` cases. Failures are kept in the file `regressions`, relative to the package's folder, and run
/// first the next time. The seed is printed: a failed test shows how to run the same cases again.
///
/// # Panics
/// If [`DEPTH`] is set to something that is not a positive number.
#[must_use]
pub fn config(cases: u32, regressions: &'static str) -> Config {
    let depth = depth();
    let usual = Config::default();
    let seed = match usual.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => fastrand::u64(..),
    };
    let cases = cases.saturating_mul(depth);
    let test = thread::current().name().unwrap_or_default().to_owned();
    let again = command(package().as_deref(), &test, depth, seed);
    println!("{test}: {cases} cases from seed {seed}; the same again: {again}");
    Config {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(regressions))),
        max_local_rejects: usual.max_local_rejects.saturating_mul(depth),
        max_global_rejects: usual.max_global_rejects.saturating_mul(depth),
        ..usual
    }
}

/// Asserts that `cases` cases of `strategy` are ten times as many as are needed, on average over several fixed seeds, until
/// `test` fails. `test` is the suite's own, with a defect planted.
///
/// # Panics
/// If the defect is not found, or only with luck.
#[track_caller]
pub fn assert_found<S: Strategy>(cases: u32, strategy: S, test: impl Fn(S::Value) -> TestCaseResult) {
    let needed = SEEDS.map(|seed| {
        let found = cases_until_failure(cases, seed, &strategy, &test);
        assert!(found.is_some(), "not found by {cases} cases from seed {seed}");
        found.unwrap_or(cases)
    });
    println!("found after so many cases, of {cases}: {needed:?}");
    let average = needed.iter().sum::<u32>() / u32::try_from(SEEDS.len()).unwrap_or(1);
    assert!(average.saturating_mul(MARGIN) <= cases, "{average} cases on average are too many: {needed:?}");
}

/// The number of the first case that fails, or `None` if none of `cases` does.
fn cases_until_failure<S: Strategy>(
    cases: u32,
    seed: u64,
    strategy: &S,
    test: impl Fn(S::Value) -> TestCaseResult,
) -> Option<u32> {
    let config = Config {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_iters: 0,
        ..Config::default()
    };
    let count = Cell::new(0);
    let outcome = TestRunner::new(config).run(strategy, |value| {
        count.set(count.get() + 1);
        test(value)
    });
    match outcome {
        Ok(()) | Err(TestError::Abort(_)) => None,
        Err(TestError::Fail(..)) => Some(count.get()),
    }
}

/// A check's verdict in words as a test's outcome.
///
/// # Errors
/// The words.
pub fn outcome(verdict: Result<(), String>) -> TestCaseResult {
    verdict.map_err(TestCaseError::fail)
}

/// How many times the usual number of cases is asked for.
#[expect(clippy::disallowed_methods, reason = "the depth of tests is no part of the product's configuration")]
#[expect(clippy::panic, reason = "a test whose depth cannot be read has failed")]
fn depth() -> u32 {
    match std::env::var(DEPTH) {
        Ok(text) => match text.parse() {
            Ok(depth) if depth > 0 => depth,
            Ok(_) | Err(_) => panic!("{DEPTH}={text} is not a positive number"),
        },
        Err(_) => 1,
    }
}

/// The package whose test runs, as cargo says.
#[expect(clippy::disallowed_methods, reason = "it is said by cargo, and no configuration")]
fn package() -> Option<String> {
    std::env::var("CARGO_PKG_NAME").ok()
}

/// The command that runs the same cases again.
fn command(package: Option<&str>, test: &str, depth: u32, seed: u64) -> String {
    let deep = if depth == 1 { String::new() } else { format!("{DEPTH}={depth} ") };
    let package = package.map(|name| format!(" --package {name}")).unwrap_or_default();
    format!("{deep}PROPTEST_RNG_SEED={seed} cargo test{package} {test}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_most(bound: u32) -> impl Fn(u32) -> TestCaseResult {
        move |drawn| outcome(if drawn < bound { Ok(()) } else { Err(format!("{drawn}")) })
    }

    #[test]
    fn the_same_seed_draws_the_same_cases() {
        let found = |seed| cases_until_failure(10_000, seed, &(0u32..1000), at_most(990));
        assert_eq!(found(1), found(1));
        let all = SEEDS.map(found);
        assert!(all.iter().all(Option::is_some) && all.iter().any(|one| *one != all[0]), "{all:?}");
        assert_eq!(cases_until_failure(10_000, 1, &(0u32..1000), at_most(1000)), None);
    }

    #[test]
    fn a_defect_that_is_found_often_enough_passes() {
        assert_found(1_000, 0u32..1000, at_most(900));
    }

    #[test]
    #[should_panic(expected = "cases on average are too many")]
    fn a_defect_that_is_found_with_luck_fails() {
        assert_found(1_000, 0u32..1000, at_most(992));
    }

    #[test]
    #[should_panic(expected = "not found by 100 cases from seed 1")]
    fn a_defect_that_is_not_found_fails() {
        assert_found(100, 0u32..1000, at_most(1000));
    }

    #[test]
    fn a_failure_says_how_to_run_its_cases_again() {
        let deep = command(Some("holdfast-domain"), "model::steps", 100, 7);
        let package = "--package holdfast-domain model::steps";
        assert_eq!(deep, format!("HOLDFAST_TEST_DEPTH=100 PROPTEST_RNG_SEED=7 cargo test {package}"));
        assert_eq!(command(None, "model::steps", 1, 7), "PROPTEST_RNG_SEED=7 cargo test model::steps");
        let RngSeed::Fixed(seed) = config(10, "tests/regressions/none.txt").rng_seed else {
            panic!("a seed of chance is not printed")
        };
        assert!(seed > 0);
    }
}
