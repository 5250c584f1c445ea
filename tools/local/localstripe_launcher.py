"""Starts localstripe with its store under .local, on the loopback interface.

As it comes, localstripe 1.15.10 rewrites its whole store to one file in /tmp at every change: it slows as it grows, and two
checkouts would share it; and it listens on all interfaces. Its command line changes none of this. Here the store is kept in
memory, loaded at the start and saved once, at a clean stop.

localstripe is under GPL-3.0-or-later. This is therefore the only file that imports it, a program of its own: the rest starts it
as a process and speaks HTTP with it (CONTRIBUTING.md, Licence of contributions).
"""

from __future__ import annotations

import argparse
import pickle
import socket

from aiohttp import web
from localstripe.resources import Store, store
from localstripe.server import app

import config

STORE_FILE = config.LOCALSTRIPE_STATE


async def load(_app: web.Application) -> None:
    if STORE_FILE.exists():
        dict.update(store, pickle.loads(STORE_FILE.read_bytes()))


async def save(_app: web.Application) -> None:
    STORE_FILE.parent.mkdir(parents=True, exist_ok=True)
    STORE_FILE.write_bytes(pickle.dumps(dict(store)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listener", type=int, help="listen on this inherited socket instead, and neither load nor save")
    listener = parser.parse_args().listener
    Store.dump_to_disk = lambda self: None
    if listener is not None:
        web.run_app(app, sock=socket.socket(fileno=listener), access_log=None, print=None)
        return
    app.on_startup.append(load)
    app.on_cleanup.append(save)
    web.run_app(app, host="127.0.0.1", port=config.LOCALSTRIPE_PORT, access_log=None, print=None)


if __name__ == "__main__":
    main()
