"""Starts MiniStack with what is wrong in it for this application put right, each named by what goes wrong without it.

MiniStack 1.5.33 is started as it is otherwise: settings come from the environment that `stack.py` gives it.
The mends touch private names; the version is pinned, and a name that is gone stops the start instead of being skipped.
"""

from __future__ import annotations

import copy
import inspect
import json
import os
import random
import socketserver
import threading
import time
from pathlib import Path

import function_policies
import recorded_calls

REAPER_THREAD = "dynamodb-ttl-reaper"
REAPER_INTERVAL_SECONDS = 5
TTL_SERVICE_IDENTITY = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def answer_lambdas_without_delay() -> None:
    """The Lambda runtime API answers in small writes: with Nagle's algorithm each call waits 40 ms for an ACK."""
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True


def wait_less_for_silent_handlers() -> None:
    """After each call MiniStack waits 50 ms for a first log line; a handler that logs nothing always pays it."""
    from ministack.core import lambda_runtime

    patched = 0
    for _, worker in inspect.getmembers(lambda_runtime, inspect.isclass):
        drain = vars(worker).get("_drain_stderr_bounded")
        if drain is None:
            continue
        first_line_wait, *rest = drain.__defaults__
        assert first_line_wait == 0.050, "_drain_stderr_bounded has other defaults than the pinned version"
        drain.__defaults__ = (0.002, *rest)
        patched += 1
    assert patched, "no worker with _drain_stderr_bounded: the pinned version of MiniStack has changed"


def look_for_expired_items_often() -> None:
    """The TTL reaper sleeps 60 s between its passes: a test of the backstop should not take a minute.

    Must run before the DynamoDB module is imported, because the import starts the thread.
    """
    sleep = time.sleep

    def sleep_less_in_reaper(seconds: float) -> None:
        in_reaper = threading.current_thread().name == REAPER_THREAD
        sleep(min(seconds, REAPER_INTERVAL_SECONDS) if in_reaper else seconds)

    time.sleep = sleep_less_in_reaper


def emit_stream_records_for_ttl_deletions() -> None:
    """The TTL reaper removes items without a stream record; DynamoDB emits REMOVE with the service's user identity."""
    from ministack.core import responses
    from ministack.services import dynamodb

    remove_item = dynamodb._remove_item
    build_change_record = dynamodb._build_change_record

    def in_reaper() -> bool:
        return threading.current_thread().name == REAPER_THREAD

    def remove_item_and_tell(table: dict, pk_val: str, sk_val: str):
        old_item = remove_item(table, pk_val, sk_val)
        if old_item is not None and in_reaper():
            _, _, _, region, account, resource = table["TableArn"].split(":", 5)
            responses.set_request_account_id(account)
            responses.set_request_region(region)
            dynamodb._emit_stream_event(resource.removeprefix("table/"), "REMOVE", old_item, None)
        return old_item

    def build_change_record_with_identity(*args, **kwargs) -> dict:
        record = build_change_record(*args, **kwargs)
        if in_reaper():
            record["userIdentity"] = dict(TTL_SERVICE_IDENTITY)
        return record

    dynamodb._remove_item = remove_item_and_tell
    dynamodb._build_change_record = build_change_record_with_identity


def keep_ttl_of_templates() -> None:
    """CloudFormation's AWS::DynamoDB::Table drops TimeToLiveSpecification: nothing would ever expire."""
    from ministack.services import dynamodb
    from ministack.services.cloudformation import provisioners

    handlers = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]

    def with_ttl(provision, properties_position: int):
        def provision_with_ttl(*args, **kwargs):
            result = provision(*args, **kwargs)
            specification = args[properties_position].get("TimeToLiveSpecification")
            if specification:
                enabled = str(specification.get("Enabled")).lower() == "true"
                dynamodb._update_ttl(
                    {"TableName": result[0], "TimeToLiveSpecification": specification | {"Enabled": enabled}}
                )
            return result

        return provision_with_ttl

    handlers["create"] = with_ttl(handlers["create"], properties_position=1)
    handlers["update"] = with_ttl(handlers["update"], properties_position=2)


