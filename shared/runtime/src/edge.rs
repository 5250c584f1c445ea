//! The edge: the distribution that clients reach the API by. It puts a key into each request, by which a function sees that nobody
//! has gone around it (`infra/cdk/lib/foundations/edge.ts`).

use std::net::IpAddr;

use lambda_http::http::HeaderMap;
use subtle::{Choice, ConstantTimeEq};

const KEY: &str = "x-holdfast-edge-key";
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The keys of which a request must bring one: the present one, and the next, which the edge is about to send.
#[derive(Clone)]
pub(crate) struct EdgeKeys(Vec<String>);

impl EdgeKeys {
    /// Reads keys that are separated by commas. Of none at all nobody has one.
    pub(crate) fn read(text: &str) -> Self {
        Self(text.split(',').map(str::trim).filter(|key| !key.is_empty()).map(str::to_owned).collect())
    }

    /// Whether a request has come by the edge. How long it takes does not depend on how much of a key is right.
    pub(crate) fn admit(&self, headers: &HeaderMap) -> bool {
        let mut sent = headers.get_all(KEY).iter();
        let (Some(sent), None) = (sent.next(), sent.next()) else { return false };
        let matched = self
            .0
            .iter()
            .fold(Choice::from(0), |matched, key| matched | key.as_bytes().ct_eq(sent.as_bytes()));
        matched.into()
    }
}

/// The address that a request was sent from. The gateway names `peer`, who has spoken to it: behind the edge, that is the edge, which
/// appends whom it has heard to `X-Forwarded-For`; the gateway may append its peer after that. What is before these, anybody may have written.
pub(crate) fn viewer(headers: &HeaderMap, peer: Option<IpAddr>, by_the_edge: bool) -> Option<IpAddr> {
    if !by_the_edge {
        return peer;
    }
    let values = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
    let mut appended: Vec<&str> = values.flat_map(|list| list.split(',')).map(str::trim).collect();
    if appended.len() > 1 && appended.last().and_then(|last| last.parse().ok()) == peer {
        appended.pop();
    }
    appended.last().and_then(|last| last.parse().ok()).or(peer)
}

#[cfg(test)]
mod tests {
    use lambda_http::http::HeaderValue;

    use super::*;

    fn headers(name: &'static str, values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (name.parse().expect("a name"), HeaderValue::from_static(value))).collect()
    }

    fn check(keys: &str, sent: &[&'static str], admitted: bool) {
        assert_eq!(EdgeKeys::read(keys).admit(&headers(KEY, sent)), admitted, "{keys}: {sent:?}");
    }

    #[test]
    fn any_one_of_the_keys_admits_and_nothing_else_does() {
        check("one,two", &["one"], true);
        check("one,two", &["two"], true);
        check("one, two", &["two"], true);
        for none in [&[][..], &[""], &["On"], &["one,two"], &["onetwo"], &["one "], &["one", "one"]] {
            check("one,two", none, false);
        }
        check(",", &[""], false);
        check("", &[""], false);
    }

    fn check_viewer(sent: &[&'static str], by_the_edge: bool, expected: &str) {
        let peer = "203.0.113.9".parse().ok();
        let viewer = viewer(&headers(FORWARDED_FOR, sent), peer, by_the_edge);
        assert_eq!(viewer.map(|one| one.to_string()).as_deref(), Some(expected), "{sent:?}");
    }

    #[test]
    fn the_viewer_is_whom_the_edge_has_heard() {
        check_viewer(&["198.51.100.7, 203.0.113.9"], true, "198.51.100.7");
        check_viewer(&["198.51.100.7"], true, "198.51.100.7");
        check_viewer(&["2001:db8::7, 203.0.113.9"], true, "2001:db8::7");
        // What the viewer has written is before that.
        check_viewer(&["192.0.2.1, 198.51.100.7, 203.0.113.9"], true, "198.51.100.7");
        check_viewer(&["192.0.2.1", "198.51.100.7,203.0.113.9"], true, "198.51.100.7");
        for unknown in [&[][..], &["nobody"], &["203.0.113.9"], &["\"}, 203.0.113.9"]] {
            check_viewer(unknown, true, "203.0.113.9");
        }
    }

    #[test]
    fn without_the_edge_nobody_is_believed() {
        check_viewer(&["198.51.100.7, 203.0.113.9"], false, "203.0.113.9");
    }
}
