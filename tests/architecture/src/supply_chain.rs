//! The rules of `deny.toml` on bans, licences and sources, held against the resolved packages without a network. What
//! `cargo deny` can do beyond that, the advisories above all, is `make audit`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;
use spdx::{Expression, Licensee, ParseMode};

use crate::packages::{list, text};

/// `deny.toml`. A key that this does not know is refused, so that no rule is written that nothing holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Which targets' packages count.
    pub graph: Graph,
    /// Left to `cargo deny`: it needs the database.
    #[serde(rename = "advisories")]
    _advisories: toml::Table,
    licenses: Licences,
    bans: Bans,
    sources: Sources,
}

/// What is looked at.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graph {
    /// Target triples.
    pub targets: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Licences {
    allow: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Bans {
    multiple_versions: Deny,
    multiple_versions_include_dev: bool,
    skip: Vec<Skipped>,
    wildcards: Deny,
    allow_wildcard_paths: bool,
    deny: Vec<Banned>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Banned {
    name: String,
    reason: String,
}

/// An older version of a package that may be there beside the newest.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Skipped {
    /// Name and the first parts of the version: `base64@0.21`.
    #[serde(rename = "crate")]
    package: String,
    /// Who holds it; for people.
    #[serde(rename = "reason")]
    _reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Sources {
    unknown_registry: Deny,
    unknown_git: Deny,
    allow_registry: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Deny {
    Deny,
}

impl Rules {
    /// Reads `deny.toml`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(toml: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(toml)
    }

    /// Every package of `metadata` that breaks a rule, with the rule.
    #[must_use]
    pub fn violations(&self, metadata: &Value) -> Vec<String> {
        let mut found = BTreeSet::new();
        for package in list(metadata, "packages") {
            let name = format!("{} {}", text(package, "name"), text(package, "version"));
            found.extend(self.bans.violation(package).map(|rule| format!("{name}: banned: {rule}")));
            found.extend(self.licenses.violation(package).map(|rule| format!("{name}: licence: {rule}")));
            found.extend(self.sources.violation(package).map(|rule| format!("{name}: source: {rule}")));
            found.extend(self.bans.wildcards(package).map(|on| format!("{name}: any version of {on}")));
        }
        found.into_iter().collect()
    }

    /// The packages that are there in several versions without being named by `skip`, and what `skip` names in vain.
    #[must_use]
    pub fn duplicates(&self, metadata: &Value) -> Vec<String> {
        let (Deny::Deny, true) = (&self.bans.multiple_versions, self.bans.multiple_versions_include_dev)
        else {
            return vec!["multiple-versions-include-dev: tests count".to_owned()];
        };
        let mut versions = BTreeMap::<&str, BTreeSet<&str>>::new();
        for package in list(metadata, "packages") {
            versions.entry(text(package, "name")).or_default().insert(text(package, "version"));
        }
        versions.retain(|_, versions| versions.len() > 1);
        let mut found = Vec::new();
        for skipped in &self.bans.skip {
            if !skipped.take_from(&mut versions) {
                found.push(format!("{}: skipped, and no duplicate", skipped.package));
            }
        }
        versions.retain(|_, versions| versions.len() != 1);
        found.extend(
            versions
                .into_iter()
                .map(|(name, left)| format!("{name}: versions {left:?}, of which one may stay")),
        );
        found
    }
}

impl Skipped {
    /// Whether it was there.
    fn take_from(&self, versions: &mut BTreeMap<&str, BTreeSet<&str>>) -> bool {
        let Some((name, wanted)) = self.package.split_once('@') else { return false };
        let Some(versions) = versions.get_mut(name) else { return false };
        let there = versions.len();
        versions.retain(|version| {
            version.strip_prefix(wanted).is_none_or(|rest| !rest.is_empty() && !rest.starts_with('.'))
        });
        versions.len() < there
    }
}

impl Bans {
    fn violation(&self, package: &Value) -> Option<&str> {
        let banned = self.deny.iter().find(|banned| banned.name == text(package, "name"));
        banned.map(|banned| banned.reason.as_str())
    }

    /// The dependencies of a member for which any version will do. A path of a private package may do without.
    fn wildcards<'a>(&self, package: &'a Value) -> impl Iterator<Item = &'a str> {
        let Deny::Deny = self.wildcards;
        let is_member = package["source"].is_null();
        let may_use_paths = self.allow_wildcard_paths && package["publish"] == serde_json::json!([]);
        list(package, "dependencies")
            .iter()
            .filter(move |on| is_member && text(on, "req") == "*")
            .filter(move |on| on["path"].is_null() || !may_use_paths)
            .map(|on| text(on, "name"))
    }
}

impl Licences {
    fn violation(&self, package: &Value) -> Option<String> {
        let Some(licence) = package["license"].as_str() else { return Some("none is named".to_owned()) };
        // Older manifests write `/` for `OR`.
        let expression = match Expression::parse_mode(licence, ParseMode::LAX) {
            Ok(expression) => expression,
            Err(error) => return Some(error.to_string()),
        };
        let allowed: Vec<Licensee> = self
            .allow
            .iter()
            .map(|licence| Licensee::parse(licence).unwrap_or_else(|error| unreachable!("{error}")))
            .collect();
        let fits = expression.evaluate(|wanted| allowed.iter().any(|licensee| licensee.satisfies(wanted)));
        (!fits).then(|| licence.to_owned())
    }
}

impl Sources {
    fn violation(&self, package: &Value) -> Option<String> {
        let (Deny::Deny, Deny::Deny) = (&self.unknown_registry, &self.unknown_git);
        let source = package["source"].as_str()?;
        let known = source
            .strip_prefix("registry+")
            .is_some_and(|url| self.allow_registry.iter().any(|known| known == url));
        (!known).then(|| source.to_owned())
    }
}
