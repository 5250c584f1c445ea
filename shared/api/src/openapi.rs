//! The OpenAPI 3.1 document, generated from the handlers and the wire types.
