//! Properties: what resources belong to.

pub(crate) mod routes;
pub(crate) mod terms;
pub(crate) mod wire;

pub use wire::{
    AddressBody, AddressLineBody, PositionBody, PropertyBody, PropertyContactBody, PropertyTermsBody,
};
