//! Prices and restrictions of single dates, of many resources at once.
//!
//! A call is a list of lines. Each line does what it says of each of its resources or says why not, and one that does not keeps no other from it.
//! The lines of a resource are done in their order. Setting is idempotent: a call that did not come to its end is repeated as it is.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt, TryStreamExt};
use holdfast_domain::catalogue::{Month, RangeError};
use holdfast_domain::rates::card::{PLANS_MAX, ResourceRates};
use holdfast_domain::rates::changes::{DatedChange, RatesChange};
use holdfast_domain::rates::condition::DateRange;
use holdfast_domain::rates::dated::DatedRates;
use holdfast_domain::rates::dated_edit::DatedEdit;
use holdfast_domain::rates::ids::PlanId;
use holdfast_domain::rates::validate::{CardContext, CardProblem};
use holdfast_domain::{Resource, ResourceId};
use jiff::ToSpan;
use jiff::civil::Date;
use thiserror::Error;

use crate::catalogue::edit::Run;
use crate::kernel::errors::{LedgerError, StoreError};
use crate::kernel::failure::Failure;
use crate::kernel::identity::Caller;
use crate::kernel::mutation::Mutation;
use crate::rates::cards::{ATTEMPTS_MAX, Rates};
use crate::rates::commit::DatedCommit;

/// The most lines of a call.
pub const LINES_MAX: usize = 500;
/// The most resources of a line, and of a call.
pub const LINE_RESOURCES_MAX: usize = 100;
/// The most lines of a call, each counted once for each of its resources.
pub const LINE_RESULTS_MAX: usize = 2_000;
/// The most months of one resource that a call reads and writes.
pub const LINE_MONTHS_MAX: usize = 36;
/// Resources that are edited at the same time.
const AT_ONCE: usize = 8;
/// The most changes of one write: its entry in the trail has room in an item.
pub const CHANGES_PER_WRITE_MAX: usize = 300;
/// The most months of one write: they have room in a transaction.
const MONTHS_PER_WRITE_MAX: usize = 12;

/// What a line does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineEdit {
    /// It sets something for dates under a plan.
    Set(DatedEdit),
    /// It copies everything that is set for a range to as many dates from another on.
    Copy {
        /// The range.
        range: DateRange,
        /// The first date that it is copied to.
        start: Date,
    },
}

impl LineEdit {
    /// The dates that it writes.
    fn target(&self) -> DateRange {
        match self {
            Self::Set(edit) => edit.dates,
            Self::Copy { range, start } => {
                let days = range.from.until(range.to).map_or(0, |span| span.get_days());
                DateRange { from: *start, to: start.saturating_add(days.days()) }
            }
        }
    }

    /// The dates that it only reads.
    fn source(&self) -> Option<DateRange> {
        match self {
            Self::Set(_) => None,
            Self::Copy { range, .. } => Some(*range),
        }
    }

    fn months(&self) -> BTreeSet<Month> {
        let months = |range: DateRange| {
            let firsts = range.from.first_of_month().series(1.month());
            // An empty range has none, and one that is longer than may be is not asked for more.
            firsts.take_while(move |first| *first < range.to).take(LINE_MONTHS_MAX + 1).map(Month::of)
        };
        months(self.target()).chain(self.source().into_iter().flat_map(months)).collect()
    }
}

/// A line: for some resources an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The resources.
    pub resources: Vec<ResourceId>,
    /// What it does for each.
    pub edit: LineEdit,
}

/// Why a line did nothing for a resource.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LineFault {
    /// There is no such resource.
    #[error("there is no such resource")]
    NoResource,
    /// The resource has no rate card.
    #[error("the resource has no rate card")]
    NoCard,
    /// What is set could not be said by a card of the resource.
    #[error("{}", in_words(.0))]
    Edit(Vec<CardProblem>),
    /// Its limits contradict what else is set for a date then.
    #[error("with what is set for {date} then, {}", in_words(.problems))]
    Contradiction {
        /// The first such date.
        date: Date,
        /// What is wrong with both together.
        problems: Vec<CardProblem>,
    },
    /// The dates make no range, or too long a one.
    #[error("{0}")]
    Range(RangeError),
    /// What is copied is set by the line itself or by a later one, so that the call would do something else when it is repeated.
    #[error("what is copied must not be set by the same line or a later one")]
    CopyOfSet,
    /// More plans than a month may have something set under.
    #[error("a month may have something set under at most {PLANS_MAX} plans")]
    Plans,
    /// More months than a call may have of one resource.
    #[error("a call may have dates of at most {LINE_MONTHS_MAX} months of one resource")]
    Months,
}

