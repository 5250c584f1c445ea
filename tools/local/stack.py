"""The local stack's command line; the Makefile's targets call it. Standard library only."""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import signal
import sys
import time
import urllib.error
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import arguments as check
import aws
import build
import calling
import chaos as chaos_run
import config
import deploy
import logs
import prerequisites
import processes
import reconcile as reconciliation
import restore_drill as restoring
import running
import services
import watching
from commands import tool_env
from console import Stop, say, step

LOG_MINUTES = 5


@contextmanager
def only_one() -> Iterator[None]:
    """Two `make up` or `make down` at once would undo each other's work."""
    config.LOCAL_DIR.mkdir(exist_ok=True)
    with (config.LOCAL_DIR / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Stop(f"Process {lock.read().strip()} is starting or stopping this stack: wait for it to end, then run the command again.") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def up(arguments: argparse.Namespace) -> None:
    if arguments.foreign_emulator:
        services.ensure_foreign_emulator()
    bring_up(services.NEIGHBOURS if arguments.foreign_emulator else services.USUAL)


def bring_up(wanted: tuple[services.Service, ...]) -> None:
    """Installs, builds, starts these services, deploys."""
    started = time.monotonic()
    with only_one():
        say("Starting the local stack")
        install_tools()
        build.build_functions()
        start(wanted)
        deploy.deploy()
        watching.give_back_what_was_left()
        deploy.load_catalogue()
    say(f"Up after {time.monotonic() - started:.0f} s: {running.values()['API_URL']}")


def start(wanted: tuple[services.Service, ...]) -> None:
    """Ensures that these run; the proxy only if it is among them."""
    services.start_anew_if_need_be(wanted)
    for service in wanted:
        services.ensure_running(service)
    if services.MICROBURST not in wanted:
        services.stop_microburst()


def chaos(arguments: argparse.Namespace) -> None:
    """Runs `make chaos` with the proxy in place, and leaves the stack as it was: down, or up without the proxy."""
    was_running = running.is_running()
    try:
        bring_up(services.THROUGH_MICROBURST)
        status = chaos_run.run(running.values(), arguments.seed, arguments.seconds, arguments.callers)
    finally:
        with only_one():
            if was_running:
                start(services.USUAL)
            else:
                services.stop_all()
    raise SystemExit(status)


def restart(_arguments: argparse.Namespace) -> None:
    """A clean stop and a start of everything but the proxy, which runs on if it runs."""
    running.wait_until_it_answers()
    with only_one():
        proxied = processes.recorded(services.MICROBURST.name) is not None
        for service in services.USUAL:
            services.stop(service)
        # The emulator last: its functions ask the issuers for their keys, and would turn everybody away without them.
        wanted = services.THROUGH_MICROBURST if proxied else services.USUAL
        start((*services.NEIGHBOURS, *(service for service in wanted if service not in services.NEIGHBOURS)))


def kill_function(arguments: argparse.Namespace) -> None:
    """Kills one of the running processes of deployed functions, as a crash would, and prints the function's name."""
    emulator = processes.recorded(services.MINISTACK.name)
    running = processes.children_of(emulator) if emulator is not None else []
    if running:
        pid = sorted(running)[arguments.pick % len(running)]
        print(processes.environment_of(pid).get("AWS_LAMBDA_FUNCTION_NAME", "function"))
        processes.signal_quietly(pid, signal.SIGKILL)


def down(_arguments: argparse.Namespace) -> None:
    with only_one():
        say("Stopping the local stack")
        services.stop_all()


def clean(_arguments: argparse.Namespace) -> None:
    if any(processes.recorded(service.name) for service in services.SERVICES):
        raise Stop("The local stack runs: stop it first with `make down`.")
    with only_one():
        for name in ("state", "run", "logs", "tmp"):
            shutil.rmtree(config.LOCAL_DIR / name, ignore_errors=True)
        for path in (config.STACK_ENV_FILE, config.STACK_JSON_FILE, deploy.OUTPUTS_FILE):
            path.unlink(missing_ok=True)
    say("The local stack's state and logs are gone; tools and builds are kept.")


def env(_arguments: argparse.Namespace) -> None:
    running.wait_until_it_answers()
    sys.stdout.write(config.STACK_ENV_FILE.read_text())


def token(arguments: argparse.Namespace) -> None:
    running.wait_until_it_answers()
    print(deploy.issue_token(arguments.sub, arguments.scope, arguments.expires_in, arguments.groups))


def deployed_name(function: str) -> str:
    name = running.values().get(f"{deploy.upper_snake(pascal_case(function))}_FUNCTION_NAME")
    if name is None:
        raise Stop(f"The deployed stack has no function {function}: run `make up`.")
    return name


def pascal_case(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))


