//! The audit of a run that has come to rest: all that there is to be read, and a row for each part that could not be read.

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use holdfast_client::Trouble;
use tokio::time::{Instant, sleep, timeout};

use crate::audit::read_model;
use crate::audit::{Anomaly, Snapshot, audit, everything_is_told};
use crate::ends;
use crate::report::Outcome;
use crate::run::{LOOK_EVERY, Run};
use crate::sagas::Sagas;

/// How long the events of the last writes may take to where they go, and to the read model.
const DELIVERY_MAX: Duration = Duration::from_secs(60);
/// How long one part of the audit may take. A reconciliation has a quarter of an hour for itself.
const PART_MAX: Duration = Duration::from_secs(900);

/// Fields of what is audited in the ledger alone, at the provider, and at the far ends of the events.
const OF_LEDGER: [&str; 5] = ["unreadable", "inventory", "receipts", "promotions", "trails"];
const OF_PAYMENTS: [&str; 1] = ["money"];
const OF_DELIVERIES: [&str; 4] = ["bus", "partner", "mails", "clients"];

/// The outcome of a part. One that failed is a row in each of these fields, and the audit goes on.
async fn part<T>(
    outcome: &mut Outcome,
    fields: &[&'static str],
    read: impl Future<Output = Result<T, Trouble>>,
) -> Option<T> {
    part_within(PART_MAX, outcome, fields, read).await
}

async fn part_within<T>(
    time_max: Duration,
    outcome: &mut Outcome,
    fields: &[&'static str],
    read: impl Future<Output = Result<T, Trouble>>,
) -> Option<T> {
    let why = match timeout(time_max, read).await {
        Ok(Ok(read)) => return Some(read),
        Ok(Err(trouble)) => trouble.to_string(),
        Err(_) => format!("no answer within {} s", time_max.as_secs()),
    };
    for field in fields {
        outcome.anomalies.push(Anomaly { field, what: format!("could not be audited: {why}") });
    }
    None
}

impl Run {
    /// Reads everything, and audits it.
    pub(crate) async fn inspect(
        &self,
        since: i64,
        mut names: BTreeSet<String>,
        sagas: &Sagas,
        outcome: &mut Outcome,
    ) {
        self.progress.say("audit: what clients were told");
        self.traffic.read_holds().await;
        self.progress.say("audit: search and ledger");
        if let Some((entries, found)) = part(outcome, &["read model"], self.mirror()).await {
            outcome
                .audited
                .push(("resources, dates and pages of ledger and search, the whole of both", entries));
            outcome.anomalies.extend(found);
        }
        self.progress.say("audit: ledger, payments and events");
        let fields = [&OF_LEDGER[..], &OF_PAYMENTS, &OF_DELIVERIES].concat();
        if let Some(snapshot) = part(outcome, &fields, self.reader.snapshot()).await {
            self.inspect_snapshot(since, snapshot, &mut names, outcome).await;
        }
        let wrong = sagas.wrong.iter().map(|what| Anomaly { field: "sagas", what: what.clone() });
        outcome.anomalies.extend(wrong);
        self.progress.say("audit: reconciliation");
        let begun = Instant::now();
        if let Some((drift, forsaken)) = part(outcome, &["reconciliation"], self.drift(&names)).await {
            outcome.times.push(("a run of the reconciliation".to_owned(), Some(begun.elapsed())));
            outcome.audited.push(("dead holds whose function died before their record", forsaken));
            outcome.anomalies.extend(drift.into_iter().map(|what| Anomaly { field: "reconciliation", what }));
        }
    }

    /// How many resources and pages there are, and what of them search does not have so. The last changes may be on their way.
    async fn mirror(&self) -> Result<(usize, Vec<Anomaly>), Trouble> {
        let begun = Instant::now();
        loop {
            let mirror = self.reader.mirror().await?;
            let found = read_model::check(&mirror);
            if found.is_empty() || begun.elapsed() > DELIVERY_MAX {
                return Ok((mirror.ledger.len(), found));
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Audits what the ledger has of the run, with what others have of it. `names` gets the run's bookings and payments.
    async fn inspect_snapshot(
        &self,
        since: i64,
        mut snapshot: Snapshot,
        names: &mut BTreeSet<String>,
        outcome: &mut Outcome,
    ) {
        let mut unknown: Vec<&str> = Vec::new();
        match part(outcome, &OF_PAYMENTS, self.payments(since, &snapshot)).await {
            Some(payments) => snapshot.payments = payments,
            None => unknown.extend(OF_PAYMENTS),
        }
        let begun = Instant::now();
        loop {
            match part(outcome, &OF_DELIVERIES, ends::delivered(&self.stack, &self.bus)).await {
                Some(delivered) => snapshot.delivered = delivered,
                None => unknown.extend(OF_DELIVERIES),
            }
            match part(outcome, &["receipts"], self.reader.receipts(&snapshot.bookings)).await {
                Some(receipts) => snapshot.receipts = receipts,
                None => unknown.push("receipts"),
            }
            if !unknown.is_empty() || everything_is_told(&snapshot) || begun.elapsed() > DELIVERY_MAX {
                break;
            }
            sleep(LOOK_EVERY).await;
        }
        let told = self.traffic.told();
        let found = audit(&snapshot, &told);
        outcome.anomalies.extend(found.into_iter().filter(|anomaly| !unknown.contains(&anomaly.field)));
        names.extend(snapshot.bookings.iter().map(|booking| booking.id.to_string()));
        names.extend(snapshot.payments.iter().map(|payment| payment.intent.clone()));
        outcome.audited.extend([
            ("pages", snapshot.pages.len()),
            ("slots", snapshot.pages.iter().map(|page| page.available.len()).sum()),
            (
                "writes of pages",
                snapshot.pages.iter().map(|page| usize::try_from(page.seq).unwrap_or(0)).sum(),
            ),
            ("bookings", snapshot.bookings.len()),
            ("entries of audit trails", snapshot.trails.values().map(Vec::len).sum()),
            ("receipts", snapshot.receipts.len()),
            ("uses of promotions", snapshot.uses.len()),
            ("payments at the provider", snapshot.payments.len()),
            ("events on the bus", snapshot.delivered.on_the_bus.len()),
            ("notices taken by the partner, earlier runs included", snapshot.delivered.to_the_partner.len()),
            ("mails, earlier runs included", snapshot.delivered.mails.len()),
            ("messages set aside", snapshot.delivered.set_aside.len()),
            ("holds that clients were told of", told.holds.len()),
            ("bookings that clients were told of", told.bookings.len()),
        ]);
    }

    /// The provider's payments of the run: those of its bookings, and those of bookings that nobody knows.
    async fn payments(&self, since: i64, snapshot: &Snapshot) -> Result<Vec<crate::audit::Payment>, Trouble> {
        let of_run: BTreeSet<&str> = snapshot.bookings.iter().map(|booking| booking.id.as_str()).collect();
        let mut payments = Vec::new();
        for payment in ends::payments(&self.stack, since).await? {
            if of_run.contains(payment.booking.as_str()) || !self.reader.knows(&payment.booking).await? {
                payments.push(payment);
            }
        }
        Ok(payments)
    }

    /// What a reconciliation finds of these, and how many dead holds of theirs no timer will come for, which it rightly finds.
    async fn drift(&self, names: &BTreeSet<String>) -> Result<(Vec<String>, usize), Trouble> {
        let drift = ends::drift(&self.stack, names).await?;
        let forsaken = self.reader.held().await?.forsaken;
        let is_forsaken = |what: &String| forsaken.iter().any(|hold| what.contains(hold));
        Ok((drift.into_iter().filter(|what| !is_forsaken(what)).collect(), forsaken.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_part_that_fails_is_a_row_in_each_of_its_fields_and_not_the_end() {
        let mut outcome = Outcome::default();
        let failing = async { Err::<(), _>(Trouble::unexpected("no answer")) };
        assert_eq!(part(&mut outcome, &["bus", "mails"], failing).await, None);
        assert_eq!(part(&mut outcome, &["money"], async { Ok(7) }).await, Some(7));
        let rows: Vec<(&str, bool)> = outcome
            .anomalies
            .iter()
            .map(|row| (row.field, row.what.starts_with("could not be audited")))
            .collect();
        assert_eq!(rows, [("bus", true), ("mails", true)]);
    }

    #[tokio::test]
    async fn a_part_that_does_not_end_is_a_row_too() {
        let mut outcome = Outcome::default();
        let never = std::future::pending::<Result<(), Trouble>>();
        assert_eq!(part_within(Duration::ZERO, &mut outcome, &["bus"], never).await, None);
        assert_eq!(outcome.anomalies[0].what, "could not be audited: no answer within 0 s");
    }

    #[test]
    fn every_field_is_a_row_of_the_table() {
        let rows: Vec<&str> = crate::audit::CHECKS.iter().map(|(field, _)| *field).collect();
        for field in [&OF_LEDGER[..], &OF_PAYMENTS, &OF_DELIVERIES].concat() {
            assert!(rows.contains(&field), "{field}");
        }
    }
}
