//! A cycle of the reconciliation over several runs: it finds what one run would, forgets nothing, and leaves each kind of work its room.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use holdfast_app::operations::reconciliation::{
    DEAD_HOLD_SECONDS, Kind, Limits, Remedy, Report, RunRequest, SETTLING_SECONDS, STALLED_SECONDS, Work,
};
use holdfast_app::payments::PaymentState;
use holdfast_domain::{Booking, Resource};
use holdfast_testkit::{Database, nightly_resource};
use tokio::sync::Mutex;

use crate::bank::{Fault, Op, VISA};
use crate::reconciliation_world::{
    ANEW, Desk, Found, GO_ON, Meddling, check, cycle_within, findings, found, in_order, number, run,
    run_until_asked, run_while, run_within, set, text, try_run_while,
};
use crate::world::{NIGHT, World};

const TTL: i64 = 600;
const PAGE: (&str, &str) = ("R#room", "P#2030-06");
/// One part of each listing in a run.
const PART_BY_PART: Limits = Limits { payments: 1, ledger: 1, ..Limits::FUNCTION };

fn room() -> Resource {
    nightly_resource("room", 9, 600)
}

async fn world() -> (Arc<World>, Arc<Desk>) {
    (World::running(&room()).await, Arc::new(Desk::default()))
}

async fn booked(w: &World, resource: &Resource, name: &str) -> Booking {
    let hold = w.held(resource, name, NIGHT).await;
    w.ask(&hold, name, VISA).await.expect("an answer").booking
}

/// Items of other kinds, so that the ledger has that number of parts more.
async fn fill(w: &World, parts: usize) {
    for n in 0..parts * 2_000 {
        let put = w.database.client.put_item().table_name(Database::LEDGER);
        put.item("pk", text(&format!("A#{n}"))).item("sk", text("A")).send().await.expect("an item");
    }
}

