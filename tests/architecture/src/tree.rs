//! A crate as its modules: each with its file and its items, read from the root file along the `mod` declarations.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use syn::{Attribute, Item, ItemMod, Meta};

/// One module of a crate.
pub struct Module {
    /// The file it is written in. An inline module shares its parent's.
    pub file: PathBuf,
    /// The module around it, by its place in [`Tree::modules`]; none for the root.
    pub parent: Option<usize>,
    /// The modules declared in it, by name.
    pub children: BTreeMap<String, usize>,
    /// Its items, modules left out.
    pub items: Vec<Item>,
    /// The attributes of the module itself: its `//!` comment is among them.
    pub attributes: Vec<Attribute>,
}

/// A crate's modules, the root first.
pub struct Tree {
    /// In the order in which they are declared.
    pub modules: Vec<Module>,
}

/// Gives the text of a file, or nothing if there is none.
pub type Read<'a> = &'a dyn Fn(&Path) -> Option<String>;

/// Reads files from the disk.
#[must_use]
pub fn from_disk(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

impl Tree {
    /// Reads the crate whose root is `root`. Items under `#[cfg(test)]` are left out unless `with_tests`.
    #[must_use]
    pub fn read(root: &Path, with_tests: bool, read: Read<'_>) -> Self {
        let mut tree = Self { modules: Vec::new() };
        let folder = root.parent().expect("a file lies in a folder").to_owned();
        tree.add_file(root.to_owned(), folder, None, with_tests, read);
        tree
    }

    /// Every file of the crate.
    #[must_use]
    pub fn files(&self) -> Vec<&Path> {
        let mut files: Vec<&Path> = self.modules.iter().map(|module| module.file.as_path()).collect();
        files.dedup();
        files
    }

    fn add_file(
        &mut self,
        file: PathBuf,
        folder: PathBuf,
        parent: Option<usize>,
        with_tests: bool,
        read: Read<'_>,
    ) -> usize {
        let text = read(&file).unwrap_or_else(|| unreachable!("no file {}", file.display()));
        let parsed = syn::parse_file(&text);
        let syn::File { attrs, items, .. } =
            parsed.unwrap_or_else(|error| unreachable!("{}: {error}", file.display()));
        self.add(Source { file, folder, with_tests, read }, attrs, items, parent)
    }

    fn add(
        &mut self,
        source: Source<'_>,
        attributes: Vec<Attribute>,
        items: Vec<Item>,
        parent: Option<usize>,
    ) -> usize {
        let place = self.modules.len();
        let file = source.file.clone();
        self.modules.push(Module { file, parent, children: BTreeMap::new(), items: Vec::new(), attributes });
        for item in items {
            if !source.with_tests && is_for_tests(attributes_of(&item)) {
                continue;
            }
            match item {
                Item::Mod(module) => {
                    let name = module.ident.to_string();
                    let child = self.add_child(&source, module, place);
                    self.modules[place].children.insert(name, child);
                }
                other => self.modules[place].items.push(other),
            }
        }
        place
    }

    fn add_child(&mut self, source: &Source<'_>, module: ItemMod, parent: usize) -> usize {
        let folder = source.folder.join(module.ident.to_string());
        if let Some((_, items)) = module.content {
            let source = Source { file: source.file.clone(), folder, ..*source };
            return self.add(source, module.attrs, items, Some(parent));
        }
        assert!(
            !module.attrs.iter().any(|attribute| attribute.path().is_ident("path")),
            "#[path] is not followed: {}",
            source.file.display()
        );
        let beside = folder.with_extension("rs");
        let inside = folder.join("mod.rs");
        let file = if (source.read)(&beside).is_some() { beside } else { inside };
        self.add_file(file, folder, Some(parent), source.with_tests, source.read)
    }
}

/// The file being read, and the folder where the modules declared in it lie.
struct Source<'a> {
    file: PathBuf,
    folder: PathBuf,
    with_tests: bool,
    read: Read<'a>,
}

/// The attributes of an item.
#[must_use]
pub fn attributes_of(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether the attributes keep an item out of what is not a test.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string();
            !condition.contains("not")
                && condition.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "test")
        }
        other => other.path().segments.last().is_some_and(|segment| segment.ident == "test"),
    })
}