def refer_to_secrets_by_arn() -> None:
    """`Ref` of a template's secret gives its name, on AWS its ARN: no policy that says it so would allow anything."""
    from ministack.services import secretsmanager
    from ministack.services.cloudformation import provisioners

    handlers = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
    create, update, delete = (handlers[name] for name in ("create", "update", "delete"))

    def name_of(physical_id: str) -> str:
        return secretsmanager._resolve(physical_id)[0] or physical_id

    def with_arn(result: tuple) -> tuple:
        return result[1]["Arn"], result[1]

    handlers["create"] = lambda *args, **kwargs: with_arn(create(*args, **kwargs))
    handlers["update"] = lambda physical_id, *args, **kwargs: with_arn(update(name_of(physical_id), *args, **kwargs))
    handlers["delete"] = lambda physical_id, *args, **kwargs: delete(name_of(physical_id), *args, **kwargs)


def read_streams_from_the_start_after_a_restart() -> None:
    """How far a function has read a stream is saved, the stream's records are not: it would skip as many new ones."""
    from ministack.services import lambda_svc

    restore_positions = lambda_svc._restore_esm_positions

    def restore_unless_of_a_stream(store, positions) -> None:
        if store is not lambda_svc._dynamodb_stream_positions:
            restore_positions(store, positions)

    lambda_svc._restore_esm_positions = restore_unless_of_a_stream


def keep_unread_stream_records_over_a_restart() -> None:
    """A clean stop saves the tables and forgets what their streams had not handed out yet: those changes are never told."""
    from ministack.services import dynamodb, lambda_svc

    get_state = dynamodb.get_state
    load_persisted_state = dynamodb.load_persisted_state

    def unread(account_id: str, region: str, table_name: str, records: list) -> list:
        """What the slowest reader of the stream still has to read."""
        trimmed = dynamodb._trimmed_count(table_name, account_id, region)
        readers = [
            (account, place, esm_id)
            for (account, place, esm_id), esm in lambda_svc._esms.all_items()
            if f":table/{table_name}/stream/" in esm.get("EventSourceArn", "")
        ]
        if not readers:
            return []
        positions = [lambda_svc._dynamodb_stream_positions.get_scoped(*reader) or 0 for reader in readers]
        return records[max(0, min(positions) - trimmed):]

    def get_state_with_streams() -> dict:
        streams = type(dynamodb._stream_records)()
        for (account_id, region, table_name), records in dynamodb._stream_records.all_items():
            streams.set_scoped(account_id, region, table_name, unread(account_id, region, table_name, list(records)))
        return get_state() | {"stream_records": streams}

    def load_state_with_streams(data) -> None:
        load_persisted_state(data)
        for (account_id, region, table_name), records in data.get("stream_records", type(dynamodb._stream_records)()).all_items():
            dynamodb._stream_records.set_scoped(account_id, region, table_name, records)

    dynamodb.get_state = get_state_with_streams
    dynamodb.load_persisted_state = load_state_with_streams


# A stream hands out again what a function cannot do, 500 times by our template. AWS does so at once, which takes a record that
# nobody can read out of the way within a minute; MiniStack waits a second or more each time, and nothing behind the record goes on.
STREAM_RETRIES_MAX = 20


