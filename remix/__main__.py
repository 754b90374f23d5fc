"""The `remix` command, and `python -m remix`: loads the command line, whatever that takes."""

from __future__ import annotations

import signal


def main() -> None:
    """Run the command."""
    # Loading takes a while. Python's own handler would end it with a traceback.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from remix.cli import main as run

    run()


if __name__ == "__main__":
    main()
