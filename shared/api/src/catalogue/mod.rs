//! The catalogue: resources and their inventory.

pub(crate) mod ids;
pub(crate) mod routes;
pub(crate) mod terms;
pub(crate) mod trail;
pub(crate) mod version;
pub(crate) mod wire;

pub use routes::ResourcesApi;
pub use wire::{
    AttributeBody, Day, EditParameters, HoldLimitsBody, InventoryBody, InventorySet, OpeningBody, PolicyBody,
    PricingBody, PutBody, ResourceBody, ResourceEventBody, ResourceEventList, ScheduleBody, StopBody,
    TermsBody, TierBody,
};