def retry_what_a_batch_did_not_do() -> None:
    """Of a stream's batch whose function reports failed records (`batchItemFailures`) MiniStack takes all as done, so that one
    passing fault loses the rest of the batch; of a queue's it deletes the messages that no report names, also if the report
    cannot be understood.

    AWS goes on at the lowest sequence number that was reported, and a report that names no record of the batch is a failure of
    the whole batch. A failure is what MiniStack handles rightly: it reads the stream again from where it is, after a pause.
    A record that is reported more than STREAM_RETRIES_MAX times in a row is passed over; here it comes to no queue of failures.
    """
    from ministack.services import lambda_svc

    here = threading.local()
    reported: dict[str, tuple[str, int]] = {}
    execute_function = lambda_svc._execute_function

    def marks_as_source(poll):
        def poll_as_source(*args, **kwargs):
            here.is_source = True
            try:
                return poll(*args, **kwargs)
            finally:
                here.is_source = False

        return poll_as_source

    def execute_and_heed_report(func: dict, event: dict) -> dict:
        result = execute_function(func, event)
        if not getattr(here, "is_source", False) or result.get("error"):
            return result
        records = event["Records"]
        of_stream = records[0]["eventSource"] == "aws:dynamodb"
        mapping = mapping_of(func, records[0]["eventSourceARN"])
        if mapping is None or "ReportBatchItemFailures" not in mapping.get("FunctionResponseTypes", []):
            return result
        names = [record["dynamodb"]["SequenceNumber"] if of_stream else record["messageId"] for record in records]
        failed = failed_of_batch(result.get("body"), names)
        if not failed or (not of_stream and len(failed) < len(records)):
            return result
        if of_stream:
            first = records[min(failed)]["eventID"]
            go_on_at(mapping, first, passed_over=is_given_up(mapping["UUID"], first))
        message = f"{len(failed)} of {len(records)} records reported as not done, from {names[min(failed)]} on"
        return {"error": True, "body": {"errorType": "BatchItemFailures", "errorMessage": message}, "log": result.get("log", "")}

    def mapping_of(func: dict, source: str) -> dict | None:
        name = func["config"]["FunctionName"]
        for _, _, mapping in lambda_svc._iter_all_esms():
            if (mapping["EventSourceArn"], mapping["FunctionName"]) == (source, name):
                return mapping
        return None

    def is_given_up(mapping: str, event_id: str) -> bool:
        known, times = reported.get(mapping, ("", 0))
        times = times + 1 if known == event_id else 1
        reported[mapping] = (event_id, times)
        return times > STREAM_RETRIES_MAX

    def go_on_at(mapping: dict, event_id: str, passed_over: bool) -> None:
        """The position of the mapping is that of this record, which has none before it that is not done, or the next one's."""
        from ministack.services import dynamodb

        table = mapping["EventSourceArn"].split("/stream/")[0].split("/")[-1]
        begin = dynamodb.stream_start_position(table)
        for number, record in enumerate(dynamodb.stream_live_records(table)):
            if record["eventID"] == event_id:
                with lambda_svc._dynamodb_stream_positions_lock:
                    lambda_svc._dynamodb_stream_positions[mapping["UUID"]] = begin + number + passed_over
                return

    lambda_svc._execute_function = execute_and_heed_report
    lambda_svc._poll_dynamodb_streams = marks_as_source(lambda_svc._poll_dynamodb_streams)
    lambda_svc._run_sqs_batch = marks_as_source(lambda_svc._run_sqs_batch)


def failed_of_batch(answer: object, names: list[str]) -> list[int]:
    """Which of the records of these names a function reports as not done, in the batch's order; all, if its report names one that
    is not there. https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html"""
    if isinstance(answer, (str, bytes)):
        try:
            answer = json.loads(answer)
        except ValueError:
            answer = None
    report = (answer.get("batchItemFailures") if isinstance(answer, dict) else None) or []
    reported = {failure.get("itemIdentifier") if isinstance(failure, dict) else None for failure in report}
    if not reported <= set(names):
        return list(range(len(names)))
    return [number for number, name in enumerate(names) if name in reported]


def give_the_api_a_lasting_address() -> None:
    """An API gets a random id, and with it another address whenever the stack begins empty; what was noted of it leads nowhere."""
    from ministack.services import apigateway
    from ministack.services.cloudformation import provisioners

    handlers = provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]
    create = handlers["create"]

    def create_with_id(logical_id, properties, stack_name):
        wanted = stack_name.lower()
        if apigateway.find_api_scope(wanted) is None:
            properties = properties | {"Tags": (properties.get("Tags") or {}) | {"ms-custom-id": wanted}}
        return create(logical_id, properties, stack_name)

    handlers["create"] = create_with_id


def keep_mails_over_a_restart() -> None:
    """Mails that were sent are forgotten at a clean stop, and with them what a test could read."""
    from ministack.services import ses

    get_state = ses.get_state
    load_persisted_state = ses.load_persisted_state

    def load_state_with_mails(data) -> None:
        load_persisted_state(data)
        if "sent_emails" in data:
            ses._sent_emails.update(data["sent_emails"])

    ses.get_state = lambda: get_state() | {"sent_emails": copy.deepcopy(ses._sent_emails)}
    ses.load_persisted_state = load_state_with_mails


