"""``python -m aggregator``."""

from aggregator.cli import main

if __name__ == "__main__":  # a spawned process imports this module and must not start again
    main()
