//! Imports between the files of one crate, and the circles that they make.
//!
//! An import is what a file needs of another one: a `use`, or a path in its code. A name that a module only passes on
//! (`pub use`) is followed to the file that defines it, so that passing on makes no circle. `mod x;` is no import: a file has
//! to declare its children. Code under `#[cfg(test)]` is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use quote::ToTokens;
use syn::{Item, UseTree, Visibility};

use crate::mentions::{Mention, mentions};
use crate::tree::{Read, Tree};

/// One import.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Import {
    /// The file that needs something.
    pub from: PathBuf,
    /// The file that has it.
    pub to: PathBuf,
    /// Where it is first written in `from`, from 1.
    pub line: usize,
    /// What is written there.
    pub path: String,
}

/// Files each of which needs, by way of others, itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circle {
    /// The files, in order of their names.
    pub files: Vec<PathBuf>,
    /// The imports among them.
    pub imports: Vec<Import>,
}

impl fmt::Display for Circle {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "a circle of {} files; the imports among them:", self.files.len())?;
        for import in &self.imports {
            let Import { from, to, line, path } = import;
            writeln!(out, "  {}:{line} needs {} ({path})", from.display(), to.display())?;
        }
        Ok(())
    }
}

/// What a name in a module is.
#[derive(Clone)]
enum Name {
    /// Defined in the module.
    Defined,
    /// Brought in from the path, as seen in the module.
    Used(Vec<String>),
}

#[derive(Default)]
struct Scope {
    names: BTreeMap<String, Vec<Name>>,
    globs: Vec<Vec<String>>,
}

/// Where a path leads.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Module(usize),
    /// An item of that module.
    Item(usize),
}

impl Target {
    fn module(self) -> usize {
        match self {
            Self::Module(module) | Self::Item(module) => module,
        }
    }
}

/// A path that a module's code needs.
struct Need {
    module: usize,
    segments: Vec<String>,
    line: usize,
}

struct Crate {
    tree: Tree,
    scopes: Vec<Scope>,
    needs: Vec<Need>,
}

/// The imports between the files of the crate whose root is `root`, one for each pair of files.
#[must_use]
pub fn imports(root: &Path, read: Read<'_>) -> Vec<Import> {
    let tree = Tree::read(root, false, read);
    let mut all = Crate { scopes: Vec::new(), needs: Vec::new(), tree };
    for module in 0..all.tree.modules.len() {
        let scope = all.scope(module);
        all.scopes.push(scope);
    }
    let mut found: BTreeMap<(&Path, &Path), Import> = BTreeMap::new();
    for need in &all.needs {
        let from = all.file(need.module);
        for target in all.resolve(need.module, &need.segments, &mut BTreeSet::new()) {
            let to = all.file(target.module());
            if from != to {
                found.entry((from, to)).or_insert_with(|| Import {
                    from: from.to_owned(),
                    to: to.to_owned(),
                    line: need.line,
                    path: need.segments.join("::"),
                });
            }
        }
    }
    found.into_values().collect()
}

impl Crate {
    fn file(&self, module: usize) -> &Path {
        &self.tree.modules[module].file
    }

    /// The names of a module. What its code needs is noted on the way.
    fn scope(&mut self, module: usize) -> Scope {
        let mut scope = Scope::default();
        for item in &self.tree.modules[module].items {
            let Item::Use(import) = item else {
                for name in defined(item) {
                    scope.names.entry(name).or_default().push(Name::Defined);
                }
                let children = &self.tree.modules[module].children;
                // A single name that is a child's too is a variable or a field: a module is not needed for itself.
                let is_path = |mention: &Mention| {
                    mention.is_qualified()
                        || !(mention.in_attribute || children.contains_key(&mention.segments[0]))
                };
                self.needs.extend(
                    mentions(item.to_token_stream()).into_iter().filter(is_path).map(|mention| Need {
                        module,
                        segments: mention.segments,
                        line: mention.line,
                    }),
                );
                continue;
            };
            // What is passed on is needed by those who take it from here, not by this file.
            let passed_on = !matches!(import.vis, Visibility::Inherited);
            let mut leaves = Vec::new();
            flatten(&import.tree, &mut Vec::new(), &mut leaves);
            for leaf in leaves {
                match leaf.name {
                    Some(name) => {
                        if !passed_on {
                            let segments = leaf.segments.clone();
                            self.needs.push(Need { module, segments, line: leaf.line });
                        }
                        scope.names.entry(name).or_default().push(Name::Used(leaf.segments));
                    }
                    None => scope.globs.push(leaf.segments),
                }
            }
        }
        scope
    }

    /// Where a path leads that stands in `module`. Nowhere, if it leads out of the crate or is a local name.
    fn resolve(
        &self,
        module: usize,
        segments: &[String],
        seen: &mut BTreeSet<(usize, Vec<String>)>,
    ) -> BTreeSet<Target> {
        let mut found = BTreeSet::new();
        if !seen.insert((module, segments.to_vec())) {
            return found;
        }
        let Some((first, rest)) = segments.split_first() else { return found };
        let start = match first.as_str() {
            "crate" => BTreeSet::from([Target::Module(0)]),
            "self" => BTreeSet::from([Target::Module(module)]),
            "super" => self.tree.modules[module].parent.map(Target::Module).into_iter().collect(),
            name => self.look_up(module, name, !rest.is_empty(), seen),
        };
        for target in start {
            self.follow(target, rest, seen, &mut found);
        }
        found
    }

