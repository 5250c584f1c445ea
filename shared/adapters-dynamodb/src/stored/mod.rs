//! Stored items: the document types of each version (`v0`, `v1`), the items around them (`records`, `notes`, `cycle`, `listings`), and
//! which version is written (`version`). Documents have types of their own, so that the domain may change its shape without
//! changing what is stored.

pub(crate) mod action;
pub(crate) mod attempts;
pub(crate) mod attribute;
pub(crate) mod contact;
pub(crate) mod contents;
pub(crate) mod cycle;
pub(crate) mod guest_mails;
pub(crate) mod listing_keys;
pub(crate) mod listings;
pub(crate) mod notes;
pub(crate) mod property;
pub(crate) mod rate_listings;
pub(crate) mod rates;
pub(crate) mod reason;
pub(crate) mod receipts;
pub(crate) mod records;
pub(crate) mod tax_listings;
pub(crate) mod trail;
pub(crate) mod tries;
pub(crate) mod turns;
pub(crate) mod uses;
pub(crate) mod v0;
pub(crate) mod v1;
pub(crate) mod version;
