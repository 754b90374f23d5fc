"""The `remix` command, and `python -m remix`: loads the command line and runs it."""

from __future__ import annotations

import os
import signal


def main() -> None:
    """Run the command."""
    # Loading takes a while, and Python's own handler of Ctrl-C would meanwhile show a traceback.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    from remix.cli import main as run

    run()


def _stop(*_: object) -> None:
    """End the process before a command has begun: with exit status 130, as in shells."""
    try:
        os.write(2, b"\nStopped; nothing was written. To start again, give the same command.\n")
    finally:
        os._exit(130)


if __name__ == "__main__":
    main()
