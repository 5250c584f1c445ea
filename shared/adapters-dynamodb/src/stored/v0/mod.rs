//! Documents of version 0: positional tuples, no version. Written for the release before, and read for as long as any is stored.

pub(crate) mod booking;
pub(crate) mod order;
pub(crate) mod terms;
