//! What operators changed, as samples.

use holdfast_app::Mutation;
use holdfast_app::catalogue::{ResourceEvent, TermsCommit};
use holdfast_testkit::money;

use crate::samples::{TRACE, now, room};

/// A resource that an operator sells for more.
pub(crate) fn dearer() -> TermsCommit {
    let by = |actor: &str| Mutation { now: now(), actor: actor.to_owned(), trace: Some(TRACE.to_owned()) };
    let created = TermsCommit::new(None, &room(), &by("desk-1")).next;
    let mut dearer = created.replace(created.terms.clone());
    dearer.terms.base_price = money(13_900);
    TermsCommit::new(Some(&created), &dearer, &by("desk-2"))
}

pub(crate) fn sample() -> ResourceEvent {
    dearer().entry.expect("a change")
}
