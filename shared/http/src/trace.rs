//! W3C Trace Context (<https://www.w3.org/TR/trace-context/>): a request continues its caller's trace or begins one. The ids
//! made here are digests of the request's id, so nothing random is needed.
//!
//! Anybody may send the header. Of it the id of the trace is taken, as the contract promises, and nothing else: whether a request is
//! recorded is not the caller's to say, since everything here is, and so the answer always has the flag.

use http::{HeaderName, HeaderValue};
use sha2::{Digest, Sha256};

use crate::request::Response;

/// The header's name.
pub(crate) const TRACEPARENT: &str = "traceparent";
const LENGTH: usize = 55;
/// The flag of what is recorded.
const SAMPLED: &str = "01";

/// The `traceparent` of this request's own span: in the caller's trace if `incoming` is valid, in a new one if not.
#[must_use]
pub fn traceparent(incoming: Option<&str>, request_id: &str) -> String {
    let span = u64::from_be_bytes(digest("span", request_id));
    let trace = incoming.and_then(parse).unwrap_or_else(|| {
        let trace = u128::from_be_bytes(digest("trace", request_id));
        format!("{:032x}", trace.max(1))
    });
    format!("00-{trace}-{:016x}-{SAMPLED}", span.max(1))
}

/// Puts on an answer what every answer carries.
pub(crate) fn stamp(response: &mut Response, request_id: &str, traceparent: &str) {
    for (name, value) in [("x-request-id", request_id), (TRACEPARENT, traceparent)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
}

/// The trace id of a valid header. Fields that a later version appends are ignored, as the standard asks.
fn parse(header: &str) -> Option<String> {
    if !header.is_ascii() || header.len() < LENGTH {
        return None;
    }
    let (known, rest) = header.split_at(LENGTH);
    let fields: Vec<&str> = known.split('-').collect();
    let [version, trace, parent, flags] = fields.as_slice() else { return None };
    let ended = rest.is_empty() || (*version != "00" && rest.starts_with('-'));
    let valid = ended
        && is_id(version, 2)
        && *version != "ff"
        && is_id(trace, 32)
        && trace.contains(|c| c != '0')
        && is_id(parent, 16)
        && parent.contains(|c| c != '0')
        && is_id(flags, 2);
    valid.then(|| (*trace).to_owned())
}

fn is_id(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// The first bytes of a SHA-256 digest. `purpose` keeps the ids of a trace and of a span apart.
fn digest<const N: usize>(purpose: &str, request_id: &str) -> [u8; N] {
    let digest = Sha256::new().chain_update(purpose).chain_update([0]).chain_update(request_id).finalize();
    let mut first = [0; N];
    first.iter_mut().zip(digest).for_each(|(to, byte)| *to = byte);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

    fn check(incoming: &str, kept: bool) {
        let answer = traceparent(Some(incoming), "request-1");
        assert!(parse(&answer).is_some(), "{answer}");
        assert_eq!(answer.contains(TRACE), kept, "{incoming} -> {answer}");
        assert!(!answer.contains("b7ad6b7169203331"), "a span of our own: {answer}");
    }

    #[test]
    fn a_valid_trace_goes_on_and_anything_else_begins_one() {
        check(&format!("00-{TRACE}-b7ad6b7169203331-01"), true);
        check(&format!("00-{TRACE}-b7ad6b7169203331-00"), true);
        check(&format!("01-{TRACE}-b7ad6b7169203331-01-more"), true);
        check(&format!("00-{TRACE}-b7ad6b7169203331-01-more"), false);
        check(&format!("ff-{TRACE}-b7ad6b7169203331-01"), false);
        check(&format!("00-{}-b7ad6b7169203331-01", TRACE.to_uppercase()), false);
        check(&format!("00-{TRACE}-0000000000000000-01"), false);
        check(&format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)), false);
        check(&format!("00-{TRACE}-b7ad6b71692033-0101"), false);
        check("", false);
        check("\u{e9}".repeat(40).as_str(), false);
        assert!(parse(&traceparent(None, "")).is_some());
    }

    #[test]
    fn a_caller_does_not_say_what_is_recorded_and_requests_have_spans_of_their_own() {
        let incoming = format!("00-{TRACE}-b7ad6b7169203331-00");
        assert!(traceparent(Some(&incoming), "a").ends_with("-01"));
        assert_ne!(traceparent(Some(&incoming), "a"), traceparent(Some(&incoming), "b"));
        assert_ne!(traceparent(None, "a"), traceparent(None, "b"));
    }
}
