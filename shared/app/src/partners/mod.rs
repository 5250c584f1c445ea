//! Partners: who subscribes to changes of inventory.

pub(crate) mod port;

pub use port::{Notice, PartnerEndpoint};
