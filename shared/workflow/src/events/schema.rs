//! The schema of a type, as it says it for OpenAPI.

use std::collections::BTreeMap;

use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

/// The schema of a type, with those of the types that it refers to by their names.
pub struct DataSchema {
    /// Of the type.
    pub schema: RefOr<Schema>,
    /// Of the others.
    pub named: BTreeMap<String, RefOr<Schema>>,
}

pub(super) fn schema_of<T: ToSchema>() -> DataSchema {
    let mut named = Vec::new();
    T::schemas(&mut named);
    DataSchema { schema: T::schema(), named: named.into_iter().collect() }
}
