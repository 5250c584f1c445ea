//! The schema of problems. They are written by `crate::problem`.

use serde::Serialize;
use utoipa::ToSchema;

/// A problem (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// A URI for the kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "urn:holdfast:problem:sold_out")]
    pub kind: String,
    /// The kind of problem, for people.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong, for people.
    pub detail: String,
    /// The path that was asked for.
    pub instance: String,
    /// The kind of problem, for programs: stable.
    pub code: String,
    /// With 422: the fields that do not validate.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub errors: Option<Vec<FieldErrorBody>>,
    /// With `sold_out`: places that are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub available: Option<u32>,
    /// With `payment_declined`: the provider's code.
    #[serde(rename = "declineCode", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "insufficient_funds")]
    pub decline_code: Option<String>,
    /// With `payment_declined` and `payment_failed`: the booking that failed.
    #[serde(rename = "bookingId", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub booking_id: Option<String>,
}

/// A field that does not validate.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldError)]
pub struct FieldErrorBody {
    /// JSON pointer into the body; for a parameter its name after a slash.
    #[schema(example = "/quantity")]
    pub pointer: String,
    /// What is wrong with it.
    pub detail: String,
}
