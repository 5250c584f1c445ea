//! Versions of a resource or a property on the wire: its `ETag`, and what a request asks of it (RFC 9110, 13.1).

use holdfast_app::catalogue::{Precondition, ResourceVersion};
use http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName};

use holdfast_http::{Response, answer};

/// The strong tag of terms and dated facts.
fn tag(version: ResourceVersion) -> String {
    format!("\"{}-{}\"", version.terms, version.facts)
}

/// The version that a tag names; `None` for any other text, weak tags included.
fn version(tag: &str) -> Option<ResourceVersion> {
    let (terms, facts) = tag.strip_prefix('"')?.strip_suffix('"')?.split_once('-')?;
    let version = ResourceVersion { terms: terms.parse().ok()?, facts: facts.parse().ok()? };
    (self::tag(version) == tag).then_some(version)
}

/// The answer with the tag of that version.
pub(crate) fn tagged(mut response: Response, version: impl Into<ResourceVersion>) -> Response {
    answer::set(&mut response, ETAG, &tag(version.into()));
    response
}

/// What `If-Match` asks and, of an edit that may create what it is about, `If-None-Match: *`.
pub(crate) fn precondition(headers: &HeaderMap, may_create: bool) -> Precondition {
    asked(headers, may_create, version)
}

/// The same of what has other versions, each named by a tag.
pub(crate) fn asked<V>(
    headers: &HeaderMap,
    may_create: bool,
    version: fn(&str) -> Option<V>,
) -> Precondition<V> {
    let asked = tags(headers, IF_MATCH);
    if may_create && tags(headers, IF_NONE_MATCH).iter().any(|tag| tag == "*") {
        return Precondition::Absent;
    }
    if !headers.contains_key(IF_MATCH) {
        return Precondition::None;
    }
    if asked.iter().any(|tag| tag == "*") {
        return Precondition::Present;
    }
    Precondition::Match(asked.iter().filter_map(|tag| version(tag)).collect())
}

/// Whether the client has that version, which is the present one.
pub(crate) fn is_known(headers: &HeaderMap, version: impl Into<ResourceVersion>) -> bool {
    let own = tag(version.into());
    knows(headers, &own)
}

/// Whether the client has what has that tag.
pub(crate) fn knows(headers: &HeaderMap, own: &str) -> bool {
    let known = |tag: &String| *tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == own;
    tags(headers, IF_NONE_MATCH).iter().any(known)
}

fn tags(headers: &HeaderMap, name: HeaderName) -> Vec<String> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|list| list.split(',')).map(|tag| tag.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const CURRENT: ResourceVersion = ResourceVersion { terms: 3, facts: 12 };

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        let mut sent = HeaderMap::new();
        sent.insert(name, HeaderValue::from_str(value).expect("a header"));
        sent
    }

    #[test]
    fn a_condition_is_strong_and_names_versions() {
        let check = |value: &str, expected| {
            assert_eq!(precondition(&headers(IF_MATCH, value), true), expected, "{value}");
        };
        check("\"3-12\"", Precondition::Match(vec![CURRENT]));
        check("\"x\", \"3-12\"", Precondition::Match(vec![CURRENT]));
        check("*", Precondition::Present);
        for other in ["W/\"3-12\"", "3-12", "\"03-12\"", "\"3-12", "", "\"3\"", "\"+3-12\""] {
            check(other, Precondition::Match(Vec::new()));
        }
        assert_eq!(precondition(&HeaderMap::new(), true), Precondition::None);
        assert_eq!(precondition(&headers(IF_NONE_MATCH, "*"), true), Precondition::Absent);
        assert_eq!(precondition(&headers(IF_NONE_MATCH, "*"), false), Precondition::None);
        assert_eq!(precondition(&headers(IF_NONE_MATCH, "\"3-12\""), true), Precondition::None);
    }
}
