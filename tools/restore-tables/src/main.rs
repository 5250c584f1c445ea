//! Brings the ledger, the hold records and what is confidential back to what a restore to a point in time has made of them.

use std::process::ExitCode;

use holdfast_adapters_dynamodb::{
    CONFIDENTIAL_KINDS, DynamoDb, HOLDS_KINDS, Item, Restored, TableRestore, TurnedBooking,
};
use holdfast_domain::Booking;
use holdfast_domain::receipts::Receipt;
use holdfast_runtime::{Error, Process, Variable};

const HELP: &str = "\
restore-tables [--dry-run] RESTORED_LEDGER RESTORED_HOLDS RESTORED_CONFIDENTIAL

Brings the tables of a stack back to what three other tables hold, into which DynamoDB has restored them to a point in time. Says
how far it is, and names each booking that is lost (it was made after the point), turned back, or brought back. With --dry-run
it says so and changes nothing. Stop whoever writes before: docs/runbook.md, Restoring to a point in time. Broken off, it is
begun again: another run does no harm. What operators have noted of refunds that were paid otherwise is kept, and named, and so is
how far each series of receipts has come, since guests have the numbers. Receipts that are removed are named. It looks once more at its end, and ends with 1 if the tables differ then.

The stack's tables are HOLDFAST_LEDGER_TABLE, HOLDFAST_HOLDS_TABLE and HOLDFAST_CONFIDENTIAL_TABLE; region and credentials are those of the environment.";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Error> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let given = arguments.len();
    arguments.retain(|argument| argument != "--dry-run");
    let dry_run = arguments.len() < given;
    let asked = arguments.iter().any(|argument| argument == "--help" || argument == "-h");
    let restored = match &arguments[..] {
        [ledger, holds, confidential] if !arguments.iter().any(|argument| argument.starts_with('-')) => {
            [ledger, holds, confidential]
        }
        _ => {
            println!("{HELP}");
            return Ok(if asked { ExitCode::SUCCESS } else { ExitCode::from(2) });
        }
    };
    let variables = [Variable::LedgerTable, Variable::HoldsTable, Variable::ConfidentialTable];
    let process = Process::start(&variables)?;
    let dynamodb = DynamoDb::new(process.sdk());
    let [ledger, holds, confidential] = variables.map(|variable| process.require(variable));
    let tables = [ledger?, holds?, confidential?];
    if let Some(own) = restored.into_iter().find(|name| tables.contains(&name.as_str())) {
        eprintln!("{own} is the stack's own table: name the one that was restored.");
        return Ok(ExitCode::from(2));
    }
    let mut is_done = true;
    let kinds: [&'static [&'static str]; 3] = [&[], &HOLDS_KINDS, &CONFIDENTIAL_KINDS];
    for ((table, restored), (kinds, may_be_empty)) in
        tables.into_iter().zip(restored).zip(kinds.into_iter().zip([false, true, true]))
    {
        let restore = |dry_run| TableRestore::new(dynamodb.clone(), restored, table, dry_run).of_kinds(kinds);
        let outcome = run(&restore(dry_run), table, may_be_empty).await?;
        report(table, &outcome, dry_run);
        if !dry_run {
            let after = run(&restore(true), table, may_be_empty).await?;
            if after.put + after.removed > 0 {
                eprintln!("{table} differs again: somebody writes. Stop them, and run this again.");
                is_done = false;
            }
        }
    }
    Ok(if is_done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn run(restore: &TableRestore, table: &str, may_be_empty: bool) -> Result<Restored, Error> {
    let (mut all, mut cursor) = (Restored::default(), None::<Item>);
    // Ends with the last part of the restored table.
    loop {
        let (part, next) = restore.put_part(cursor).await?;
        all.extend(part);
        eprintln!("{table}: {} items compared, {} differ", all.compared, all.put);
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    if all.compared == 0 && !may_be_empty {
        return Err(format!("what was restored of {table} is empty: nothing is removed").into());
    }
    // Ends with the last part of the table.
    loop {
        let (part, next) = restore.remove_part(cursor).await?;
        all.extend(part);
        eprintln!("{table}: {} items compared, {} were not there", all.compared, all.removed);
        cursor = next;
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

fn report(table: &str, all: &Restored, dry_run: bool) {
    for TurnedBooking { was, is } in &all.bookings {
        match (was, is) {
            (Some(was), None) => println!("lost: {}", described(was)),
            (Some(was), Some(is)) => println!("turned back: {}; it was {}", described(is), state_of(was)),
            (None, Some(is)) => println!("brought back: {}", described(is)),
            (None, None) => {}
        }
    }
    for receipt in &all.receipts {
        println!("removed receipt: {}", named(receipt));
    }
    for item in &all.kept {
        println!("kept: {item}");
    }
    for item in &all.unreadable {
        eprintln!("cannot be read, and is restored as it is: {item}");
    }
    let (put, removed) = (all.put, all.removed);
    if dry_run {
        println!("{table}: {put} items would be put, {removed} removed.");
    } else {
        println!("{table}: {put} items were put, {removed} removed.");
    }
}

/// A receipt that guests have, and the table no more: `property/hotel-7 41, payment of 25800 USD (minor units), booking ...`.
fn named(receipt: &Receipt) -> String {
    let content = &receipt.content;
    let kind = content.movement.kind.as_str();
    format!(
        "{} {}, {kind} of {} {} (minor units), booking {}, issued {}",
        content.series.name(),
        receipt.number,
        receipt.amount().amount(),
        receipt.amount().currency().code(),
        content.booking,
        receipt.issued_at
    )
}

fn state_of(booking: &Booking) -> String {
    format!("{} and {}", booking.status.as_str(), booking.payment_status().as_str())
}

fn described(booking: &Booking) -> String {
    let order = &booking.order;
    let intent = booking.payment_intent().unwrap_or("no payment");
    format!(
        "{}, {}, {intent}, guest {}, {} from {}",
        booking.id,
        state_of(booking),
        order.guest,
        order.resource,
        order.start
    )
}
