//! What events say: a type for the data of each, its JSON Schema among what follows from it. What is here is version 2; all
//! of version 1, and how it is made from version 2, is in `v1`.

pub mod bookings;
pub mod holds;
pub mod inventory;
pub mod promotions;
pub mod rates;
pub mod reconciliation;
pub mod resources;
pub mod scalar;
pub mod v1;
