"""``python -m aggregator``, and the command ``aggregator``."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from aggregator.cli import main as run  # noqa: PLC0415 - processes beside it load this module

    run()


if __name__ == "__main__":
    main()
