"""Starts microburst before MiniStack, with no rule: what goes wrong is ordered over its own API."""

from __future__ import annotations

import sys

from microburst.cli import main

import config

if __name__ == "__main__":
    sys.exit(main(["--upstream", config.AWS_ENDPOINT_URL, "--port", str(config.MICROBURST_PORT)]))
