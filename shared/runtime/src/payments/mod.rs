//! The entry of the sagas' tasks.

pub mod saga;
