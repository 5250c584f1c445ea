//! The use cases over the real ledger and read model (dynoxide over HTTP), a payment provider that follows a script, and
//! sagas that run in this process in the order of `statemachines/booking.asl.json`.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod again;
mod audit;
mod bank;
mod bookings;
mod cancelling;
mod completion;
mod crashes;
mod customer;
mod dates;
mod driver;
mod expiry;
mod extending;
mod faults;
mod flow;
mod holds;
mod identity;
mod losses;
mod notices;
mod rebuild;
mod reconciliation;
mod reconciliation_world;
mod refunds;
mod resources;
mod saga;
mod search;
mod time;
mod webhook;
mod world;
