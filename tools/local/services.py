"""The background processes of the local stack and how each is started: MiniStack, localstripe, our own servers; for `make chaos`
also microburst, a proxy between the functions and MiniStack."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path

import config
import fingerprint
import processes
import recorded_calls
from console import Stop, say, step, wait_until


@dataclass(frozen=True)
class Service:
    name: str
    title: str
    script: str
    ports: dict[int, str]
    ready_url: str
    env: dict[str, str]
    # Written at a clean stop, read at the start.
    state: tuple[Path, ...]

    def version(self) -> str:
        """Changes with the code and settings that a running process would have to be restarted for."""
        own_env = sorted((name, value) for name, value in self.env.items() if name not in CLEAN_ENV)
        sources = fingerprint.of_files([*config.TOOLS_DIR.glob("*.py"), config.TOOLS_DIR / "stripe_shim"])
        return f"{sources} {own_env}"


# Another text where what MiniStack kept under a version is no use to the next: to this one, references to secrets are ARNs.
STATE_FORM = "2"
STATE_FORM_FILE = config.STATE_DIR / "form"

# How often a start that takes long says so.
STILL_STARTING_SECONDS = 10

# MiniStack and LocalStack both answer it.
EMULATOR_HEALTH_URL = f"{config.AWS_ENDPOINT_URL}/_localstack/health"

# Functions inherit MiniStack's environment whole, so it is given nothing of the caller's but PATH and HOME.
CLEAN_ENV = {
    "PATH": os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin"),
    "HOME": str(config.LOCAL_DIR),
    "LANG": "C.UTF-8",
    "TMPDIR": str(config.LOCAL_DIR / "tmp"),
    "PYTHONUNBUFFERED": "1",
}

MINISTACK = Service(
    name="ministack",
    title="MiniStack (AWS)",
    script="ministack_launcher.py",
    ports={config.MINISTACK_PORT: "MiniStack"},
    ready_url=EMULATOR_HEALTH_URL,
    env=CLEAN_ENV
    | config.AWS_ENV
    | {
        # Its CloudFront runs functions by the Node.js that is installed there.
        "PATH": f"{config.VENV_DIR / 'bin'}:{CLEAN_ENV['PATH']}",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(config.MINISTACK_PORT),
        # Functions may do what their policies say, and nothing else (function_policies.py).
        "AUTH": "true",
        recorded_calls.FILE_VARIABLE: str(config.RECORDED_CALLS_FILE),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(config.STATE_DIR / "ministack"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(config.STATE_DIR / "s3"),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_WARM_TTL_SECONDS": "3600",
    },
    state=(config.STATE_DIR / "ministack", config.STATE_DIR / "s3"),
)

LOCALSTRIPE = Service(
    name="localstripe",
    title="localstripe",
    script="localstripe_launcher.py",
    ports={config.LOCALSTRIPE_PORT: "localstripe"},
    ready_url=f"{config.LOCALSTRIPE_URL}/js.stripe.com/v3/",
    env=CLEAN_ENV,
    state=(config.LOCALSTRIPE_STATE,),
)

COMPANIONS = Service(
    name="companions",
    title="Stripe shim, issuer, inbox",
    script="companions.py",
    ports={
        config.STRIPE_PORT: "the Stripe shim",
        config.ISSUER_PORT: "the token issuer",
        config.INBOX_PORT: "the partner inbox",
    },
    ready_url=f"{config.ISSUER_URL}/.well-known/openid-configuration",
    env=CLEAN_ENV | {"NEIGHBOUR_HOST": config.NEIGHBOUR_HOST},
    state=(config.SHIM_STATE, config.INBOX_STATE),
)

# What goes wrong is told to it over its own API (`/_microburst/rules`); without rules it passes everything on.
MICROBURST = Service(
    name="microburst",
    title="microburst",
    script="microburst_launcher.py",
    ports={config.MICROBURST_PORT: "microburst"},
    ready_url=f"{config.MICROBURST_URL}/_microburst/health",
    env=CLEAN_ENV,
    state=(),
)
# Functions inherit the endpoint; whoever calls the API, and the emulator's own parts among themselves, go past the proxy.
MINISTACK_THROUGH_MICROBURST = replace(MINISTACK, env=MINISTACK.env | {"AWS_ENDPOINT_URL": config.MICROBURST_URL})

NEIGHBOURS = (LOCALSTRIPE, COMPANIONS)
SERVICES = (MINISTACK, *NEIGHBOURS, MICROBURST)
# In order, with and without the proxy.
USUAL = (MINISTACK, *NEIGHBOURS)
THROUGH_MICROBURST = (MICROBURST, MINISTACK_THROUGH_MICROBURST, *NEIGHBOURS)


def ensure_running(service: Service) -> None:
    """Starts the service unless it runs and answers."""
    with step(service.title) as note:
        running = processes.recorded(service.name)
        if running is not None:
            if running.version == service.version() and answers_in_time(service, running):
                processes.unsaved_mark(service.name).touch()
                note("running")
                return
            # Older code, a start that was broken off, or a process that hangs: begin again.
            stop(service)
        processes.ensure_ports_free(service.ports)
        (config.LOCAL_DIR / "tmp").mkdir(parents=True, exist_ok=True)
        one = processes.start(
            service.name, [str(config.VENV_PYTHON), str(config.TOOLS_DIR / service.script)], service.env, service.version()
        )
        if not answers_in_time(service, one):
            # What it had saved is as it was.
            processes.kill(service.name)
            raise Stop(
                f"{service.title} did not start: {processes.log_file(service.name).relative_to(config.ROOT)} says why; "
                "`make down clean-local up` starts from nothing.",
                processes.log_tail(service.name),
            )
        processes.unsaved_mark(service.name).touch()
        ports = ", ".join(str(port) for port in service.ports)
        note(f"started, port {ports}")


def answers_in_time(service: Service, one: processes.Recorded) -> bool:
    """Whether the process answers, at once or when it has loaded its data."""
    began = time.monotonic()
    while True:
        if wait_until(lambda: processes.answers(service.ready_url) or not one.is_alive(), STILL_STARTING_SECONDS):
            return one.is_alive()
        elapsed = time.monotonic() - began
        if elapsed > config.START_SECONDS_MAX:
            return False
        say(f"      after {elapsed:3.0f} s: {service.title} does not answer yet")


def ensure_foreign_emulator() -> None:
    """For an emulator that the user runs: LocalStack, for example."""
    with step("Emulator (started by you)") as note:
        if not processes.answers(EMULATOR_HEALTH_URL):
            raise Stop(f"No emulator answers at {EMULATOR_HEALTH_URL}: start LocalStack first, then run the command again.")
        note("answers")


def start_anew_if_need_be(wanted: tuple[Service, ...]) -> None:
    """What ended without saving has lost what it knew: payments without bookings, or bookings without payments. So all that
    keep something begin empty together. So they do if an earlier version kept it otherwise. What still runs is ended, its data
    with it."""
    keeping = [service for service in USUAL if service.name in {one.name for one in wanted}]
    lost = [service for service in keeping if ended_uncleanly(service)]
    is_of_an_earlier_version = MINISTACK in keeping and form_of_state() != STATE_FORM
    names = " and ".join(service.title for service in lost)
    why = f"The last end of {names} was unclean, its data is not saved."
    if is_of_an_earlier_version:
        why = "An earlier version kept the data of the local stack in a form that this one does not read."
    elif not lost:
        return
    for service in keeping:
        processes.kill(service.name)
        forget_state(service)
        processes.unsaved_mark(service.name).unlink(missing_ok=True)
    for path in (config.STACK_ENV_FILE, config.STACK_JSON_FILE):
        path.unlink(missing_ok=True)
    own = "" if MINISTACK in keeping else " Your own emulator keeps its data: restart it empty."
    say(
        f"  {why} Ledger, payments and partner inbox begin empty together, so that none knows what another does not.{own}"
    )


def form_of_state() -> str:
    """The form of what MiniStack keeps, which is the present one from now on."""
    keeps = processes.recorded(MINISTACK.name) is not None or any(path.exists() for path in MINISTACK.state)
    form = STATE_FORM_FILE.read_text() if STATE_FORM_FILE.exists() else ""
    STATE_FORM_FILE.parent.mkdir(parents=True, exist_ok=True)
    STATE_FORM_FILE.write_text(STATE_FORM)
    return form if keeps else STATE_FORM


def ended_uncleanly(service: Service) -> bool:
    return processes.recorded(service.name) is None and processes.unsaved_mark(service.name).exists()


def forget_state(service: Service) -> None:
    for path in service.state:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def stop(service: Service) -> str:
    """Stops a service; one that saves its data is waited for however long that takes."""
    return processes.stop(service.name, (lambda: saving(service)) if service.state else None)


def saving(service: Service) -> str:
    running = processes.recorded(service.name)
    process = "" if running is None else f" (process {running.pid}; killed, it would lose its data)"
    return f"{service.title} saves its data, {size_of(service.state) / 1e6:.1f} MB so far{process}"


def size_of(paths: tuple[Path, ...]) -> int:
    """Bytes of files and of all below folders; what vanishes meanwhile counts for nothing."""
    total = 0
    for path in paths:
        for file in path.rglob("*") if path.is_dir() else [path]:
            try:
                total += file.stat().st_size
            except OSError:
                continue
    return total


def stop_all() -> None:
    stop_microburst()
    for service in USUAL:
        with step(service.title) as note:
            note(stop(service))


def stop_microburst() -> None:
    """Most stacks run without it, and need not read of it."""
    if processes.recorded(MICROBURST.name) is not None:
        with step(MICROBURST.title) as note:
            note(stop(MICROBURST))
