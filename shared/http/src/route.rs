//! Paths: which template a request's path fits.

use percent_encoding::percent_decode_str;

/// What `path` has in place of the part that `template` names, such as `/api/holds/{holdId}/extend`; empty if the template
/// names none. `None` if the path does not fit. A template names at most one part.
pub(crate) fn matches(template: &str, path: &str) -> Option<String> {
    let mut named = String::new();
    let mut wanted = template.split('/');
    let mut given = path.split('/');
    // Ends: each round has a part of the path less.
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(named),
            (Some(wanted), Some(given)) if wanted.starts_with('{') => {
                named = percent_decode_str(given)
                    .decode_utf8()
                    .ok()
                    .filter(|text| !text.is_empty())?
                    .into_owned();
            }
            (Some(wanted), Some(given)) if wanted == given => {}
            (Some(_) | None, Some(_) | None) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, path: &str, expected: Option<&str>) {
        assert_eq!(matches(template, path).as_deref(), expected, "{template} {path}");
    }

    #[test]
    fn a_path_fits_a_template_part_by_part() {
        let one = "/api/holds/{holdId}";
        check(one, "/api/holds/h1", Some("h1"));
        check(one, "/api/holds/a%3Ab", Some("a:b"));
        check(one, "/api/holds/a+b", Some("a+b"));
        check(one, "/api/holds/100%", Some("100%"));
        check(one, "/api/holds/%zz%4", Some("%zz%4"));
        check("/api/holds", "/api/holds", Some(""));
        check("/api/holds/{holdId}/extend", "/api/holds/h1/extend", Some("h1"));
        for wrong in ["/api/holds/", "/api/holds/h1/", "/api/holds/%ff", "/api/holds", "/", ""] {
            check(one, wrong, None);
        }
    }
}