/// What a line did for a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineOutcome {
    /// The line's position in the call, from 0.
    pub line: usize,
    /// The resource.
    pub resource: ResourceId,
    /// Why nothing was done; done, if absent.
    pub fault: Option<LineFault>,
}

impl Rates {
    /// Does the lines of a call, and says of each what it did for each of its resources, in their order.
    ///
    /// # Errors
    /// [`Failure`] on an outage; some of the lines may be done then.
    pub async fn set_dates(
        &self,
        caller: &Caller,
        lines: &[Line],
        run: Run,
        mutation: &Mutation,
    ) -> Result<Vec<LineOutcome>, Failure> {
        let mut of_resources: BTreeMap<&ResourceId, Vec<(usize, &LineEdit)>> = BTreeMap::new();
        for (number, line) in lines.iter().enumerate() {
            for resource in line.resources.iter().collect::<BTreeSet<_>>() {
                of_resources.entry(resource).or_default().push((number, &line.edit));
            }
        }
        let mut edits = Vec::with_capacity(of_resources.len());
        for (resource, lines) in &of_resources {
            edits.push(self.set_dates_of(caller, resource, lines, run, mutation));
        }
        let done: Vec<_> = stream::iter(edits).buffered(AT_ONCE).try_collect().await?;
        let mut outcomes: Vec<LineOutcome> = done.into_iter().flatten().collect();
        outcomes.sort_by_key(|outcome| outcome.line);
        Ok(outcomes)
    }

    async fn set_dates_of(
        &self,
        caller: &Caller,
        id: &ResourceId,
        lines: &[(usize, &LineEdit)],
        run: Run,
        mutation: &Mutation,
    ) -> Result<Vec<LineOutcome>, Failure> {
        let (months, beyond) = months_of(lines);
        for _ in 0..ATTEMPTS_MAX {
            let resource = self.catalogue.resource(id).await?;
            let is_own = |resource: &Resource| caller.is_operator_of(resource.terms.property.as_ref());
            let Some(mut resource) = resource.filter(is_own) else {
                return Ok(lines
                    .iter()
                    .map(|(line, _)| outcome(*line, id, Some(LineFault::NoResource)))
                    .collect());
            };
            let (cards, before) = self.store.rates(id, &months).await?;
            let (after, outcomes) = self.decided(lines, &beyond, &resource, cards.as_ref(), &before);
            if run == Run::Dry || self.write(&mut resource, before, &after, mutation).await? {
                return Ok(outcomes);
            }
        }
        Err(StoreError::Contention(id.to_string()).into())
    }

    /// What is set after the lines, and what each of them did. What they set together is looked at when all are done, so that a call says the
    /// same when it is repeated: lines of which limits contradict each other then, or what stays set, are refused, and the others done anew.
    fn decided(
        &self,
        lines: &[(usize, &LineEdit)],
        beyond: &BTreeSet<usize>,
        resource: &Resource,
        cards: Option<&ResourceRates>,
        before: &DatedRates,
    ) -> (DatedRates, Vec<LineOutcome>) {
        let plans = plans_of(cards);
        let context = self.context(resource);
        let mut refused: BTreeMap<usize, LineFault> = BTreeMap::new();
        // Ends: each round refuses a line more.
        loop {
            let (mut after, mut outcomes) = (before.clone(), Vec::new());
            for (position, (line, edit)) in lines.iter().enumerate() {
                let later = &lines[position..];
                let fault = if let Some(fault) = refused.get(line) {
                    Some(fault.clone())
                } else if beyond.contains(line) {
                    Some(LineFault::Months)
                } else {
                    let done = self.done(edit, later, context, cards, &after);
                    // What is set under plans that no card has any more goes with the next edit.
                    match done.map(|rates| rates.of_plans(&plans)) {
                        Ok(rates) if rates.plans_of_a_month() > PLANS_MAX => Some(LineFault::Plans),
                        Ok(rates) => {
                            after = rates;
                            None
                        }
                        Err(fault) => Some(fault),
                    }
                };
                outcomes.push(outcome(*line, &resource.id, fault));
            }
            let done = lines.iter().zip(&outcomes).filter(|(_, outcome)| outcome.fault.is_none());
            let contradiction = |((line, edit), _): (&(usize, &LineEdit), &LineOutcome)| {
                let LineEdit::Set(edit) = edit else { return None };
                let (date, problems) = edit.contradiction(before, &after, context)?;
                Some((*line, LineFault::Contradiction { date, problems }))
            };
            let contradictions: Vec<_> = done.filter_map(contradiction).collect();
            if contradictions.is_empty() {
                return (after, outcomes);
            }
            refused.extend(contradictions);
        }
    }

    fn context(&self, resource: &Resource) -> CardContext {
        let currency = resource.terms.base_price.currency();
        CardContext { currency, step: self.charges.step(currency) }
    }

