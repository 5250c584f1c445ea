//! Prints the OpenAPI 3.1 document, or with the argument `3.0` the same in OpenAPI 3.0.

fn main() {
    let older = std::env::args().nth(1).is_some_and(|version| version == "3.0");
    print!("{}", if older { holdfast_api::openapi::golden_3_0() } else { holdfast_api::openapi::golden() });
}
