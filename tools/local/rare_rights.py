"""Rights for what an end-to-end run does not bring about, or only sometimes: each with a test that does, on the same adapters.

A line says nothing of a right that a run needs after all; one for a right that no role has is an error (`policy_check.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

RESOURCES, BOOKINGS, CASES, CYCLE, TASK_TOKENS = "R#*", "B#*", "X#*", "Y#reconciliation", "T#*"
PROPERTIES, SERIES = "PR#*", "N#*"
RECORDS, TURNS, PROMOTION_USES = "H#*", "Q#payments", "PC#*"
LEDGER, HOLDS, CONFIDENTIAL = "TablesLedger", "TablesHolds", "TablesConfidential"
GET, GET_MANY, QUERY, PUT, UPDATE, DELETE, CHECK = (
    f"dynamodb:{name}"
    for name in ("GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem")
)
BOOKING_MACHINE, CANCELLATION_MACHINE = "stateMachine:holdfast-booking", "stateMachine:holdfast-cancellation"

LEDGER_TESTS = "shared/adapters-dynamodb/tests/ledger"
USE_CASES = "tests/usecases/tests/usecases"


@dataclass(frozen=True)
class Rare:
    function: str
    action: str
    # As a right has it (`policies.py`).
    place: str
    keys: str
    # The test that takes the path.
    file: str
    test: str

    def __str__(self) -> str:
        return f"{self.function}: {self.action} on {self.place}" + (f" of {self.keys}" if self.keys else "")


def after_a_refusal(function: str, *actions: str) -> list[Rare]:
    """A page refuses a write that was made without reading it: it is read and decided anew. Several pages are read at once."""
    by = {
        GET: (f"{LEDGER_TESTS}/model.rs", "the_ledger_does_what_the_domain_decides"),
        PUT: (f"{LEDGER_TESTS}/model.rs", "the_ledger_does_what_the_domain_decides"),
        GET_MANY: (f"{LEDGER_TESTS}/exchanges.rs", "one_commit_frees_and_takes_over_pages_and_resources"),
    }
    return [Rare(function, action, LEDGER, RESOURCES, *by[action]) for action in actions]


RARE: tuple[Rare, ...] = (
    *after_a_refusal("confirm", GET_MANY, PUT),
    *after_a_refusal("cancel", GET, GET_MANY, PUT),
    *after_a_refusal("payment", GET_MANY, PUT),
    *after_a_refusal("hold-expiry", GET_MANY, PUT),
    # A late payment takes places of a page that is gone.
    Rare("payment", CHECK, LEDGER, RESOURCES, f"{LEDGER_TESTS}/exchanges.rs", "one_commit_frees_and_takes_over_pages_and_resources"),
    # A use of a promotion that was given back is counted again by a late payment, and given back by a charge that fails too late.
    Rare("payment", UPDATE, LEDGER, PROMOTION_USES, f"{USE_CASES}/promotions.rs",
         "a_late_payment_is_honoured_and_counted_beyond_the_limit"),
    Rare("payment", DELETE, LEDGER, PROMOTION_USES, f"{USE_CASES}/promotions.rs",
         "a_booking_that_cannot_be_charged_leaves_the_use_to_its_hold_or_gives_it_back"),
    Rare("payment", "states:SendTaskSuccess", BOOKING_MACHINE, "", f"{USE_CASES}/customer.rs",
         "a_customer_who_was_faster_than_the_callback_is_not_waited_for"),
    # Two payments begin within a millisecond, which is the pace of the local stack.
    Rare("payment", UPDATE, HOLDS, TURNS, "shared/adapters-dynamodb/src/payments/turns.rs",
         "turns_come_one_after_the_other_and_who_would_wait_too_long_has_none"),
    # A settlement asks whether a refund was made otherwise.
    Rare("payment", GET, LEDGER, CASES, f"{USE_CASES}/late_news.rs", "no_settlement_pays_to_the_card_what_was_paid_otherwise"),
    Rare("payment", QUERY, LEDGER, BOOKINGS, f"{USE_CASES}/late_news.rs", "no_settlement_pays_to_the_card_what_was_paid_otherwise"),
    # The function that released a hold has died before it wrote that into the record.
    Rare("hold-expiry", UPDATE, HOLDS, RECORDS, f"{USE_CASES}/expiry.rs", "a_release_is_recorded_though_its_function_died"),
    Rare("stripe-webhook", "states:StartExecution", CANCELLATION_MACHINE, "", f"{USE_CASES}/late_news.rs",
         "a_refund_of_what_is_disputed_is_for_a_person_and_is_made_when_the_dispute_is_won"),
    # A secret serves for minutes: one that was read before the record began is not read again in it.
    *(
        Rare(function, "secretsmanager:GetSecretValue", secret, "", "shared/adapters-secrets/tests/secrets.rs",
             "each_key_is_read_from_its_own_secret_which_is_fetched_once")
        for function, secret in (
            ("payment", "ProviderSecret"), ("reconciliation", "ProviderSecret"), ("stripe-webhook", "ProviderSecret"),
            ("stripe-webhook", "ProviderWebhookSecret"), ("partner", "ProviderPartnerSecret"),
        )
    ),
    # A resource moves to another place or becomes of another type.
    Rare("projector", "dynamodb:DeleteItem", "TablesSearch", "", f"{LEDGER_TESTS}/index.rs", "a_resource_that_moved_is_listed_where_it_is"),
    # The local stack verifies the domain alone; AWS checks the address where that is verified too.
    Rare("notify", "ses:SendEmail", "identity/bookings@example.com", "", "tools/local/tests/test_function_policies.py",
         "test_a_mail_needs_the_identity_that_it_is_sent_from"),
    # Only its dry run belongs to an end-to-end run: it keeps nothing and repairs nothing.
    Rare("reconciliation", GET, LEDGER, RESOURCES, f"{USE_CASES}/reconciliation.rs", "a_page_that_is_written_while_it_is_compared_is_left_to_the_next_run"),
    Rare("reconciliation", PUT, LEDGER, RESOURCES, f"{LEDGER_TESTS}/model.rs", "the_ledger_does_what_the_domain_decides"),
    Rare("reconciliation", UPDATE, LEDGER, RESOURCES, f"{USE_CASES}/reconciliation.rs", "a_dead_hold_is_dropped_also_when_its_record_is_gone"),
    Rare("reconciliation", GET, LEDGER, BOOKINGS, f"{USE_CASES}/reconciliation.rs", "a_refund_nobody_rang_for_is_written_down"),
    Rare("reconciliation", PUT, LEDGER, BOOKINGS, f"{USE_CASES}/reconciliation.rs", "a_refund_nobody_rang_for_is_written_down"),
    Rare("reconciliation", QUERY, LEDGER, BOOKINGS, f"{USE_CASES}/late_news.rs", "a_note_of_a_refund_of_which_nothing_is_left_counts"),
    *(
        Rare("reconciliation", action, LEDGER, keys, f"{USE_CASES}/receipts_reconciled.rs",
             "the_receipt_of_a_last_refund_whose_event_is_lost_is_issued_once_under_the_next_number")
        for action, keys in ((GET, PROPERTIES), (GET, SERIES), (PUT, SERIES))
    ),
    Rare("reconciliation", GET, LEDGER, CASES, f"{USE_CASES}/reconciliation.rs", "a_page_that_does_not_add_up_is_parked_once_a_week"),
    Rare("reconciliation", PUT, LEDGER, CASES, f"{USE_CASES}/reconciliation.rs", "a_page_that_does_not_add_up_is_parked_once_a_week"),
    Rare("reconciliation", GET, LEDGER, CYCLE, f"{USE_CASES}/cycles.rs", "a_cycle_of_many_runs_finds_what_one_run_finds"),
    Rare("reconciliation", PUT, LEDGER, CYCLE, f"{USE_CASES}/cycles.rs", "a_cycle_of_many_runs_finds_what_one_run_finds"),
    Rare("reconciliation", GET, CONFIDENTIAL, TASK_TOKENS, f"{USE_CASES}/customer.rs",
         "a_customer_who_comes_late_gets_free_places_or_the_money_back"),
    Rare("reconciliation", "events:PutEvents", "ChannelsBus", "", "shared/adapters-messaging/src/events/bus.rs",
         "calls_are_bounded_in_entries_and_bytes"),
    Rare("reconciliation", "states:DescribeExecution", "execution:holdfast-booking:*", "", f"{USE_CASES}/reconciliation.rs",
         "a_booking_whose_saga_is_over_is_resumed_some_times_and_then_for_review"),
    Rare("reconciliation", "states:SendTaskSuccess", BOOKING_MACHINE, "", f"{USE_CASES}/customer.rs",
         "a_customer_who_comes_late_gets_free_places_or_the_money_back"),
    Rare("reconciliation", "states:StartExecution", BOOKING_MACHINE, "", f"{USE_CASES}/reconciliation.rs",
         "a_booking_whose_saga_never_ran_has_it_started"),
    Rare("reconciliation", "states:StartExecution", CANCELLATION_MACHINE, "", f"{USE_CASES}/reconciliation.rs",
         "a_cancellation_that_was_never_settled_is_settled"),
)
