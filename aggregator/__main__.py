"""``python -m aggregator``, and the command ``aggregator``."""

from __future__ import annotations

import atexit
import gc


def main() -> None:
    """Run the command line."""
    # Python ends by looking for garbage among all that was loaded: a tenth of a second for nothing.
    atexit.register(gc.freeze)
    from aggregator.cli import main as run  # noqa: PLC0415 - processes beside it load this module

    run()


if __name__ == "__main__":
    main()