def evaluate_task_timeouts() -> None:
    """A JSONata `TimeoutSeconds` reaches the wait as text and fails the execution; AWS evaluates it when the state is entered."""
    from ministack.services import stepfunctions

    execute_task = stepfunctions._execute_task

    def execute_task_with_timeout(state: dict, raw_input, execution, context):
        if isinstance(state.get("TimeoutSeconds"), str):
            seconds = stepfunctions._jsonata_state_field(state, "TimeoutSeconds", "number", raw_input, context)
            state = state | {"TimeoutSeconds": seconds}
        return execute_task(state, raw_input, execution, context)

    stepfunctions._execute_task = execute_task_with_timeout


def fail_tasks_that_could_not_hand_over_their_token() -> None:
    """The error of a function that was to keep a task token is swallowed and the token waited for; AWS fails the task."""
    from ministack.services import stepfunctions

    class HandOverFailed(Exception):
        pass

    here = threading.local()
    invoke_with_callback = stepfunctions._invoke_with_callback
    call_lambda = stepfunctions._call_lambda

    def invoke_with_callback_or_fail(resource, input_data, token, state):
        here.hands_over = True
        try:
            return invoke_with_callback(resource, input_data, token, state)
        except HandOverFailed as failed:
            stepfunctions._task_tokens.pop(token, None)
            raise failed.__cause__ from None
        finally:
            here.hands_over = False

    def call_lambda_and_tell(function, event):
        try:
            return call_lambda(function, event)
        except stepfunctions._ExecutionError as error:
            if getattr(here, "hands_over", False):
                raise HandOverFailed from error
            raise

    stepfunctions._invoke_with_callback = invoke_with_callback_or_fail
    stepfunctions._call_lambda = call_lambda_and_tell


def retry_as_the_retrier_says() -> None:
    """`MaxDelaySeconds` and `JitterStrategy` of a retrier are ignored: a parked saga would take minutes instead of seconds."""
    from ministack.services import stepfunctions

    here = threading.local()
    find_matching_retrier = stepfunctions._find_matching_retrier
    scaled_sleep = stepfunctions._scaled_sleep

    def find_and_remember_retrier(retriers, error, counts):
        found = find_matching_retrier(retriers, error, counts)
        here.retrier = found[0]
        return found

    def sleep_as_said(seconds: float) -> None:
        # The sleep after a retrier was found is the one before the retry; any other stays as it is.
        retrier, here.retrier = getattr(here, "retrier", None), None
        if retrier is not None:
            seconds = min(seconds, retrier.get("MaxDelaySeconds", seconds))
            if retrier.get("JitterStrategy") == "FULL":
                seconds = random.uniform(0, seconds)
        scaled_sleep(seconds)

    stepfunctions._find_matching_retrier = find_and_remember_retrier
    stepfunctions._scaled_sleep = sleep_as_said


def read_origins_of_templates() -> None:
    """A template's CORS configuration is kept under the template's names, and read under those of the API: no origin may call."""
    from ministack.services import apigateway

    def with_names_of_the_api(configuration: dict) -> dict:
        return {name[:1].lower() + name[1:]: value for name, value in configuration.items()}

    headers, preflight = apigateway._cors_response_headers, apigateway._cors_preflight_response
    apigateway._cors_response_headers = lambda configuration, origin: headers(with_names_of_the_api(configuration), origin)
    apigateway._cors_preflight_response = lambda configuration, origin: preflight(with_names_of_the_api(configuration), origin)


def main() -> None:
    answer_lambdas_without_delay()
    wait_less_for_silent_handlers()
    look_for_expired_items_often()
    emit_stream_records_for_ttl_deletions()
    keep_ttl_of_templates()
    refer_to_secrets_by_arn()
    read_streams_from_the_start_after_a_restart()
    keep_unread_stream_records_over_a_restart()
    retry_what_a_batch_did_not_do()
    give_the_api_a_lasting_address()
    keep_mails_over_a_restart()
    evaluate_task_timeouts()
    fail_tasks_that_could_not_hand_over_their_token()
    retry_as_the_retrier_says()
    read_origins_of_templates()
    function_policies.hold_functions_to_their_policies()
    if record := os.environ.pop(recorded_calls.FILE_VARIABLE, None):
        recorded_calls.record_calls(Path(record))

    from ministack.app import main as ministack

    ministack()


if __name__ == "__main__":
    main()
