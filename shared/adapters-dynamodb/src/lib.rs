//! The ledger and the read model on DynamoDB.
//!
//! Promises: a hold on one page is one conditional `UpdateItem`; everything that must happen together is one
//! `TransactWriteItems`; a failed condition is classified from `ReturnValuesOnConditionCheckFailure: ALL_OLD` into a named
//! rejection, and conflicts and throttling are retried with jitter within a budget, never reported as sold out.
//!
//! One struct implements one port, with the port's reader where there is one, in a file of its own, and its type names the
//! tables it needs: [`DynamoHolds`] is made of a [`LedgerTable`] and a [`HoldsTable`], [`DynamoCatalogue`] of the first alone.
//!
//! The path of a hold: [`HoldStore::place`](holdfast_app::holds::HoldStore::place) in `holds/store.rs`, `page/write.rs` (blind
//! write, then read and compare-and-set), `page/expression.rs` (the condition itself).
//!
//! Deliberately absent: decisions (they are the domain's), a cache, scans of the ledger and of the read model but for operators
//! and schedules (`operations/inspection.rs`, `operations/restore.rs`, `search/writer.rs`).

mod bookings;
mod catalogue;
mod holds;
mod notifications;
mod operations;
mod page;
mod payments;
mod promotions;
mod properties;
mod rates;
mod receipts;
mod search;
mod stored;
pub mod stream;
mod table;

// The client that the adapters are made of.
pub use aws_sdk_dynamodb::Client as DynamoDb;
pub use bookings::contacts::DynamoBookingContacts;
pub use bookings::history::DynamoBookingHistory;
pub use bookings::journal::DynamoBookingJournal;
pub use bookings::store::DynamoBookings;
pub use catalogue::history::DynamoResourceHistory;
pub use catalogue::resources::DynamoCatalogue;
pub use holds::stops::DynamoHoldStops;
pub use holds::store::DynamoHolds;
pub use holds::switch::DynamoHoldStopSwitch;
pub use notifications::counts::DynamoMailCounts;
pub use notifications::sent::DynamoSentMails;
pub use operations::cycles::DynamoCycles;
pub use operations::ended::DynamoEndedBookings;
pub use operations::inspection::DynamoInspection;
pub use operations::restore::{CONFIDENTIAL_KINDS, HOLDS_KINDS, Restored, TableRestore, TurnedBooking};
pub use payments::actions::DynamoCustomerActions;
pub use payments::attempts::DynamoPaymentAttempts;
pub use payments::callbacks::DynamoSagaCallbacks;
pub use payments::turns::DynamoPaymentTurns;
pub use promotions::counters::DynamoPromotionUses;
pub use promotions::tries::DynamoCodeTries;
pub use properties::store::DynamoProperties;
pub use rates::history::DynamoRateHistory;
pub use rates::seals::SignedQuotes;
pub use rates::store::DynamoRates;
pub use receipts::store::DynamoReceipts;
pub use search::index::DynamoSearchIndex;
pub use search::writer::DynamoSearchIndexWriter;
pub use table::confidential::ConfidentialTable;
pub use table::holds::HoldsTable;
pub use table::item::Item;
pub use table::ledger::LedgerTable;

/// Items as they are stored, without a table: for tests, and for tools that read or rewrite them. `docs/storage.md` has
/// their attributes.
pub mod items {
    pub use crate::catalogue::dated::{decode_month, encode_month, encode_month_as};
    pub use crate::page::item::{
        decode_page, decode_page_as_stored, decode_page_record, encode_page, encode_page_as,
    };
    pub use crate::stored::action::{decode_action, decode_action_of_booking, encode_action};
    pub use crate::stored::attempts::{decode_attempts, encode_attempts};
    pub use crate::stored::contact::{decode_contact, encode_contact};
    pub use crate::stored::cycle::{
        CYCLE_SLOTS_MAX, KeptCycle, decode_cycle, decode_cycle_pages, encode_cycle, encode_cycle_pages,
    };
    pub use crate::stored::guest_mails::{decode_guest_mails, encode_guest_mails};
    pub use crate::stored::listings::{
        decode_listed_month, decode_listed_page, decode_listing, encode_listed_month, encode_listed_month_as,
        encode_listed_page, encode_listed_page_as, encode_listing, encode_listing_as,
    };
    pub use crate::stored::notes::{
        decode_parked_case, decode_sent_mail, decode_task_token, encode_parked_case, encode_parked_case_as,
        encode_sent_mail, encode_sent_mail_as, encode_task_token,
    };
    pub use crate::stored::property::{decode_property, encode_property};
    pub use crate::stored::rate_listings::{
        decode_listed_month_rates, decode_listed_rates, encode_listed_month_rates, encode_listed_rates,
    };
    pub use crate::stored::rates::{
        decode_card_record, decode_month_rates, decode_rates, encode_card_record, encode_month_rates,
        encode_rates,
    };
    pub use crate::stored::receipts::{decode_receipt, decode_series, encode_receipt, encode_series};
    pub use crate::stored::records::{
        decode_audit, decode_audit_with_facts, decode_booking, decode_hold_record, decode_resource,
        decode_resource_write, encode_audit, encode_audit_as, encode_booking, encode_booking_as,
        encode_hold_record, encode_hold_record_as, encode_resource, encode_resource_as,
    };
    pub use crate::stored::tax_listings::{decode_listed_taxes, encode_listed_taxes};
    pub use crate::stored::trail::{decode_resource_event, encode_resource_event};
    pub use crate::stored::tries::{decode_tries, encode_tries};
    pub use crate::stored::turns::{decode_turns, encode_turns};
    pub use crate::stored::uses::{
        CountedUse, decode_use, decode_use_count, decode_uses, encode_guest_uses, encode_use,
        encode_use_count,
    };
    pub use crate::stored::version::{Version, WRITES, Writes};
}
