"""The local stack's command line; the Makefile's targets call it. Standard library only."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aws
import build
import chaos as chaos_run
import config
import deploy
import prerequisites
import processes
import reconcile as reconciliation
import services
from commands import tool_env
from console import Stop, say, step


CARGO_LAMBDA = (str(config.VENV_DIR / "bin" / "cargo-lambda"), "lambda")
WATCH_PORT = 9000
# The function that `make watch` runs, or ran last.
WATCHED = config.RUN_DIR / "watched"


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


def is_running() -> bool:
    neighbours_run = all(
        processes.recorded(one.name) is not None and processes.answers(one.ready_url) for one in services.NEIGHBOURS
    )
    return neighbours_run and processes.answers(services.EMULATOR_HEALTH_URL)


def values() -> dict[str, str]:
    """The stack's values, if it runs."""
    if not config.STACK_JSON_FILE.exists() or not is_running():
        raise Stop("The local stack does not run: start it with `make up`.")
    return json.loads(config.STACK_JSON_FILE.read_text())


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
        deploy.load_catalogue()
    say(f"Up after {time.monotonic() - started:.0f} s: {values()['API_URL']}")


def start(wanted: tuple[services.Service, ...]) -> None:
    """Ensures that these run; the proxy only if it is among them."""
    for service in wanted:
        services.ensure_running(service)
    if services.MICROBURST not in wanted:
        services.stop_microburst()


def chaos(arguments: argparse.Namespace) -> None:
    """Runs `make chaos` with the proxy in place, and leaves the stack as it was: down, or up without the proxy."""
    was_running = config.STACK_JSON_FILE.exists() and is_running()
    try:
        bring_up(services.THROUGH_MICROBURST)
        status = chaos_run.run(values(), arguments.seed, arguments.seconds, arguments.callers)
    finally:
        with only_one():
            if was_running:
                start(services.USUAL)
            else:
                services.stop_all()
    raise SystemExit(status)


def restart(_arguments: argparse.Namespace) -> None:
    """A clean stop and a start of everything but the proxy, which runs on if it runs."""
    values()
    with only_one():
        proxied = processes.recorded(services.MICROBURST.name) is not None
        for service in services.USUAL:
            processes.stop(service.name)
        # The emulator last: it asks the issuer for its keys, and would turn everybody away without them.
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
    values()
    sys.stdout.write(config.STACK_ENV_FILE.read_text())


def token(arguments: argparse.Namespace) -> None:
    if arguments.expires_in and not arguments.expires_in.isdecimal():
        raise Stop(f"EXPIRES_IN={arguments.expires_in} is no number of seconds.")
    try:
        print(deploy.issue_token(arguments.sub, arguments.scope, arguments.expires_in))
    except OSError as error:
        raise Stop(f"The token issuer does not answer ({error}): start the local stack with `make up`.") from error


def deployed_name(function: str) -> str:
    names = build.function_names()
    if function not in names:
        raise Stop(f"FN must be one of: {' '.join(names)}.")
    name = values().get(f"{deploy.upper_snake(pascal_case(function))}_FUNCTION_NAME")
    if name is None:
        raise Stop(f"The deployed stack has no function {function}: run `make up`.")
    return name


def pascal_case(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))


def logs(arguments: argparse.Namespace) -> None:
    """Follows the function's log from the last few minutes on, until Ctrl-C."""
    group = f"/aws/lambda/{deployed_name(arguments.fn)}"
    seen: set[tuple[int, str, str]] = set()
    since = int((time.time() - arguments.minutes * 60) * 1000)
    while True:
        try:
            events = aws.log_events(group, since)
        except aws.AwsError as error:
            if error.kind != "ResourceNotFoundException":
                raise
            events = []
        for event in events:
            # The emulator gives its events no id.
            identity = (event["timestamp"], event.get("logStreamName", ""), event["message"])
            if identity not in seen:
                seen.add(identity)
                print(time.strftime("%H:%M:%S", time.localtime(event["timestamp"] / 1000)), event["message"].rstrip(), flush=True)
        if not arguments.follow:
            return
        time.sleep(0.5)


def function_env(function: str) -> dict[str, str]:
    """What the deployed function sees, for running it outside of the emulator against the same stack."""
    configuration = aws.function_configuration(deployed_name(function))
    return configuration.get("Environment", {}).get("Variables", {}) | config.AWS_ENV


def watch(arguments: argparse.Namespace) -> None:
    """Rebuilds and restarts the function at every change; `make invoke` then calls this one.

    No `--package`: with the whole workspace selected, dependencies are built with the features they already have.
    """
    environment = tool_env(**function_env(arguments.fn))
    command = [*CARGO_LAMBDA, "watch", "--invoke-address", "127.0.0.1", "--invoke-port", str(WATCH_PORT)]
    say(f"{arguments.fn} on http://localhost:{WATCH_PORT}, against the running stack; Ctrl-C ends it.")
    WATCHED.write_text(arguments.fn)
    os.chdir(config.ROOT)
    os.execve(command[0], command, environment)


