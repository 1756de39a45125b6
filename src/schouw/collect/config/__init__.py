"""The languages that configuration files are written in, as one shape: `Statement`, read on our side, not on the host's.

The text comes from a host, so it is hostile: each reader stops at the first thing that does not fit, says where,
and keeps what came before. No file is opened here; `Tree` follows includes among the files that the host sent.
"""
