"""Who is told what scans find: by mail, in a chat, by a webhook, through apprise.

The history is the queue: for each address a number says which of its events were told there (`ledger`), so a notifier
that is broken loses nothing. What is due is composed from that (`composing`), and sent by a process of its own
(`courier`): neither apprise nor whatever answers at the other end can hold up or hurt the engine.
"""
