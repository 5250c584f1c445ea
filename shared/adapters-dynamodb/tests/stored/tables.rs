//! Holds the tables of `docs/storage.md` against the samples of every version.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_adapters_dynamodb::Item;
use holdfast_adapters_dynamodb::items::Version;
use serde_json::Value;

use crate::golden::read_all;
use crate::values::{Kind, written};

const DOCUMENT: &str = include_str!("../../../../docs/storage.md");

/// A row of a table: an attribute in some versions.
#[derive(Debug, Clone)]
struct Row {
    path: String,
    types: String,
    versions: BTreeSet<u8>,
    /// Whether it is another kind's, whose samples have it.
    borrowed: bool,
}

/// The cells of a table's rows, by the heading they are under.
fn cells(document: &str) -> BTreeMap<String, Vec<Vec<String>>> {
    let mut sections: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    let mut heading = String::new();
    for line in document.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            heading = title.to_owned();
        }
        if let Some(row) = line.strip_prefix("| ") {
            let row =
                row.trim_end_matches(" |").split(" | ").map(|cell| cell.trim_matches(['`', ' ']).to_owned());
            sections.entry(heading.clone()).or_default().push(row.collect());
        }
    }
    sections
}

fn rows(document: &str, section: &str) -> Vec<Row> {
    let cells = cells(document);
    let rows = cells.get(section).unwrap_or_else(|| panic!("no section {section}"));
    let row = |row: &Vec<String>| {
        let [path, types, .., versions] = &row[..] else { panic!("{row:?} has no five cells") };
        let versions = versions.split(", ").map(|version| version.parse().expect("a version")).collect();
        Row { path: path.clone(), types: types.clone(), versions, borrowed: false }
    };
    let is_row = |row: &&Vec<String>| row[0] != "attribute" && !row[0].starts_with("---");
    rows.iter().filter(is_row).map(row).collect()
}

/// The sections that a kind's attributes are in, and the kind from which it has all others.
fn sections(kind: Kind) -> (&'static [&'static str], Option<Kind>) {
    match kind {
        Kind::Resource => (&["Resource"], None),
        Kind::Property => (&["Property"], None),
        Kind::Page => (&["Page"], None),
        Kind::Hold => (&["Hold record", "Order"], None),
        Kind::Booking => (&["Booking", "Order"], None),
        Kind::Audit => (&["Audit entry"], None),
        Kind::Change => (&["Operator's change"], None),
        Kind::Receipt => (&["Receipt"], None),
        Kind::Series => (&["Series of receipts"], None),
        Kind::TaskToken => (&["Task token"], None),
        Kind::ParkedCase => (&["Parked case"], None),
        Kind::SentMail => (&["Sent mail"], None),
        Kind::Contact => (&["Contact"], None),
        Kind::Action => (&["Customer's action"], None),
        Kind::Attempts => (&["Attempts to pay"], None),
        Kind::GuestMails => (&["Mails of a guest"], None),
        Kind::TriedCodes => (&["Tried codes"], None),
        Kind::PaymentTurns => (&["Payment turns"], None),
        Kind::UseCounter => (&["Uses of a promotion"], None),
        Kind::GuestUses => (&["Uses of a guest"], None),
        Kind::PromotionUse => (&["Promotion use"], None),
        Kind::Listing => (&["Listing"], Some(Kind::Resource)),
        Kind::ListedPage => (&["Listed page"], Some(Kind::Page)),
        Kind::Facts => (&["Dated facts"], None),
        Kind::ListedFacts => (&["Listed facts"], Some(Kind::Facts)),
        Kind::Rates => (&["Rate cards"], None),
        Kind::CardVersion => (&["Rate card version"], None),
        Kind::MonthRates => (&["Dated rates"], None),
        Kind::ListedTaxes => (&["Listed taxes"], None),
        Kind::Cycle => (&["Cycle"], None),
        Kind::CyclePages => (&["Compared pages"], None),
    }
}

fn rows_of(document: &str, kind: Kind) -> Vec<Row> {
    let (own, other) = sections(kind);
    let mut all: Vec<Row> = own.iter().flat_map(|section| rows(document, section)).collect();
    let hidden: BTreeSet<String> = all.iter().map(|row| row.path.clone()).collect();
    let others = other.map_or_else(Vec::new, |other| rows_of(document, other));
    let borrowed = others.into_iter().filter(|row| !hidden.contains(&row.path));
    all.extend(borrowed.map(|row| Row { borrowed: true, ..row }));
    all
}

/// Paths and types of what samples of one version have, as far as rows name them.
struct Walk<'a> {
    rows: Vec<&'a Row>,
    found: BTreeSet<String>,
    faults: Vec<String>,
}

impl<'a> Walk<'a> {
    /// Notes a value; gives whether what is inside of it has rows of its own.
    fn note(&mut self, path: &str, is: &str) -> bool {
        let Some(row) = self.rows.iter().find(|row| row.path == path) else {
            self.faults.push(format!("{path} is written and not listed"));
            return false;
        };
        self.found.insert(path.to_owned());
        let listed: Vec<&str> = row.types.split([',', ' ']).collect();
        let whole = listed.contains(&"tuple") && is == "array";
        if !whole && !listed.contains(&is) {
            self.faults.push(format!("{path} is {is}, not {}", row.types));
        }
        !whole && !listed.contains(&"open")
    }

    /// The path of a field: the name, or `*` where names are data.
    fn field(&self, path: &str, name: &str) -> String {
        let any = format!("{path}.*");
        if self.rows.iter().any(|row| row.path == any) { any } else { format!("{path}.{name}") }
    }