    /// What is set after a line. `later` are the line itself and those after it.
    fn done(
        &self,
        edit: &LineEdit,
        later: &[(usize, &LineEdit)],
        context: CardContext,
        cards: Option<&ResourceRates>,
        before: &DatedRates,
    ) -> Result<DatedRates, LineFault> {
        match edit {
            LineEdit::Set(edit) => {
                checked(edit, cards, context)?;
                before.edited(edit).map_err(LineFault::Range)
            }
            LineEdit::Copy { range, start } => {
                let is_set = |(_, line): &(usize, &LineEdit)| {
                    let target = line.target();
                    target.from < range.to && range.from < target.to
                };
                if later.iter().any(is_set) {
                    return Err(LineFault::CopyOfSet);
                }
                before.copied(*range, *start).map_err(LineFault::Range)
            }
        }
    }

    /// Writes what is set, in as many steps as it needs; false if somebody else came between.
    async fn write(
        &self,
        resource: &mut Resource,
        mut before: DatedRates,
        after: &DatedRates,
        mutation: &Mutation,
    ) -> Result<bool, Failure> {
        let changes = before.differing(after);
        let mut rest = &changes[..];
        // Ends: each step has a change at least.
        while !rest.is_empty() {
            let (step, more) = rest.split_at(step_of(rest));
            rest = more;
            let months = before.changed(step).changed_since(&before);
            let commit = DatedCommit::new(resource, months, RatesChange::Dates(step.to_vec()), mutation);
            match self.store.put_months(&commit).await {
                Ok(()) => {}
                Err(LedgerError::ResourceChanged) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
            before = before.written(&commit.months);
            *resource = commit.next;
        }
        Ok(true)
    }

    /// What is set for the months of some dates of a resource.
    ///
    /// # Errors
    /// [`Failure::NotFound`] without the resource.
    pub async fn dates(
        &self,
        caller: &Caller,
        id: &ResourceId,
        range: DateRange,
    ) -> Result<DatedRates, Failure> {
        self.resource(caller, id).await?;
        let months = LineEdit::Copy { range, start: range.from }.months();
        Ok(self.store.rates(id, &months).await?.1)
    }
}

/// Checks an edit against the cards that hold, are to, or can be tried: one that has its plan is enough.
fn checked(edit: &DatedEdit, cards: Option<&ResourceRates>, context: CardContext) -> Result<(), LineFault> {
    let cards = cards.into_iter().flat_map(|cards| {
        let versions = cards.versions.iter().map(|version| &version.card);
        versions.chain(&cards.draft)
    });
    let mut fault = LineFault::NoCard;
    for card in cards {
        match edit.clone().checked(card, context) {
            Ok(_) => return Ok(()),
            Err(problems) => fault = LineFault::Edit(problems),
        }
    }
    Err(fault)
}

/// The plans of the cards that hold, are to, or can be tried.
fn plans_of(cards: Option<&ResourceRates>) -> BTreeSet<PlanId> {
    let cards = cards.into_iter().flat_map(|cards| {
        let versions = cards.versions.iter().map(|version| &version.card);
        versions.chain(&cards.draft)
    });
    cards.flat_map(|card| &card.plans).map(|plan| plan.id.clone()).collect()
}

fn in_words(problems: &[CardProblem]) -> String {
    let words = problems.iter().map(|problem| match problem.path.trim_start_matches('/') {
        "" => problem.fault.to_string(),
        field => format!("{field}: {}", problem.fault),
    });
    words.collect::<Vec<_>>().join("; ")
}

fn outcome(line: usize, resource: &ResourceId, fault: Option<LineFault>) -> LineOutcome {
    LineOutcome { line, resource: resource.clone(), fault }
}

/// The months of a resource's lines, as many as may be, and the lines that have others.
fn months_of(lines: &[(usize, &LineEdit)]) -> (BTreeSet<Month>, BTreeSet<usize>) {
    let (mut months, mut beyond) = (BTreeSet::new(), BTreeSet::new());
    for (line, edit) in lines {
        let more: BTreeSet<Month> = &months | &edit.months();
        if more.len() > LINE_MONTHS_MAX {
            beyond.insert(*line);
        } else {
            months = more;
        }
    }
    (months, beyond)
}

/// How many of the first changes are written together; at least one.
fn step_of(changes: &[DatedChange]) -> usize {
    let mut months = BTreeSet::new();
    let fits = |change: &&DatedChange| {
        months.insert(Month::of(change.from));
        months.len() <= MONTHS_PER_WRITE_MAX
    };
    changes.iter().take(CHANGES_PER_WRITE_MAX).take_while(fits).count()
}
