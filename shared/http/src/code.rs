//! The codes of problems: each API has a closed list of its own, which takes in the kernel's.

use std::fmt::Debug;
use std::hash::Hash;

use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// What a code says in every problem that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeDefinition {
    /// The stable name in answers, in snake case.
    pub name: &'static str,
    /// The HTTP status that goes with it.
    pub status: StatusCode,
    /// What it means, in a few words for people.
    pub title: &'static str,
}

/// A closed list of the codes that the problems of one API have.
pub trait ProblemCode: Copy + Debug + Eq + Hash + Ord + From<HttpCode> + 'static {
    /// The members of a problem document beside those of RFC 9457 and `errors`.
    type Facts: Clone + Debug + Default + Serialize + ToSchema;

    /// Every code.
    const ALL: &'static [Self];

    /// Its name, status and title.
    fn definition(self) -> CodeDefinition;

    /// Seconds until the same request may succeed, sent as `Retry-After`; `None` if waiting alone does not help.
    fn retry_after_seconds(self) -> Option<u32>;

    /// The stable name in answers.
    #[must_use]
    fn as_str(self) -> &'static str {
        self.definition().name
    }

    /// The HTTP status that goes with it.
    #[must_use]
    fn status(self) -> StatusCode {
        self.definition().status
    }

    /// What it means, in a few words.
    #[must_use]
    fn title(self) -> &'static str {
        self.definition().title
    }
}

/// Declares an enum of codes, a line each: variant, status, name, title. It gets `EVERY`, a list of all variants, and
/// `defined`, the [`CodeDefinition`] of each, from which an implementation of [`ProblemCode`] is made.
#[macro_export]
macro_rules! problem_codes {
    ($(#[$about:meta])* $of:ident { $($variant:ident, $status:ident, $name:literal, $title:literal;)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $of {
            $(#[doc = $title] $variant,)*
        }

        impl $of {
            const EVERY: &'static [Self] = &[$(Self::$variant),*];

            const fn defined(self) -> $crate::code::CodeDefinition {
                match self {
                    $(Self::$variant => $crate::code::CodeDefinition {
                        name: $name,
                        status: http::StatusCode::$status,
                        title: $title,
                    }),*
                }
            }
        }
    };
}

problem_codes! {
    /// The codes of the kernel's own refusals, which every API has.
    HttpCode {
        MalformedJson, BAD_REQUEST, "malformed_json", "The body is not JSON";
        IdempotencyKeyRequired, BAD_REQUEST, "idempotency_key_required", "An Idempotency-Key is required";
        Unauthorized, UNAUTHORIZED, "unauthorized", "A valid token is required";
        InsufficientScope, FORBIDDEN, "insufficient_scope", "The token is not good for this";
        Forbidden, FORBIDDEN, "forbidden", "This is not yours to do";
        NotFound, NOT_FOUND, "not_found", "There is no such thing";
        MethodNotAllowed, METHOD_NOT_ALLOWED, "method_not_allowed", "The method is not allowed here";
        BodyTooLarge, PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large";
        ValidationFailed, UNPROCESSABLE_ENTITY, "validation_failed", "The request does not validate";
        InternalError, INTERNAL_SERVER_ERROR, "internal_error", "Something went wrong on our side";
        ServiceUnavailable, SERVICE_UNAVAILABLE, "service_unavailable", "The service is not available";
    }
}

/// Seconds after which an outage may be over.
pub const OUTAGE_SECONDS: u32 = 5;

/// The problems of a process that has no API yet have no members of their own.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct NoFacts {}

impl ProblemCode for HttpCode {
    type Facts = NoFacts;

    const ALL: &'static [Self] = Self::EVERY;

    fn definition(self) -> CodeDefinition {
        self.defined()
    }

    fn retry_after_seconds(self) -> Option<u32> {
        (self == Self::ServiceUnavailable).then_some(OUTAGE_SECONDS)
    }
}
