//! Paths and methods of one function.

use http::{HeaderName, Method};

use crate::problem::{Code, Problem};

/// A route of a function. A template names at most one part of the path, such as `/api/holds/{holdId}/extend`.
pub(crate) struct Route<O: 'static> {
    /// The method.
    pub(crate) method: Method,
    /// The path.
    pub(crate) template: &'static str,
    /// What it does.
    pub(crate) operation: O,
}

/// The operation that a request asks for, and what the template's named part holds.
///
/// # Errors
/// 404 for an unknown path, 405 with `Allow` for a known path with another method.
pub(crate) fn find<O: Copy>(
    routes: &[Route<O>],
    method: &Method,
    path: &str,
) -> Result<(O, String), Problem> {
    let mut allowed = Vec::new();
    for route in routes {
        if let Some(named) = matches(route.template, path) {
            if route.method == *method {
                return Ok((route.operation, named));
            }
            allowed.push(route.method.as_str());
        }
    }
    if allowed.is_empty() {
        Err(Problem::new(Code::NotFound, "there is no such route"))
    } else {
        let allowed = allowed.join(", ");
        let detail = format!("this route takes {allowed}");
        Err(Problem::new(Code::MethodNotAllowed, detail).header(HeaderName::from_static("allow"), &allowed))
    }
}

/// Method and template of routes.
#[cfg(test)]
pub(crate) fn listed<O>(routes: &[Route<O>]) -> Vec<(String, String)> {
    routes.iter().map(|route| (route.method.to_string(), route.template.to_owned())).collect()
}

fn matches(template: &str, path: &str) -> Option<String> {
    let mut named = String::new();
    let mut wanted = template.split('/');
    let mut given = path.split('/');
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(named),
            (Some(wanted), Some(given)) if wanted.starts_with('{') => {
                named = percent_decoded(given, false).filter(|text| !text.is_empty())?;
            }
            (Some(wanted), Some(given)) if wanted == given => {}
            (Some(_) | None, Some(_) | None) => return None,
        }
    }
}

/// Undoes percent-encoding; `None` if the result is not UTF-8. A `%` that encodes nothing stays as it is.
pub(crate) fn percent_decoded(text: &str, plus_is_space: bool) -> Option<String> {
    let digit =
        |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, digit(bytes.get(at + 1)), digit(bytes.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(high * 16 + low);
                at += 3;
                continue;
            }
            (b'+', _, _) if plus_is_space => decoded.push(b' '),
            (other, _, _) => decoded.push(*other),
        }
        at += 1;
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: &[Route<u8>] = &[
        Route { method: Method::GET, template: "/api/holds/{holdId}", operation: 1 },
        Route { method: Method::DELETE, template: "/api/holds/{holdId}", operation: 2 },
        Route { method: Method::POST, template: "/api/holds/{holdId}/extend", operation: 3 },
    ];

    fn check(method: Method, path: &str, expected: Result<(u8, &str), u16>) {
        let found = find(ROUTES, &method, path).map_err(|problem| problem.status().as_u16());
        assert_eq!(found, expected.map(|(o, id)| (o, id.to_owned())), "{method} {path}");
    }

    #[test]
    fn routes_are_found_by_method_and_path() {
        check(Method::GET, "/api/holds/h1", Ok((1, "h1")));
        check(Method::DELETE, "/api/holds/a%3Ab", Ok((2, "a:b")));
        check(Method::POST, "/api/holds/h1/extend", Ok((3, "h1")));
        check(Method::PUT, "/api/holds/h1", Err(405));
        check(Method::GET, "/api/holds/h1/extend", Err(405));
        check(Method::GET, "/api/holds/", Err(404));
        check(Method::GET, "/api/holds/h1/", Err(404));
        check(Method::GET, "/api/holds/%ff", Err(404));
        check(Method::GET, "/", Err(404));
        check(Method::GET, "", Err(404));
    }

    #[test]
    fn percent_decoding() {
        assert_eq!(percent_decoded("a%20b+c", true).as_deref(), Some("a b c"));
        assert_eq!(percent_decoded("a%20b+c", false).as_deref(), Some("a b+c"));
        assert_eq!(percent_decoded("100%", true).as_deref(), Some("100%"));
        assert_eq!(percent_decoded("%zz%4", true).as_deref(), Some("%zz%4"));
        assert_eq!(percent_decoded("%ff", true), None);
    }
}
