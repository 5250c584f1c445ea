//! Counts the hand-edited files that an addition to Holdfast takes, by making the addition: on a copy of the workspace, which
//! is then built and tested. ARCHITECTURE.md names the counts.
//!
//! The copy and what is built of it lie in the folder that the test gives, and are used again by the next run. Files that a
//! command writes (goldens) are not counted.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use holdfast_architecture::root;

/// The most files that an addition may touch by hand.
pub const FILES_MAX: usize = 3;

/// What is not copied: results of builds, tools, and the repository itself.
const LEFT_OUT: &[&str] = &["target", "node_modules", "cdk.out", "cdk.context.json", "__pycache__"];

/// A change of one file, by hand.
#[derive(Debug, Clone)]
pub enum Edit {
    /// Text put after the only place that reads `after`.
    Insert {
        /// The file, from the workspace's folder.
        file: &'static str,
        /// The text before the new one.
        after: &'static str,
        /// The new text.
        text: String,
    },
    /// Text put in the only place that reads `old`.
    Replace {
        /// The file, from the workspace's folder.
        file: &'static str,
        /// The text before.
        old: &'static str,
        /// The text after.
        text: String,
    },
    /// A new file.
    Create {
        /// The file, from the workspace's folder.
        file: &'static str,
        /// Its content.
        text: String,
    },
}

impl Edit {
    fn file(&self) -> &'static str {
        match self {
            Self::Insert { file, .. } | Self::Replace { file, .. } | Self::Create { file, .. } => file,
        }
    }
}

/// A copy of the workspace with an addition.
#[derive(Debug)]
pub struct Grown {
    folder: PathBuf,
    target: PathBuf,
}

impl Grown {
    /// A copy of the workspace below `folder`, with `edits`.
    ///
    /// # Panics
    /// If the edits touch more than [`FILES_MAX`] files, or do not fit the sources.
    #[must_use]
    pub fn new(folder: &Path, edits: &[Edit]) -> Self {
        let files: BTreeSet<&str> = edits.iter().map(Edit::file).collect();
        assert!(files.len() <= FILES_MAX, "{} files: {files:?}", files.len());
        let grown = Self { folder: folder.join("workspace"), target: folder.join("target") };
        let mut wanted = read(&root());
        for edit in edits {
            let path = PathBuf::from(edit.file());
            let (old, new) = match edit {
                Edit::Insert { after, text, .. } => (*after, format!("{after}{text}")),
                Edit::Replace { old, text, .. } => (*old, text.clone()),
                Edit::Create { file, text } => {
                    assert!(!wanted.iter().any(|(known, _)| *known == path), "{file} exists");
                    wanted.push((path, text.clone().into_bytes()));
                    continue;
                }
            };
            let file = edit.file();
            let content = wanted.iter_mut().find(|(known, _)| *known == path);
            let (_, content) = content.unwrap_or_else(|| panic!("there is no {file}"));
            let known = String::from_utf8(content.clone()).expect("a text");
            assert_eq!(known.matches(old).count(), 1, "{file} has this once: {old}");
            *content = known.replacen(old, &new, 1).into_bytes();
        }
        grown.hold(&wanted);
        grown
    }

    /// Makes the copy consist of `wanted`. A file that is right already is left alone, so that nothing is built anew for it.
    fn hold(&self, wanted: &[(PathBuf, Vec<u8>)]) {
        let names: BTreeSet<&PathBuf> = wanted.iter().map(|(path, _)| path).collect();
        if self.folder.is_dir() {
            for (path, _) in read(&self.folder) {
                if !names.contains(&path) {
                    fs::remove_file(self.folder.join(path)).expect("a file of the copy goes");
                }
            }
        }
        for (path, content) in wanted {
            self.write(path, content);
        }
    }

    /// Writes a file that a command makes: a golden copy.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn write(&self, path: impl AsRef<Path>, content: &[u8]) {
        let path = self.folder.join(path);
        if fs::read(&path).ok().as_deref() != Some(content) {
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder of the copy");
            fs::write(&path, content).expect("a file of the copy");
        }
    }

    /// The text of a file of the copy.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn read(&self, path: impl AsRef<Path>) -> String {
        let path = self.folder.join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// What cargo prints for `arguments` in the copy.
    ///
    /// # Panics
    /// If it fails.
    #[must_use]
    pub fn cargo(&self, arguments: &[&str]) -> String {
        self.run(arguments, &[])
    }

    /// Runs tests in the copy that write their goldens anew.
    ///
    /// # Panics
    /// If one fails.
    pub fn update(&self, arguments: &[&str]) {
        let _ = self.run(arguments, &[("HOLDFAST_UPDATE", "1")]);
    }

    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> String {
        let output = Command::new(env!("CARGO"))
            .args(["--config", "profile.dev.opt-level=0", "--config", "profile.dev.incremental=false"])
            .args(arguments)
            .args(["--locked", "--offline"])
            .env("CARGO_TARGET_DIR", &self.target)
            .envs(environment.iter().copied())
            .current_dir(&self.folder)
            .output()
            .expect("cargo runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cargo {}:\n{said}{complaints}", arguments.join(" "));
        said
    }
}

/// Every file of a workspace with its content.
fn read(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a readable folder") {
            let entry = entry.expect("a readable entry");
            let (name, kind) = (entry.file_name(), entry.file_type().expect("a kind"));
            let name = name.to_string_lossy();
            if LEFT_OUT.contains(&name.as_ref()) || name.starts_with('.') {
                continue;
            }
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                let path = entry.path();
                let content = fs::read(&path).expect("a readable file");
                found.push((path.strip_prefix(folder).expect("below it").to_owned(), content));
            }
        }
    }
    found
}
