//! Checks the seals of audit trails, and names the first broken link of each that is not as it was written.

use std::process::ExitCode;
use std::sync::Arc;

use holdfast_adapters_dynamodb::{DynamoBookingHistory, DynamoDb, DynamoInspection, LedgerTable};
use holdfast_app::operations::audit_verification::{AuditVerification, Audited};
use holdfast_domain::BookingId;
use holdfast_runtime::{Error, Process, Variable};

const HELP: &str = "\
audit-verify [BOOKING_ID...]

Checks the audit trails of the named bookings, or of all. Every entry is sealed over the one before it, and the booking
keeps the last seal: what was altered, removed or added since is named. Ends with 1 if a trail does not hold.

The table is HOLDFAST_LEDGER_TABLE; region and credentials are those of the environment. `make audit-verify` sets them.";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        println!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    }
    let mut bookings = Vec::with_capacity(arguments.len());
    for argument in &arguments {
        match BookingId::parse(argument) {
            Ok(id) => bookings.push(id),
            Err(error) => {
                eprintln!("{argument} is no booking's id: {error}");
                return Ok(ExitCode::from(2));
            }
        }
    }
    let process = Process::start(&[Variable::LedgerTable])?;
    let ledger = LedgerTable::new(DynamoDb::new(process.sdk()), process.require(Variable::LedgerTable)?);
    let history = DynamoBookingHistory::new(ledger.clone());
    let verification = AuditVerification::new(Arc::new(history), Arc::new(DynamoInspection::new(ledger)));
    let audited =
        if bookings.is_empty() { of_all(&verification).await? } else { of(&verification, &bookings).await? };
    Ok(report(&audited))
}

async fn of(verification: &AuditVerification, bookings: &[BookingId]) -> Result<Audited, Error> {
    let mut all = Audited::default();
    for id in bookings {
        all.extend(verification.of(id).await?);
    }
    Ok(all)
}

async fn of_all(verification: &AuditVerification) -> Result<Audited, Error> {
    let mut all = Audited::default();
    let mut cursor = None;
    loop {
        let (audited, next) = verification.part(cursor.as_deref()).await?;
        all.extend(audited);
        let Some(next) = next else { return Ok(all) };
        eprintln!("bookings so far: {}", all.bookings);
        cursor = Some(next);
    }
}

fn report(audited: &Audited) -> ExitCode {
    for (booking, broken) in &audited.broken {
        eprintln!("{booking}: {broken}");
    }
    let counted =
        |number: usize, one: &str, more: &str| format!("{number} {}", if number == 1 { one } else { more });
    let bookings = counted(audited.bookings, "booking", "bookings");
    let entries = counted(audited.entries, "entry", "entries");
    if audited.broken.is_empty() {
        println!("{bookings}, {entries}: every trail is as it was written.");
        return ExitCode::SUCCESS;
    }
    let broken = counted(audited.broken.len(), "trail does", "trails do");
    eprintln!("{bookings}, {entries}: {broken} not hold.");
    ExitCode::FAILURE
}