def show_logs(arguments: argparse.Namespace) -> None:
    """Follows the function's log from the last minutes on, until Ctrl-C; only the lines that have the text, if one is given."""
    for line in logs.tail(deployed_name(arguments.fn), float(arguments.minutes or LOG_MINUTES)):
        if line:
            if arguments.find in line:
                print(line, flush=True)
        elif not arguments.follow:
            return
        else:
            time.sleep(0.5)


def watch(arguments: argparse.Namespace) -> None:
    name = deployed_name(arguments.fn)
    watching.watch(arguments.fn, name, logs.tail(name, minutes=0))


def give_back(_arguments: argparse.Namespace) -> None:
    watching.give_back_at_the_end()


def invoke(arguments: argparse.Namespace) -> None:
    name = deployed_name(arguments.fn)
    say(f"{arguments.fn}: the one that `make watch` keeps in the stack" if watching.is_watched(arguments.fn) else f"{arguments.fn}: the deployed one")
    raise SystemExit(calling.call(arguments.fn, name, arguments.event))


def reconcile(arguments: argparse.Namespace) -> None:
    raise SystemExit(reconciliation.show(reconciliation.run(deployed_name("reconciliation"), arguments.dry_run)))


def audit_verify(arguments: argparse.Namespace) -> None:
    """Checks the audit trails that the stack has written; ends as the check does."""
    resources = [part for name in arguments.resource for part in ("--resource", name)]
    properties = [part for name in arguments.property for part in ("--property", name)]
    run_operators_tool("audit-verify", [*arguments.bookings, *resources, *properties])


def review(arguments: argparse.Namespace) -> None:
    """Prints the cases that need a person, and deletes those that have settled themselves; ends as the look does."""
    run_operators_tool("review", [], {"HOLDFAST_REVIEW_QUEUE_URL": arguments.queue} if arguments.queue else {})


def rebuild_search(_arguments: argparse.Namespace) -> None:
    """Makes the read model again from the ledger; ends as the rebuild does."""
    run_operators_tool("rebuild-search", [])


def restore_drill(_arguments: argparse.Namespace) -> None:
    """Takes the stack back to a point in time, and reconciles it with the provider."""
    restoring.run(running.values())


def run_operators_tool(name: str, words: list[str], elsewhere: Mapping[str, str] = {}) -> None:
    """Runs a program of tools/ on the stack, as an operator would on those of an account; `elsewhere` has what it is to take instead."""
    values = running.values()
    places = {
        "HOLDFAST_LEDGER_TABLE": values["LEDGER_TABLE"],
        "HOLDFAST_SEARCH_TABLE": values["SEARCH_TABLE"],
        "HOLDFAST_REVIEW_QUEUE_URL": values["MANUAL_REVIEW_QUEUE_URL"],
        "HOLDFAST_BOOKING_MACHINE_ARN": values["BOOKING_MACHINE_ARN"],
    }
    program = f"{build.cargo_target_dir()}/debug/{name}"
    os.execve(program, [program, *words], tool_env(**values, **(places | elsewhere), HOLDFAST_LOG="warn"))


def execute(arguments: argparse.Namespace) -> None:
    """Runs a command with the stack's values in its environment."""
    program, *_ = command = arguments.words[1:] if arguments.words[:1] == ["--"] else arguments.words
    environment = tool_env(**running.values())
    if shutil.which(program, path=environment["PATH"]) is None:
        raise Stop(f"There is no command {program}.")
    os.execvpe(program, command, environment)


def tools(_arguments: argparse.Namespace) -> None:
    install_tools()


