//! Properties, and the trails of what is changed of them.

pub(crate) mod commit;
pub(crate) mod edit;
pub(crate) mod port;

pub use commit::PropertyCommit;
pub use edit::{Properties, PutProperty};
pub use port::{PropertyReader, PropertyStore};
