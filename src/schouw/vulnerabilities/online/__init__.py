"""Vulners, a second source over the network: off by default, asked sparingly, and never believed against the first.

What it is sent is the name and version of a release and the names, versions and architectures of packages; no name,
address or other fact of a host. Hosts with the same packages are one question. What it answers are candidates.
"""
