//! A new event takes three files: the catalogue, the type of its data, and where the ledger's change is made into it. Its schema,
//! its sample, and its entry in the catalogue that the infrastructure reads follow.

use std::path::Path;

use holdfast_growth::{Edit, Grown};
use serde_json::{Value, json};

/// Where the copy lies: within the target directory of this build, for all additions in turn.
fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/growth"))
}

/// A guest who has to wait for slots has an event, which no guest has today.
fn event() -> Vec<Edit> {
    let declaration = r#"
    /// A guest waits for slots after a hold that ended unpaid.
    GuestCooling "guest.cooling" of Page: holds::GuestCooling, to [];"#;
    let data = r#"/// The data of `guest.cooling`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GuestCooling {
    /// The guest's pseudonym.
    pub guest_id: Pseudonym,
    /// The resource.
    pub resource_id: ResourceName,
    /// The property that the resource belonged to; left out if to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub property_id: Option<PropertyName>,
    /// The slots that the guest may not hold.
    pub slots: Vec<SlotName>,
    /// Until when.
    pub until: Instant,
}

"#;
    let made = r"            PageChange::CoolDownBegun { guest, slots, until } => {
                let data = super::data::holds::GuestCooling {
                    guest_id: Text(guest.clone()),
                    resource_id: Text(self.page.key.resource.clone()),
                    property_id: self.page.property.clone().map(Text),
                    slots: slots.iter().cloned().map(Text).collect(),
                    until: Text(*until),
                };
                (self.page.key.resource.as_str(), EventData::GuestCooling(data))
            }
            PageChange::Reacquired { .. }
";
    let from_ledger = "shared/workflow/src/events/from_ledger.rs";
    vec![
        Edit::Insert {
            file: "shared/workflow/src/events/catalogue.rs",
            after: "v1 v1::HoldConfirmed, to [];",
            text: declaration.to_owned(),
        },
        Edit::Replace {
            file: "shared/workflow/src/events/data/holds.rs",
            old: "/// The data of `hold.confirmed`.\n",
            text: format!("{data}/// The data of `hold.confirmed`.\n"),
        },
        Edit::Replace {
            file: from_ledger,
            old: "            PageChange::CoolDownBegun { .. }\n            | PageChange::Reacquired { .. }\n",
            text: made.to_owned(),
        },
        Edit::Insert {
            file: from_ledger,
            after: "        EventType::HoldPlaced\n",
            text: "        | EventType::GuestCooling\n".to_owned(),
        },
    ]
}

#[test]
fn a_new_event_takes_three_files() {
    let grown = Grown::new(folder(), &event());
    grown.update(&["test", "--package", "holdfast-workflow", "--test", "catalogue", "files"]);
    let json = |path: &str| serde_json::from_str::<Value>(&grown.read(path)).expect("JSON");
    let schema = json("docs/events/guest.cooling.v2.schema.json");
    assert_eq!(schema["$id"], "urn:holdfast:event:guest.cooling:v2");
    assert_eq!(
        schema["properties"]["data"]["properties"]["until"],
        json!({ "type": "string", "format": "date-time", "description": "Until when" })
    );
    let sample = json("events/samples/events/guest.cooling.v2.json");
    assert_eq!(sample["detail"]["data"]["slots"], json!(["01", "02"]));
    let catalogue = json("docs/events/catalogue.json");
    let declared = json!({
        "type": "guest.cooling", "consumers": [],
        "versions": [{ "version": 2, "dataschema": "urn:holdfast:event:guest.cooling:v2" }]
    });
    assert!(catalogue["events"].as_array().expect("events").contains(&declared));
    // Among these: the sample is as its schema says, and is published with the trace of its request.
    let tested = grown.cargo(&["test", "--package", "holdfast-workflow"]);
    assert!(
        tested.contains("test schema::every_sample_is_as_its_schema_says_and_has_nothing_else ... ok"),
        "{tested}"
    );
}