def install_tools() -> None:
    """Installs what builds and tests need, without starting anything."""
    with step("Prerequisites") as note:
        note(prerequisites.check())
    build.install_python_tools()
    build.install_node_modules()


def status(_arguments: argparse.Namespace) -> None:
    raise SystemExit(0 if running.is_running() else 1)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="stack.py", description=__doc__)
    commands = parser.add_subparsers(required=True)
    function = check.one_of("FN", build.function_names)
    for command in (down, clean, env, tools, status, restart, give_back, rebuild_search):
        commands.add_parser(command.__name__.replace("_", "-")).set_defaults(command=command)
    one = commands.add_parser("chaos")
    one.add_argument("--seed", type=check.whole_number("SEED", 0, check.SEED_MAX, optional=True), default="", help="what decides")
    one.add_argument("--seconds", type=check.whole_number("SECONDS", 5, 3600, optional=True), default="", help="how long faults strike")
    one.add_argument("--callers", type=check.whole_number("CALLERS", 1, 256, optional=True), default="", help="clients at once")
    one.set_defaults(command=chaos)
    one = commands.add_parser("kill-function")
    one.add_argument("--pick", type=int, default=0, help="which of them, counted by process id, modulo how many there are")
    one.set_defaults(command=kill_function)
    one = commands.add_parser("up")
    one.add_argument("--foreign-emulator", action="store_true", help="deploy to the emulator that already runs on port 4566")
    one.set_defaults(command=up)
    one = commands.add_parser("token")
    one.add_argument("--sub", required=True, type=check.subject)
    one.add_argument("--scope", default="booking/guest", type=check.scope)
    one.add_argument("--expires-in", default="", type=check.whole_number("EXPIRES_IN", 1, check.EXPIRES_IN_MAX, optional=True))
    one.add_argument("--groups", default="", type=check.groups)
    one.set_defaults(command=token)
    one = commands.add_parser("logs")
    one.add_argument("--fn", required=True, type=function)
    minutes = check.whole_number("MINUTES", 0, check.MINUTES_MAX, optional=True)
    one.add_argument("--minutes", type=minutes, default="", help=f"how far back, {LOG_MINUTES} if not given")
    one.add_argument("--follow", type=check.switch("FOLLOW"), default=True, help="0 ends with the last line there is")
    one.add_argument("--find", default="", help="what a line must have, such as a booking's id")
    one.set_defaults(command=show_logs)
    one = commands.add_parser("exec")
    one.add_argument("words", nargs=argparse.REMAINDER)
    one.set_defaults(command=execute)
    one = commands.add_parser("watch")
    one.add_argument("--fn", required=True, type=function)
    one.set_defaults(command=watch)
    one = commands.add_parser("reconcile")
    one.add_argument("--dry-run", type=check.switch("DRY_RUN"), default=False, help="only look: nothing is changed, parked or published")
    one.set_defaults(command=reconcile)
    one = commands.add_parser(
        "restore-drill", description=restoring.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    one.set_defaults(command=restore_drill)
    one = commands.add_parser("review")
    one.add_argument("--queue", default="", help="the URL of another queue than the stack's")
    one.set_defaults(command=review)
    one = commands.add_parser("audit-verify")
    one.add_argument("bookings", nargs="*", metavar="BOOKING_ID")
    one.add_argument("--resource", action="append", default=[], metavar="RESOURCE_ID")
    one.add_argument("--property", action="append", default=[], metavar="PROPERTY_ID")
    one.set_defaults(command=audit_verify)
    one = commands.add_parser("invoke")
    one.add_argument("--fn", required=True, type=function)
    one.add_argument("--event", required=True, type=check.event_file)
    one.set_defaults(command=invoke)
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    try:
        parsed = parse(arguments)
        parsed.command(parsed)
    except Stop as stop:
        if stop.hint:
            say(stop.hint)
        say(str(stop))
        return 1
    except aws.AwsError as error:
        say(f"The emulated AWS refused a call: {error}. `make down clean-local up` starts from nothing.")
        return 1
    except (TimeoutError, urllib.error.URLError) as error:
        say(f"The local stack did not answer ({error}): it is busy, hangs, or was just stopped. .local/logs says what it does.")
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Who read has seen enough, as `head` does. Python would meet the closed pipe once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
