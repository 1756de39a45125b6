"""Counting accounts that log in insecurely: one awk program, on hosts and on files at hand.

On a host (`collector`): find.sh finds the logs, read.sh reads what is new in them, merge.awk sums. Here (`at_hand`).
To know one more server, write one file in awk/ like its neighbours and name it in `program`.
"""

from schouw.collect.logins.collector import COLLECTOR

__all__ = ["COLLECTOR"]
