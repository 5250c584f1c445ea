//! Steps of the model test's histories, generated.

use holdfast_domain::{Hold, Resource, SlotPlaces};
use holdfast_testkit::{Fault, hold_for};
use jiff::Timestamp;
use proptest::prelude::*;

/// Before the nights of the steps, whatever days pass.
pub(crate) const FIRST_NIGHT: u8 = 12;

/// Two guests share the holds.
fn guest_of(key: u8) -> &'static str {
    if key.is_multiple_of(2) { "guest" } else { "other" }
}

#[derive(Debug, Clone)]
pub(crate) enum Step {
    Place {
        key: u8,
        from: u8,
        nights: u8,
        quantity: u32,
        /// Whether every second night takes a place more.
        uneven: bool,
    },
    /// The request of a hold comes again, as another try of the guest's.
    Again {
        key: u8,
    },
    /// The last commit of a booking comes again.
    Repeat {
        key: u8,
    },
    /// TTL deletes what it may. Its deliveries are `Expire`, whenever they come.
    Sweep,
    Days {
        days: i64,
    },
    Extend {
        key: u8,
        request: u8,
    },
    Release {
        key: u8,
    },
    Expire {
        key: u8,
    },
    Open {
        key: u8,
    },
    Confirm {
        key: u8,
    },
    Fail {
        key: u8,
    },
    Cancel {
        key: u8,
    },
    Pass {
        seconds: i64,
    },
    /// What is given is set for two nights.
    Places {
        from: u8,
        capacity: Option<u32>,
        overbooking: Option<u32>,
    },
    Close {
        from: u8,
        closed: bool,
    },
    /// Others report their sales of a night.
    Elsewhere {
        from: u8,
        sold: u32,
    },
}

impl Step {
    /// Whether all of it is one write or several that meet themselves again. A booking's transaction says `Stale` to a
    /// repetition, and leaves it to the use case to find its own write.
    pub(crate) fn repeats_itself(&self) -> bool {
        !matches!(
            self,
            Self::Open { .. }
                | Self::Repeat { .. }
                | Self::Confirm { .. }
                | Self::Fail { .. }
                | Self::Cancel { .. }
        )
    }
}

/// What goes wrong at which call of a step, and how often: an answer that gets lost at every try leaves the caller with an
/// outage, and the caller repeats the step.
pub(crate) type Trouble = Option<(Fault, usize, usize)>;

/// Steps, each with its trouble. In many histories few holds have many steps: what needs several steps of one hold is met often.
pub(crate) fn steps() -> impl Strategy<Value = Vec<(Step, Trouble)>> {
    prop_oneof![2 => steps_of(1), 1 => steps_of(2), 2 => steps_of(6)]
}

fn steps_of(holds: u8) -> impl Strategy<Value = Vec<(Step, Trouble)>> {
    let key = move || 0..holds;
    let step = prop_oneof![
        6 => (key(), 1u8..6, 1u8..4, 1u32..3, prop::bool::weighted(0.2)).prop_map(
            |(key, from, nights, quantity, uneven)| Step::Place { key, from, nights, quantity, uneven }
        ),
        1 => (key(), 0u8..3).prop_map(|(key, request)| Step::Extend { key, request }),
        2 => key().prop_map(|key| Step::Release { key }),
        2 => key().prop_map(|key| Step::Expire { key }),
        3 => key().prop_map(|key| Step::Open { key }),
        3 => key().prop_map(|key| Step::Confirm { key }),
        1 => key().prop_map(|key| Step::Fail { key }),
        1 => key().prop_map(|key| Step::Cancel { key }),
        3 => (1i64..70).prop_map(|seconds| Step::Pass { seconds }),
        2 => key().prop_map(|key| Step::Again { key }),
        1 => key().prop_map(|key| Step::Repeat { key }),
        1 => Just(Step::Sweep),
        1 => (1i64..9).prop_map(|days| Step::Days { days }),
        2 => (1u8..6, prop::option::weighted(0.7, 0u32..5), prop::option::of(0u32..4))
            .prop_map(|(from, capacity, overbooking)| Step::Places { from, capacity, overbooking }),
        1 => (1u8..6, any::<bool>()).prop_map(|(from, closed)| Step::Close { from, closed }),
        1 => (1u8..8, 0u32..5).prop_map(|(from, sold)| Step::Elsewhere { from, sold }),
    ];
    let once =
        (prop::sample::select(&Fault::ALL[..]), 0usize..3).prop_map(|(fault, passes)| (fault, passes, 1));
    let lasting = (0usize..3).prop_map(|passes| (Fault::AnswerLost, passes, usize::MAX));
    let trouble = prop::option::weighted(0.3, prop_oneof![3 => once, 1 => lasting]);
    prop::collection::vec((step, trouble), 1..40)
}

/// What a request for a hold asks for.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) from: u8,
    pub(crate) nights: u8,
    pub(crate) quantity: u32,
    pub(crate) uneven: bool,
}

impl Asked {
    pub(crate) fn hold(&self, room: &Resource, key: u8, now: Timestamp) -> Hold {
        let first = FIRST_NIGHT + self.from;
        let range = (format!("2030-06-{first:02}"), format!("2030-06-{:02}", first + self.nights));
        let range = (&*range.0, &*range.1);
        let mut hold = hold_for(room, guest_of(key), &format!("k{key}"), range, self.quantity, now);
        let placement = &mut hold.order.placements[0];
        let more = |n: usize| u32::from(self.uneven && n % 2 == 1);
        let places = placement.places.iter().enumerate();
        let places = places.map(|(n, (slot, quantity))| (slot.clone(), quantity + more(n)));
        placement.places = SlotPlaces::new(places).expect("ascending nights");
        hold
    }
}
