//! DynamoDB items, errors and reads that every port shares.

pub(crate) mod error;
pub(crate) mod item;
pub(crate) mod reads;