    fn follow(
        &self,
        target: Target,
        rest: &[String],
        seen: &mut BTreeSet<(usize, Vec<String>)>,
        found: &mut BTreeSet<Target>,
    ) {
        let (Target::Module(module), Some((name, rest))) = (target, rest.split_first()) else {
            found.insert(target);
            return;
        };
        if name == "super" {
            let parent = self.tree.modules[module].parent.unwrap_or(0);
            return self.follow(Target::Module(parent), rest, seen, found);
        }
        let scope = &self.scopes[module];
        let next = self.look_up(module, name, !rest.is_empty(), seen);
        if next.is_empty() && !scope.names.contains_key(name) {
            // A name that a macro makes: it is the module's.
            found.insert(Target::Item(module));
        }
        for target in next {
            self.follow(target, rest, seen, found);
        }
    }

    /// What a name is in a module: a child, an item, or something brought in.
    fn look_up(
        &self,
        module: usize,
        name: &str,
        qualifies: bool,
        seen: &mut BTreeSet<(usize, Vec<String>)>,
    ) -> BTreeSet<Target> {
        let mut found = BTreeSet::new();
        let child = self.tree.modules[module].children.get(name);
        let names = self.scopes[module].names.get(name).map_or(&[][..], Vec::as_slice);
        if let Some(child) = child.filter(|_| qualifies || names.is_empty()) {
            found.insert(Target::Module(*child));
        }
        for name in names {
            match name {
                Name::Defined => {
                    found.insert(Target::Item(module));
                }
                Name::Used(path) => found.extend(self.resolve(module, path, seen)),
            }
        }
        if found.is_empty() && names.is_empty() {
            for glob in &self.scopes[module].globs {
                for target in self.resolve(module, glob, seen) {
                    if let Target::Module(target) = target
                        && seen.insert((target, vec!["*".to_owned(), name.to_owned()]))
                    {
                        found.extend(self.look_up(target, name, qualifies, seen));
                    }
                }
            }
        }
        found
    }
}

fn defined(item: &Item) -> Vec<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        Item::Macro(item) => match &item.ident {
            Some(name) => name,
            None => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    vec![name.to_string()]
}

struct Leaf {
    segments: Vec<String>,
    /// The name it has here; none for `*`.
    name: Option<String>,
    line: usize,
}

fn flatten(tree: &UseTree, prefix: &mut Vec<String>, leaves: &mut Vec<Leaf>) {
    let mut leaf = |segments: &[String], last: Option<String>, name: Option<String>, line| {
        // `use a::{self}` is `use a`.
        let last = last.filter(|last| last != "self" || segments.is_empty());
        let segments: Vec<String> = segments.iter().cloned().chain(last).collect();
        let name =
            name.map(|name| if name == "self" { segments.last().cloned().unwrap_or(name) } else { name });
        leaves.push(Leaf { segments, name, line });
    };
    match tree {
        UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            flatten(&path.tree, prefix, leaves);
            prefix.pop();
        }
        UseTree::Name(name) => {
            let text = name.ident.to_string();
            leaf(prefix, Some(text.clone()), Some(text), name.ident.span().start().line);
        }
        UseTree::Rename(name) => {
            let line = name.ident.span().start().line;
            leaf(prefix, Some(name.ident.to_string()), Some(name.rename.to_string()), line);
        }
        UseTree::Glob(glob) => leaf(prefix, None, None, glob.star_token.spans[0].start().line),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, prefix, leaves)),
    }
}

/// The circles among imports: the strongly connected parts with more than one file.
#[must_use]
pub fn circles(imports: &[Import]) -> Vec<Circle> {
    let mut reached: BTreeMap<&Path, BTreeSet<&Path>> = BTreeMap::new();
    for import in imports {
        reached.entry(&import.from).or_default().insert(&import.to);
    }
    // What is needed by way of others: repeated until nothing is added. A crate has some dozens of files.
    loop {
        let before: usize = reached.values().map(BTreeSet::len).sum();
        for file in reached.keys().copied().collect::<Vec<_>>() {
            let further: Vec<&Path> =
                reached[file].iter().filter_map(|next| reached.get(next)).flatten().copied().collect();
            reached.entry(file).or_default().extend(further);
        }
        if reached.values().map(BTreeSet::len).sum::<usize>() == before {
            break;
        }
    }
    let in_circle = |file: &Path| reached.get(file).is_some_and(|next| next.contains(file));
    let mut parts: BTreeMap<&Path, Vec<PathBuf>> = BTreeMap::new();
    for (file, next) in reached.iter().filter(|(file, _)| in_circle(file)) {
        let first = next.iter().find(|other| reached.get(*other).is_some_and(|back| back.contains(file)));
        parts.entry(first.unwrap_or(file)).or_default().push(file.to_path_buf());
    }
    parts
        .into_values()
        .map(|files| Circle {
            imports: imports
                .iter()
                .filter(|import| files.contains(&import.from) && files.contains(&import.to))
                .cloned()
                .collect(),
            files,
        })
        .collect()
}
