"""python -m tests.bench [NAME …]: print each promise, what was measured, and whether it holds."""

from __future__ import annotations

import importlib
import sys

BENCHES = ("help", "sweep", "silent", "rescan", "first_picture", "live", "logins")


def main(names: list[str]) -> int:
    unknown = set(names) - set(BENCHES)
    if unknown:
        print(f"no bench {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    kept = True
    for name in names or BENCHES:
        for result in importlib.import_module(f"tests.bench.{name}").run():
            print(result, flush=True)
            kept &= result.kept
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