    fn attribute(&mut self, path: &str, value: &AttributeValue) {
        match value {
            AttributeValue::S(text) => {
                let inside = self.note(path, "S");
                if inside && path == "doc" {
                    let document: Value = serde_json::from_str(text).expect("a document");
                    self.fields(path, &document);
                }
            }
            AttributeValue::N(_) => drop(self.note(path, "N")),
            AttributeValue::Bool(_) => drop(self.note(path, "BOOL")),
            AttributeValue::Ss(_) => drop(self.note(path, "SS")),
            AttributeValue::L(list) => {
                if self.note(path, "L") {
                    list.iter().for_each(|value| self.attribute(&format!("{path}[]"), value));
                }
            }
            AttributeValue::M(map) => {
                if self.note(path, "M") {
                    for (name, value) in map {
                        self.attribute(&self.field(path, name), value);
                    }
                }
            }
            other => panic!("{other:?} is not stored"),
        }
    }

    fn fields(&mut self, path: &str, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    self.json(&self.field(path, name), value);
                }
            }
            Value::Array(items) => items.iter().for_each(|value| self.json(&format!("{path}[]"), value)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn json(&mut self, path: &str, value: &Value) {
        let is = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        if self.note(path, is) {
            self.fields(path, value);
        }
    }
}

/// What is wrong with the tables of one kind in one version.
fn faults(document: &str, kind: Kind, version: Version, samples: &BTreeMap<String, Item>) -> Vec<String> {
    let all = rows_of(document, kind);
    let rows: Vec<&Row> = all.iter().filter(|row| row.versions.contains(&version.number())).collect();
    let mut walk = Walk { rows, found: BTreeSet::new(), faults: Vec::new() };
    for (_, item) in samples.iter().filter(|(name, _)| Kind::of(name) == kind) {
        for (name, value) in item {
            walk.attribute(name, value);
        }
    }
    let unwritten = walk.rows.iter().filter(|row| !row.borrowed && !walk.found.contains(&row.path));
    let mut faults: Vec<String> =
        unwritten.map(|row| format!("{} is listed and not written", row.path)).collect();
    faults.append(&mut walk.faults);
    faults.sort();
    faults.dedup();
    faults.into_iter().map(|fault| format!("{}, version {version}: {fault}", kind.name())).collect()
}

fn all_faults(document: &str) -> Vec<String> {
    let mut all = Vec::new();
    for version in Version::ALL {
        let samples = read_all(&format!("v{version}"));
        for kind in Kind::ALL {
            all.extend(faults(document, kind, version, &samples));
        }
    }
    all
}

#[test]
fn the_tables_list_what_is_written_and_nothing_else() {
    assert_eq!(all_faults(DOCUMENT), [""; 0]);
}

#[test]
fn control_a_row_too_few_too_many_or_of_another_type_is_noticed() {
    let row = |path: &str| {
        let start = format!("| `{path}` |");
        DOCUMENT.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no {path}"))
    };
    let number = row("doc.number");
    let without = DOCUMENT.replace(number, "");
    assert_eq!(
        all_faults(&without),
        [0, 1].map(|version| format!("booking, version {version}: doc.number is written and not listed"))
    );
    let with = DOCUMENT.replace(number, &format!("{number}\n| `doc.rate` | string | | a rate | 1 |"));
    assert_eq!(all_faults(&with), ["booking, version 1: doc.rate is listed and not written"]);
    let other = DOCUMENT.replace(number, &number.replace("string", "number"));
    assert_eq!(
        all_faults(&other),
        [0, 1].map(|version| format!("booking, version {version}: doc.number is string, not number"))
    );
}

/// What the document says is written, in its own words for the kinds, is what `WRITES` says.
#[test]
fn the_document_says_which_version_is_written() {
    let named = |kind: Kind| match kind {
        Kind::Audit => "audit entry",
        Kind::Change => "operator's change",
        Kind::TaskToken => "task token",
        Kind::Action => "customer's action",
        Kind::ParkedCase => "parked case",
        Kind::SentMail => "sent mail",
        Kind::Attempts => "attempts to pay",
        Kind::GuestMails => "mails of a guest",
        Kind::TriedCodes => "tried codes",
        Kind::PaymentTurns => "payment turns",
        Kind::UseCounter => "uses of a promotion",
        Kind::GuestUses => "uses of a guest",
        Kind::PromotionUse => "promotion use",
        Kind::ListedPage => "listed page",
        Kind::Hold => "hold record",
        Kind::Facts => "dated facts",
        Kind::ListedFacts => "listed facts",
        Kind::CyclePages => "compared pages",
        Kind::Rates => "rate cards",
        Kind::CardVersion => "rate card version",
        Kind::MonthRates => "dated rates",
        Kind::Series => "series of receipts",
        Kind::ListedTaxes => "listed taxes",
        Kind::Resource
        | Kind::Property
        | Kind::Page
        | Kind::Booking
        | Kind::Receipt
        | Kind::Contact
        | Kind::Listing
        | Kind::Cycle => kind.name(),
    };
    let versions = cells(DOCUMENT)["Versions"].clone();
    for kind in Kind::ALL {
        let row = versions.iter().find(|row| row[0].split(", ").any(|name| name == named(kind)));
        let row = row.unwrap_or_else(|| panic!("the document does not say how {kind:?} is written"));
        assert_eq!(row[1], written(kind).to_string(), "{kind:?}");
    }
}
