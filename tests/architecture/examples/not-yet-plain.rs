//! Prints the files that have words which `docs/glossary.md` bans: the content of `tests/architecture/not-yet-plain.txt`. With any
//! argument, prints each place instead.

#![expect(clippy::print_stdout, reason = "it prints")]

use std::collections::BTreeSet;

use holdfast_architecture::vocabulary::Banned;

fn main() {
    let found = Banned::parse(include_str!("../../../docs/glossary.md")).violations_of_product();
    if std::env::args().len() > 1 {
        found.iter().for_each(|violation| println!("{violation}"));
        return;
    }
    let files: BTreeSet<_> = found.iter().map(|violation| violation.file.display().to_string()).collect();
    files.iter().for_each(|file| println!("{file}"));
}
