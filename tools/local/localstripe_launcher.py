"""Starts localstripe with its store under .local, on the loopback interface.

As it comes, localstripe 1.15.10 rewrites its whole store to one file in /tmp at every change: it slows as it grows, and two
checkouts would share it; and it listens on all interfaces. Its command line changes none of this. Here the store is kept in
memory, loaded at the start and saved once, at a clean stop. And it goes through its whole store for the refunds of each charge
that it shows, several times: a list of a thousand payments takes it seconds. Here refunds are found by their charge.

localstripe is under GPL-3.0-or-later. This is therefore the only file that imports it, a program of its own: the rest starts it
as a process and speaks HTTP with it (CONTRIBUTING.md, Licence of contributions).
"""

from __future__ import annotations

import argparse
import pickle
import socket
from collections import defaultdict
from typing import Any

from aiohttp import web
from localstripe.resources import Charge, List, Refund, Store, store
from localstripe.server import app

import config

STORE_FILE = config.LOCALSTRIPE_STATE


async def load(_app: web.Application) -> None:
    if STORE_FILE.exists():
        dict.update(store, pickle.loads(STORE_FILE.read_bytes()))
        note_refunds()


async def save(_app: web.Application) -> None:
    STORE_FILE.parent.mkdir(parents=True, exist_ok=True)
    STORE_FILE.write_bytes(pickle.dumps(dict(store)))


REFUNDS: defaultdict[str, list[Refund]] = defaultdict(list)


def find_refunds_by_charge() -> None:
    make = Refund.__init__

    def make_and_note(self: Refund, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        REFUNDS[self.charge].append(self)

    def refunds(self: Charge) -> List:
        found = List(f"/v1/charges/{self.id}/refunds")
        # What was deleted since is no longer in the store.
        found._list = [refund for refund in REFUNDS.get(self.id, []) if store.get(f"refund:{refund.id}") is refund]
        return found

    assert isinstance(Charge.refunds, property), "Charge.refunds is no property as in the pinned version"
    Refund.__init__ = make_and_note
    Charge.refunds = property(refunds)


def note_refunds() -> None:
    """Of a store that was loaded."""
    for refund in store.values():
        if isinstance(refund, Refund):
            REFUNDS[refund.charge].append(refund)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listener", type=int, help="listen on this inherited socket instead, and neither load nor save")
    listener = parser.parse_args().listener
    Store.dump_to_disk = lambda self: None
    find_refunds_by_charge()
    if listener is not None:
        web.run_app(app, sock=socket.socket(fileno=listener), access_log=None, print=None)
        return
    app.on_startup.append(load)
    app.on_cleanup.append(save)
    web.run_app(app, host="127.0.0.1", port=config.LOCALSTRIPE_PORT, access_log=None, print=None)


if __name__ == "__main__":
    main()
