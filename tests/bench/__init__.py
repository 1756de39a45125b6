"""Speed and memory, as ratios against other programs in the same run: `make bench`.

On a quiet machine: two busy cores make every figure a lie. Each file is one promise; `python -m tests.bench NAME …`
runs some of them.
"""
