"""The `remix` command, and `python -m remix`: loads the command line and runs it."""

from __future__ import annotations

import signal


def main() -> None:
    """Run the command."""
    # Loading takes a while, and Python's own handler of Ctrl-C would meanwhile show a traceback.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from remix.cli import main as run

    run()


if __name__ == "__main__":
    main()
