//! Documents of version 1: every value has a name. A field that this release does not know makes the document unreadable,
//! since it would be lost if the item were written back.

pub(crate) mod applied;
pub(crate) mod booking;
pub(crate) mod order;
pub(crate) mod price;
pub(crate) mod property;
pub(crate) mod rates;
pub(crate) mod receipt;
pub(crate) mod scalar;
pub(crate) mod terms;
