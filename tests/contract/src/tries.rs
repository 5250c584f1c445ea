//! What is counted of codes that somebody tries.

use std::collections::BTreeSet;

use holdfast_app::rates::TriedCodes;
use holdfast_domain::{Fingerprint, GuestMark};

use crate::Implementation;
use crate::fixture::{World, request};

/// The most codes that these behaviours count.
const MOST: usize = 3;

fn mark(name: &str) -> GuestMark {
    GuestMark::parse(name).expect("a mark")
}

fn codes(names: &[&str]) -> BTreeSet<Fingerprint> {
    names.iter().map(|name| request(name)).collect()
}

impl<I: Implementation> World<I> {
    async fn counts(&self, by: &str, code: &str) -> bool {
        self.i.ports().tries.count(&mark(by), &request(code), MOST, self.now).await.expect("an answer")
    }

    async fn clears(&self, by: &str, code: &str, remembered: bool) {
        let tries = &self.i.ports().tries;
        tries.clear(&mark(by), &request(code), remembered, self.now).await.expect("an answer");
    }

    async fn tried(&self, by: &str) -> TriedCodes {
        self.i.ports().tries.tried(&mark(by), self.now).await.expect("a read")
    }
}

/// A code is counted once, no more codes are than may be, and each who tries has their own.
pub async fn codes_are_counted_up_to_the_limit<I: Implementation>() {
    let w = World::<I>::with_places(1).await;
    assert_eq!(w.tried("anna").await, TriedCodes::default());
    for (by, code, is_counted) in [
        ("anna", "one", true),
        ("anna", "two", true),
        ("anna", "one", true),
        ("anna", "three", true),
        ("anna", "four", false),
        ("anna", "two", true),
        ("bert", "four", true),
    ] {
        assert_eq!(w.counts(by, code).await, is_counted, "{by} {code}");
    }
    let counted = codes(&["one", "two", "three"]);
    assert_eq!(w.tried("anna").await, TriedCodes { counted, good: BTreeSet::new() });
    assert_eq!(w.tried("bert").await.counted, codes(&["four"]));
}

/// A good code is counted no longer, which makes room for another; it is remembered where that is asked.
pub async fn a_good_code_is_counted_no_longer<I: Implementation>() {
    let w = World::<I>::with_places(1).await;
    for code in ["one", "two", "three"] {
        assert!(w.counts("anna", code).await);
    }
    for _ in 0..2 {
        w.clears("anna", "one", true).await;
        let (counted, good) = (codes(&["two", "three"]), codes(&["one"]));
        assert_eq!(w.tried("anna").await, TriedCodes { counted, good });
    }
    assert!(w.counts("anna", "four").await);
    assert!(!w.counts("anna", "five").await);
    w.clears("anna", "two", false).await;
    let (counted, good) = (codes(&["three", "four"]), codes(&["one"]));
    assert_eq!(w.tried("anna").await, TriedCodes { counted, good });
    for code in ["three", "four"] {
        w.clears("anna", code, false).await;
    }
    assert_eq!(w.tried("anna").await.counted, BTreeSet::new());
    assert!(w.counts("anna", "five").await, "after all were good");
    w.clears("bert", "none", true).await;
    assert_eq!(w.tried("bert").await, TriedCodes { counted: BTreeSet::new(), good: codes(&["none"]) });
}

/// With the hour of the clock everything begins anew.
pub async fn codes_are_counted_by_the_hour<I: Implementation>() {
    let mut w = World::<I>::with_places(1).await;
    let into_the_hour = w.now.as_second().rem_euclid(3_600);
    w.pass(3_599 - into_the_hour);
    for code in ["one", "two", "three"] {
        assert!(w.counts("anna", code).await);
    }
    assert!(!w.counts("anna", "four").await, "in the last second of the hour");
    w.pass(1);
    assert_eq!(w.tried("anna").await, TriedCodes::default());
    assert!(w.counts("anna", "four").await);
}

/// However many codes are counted at once, no more are than may be.
pub async fn at_once_no_more_codes_are_counted_than_may_be<I: Implementation>() {
    let w = World::<I>::with_places(1).await;
    let (ports, now) = (w.i.ports().clone(), w.now);
    let all = (0..100).map(|number| {
        let tries = ports.tries.clone();
        tokio::spawn(async move {
            let code = request(&format!("code-{number}"));
            tries.count(&mark("anna"), &code, MOST, now).await.expect("an answer")
        })
    });
    let mut counted = 0;
    for one in all.collect::<Vec<_>>() {
        counted += usize::from(one.await.expect("no panic"));
    }
    assert_eq!((counted, w.tried("anna").await.counted.len()), (MOST, MOST));
}