fn all_of(reports: &[Report]) -> Vec<Found> {
    let all: Vec<Found> = reports.iter().flat_map(findings).collect();
    in_order(all)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cycle_of_many_runs_finds_what_one_run_finds() {
    let (w, desk) = world().await;
    let other = nightly_resource("other", 9, 600);
    w.put(&other).await;
    let dead = w.held(&room(), "dead", NIGHT).await;
    let (paid, missing) = (booked(&w, &room(), "paid").await, booked(&w, &room(), "missing").await);
    for n in 0..5 {
        booked(&w, &other, &format!("k{n}")).await;
    }
    fill(&w, 2).await;
    w.pass(TTL + DEAD_HOLD_SECONDS + SETTLING_SECONDS);
    w.bank.rewrite(&paid.id, PaymentState::Voided);
    w.bank.forget(&missing.id);
    set(&w, ("R#other", "P#2030-06"), "av.01", number(7)).await;
    set(&w, ("R#other", "P#2030-06"), "co.01", number(2)).await;
    set(&w, ("B#bkg_1", "B"), "st", text("pending")).await;
    let one = run(&w, &desk, true).await;
    let expected = in_order(vec![
        found(Kind::ExpiredHold, &dead.id, Remedy::Repaired),
        found(Kind::PaymentMismatch, &paid.id, Remedy::Review),
        found(Kind::PaymentMissing, &missing.id, Remedy::Review),
        found(Kind::ConfirmedMismatch, "other/2030-06", Remedy::Review),
        found(Kind::UnreadableItem, "B#bkg_1/B", Remedy::Review),
    ]);
    assert_eq!(findings(&one), expected, "{one:#?}");
    let reports = cycle_within(&w, &desk, PART_BY_PART).await;
    assert!(reports.len() > 4, "{}", reports.len());
    let mut once = all_of(&reports);
    // Both readings meet it, here in different runs.
    once.dedup();
    assert_eq!(once, expected);
    let seen = |count: fn(&Report) -> u32| reports.iter().map(count).sum::<u32>();
    let looked_at = (seen(|one| one.pages), seen(|one| one.bookings), seen(|one| one.payments));
    assert_eq!(looked_at, (one.pages, one.bookings, one.payments));
    assert!(reports[0].left.contains_key(&Work::Payments) && reports[0].left.contains_key(&Work::Ledger));
    let began_at = reports[0].cycle.began_at;
    assert!(reports.iter().all(|one| one.cycle.is_kept && one.cycle.began_at == began_at));
    assert_eq!(desk.cases().len(), 4, "each case once");
}

#[tokio::test]
async fn a_page_that_is_written_between_two_runs_is_left_to_the_next_cycle() {
    let (w, desk) = world().await;
    booked(&w, &room(), "k").await;
    fill(&w, 2).await;
    let mut reports = vec![run_within(&w, &desk, PART_BY_PART, ANEW).await];
    while !reports.last().expect("a report").cycle.is_over {
        // Whenever it is: before, between or after the readings of page and bookings.
        booked(&w, &room(), &format!("meanwhile {}", reports.len())).await;
        reports.push(run_within(&w, &desk, PART_BY_PART, GO_ON).await);
    }
    assert!(reports.len() > 4, "{}", reports.len());
    assert_eq!((all_of(&reports), reports.last().map(|last| last.changing)), (vec![], Some(1)));
    let report = run(&w, &desk, false).await;
    assert_eq!((findings(&report), report.changing, report.cycle.is_over), (vec![], 0, true));
}

#[tokio::test]
async fn a_run_that_is_cut_off_is_done_again_and_counts_nothing_twice() {
    let (w, desk) = world().await;
    for n in 0..4 {
        booked(&w, &room(), &format!("k{n}")).await;
    }
    fill(&w, 2).await;
    set(&w, PAGE, "av.01", number(4)).await;
    set(&w, PAGE, "co.01", number(5)).await;
    let mut report = run_within(&w, &desk, PART_BY_PART, ANEW).await;
    let mut cut_off = 0;
    while !report.cycle.is_over {
        let failed = try_run_while(&w, &desk, Meddling::CutOff(AtomicUsize::new(2))).await;
        if let Ok(whole) = failed {
            report = whole;
            break;
        }
        cut_off += 1;
        report = run_within(&w, &desk, PART_BY_PART, GO_ON).await;
    }
    assert!(cut_off > 2, "{cut_off}");
    let details: Vec<&str> = report.findings.iter().map(|one| one.detail.as_str()).collect();
    assert_eq!(details, ["slot 01: the page counts 5 confirmed, bookings have 4"]);
}

#[tokio::test]
async fn of_two_runs_side_by_side_one_keeps_what_it_did_and_neither_finds_what_is_not_there() {
    let (w, desk) = world().await;
    booked(&w, &room(), "k").await;
    let beside = {
        let (w, desk) = (Arc::clone(&w), Arc::clone(&desk));
        async move { assert!(run(&w, &desk, false).await.cycle.is_kept) }
    };
    let report = run_while(&w, &desk, Meddling::BeforeBookings(Mutex::new(Some(Box::pin(beside))))).await;
    assert_eq!((findings(&report), report.cycle.is_kept, report.cycle.is_over), (vec![], false, true));
    assert!(run(&w, &desk, false).await.cycle.is_kept, "the next one goes on");
}

#[tokio::test]
async fn a_run_whose_time_is_up_begins_no_part_and_the_next_one_goes_on() {
    let (w, desk) = world().await;
    booked(&w, &room(), "k").await;
    let late = RunRequest { until: Some(w.now()), ..ANEW };
    let report = run_within(&w, &desk, Limits::FUNCTION, late).await;
    assert_eq!(report.left, [(Work::Payments, 1), (Work::Ledger, 1)].into());
    assert_eq!((report.pages, report.bookings, report.payments, report.cycle.is_over), (0, 0, 0, false));
    w.pass(3_600);
    let next = run_within(&w, &desk, Limits::FUNCTION, GO_ON).await;
    assert_eq!((next.pages, next.bookings, next.payments, next.cycle.is_over), (1, 1, 1, true));
    assert_eq!(next.cycle.began_at, report.cycle.began_at);
}

/// Three looks at the clock: before the part of the list, before that of the ledger, before the first repair.
#[tokio::test]
async fn a_run_whose_time_is_up_within_a_part_leaves_the_work_of_that_part() {
    let (w, desk) = world().await;
    for n in 0..3 {
        w.held(&room(), &format!("dead {n}"), NIGHT).await;
    }
    w.pass(TTL + DEAD_HOLD_SECONDS);
    let report = run_until_asked(&w, &desk, 3).await;
    assert_eq!((report.count(Kind::ExpiredHold), report.pages), (1, 1), "{report:#?}");
    assert_eq!(report.left, [(Work::Ledger, 1), (Work::Repairs, 2)].into());
    assert_eq!(run(&w, &desk, false).await.count(Kind::ExpiredHold), 0, "it goes on behind them");
    assert_eq!(run(&w, &desk, false).await.count(Kind::ExpiredHold), 2, "the next cycle does it");
}

/// The share of a cycle has room for a few pages here, and each page counts other places than its bookings have.
#[tokio::test]
async fn pages_that_do_not_fit_one_cycle_are_compared_by_the_next_ones() {
    let (w, desk) = world().await;
    let names: BTreeSet<String> = (0..12).map(|n| format!("room-{n}")).collect();
    for name in &names {
        let room = nightly_resource(name, 9, 600);
        w.put(&room).await;
        booked(&w, &room, name).await;
        set(&w, (&format!("R#{name}"), "P#2030-06"), "av.01", number(7)).await;
        set(&w, (&format!("R#{name}"), "P#2030-06"), "co.01", number(2)).await;
    }
    // One number for the page, one for its slot with confirmed places.
    let limits = Limits { counters: 8, ..Limits::FUNCTION };
    let mut reports = cycle_within(&w, &desk, limits).await;
    while !reports.last().expect("a report").cycle.is_whole {
        assert!(reports.len() < 20, "the shares come to no end");
        reports.push(run_within(&w, &desk, limits, GO_ON).await);
    }
    assert!(reports.iter().all(|one| one.findings.len() <= 4), "a share is no larger than it may be");
    assert!(reports.len() >= 3, "{}", reports.len());
    let compared: Vec<String> = all_of(&reports).into_iter().map(|(_, subject, _)| subject).collect();
    let expected: Vec<String> = names.iter().map(|name| format!("{name}/2030-06")).collect();
    assert_eq!(in_any_order(compared), in_any_order(expected), "each page once a round");
    // The next round begins at the first page again.
    let again = run_within(&w, &desk, limits, GO_ON).await;
    assert_eq!(findings(&again), findings(&reports[0]));
}

fn in_any_order(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

#[tokio::test]
async fn a_kind_of_work_of_which_there_is_too_much_leaves_the_others_their_room_and_has_its_turn() {
    let (w, desk) = world().await;
    let mut bookings = Vec::new();
    for n in 0..4 {
        bookings.push(booked(&w, &room(), &format!("k{n}")).await);
    }
    let dead = w.held(&room(), "dead", NIGHT).await;
    w.pass(TTL + DEAD_HOLD_SECONDS + SETTLING_SECONDS);
    for booking in &bookings {
        w.bank.rewrite(&booking.id, PaymentState::Voided);
    }
    let limits = Limits { inquiries: 1, cases: 1, ..Limits::FUNCTION };
    let report = run_within(&w, &desk, limits, GO_ON).await;
    assert_eq!(report.left, [(Work::Inquiries, 3)].into());
    assert_eq!((report.count(Kind::PaymentMismatch), report.count(Kind::ExpiredHold)), (1, 1), "{dead:?}");
    assert!(report.cycle.is_over, "what is left to ask about does not keep the cycle from its end");
    let mut cycles = 1;
    while desk.cases().len() < bookings.len() {
        assert!(cycles < 200, "some booking never has its turn: {:?}", desk.cases());
        w.pass(3_600);
        run_within(&w, &desk, limits, GO_ON).await;
        cycles += 1;
    }
}

#[tokio::test]
async fn more_cases_than_one_run_may_put_before_people_are_left_to_the_next() {
    let (w, desk) = world().await;
    for n in 0..3 {
        set(&w, (&format!("R#broken-{n}"), "P#2030-06"), "av", number(1)).await;
    }
    let limits = Limits { cases: 2, ..Limits::FUNCTION };
    let report = run_within(&w, &desk, limits, GO_ON).await;
    assert_eq!((report.parked, report.left, desk.cases().len()), (2, [(Work::Cases, 1)].into(), 2));
    let report = run_within(&w, &desk, limits, GO_ON).await;
    assert_eq!((report.parked, report.left, desk.cases().len()), (1, [].into(), 3));
}

#[tokio::test]
async fn more_repairs_than_one_run_may_make_are_left_to_the_next() {
    let (w, desk) = world().await;
    for n in 0..3 {
        w.held(&room(), &format!("dead {n}"), NIGHT).await;
    }
    w.pass(TTL + DEAD_HOLD_SECONDS);
    let limits = Limits { repairs: 2, ..Limits::FUNCTION };
    let report = run_within(&w, &desk, limits, GO_ON).await;
    assert_eq!((report.count(Kind::ExpiredHold), report.left), (2, [(Work::Repairs, 1)].into()));
    assert_eq!(run_within(&w, &desk, limits, GO_ON).await.count(Kind::ExpiredHold), 1);
}

#[tokio::test]
async fn a_cycle_that_cannot_be_read_begins_anew() {
    let (w, desk) = world().await;
    booked(&w, &room(), "k").await;
    fill(&w, 1).await;
    for (attribute, value) in [("ph", text("nonsense")), ("ver", number(7)), ("mk", number(1))] {
        run_within(&w, &desk, PART_BY_PART, ANEW).await;
        run_within(&w, &desk, PART_BY_PART, GO_ON).await;
        set(&w, ("Y#reconciliation", "Y"), attribute, value).await;
        w.pass(60);
        let report = run(&w, &desk, false).await;
        assert_eq!(
            (report.cycle.began_at, report.cycle.is_over, report.cycle.is_kept),
            (w.now(), true, true)
        );
        assert_eq!((findings(&report), report.pages, report.bookings), (vec![], 1, 1));
    }
}

#[tokio::test]
async fn a_payment_that_cannot_be_read_is_a_finding_and_hides_no_other() {
    let (w, desk) = world().await;
    let (scribbled, voided) = (booked(&w, &room(), "a").await, booked(&w, &room(), "b").await);
    w.pass(SETTLING_SECONDS);
    w.bank.scribble_over(&w.bank.intent_of(&scribbled.id));
    w.bank.rewrite(&voided.id, PaymentState::Voided);
    let expected = [
        found(Kind::PaymentUnreadable, w.bank.intent_of(&scribbled.id), Remedy::Review),
        found(Kind::PaymentMismatch, &voided.id, Remedy::Review),
    ];
    check(&w, &desk, &expected).await;
}

#[tokio::test]
async fn an_inquiry_without_an_answer_is_a_finding_and_does_not_end_the_run() {
    let (w, desk) = world().await;
    let (first, second) = (booked(&w, &room(), "a").await, booked(&w, &room(), "b").await);
    w.pass(SETTLING_SECONDS);
    w.bank.rewrite(&first.id, PaymentState::Voided);
    w.bank.rewrite(&second.id, PaymentState::Voided);
    w.bank.fail(Op::Inquire, Fault::RequestLost);
    let report = run(&w, &desk, false).await;
    let counts = [Kind::PaymentUnreadable, Kind::PaymentMismatch].map(|kind| report.count(kind));
    assert_eq!((counts, report.cycle.is_over), ([1, 1], true), "{report:#?}");
}

#[tokio::test]
async fn one_run_resumes_a_number_of_sagas_and_leaves_the_rest_to_the_next() {
    let many = nightly_resource("room", 150, 600);
    let (w, desk) = (World::with(&many).await, Arc::new(Desk::default()));
    let most = Limits::FUNCTION.resumptions as usize;
    for n in 0..=most {
        let hold = w.held(&many, &format!("k{n}"), NIGHT).await;
        let id = w.open_by_operator(&hold, &format!("pay{n}"), VISA).await;
        w.flow.end(&id);
    }
    w.pass(STALLED_SECONDS);
    let report = run(&w, &desk, false).await;
    assert_eq!((w.flow.resumptions().len(), report.left.clone()), (most, [(Work::Resumptions, 1)].into()));
    assert_eq!(report.count(Kind::StalledBooking), most);
    run(&w, &desk, false).await;
    assert_eq!(w.flow.resumptions().len(), most + 1);
}
