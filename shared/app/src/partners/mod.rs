//! Partners: who subscribes to changes of inventory.

pub(crate) mod deliver;
pub(crate) mod port;

pub use deliver::{Delivery, PartnerNotices};
pub use port::{Notice, PartnerEndpoint};
