//! The emergency stop of new holds, of a resource or of all: operators set it, and each setting has its entry in a trail.

use std::sync::Arc;

use holdfast_domain::TrailSubject;

use crate::catalogue::commit::StopCommit;
use crate::catalogue::port::HoldStopSwitch;
use crate::kernel::errors::{LedgerError, StoreError};
use crate::kernel::failure::Failure;
use crate::kernel::identity::Caller;
use crate::kernel::mutation::Mutation;

/// How often a stop is set anew, because somebody else was first.
const ATTEMPTS_MAX: usize = 8;

/// The use case of operators who stop new holds.
pub struct Stops(Arc<dyn HoldStopSwitch>);

impl Stops {
    /// Over what keeps the stops.
    #[must_use]
    pub fn new(switch: Arc<dyn HoldStopSwitch>) -> Self {
        Self(switch)
    }

    /// Stops new holds, or takes them again. What is so already stays, without an entry.
    ///
    /// # Errors
    /// [`Failure::NotFound`] of a resource that does not exist, or not for this operator. [`Failure::Forbidden`] where all resources are
    /// meant, and the caller is not an operator of all.
    pub async fn set(
        &self,
        caller: &Caller,
        subject: &TrailSubject,
        stopped: bool,
        mutation: &Mutation,
    ) -> Result<(), Failure> {
        match subject {
            TrailSubject::AllResources if !caller.is_platform() => {
                return Err(Failure::Forbidden(
                    "only staff of the platform may stop the holds of every property",
                ));
            }
            TrailSubject::AllResources | TrailSubject::Resource(_) | TrailSubject::Property(_) => {}
        }
        for _ in 0..ATTEMPTS_MAX {
            let state = self.0.stop_of(subject).await?.ok_or(Failure::NotFound("resource"))?;
            // Whoever moves the resource to another property makes an entry in the trail, upon which the write is refused.
            if !caller.is_operator_of(state.property.as_ref()) {
                return Err(Failure::NotFound("resource"));
            }
            if state.stopped == stopped {
                return Ok(());
            }
            match self.0.put_stop(&StopCommit::new(subject, &state, stopped, mutation)).await {
                Err(LedgerError::ResourceChanged) => {}
                Err(error) => return Err(error.into()),
                Ok(()) => return Ok(()),
            }
        }
        Err(StoreError::Contention(subject.name().into_owned()).into())
    }
}
