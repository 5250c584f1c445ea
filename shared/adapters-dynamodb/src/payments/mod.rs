//! The callbacks that resume sagas.

pub(crate) mod callbacks;