def is_watched(function: str) -> bool:
    """Whether `make watch` runs this function now."""
    return processes.port_is_taken(WATCH_PORT) and WATCHED.is_file() and WATCHED.read_text() == function


def invoke(arguments: argparse.Namespace) -> None:
    """Calls the function that `make watch` runs, if it does, else the deployed one."""
    event = next((path for path in (Path(arguments.event), config.SAMPLES_DIR / arguments.event) if path.is_file()), None)
    if event is None:
        raise Stop(f"EVENT={arguments.event} is no file: name one below events/samples/, such as http/hold-create.json.")
    command = [*CARGO_LAMBDA, "invoke", "--data-file", str(event), "--output-format", "json"]
    if is_watched(arguments.fn):
        say(f"{arguments.fn}: the one that `make watch` runs")
        command += ["--invoke-address", "127.0.0.1", "--invoke-port", str(WATCH_PORT), arguments.fn]
    else:
        say(f"{arguments.fn}: the deployed one")
        command += ["--remote", "--endpoint-url", config.AWS_ENDPOINT_URL, deployed_name(arguments.fn)]
    os.execve(command[0], command, tool_env(**config.AWS_ENV))


def reconcile(arguments: argparse.Namespace) -> None:
    raise SystemExit(reconciliation.show(reconciliation.run(deployed_name("reconciliation"), arguments.dry_run)))


def audit_verify(arguments: argparse.Namespace) -> None:
    """Checks the audit trails that the stack has written; ends as the check does."""
    environment = tool_env(**values(), HOLDFAST_LEDGER_TABLE=values()["LEDGER_TABLE"], HOLDFAST_LOG="warn")
    program = f"{build.cargo_target_dir()}/debug/audit-verify"
    os.execve(program, [program, *arguments.bookings], environment)


def execute(arguments: argparse.Namespace) -> None:
    """Runs a command with the stack's values in its environment."""
    program, *_ = command = arguments.words[1:] if arguments.words[:1] == ["--"] else arguments.words
    environment = tool_env(**values())
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
    raise SystemExit(0 if config.STACK_JSON_FILE.exists() and is_running() else 1)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="stack.py", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for command in (down, clean, env, tools, status, restart):
        commands.add_parser(command.__name__.replace("_", "-")).set_defaults(command=command)
    one = commands.add_parser("chaos")
    for name, meaning in (("seed", "what decides"), ("seconds", "how long faults strike"), ("callers", "clients at once")):
        one.add_argument(f"--{name}", default="", help=meaning)
    one.set_defaults(command=chaos)
    one = commands.add_parser("kill-function")
    one.add_argument("--pick", type=int, default=0, help="which of them, counted by process id, modulo how many there are")
    one.set_defaults(command=kill_function)
    one = commands.add_parser("up")
    one.add_argument("--foreign-emulator", action="store_true", help="deploy to the emulator that already runs on port 4566")
    one.set_defaults(command=up)
    one = commands.add_parser("token")
    one.add_argument("--sub", required=True)
    one.add_argument("--scope", default="booking/guest")
    one.add_argument("--expires-in", default="")
    one.set_defaults(command=token)
    one = commands.add_parser("logs")
    one.add_argument("--fn", required=True)
    one.add_argument("--minutes", type=float, default=5)
    one.add_argument("--no-follow", dest="follow", action="store_false")
    one.set_defaults(command=logs)
    one = commands.add_parser("exec")
    one.add_argument("words", nargs=argparse.REMAINDER)
    one.set_defaults(command=execute)
    one = commands.add_parser("watch")
    one.add_argument("--fn", required=True)
    one.set_defaults(command=watch)
    one = commands.add_parser("reconcile")
    one.add_argument("--dry-run", action="store_true", help="only look: nothing is changed, parked or published")
    one.set_defaults(command=reconcile)
    one = commands.add_parser("audit-verify")
    one.add_argument("bookings", nargs="*", metavar="BOOKING_ID")
    one.set_defaults(command=audit_verify)
    one = commands.add_parser("invoke")
    one.add_argument("--fn", required=True)
    one.add_argument("--event", required=True)
    one.set_defaults(command=invoke)
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    parsed = parse(arguments)
    try:
        parsed.command(parsed)
    except Stop as stop:
        if stop.hint:
            say(stop.hint)
        say(str(stop))
        return 1
    except aws.AwsError as error:
        say(f"The emulated AWS refused a call: {error}. `make down clean-local up` starts from nothing.")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
