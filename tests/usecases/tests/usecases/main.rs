//! The use cases over the real ledger and read model (dynoxide over HTTP), a payment provider that follows a script, and
//! sagas that run in this process in the order of `statemachines/booking.asl.json`.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod abuse;
mod again;
mod audit;
mod bank;
mod bookings;
mod cancelling;
mod card_testers;
mod cases;
mod charging;
mod completion;
mod confidential;
mod crashes;
mod customer;
mod cycle_costs;
mod cycles;
mod dates;
mod driver;
mod entitlement;
mod expiry;
mod extending;
mod faults;
mod flow;
mod heat;
mod holds;
mod identity;
mod late_news;
mod losses;
mod notices;
mod overrides;
mod pace;
mod prices_agree;
mod properties;
mod quotes;
mod rated;
mod rates;
mod rebuild;
mod reconciliation;
mod reconciliation_world;
mod refunds;
mod resources;
mod restoring;
mod saga;
mod search;
mod search_rates;
mod staff;
mod time;
mod timeline;
mod trails;
mod turns;
mod webhook;
mod world;
