"""A small fleet of real servers, for tests and for trying things out.

Each host is its own network, process, mount and host-name namespace on an overlay of a root file system, with its
own addresses, sshd, host keys, packages and daemons. What a host writes lies in a tmpfs of its mount namespace and
goes with it: nothing is left behind.

    python -m tests.lab up      # then: schouw --config /run/schouw-lab/hosts.toml
    SSL_CERT_FILE=/run/schouw-lab/certificates/ca.pem schouw …   # trusts the lab's certificates
    python -m tests.lab list
    python -m tests.lab exec weakssh sshd -T
    python -m tests.lab down
"""
