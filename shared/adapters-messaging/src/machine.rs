//! A state machine, and how its executions are named.

use aws_sdk_sfn::Client;
use holdfast_app::WorkflowError;
use holdfast_domain::BookingId;
use serde_json::json;

use crate::client::OnFirstUse;

/// The longest name of an execution, in characters.
const NAME_LENGTH_MAX: usize = 80;

/// One state machine.
#[derive(Debug, Clone)]
pub(crate) struct StateMachine {
    pub(crate) client: OnFirstUse<Client>,
    arn: String,
}

impl StateMachine {
    pub(crate) fn new(client: impl Into<OnFirstUse<Client>>, arn: &str) -> Self {
        Self { client: client.into(), arn: arn.to_owned() }
    }

    /// Starts the execution of that name; if there is one already, this has no effect.
    pub(crate) async fn start(&self, name: String, input: String) -> Result<(), WorkflowError> {
        let execution = self.client.start_execution().state_machine_arn(&self.arn);
        match execution.name(name).input(input).send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_execution_already_exists()) =>
            {
                Ok(())
            }
            Err(error) => Err(WorkflowError(Box::new(error))),
        }
    }

    /// The ARN of its execution of that name.
    pub(crate) fn execution(&self, name: &str) -> String {
        execution_arn(&self.arn, name)
    }
}

/// The name of an execution: what Step Functions allows of `text`. The end is kept, since that is what tells two
/// executions of one booking apart.
pub(crate) fn execution_name(booking: &BookingId, cause: Option<&str>) -> String {
    let clean = |text: &str| -> String {
        text.chars()
            .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '-' })
            .collect()
    };
    let mut name = clean(booking.as_str());
    if let Some(cause) = cause {
        let mut cause = clean(cause);
        cause = cause.split_off(cause.len().saturating_sub(NAME_LENGTH_MAX / 2));
        name.truncate(NAME_LENGTH_MAX - 1 - cause.len());
        name = format!("{name}-{cause}");
    }
    name.truncate(NAME_LENGTH_MAX);
    name
}

/// The name of the execution that resumes a booking's saga for that time.
pub(crate) fn resumption_name(booking: &BookingId, number: u32) -> String {
    execution_name(booking, Some(&format!("resume-{number}")))
}

pub(crate) fn input(booking: &BookingId, trace: Option<&str>) -> String {
    match trace {
        Some(trace) => json!({ "bookingId": booking.as_str(), "traceparent": trace }),
        None => json!({ "bookingId": booking.as_str() }),
    }
    .to_string()
}

/// The ARN of a machine's execution of that name.
fn execution_arn(machine: &str, name: &str) -> String {
    format!("{}:{name}", machine.replacen(":stateMachine:", ":execution:", 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(booking: &str, cause: Option<&str>, expected: &str) {
        let booking = BookingId::parse(booking).expect("valid");
        assert_eq!(execution_name(&booking, cause), expected);
    }

    #[test]
    fn executions_are_named_after_booking_and_cause() {
        check("bkg_1", None, "bkg_1");
        check("bkg_1", Some("cancel"), "bkg_1-cancel");
        check("bkg:1", Some("evt/1 #"), "bkg-1-evt-1--");
        assert_eq!(resumption_name(&BookingId::parse("bkg_1").expect("valid"), 2), "bkg_1-resume-2");
    }

    #[test]
    fn an_execution_is_named_after_its_machine() {
        assert_eq!(
            execution_arn("arn:aws:states:us-east-1:1:stateMachine:holdfast-booking", "bkg_1"),
            "arn:aws:states:us-east-1:1:execution:holdfast-booking:bkg_1"
        );
    }

    #[test]
    fn names_are_bounded_and_differ_all_the_same() {
        let booking = BookingId::parse(&"b".repeat(64)).expect("valid");
        let name = |cause: &str| execution_name(&booking, Some(cause));
        let long = format!("evt_{}", "x".repeat(60));
        assert!(name(&format!("{long}1")).len() <= NAME_LENGTH_MAX);
        assert_ne!(name(&format!("{long}1")), name(&format!("{long}2")));
        assert_ne!(name("cancel"), name("evt_1"));
    }

    #[test]
    fn a_saga_is_told_booking_and_trace() {
        let booking = BookingId::parse("bkg_1").expect("valid");
        assert_eq!(input(&booking, None), r#"{"bookingId":"bkg_1"}"#);
        assert_eq!(input(&booking, Some("00-1")), r#"{"bookingId":"bkg_1","traceparent":"00-1"}"#);
    }
}
