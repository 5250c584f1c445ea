//! Checks the seals of audit trails, and names the first broken link of each that is not as it was written.

use std::process::ExitCode;
use std::sync::Arc;

use holdfast_adapters_dynamodb::{
    DynamoBookingHistory, DynamoCatalogue, DynamoDb, DynamoHoldStopSwitch, DynamoInspection,
    DynamoProperties, DynamoResourceHistory, LedgerTable,
};
use holdfast_app::operations::audit_verification::{AuditVerification, Audited, ResourceAuditVerification};
use holdfast_domain::{BookingId, PropertyId, ResourceId};
use holdfast_runtime::{Error, Process, Variable};

const HELP: &str = "\
audit-verify [BOOKING_ID...] [--resource RESOURCE_ID]... [--property PROPERTY_ID]...

Checks the audit trails of the named bookings, resources and properties, or of all. Every entry is sealed over the one before it,
and the booking, resource or property keeps the last seal: what was altered, removed or added since is named. Ends with 1 if a trail does not hold.

The table is HOLDFAST_LEDGER_TABLE; region and credentials are those of the environment. `make audit-verify` sets them.";

/// The trails that were asked for.
#[derive(Default)]
struct Asked {
    bookings: Vec<BookingId>,
    resources: Vec<ResourceId>,
    properties: Vec<PropertyId>,
}

/// What the looks at trails came to.
#[derive(Default)]
struct Looks {
    bookings: Audited,
    resources: Audited,
    properties: Audited,
}

impl Asked {
    /// Reads the arguments.
    ///
    /// # Errors
    /// What is wrong with the first that is.
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut asked = Self::default();
        while let Some(argument) = arguments.next() {
            if argument == "--resource" {
                let name = arguments.next().unwrap_or_default();
                let id = ResourceId::parse(&name)
                    .map_err(|error| format!("{name} is no resource's id: {error}"))?;
                asked.resources.push(id);
            } else if argument == "--property" {
                let name = arguments.next().unwrap_or_default();
                let id = PropertyId::parse(&name)
                    .map_err(|error| format!("{name} is no property's id: {error}"))?;
                asked.properties.push(id);
            } else {
                let id = BookingId::parse(&argument)
                    .map_err(|error| format!("{argument} is no booking's id: {error}"))?;
                asked.bookings.push(id);
            }
        }
        Ok(asked)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        println!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    }
    let asked = match Asked::read(arguments.into_iter()) {
        Ok(asked) => asked,
        Err(reason) => {
            eprintln!("{reason}");
            return Ok(ExitCode::from(2));
        }
    };
    let process = Process::start(&[Variable::LedgerTable])?;
    let ledger = LedgerTable::new(DynamoDb::new(process.sdk()), process.require(Variable::LedgerTable)?);
    let inspection = Arc::new(DynamoInspection::new(ledger.clone()));
    let history = DynamoBookingHistory::new(ledger.clone());
    let of_bookings = AuditVerification::new(Arc::new(history), inspection.clone());
    let catalogue = Arc::new(DynamoCatalogue::new(ledger.clone()));
    let trails = Arc::new(DynamoResourceHistory::new(ledger.clone()));
    let properties = Arc::new(DynamoProperties::new(ledger.clone()));
    let stops = Arc::new(DynamoHoldStopSwitch::new(ledger));
    let of_resources = ResourceAuditVerification::new(catalogue, properties, trails, stops, inspection);
    let mut looks = Looks::default();
    if asked.bookings.is_empty() && asked.resources.is_empty() && asked.properties.is_empty() {
        looks = Looks {
            bookings: all_bookings(&of_bookings).await?,
            resources: all_resources(&of_resources).await?,
            properties: all_properties(&of_resources).await?,
        };
    }
    for id in &asked.bookings {
        looks.bookings.extend(of_bookings.of(id).await?);
    }
    for id in &asked.resources {
        looks.resources.extend(of_resources.of(id).await?);
    }
    for id in &asked.properties {
        looks.properties.extend(of_resources.of_property(id).await?);
    }
    Ok(report(&looks))
}

async fn all_bookings(verification: &AuditVerification) -> Result<Audited, Error> {
    let mut all = Audited::default();
    let mut cursor = None;
    loop {
        let (audited, next) = verification.part(cursor.as_deref()).await?;
        all.extend(audited);
        let Some(next) = next else { return Ok(all) };
        eprintln!("bookings so far: {}", all.trails);
        cursor = Some(next);
    }
}

/// Those of resources, and that of all of them.
async fn all_resources(verification: &ResourceAuditVerification) -> Result<Audited, Error> {
    let of_all = verification.of_all_resources().await?;
    let mut all = Audited { trails: 0, ..of_all };
    let mut cursor = None;
    loop {
        let (audited, next) = verification.part(cursor.as_deref()).await?;
        all.extend(audited);
        let Some(next) = next else { return Ok(all) };
        eprintln!("resources so far: {}", all.trails);
        cursor = Some(next);
    }
}

async fn all_properties(verification: &ResourceAuditVerification) -> Result<Audited, Error> {
    let mut all = Audited::default();
    let mut cursor = None;
    loop {
        let (audited, next) = verification.properties_part(cursor.as_deref()).await?;
        all.extend(audited);
        let Some(next) = next else { return Ok(all) };
        eprintln!("properties so far: {}", all.trails);
        cursor = Some(next);
    }
}

fn report(looks: &Looks) -> ExitCode {
    let Looks { bookings, resources, properties } = looks;
    let all = [bookings, resources, properties];
    for (name, broken) in all.iter().flat_map(|look| &look.broken) {
        eprintln!("{name}: {broken}");
    }
    let counted =
        |number: usize, one: &str, more: &str| format!("{number} {}", if number == 1 { one } else { more });
    let looked_at = [
        counted(bookings.trails, "booking", "bookings"),
        counted(resources.trails, "resource", "resources"),
        counted(properties.trails, "property", "properties"),
        counted(all.iter().map(|look| look.entries).sum(), "entry", "entries"),
    ]
    .join(", ");
    let broken: usize = all.iter().map(|look| look.broken.len()).sum();
    if broken == 0 {
        println!("{looked_at}: every trail is as it was written.");
        return ExitCode::SUCCESS;
    }
    eprintln!("{looked_at}: {} not hold.", counted(broken, "trail does", "trails do"));
    ExitCode::FAILURE
}
