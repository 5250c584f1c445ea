//! Histories of concurrent callers, and a checker that decides whether some legal order explains one.
//!
//! A suite tells a [`Recorder`] when each call begins and ends and what was answered; [`History::check`] looks for an order
//! of the calls that keeps to real time (what ended before another began comes first) and in which the sequential
//! specification ([`Inventory`], which counts and knows nothing of `Page::decide`) admits every answer.
//!
//! The object that is checked is a component: slots joined by calls over several of them, also over pages and resources,
//! since such a hold is promised to be one step. What shares no slot is checked apart; linearizability is local. A page's
//! limit of holds joins its slots where it is met. A call of unknown outcome may take effect at any later time, or never.
//! A call's clock is known as an interval; a hold whose time has passed by the latest clock so far, but not surely by this
//! call's, may count or not. **Limit:** each call may see such a hold its own way.
//!
//! Replaced terms are promised for each page by itself (ADR 11): a replacement is recorded as calls on one page with the interval
//! of the request. One that allows less is three: the announcement, the replacement, and the end of what was announced.
//!
//! The search is Wing and Gong's with memory of (calls done, state), cut down by three rules (see `check.rs`). stateright's
//! tester tries every order; the two are held against each other on small histories (`tests/crosscheck.rs`). On three
//! places sold where there are two it takes 0.2 ms among 6 callers, 3 ms among 8 and 0.6 s among 10: no use for hundreds.

mod call;
mod check;
mod edits;
mod history;
mod inventory;

pub use call::{Answer, Call, Edit, Name, Refusal, Slot};
pub use check::{STATES_MAX, Verdict};
pub use history::{Begun, Clocks, History, Operation, Recorder};
pub use inventory::{Effect, Inventory, State, Step};
