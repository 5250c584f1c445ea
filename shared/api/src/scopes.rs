//! The scopes that routes ask for.

use holdfast_http::Scope;

/// The scopes of routes for guests; operators may call them for guests.
pub(crate) const GUEST: &[Scope] = &[Scope::Guest, Scope::Operator];
/// The scope of routes for operators alone.
pub(crate) const OPERATOR: &[Scope] = &[Scope::Operator];
