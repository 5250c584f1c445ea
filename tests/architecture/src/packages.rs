//! The workspace's packages and all that they are built from, as `cargo metadata` gives them.

use std::process::Command;

use serde_json::Value;

use crate::root;

/// Every package that the workspace is built from on a target, features and tests included, exactly as locked.
///
/// A machine that has built the workspace has them all, so the network is asked only where one is missing.
#[must_use]
pub fn resolved(target: &str) -> Value {
    let arguments = ["--locked", "--offline", "--filter-platform", target];
    let found = metadata(&arguments).or_else(|_| metadata(&["--locked", "--filter-platform", target]));
    found.unwrap_or_else(|error| unreachable!("{error}"))
}

fn metadata(arguments: &[&str]) -> Result<Value, String> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1"])
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("cargo runs");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(serde_json::from_slice(&output.stdout).expect("metadata is JSON"))
}

/// A list of a package, or of the whole.
///
/// # Panics
/// If there is none of that name.
#[must_use]
pub fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().expect("a list")
}

/// A text of a package.
///
/// # Panics
/// If there is none of that name.
#[must_use]
pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().expect("a text")
}
