"""python -m tests.bench [NAME …]: print each promise, what was measured, and whether it holds."""

from __future__ import annotations

import importlib
import signal
import sys

BENCHES = (
    "killed",
    "help",
    "sweep",
    "silent",
    "rescan",
    "first_picture",
    "live",
    "logins",
    "deep",
    "tls",
    "many",
    "survival",
    "vulns",
    "known",
    "year",
)


def main(names: list[str]) -> int:
    unknown = set(names) - set(BENCHES)
    if unknown:
        print(f"no bench {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    # Ended from outside, a bench still ends what it started: the farm's servers, the program that it measures.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    kept = True
    for name in names or BENCHES:
        for result in importlib.import_module(f"tests.bench.{name}").run():
            print(result, flush=True)
            kept &= result.kept
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
