//! `make demo`: the whole journey of a booking against the running local stack, step by step. Each step says what is
//! promised and what happened; the exit status is 0 only if every step came out as promised.
//!
//! It makes its own resources under names of its own, so that it may run again and again beside anything else.

#![expect(clippy::disallowed_methods, reason = "it says how long each step took")]

mod book;
mod expire;
mod hold;
mod houses;
mod money;
mod rates;
mod report;
mod world;

use std::process::ExitCode;

use holdfast_client::Trouble;

use crate::report::Report;
use crate::world::World;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match journey().await {
        Ok(report) if report.is_as_promised() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(trouble) => {
            eprintln!("{trouble}");
            ExitCode::FAILURE
        }
    }
}

/// Every chapter stands on its own: one that breaks off does not keep the next from being told.
async fn journey() -> Result<Report, Trouble> {
    let world = World::new().await?;
    println!("Holdfast, the journey of a booking, over HTTP: {}", world.value("API_URL")?);
    let mut report = Report::default();
    let _ = book::a_room_is_booked(&world, &mut report).await;
    let _ = hold::one_table_for_two_guests(&world, &mut report).await;
    let _ = book::a_card_is_declined(&world, &mut report).await;
    let _ = book::the_bank_wants_the_customer(&world, &mut report).await;
    let _ = expire::a_hold_expires(&world, &mut report).await;
    let _ = expire::a_payment_comes_too_late(&world, &mut report).await;
    let _ = book::a_booking_is_cancelled(&world, &mut report).await;
    let _ = rates::every_price_has_its_reasons(&world, &mut report).await;
    let _ = houses::every_house_has_its_own(&world, &mut report).await;
    let _ = money::what_costs_nothing_needs_no_card(&world, &mut report).await;
    let _ = money::the_bank_comes_back_days_later(&world, &mut report).await;
    report.close();
    Ok(report)
}
