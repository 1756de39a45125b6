"""Known vulnerabilities: feeds, the local database, version order, matching by numbered rules, priority, Vulners.

How a host is judged
    ::

        judge = Judge(Database.open(path))                      # database.py, judge.py; once, in the keeper's thread
        assessment = judge.host(inventory_of(facts))            # inventory.py: facts → what is to be judged
        changed = judge.refresh()                               # after `schouw db update`; None: judge everything again
        if changed is None or changed.concerns(inventory):
            assessment = judge.host(inventory)                  # from stored facts, without touching a host
        known = judge.database.about(cves)                      # CveFacts by name
        due = prioritise(known[cve], exposed)                   # priority.py, pure

    `Judge.host` takes milliseconds, keeps nothing of the host, and never raises on what a host said; equal packages
    of different hosts are judged once. What it returns are plain values of `schouw.model.vulnerability`, so that
    checks stay pure: they get the assessment with the facts and need nothing from here.

How a database comes about
    A feed (feeds/) is a name, an address and a reader that turns its file into rows. `build` makes a new database
    beside the old one out of it and of what other feeds left, checks it and swaps it in by one rename; whatever is
    wrong with the file, the old rows stay. Open databases notice and read the new one from the next host on.

Rules have numbers (DEB-7, RPM-4, KRN-2, …; docs/vulnerabilities.md says each in a sentence); the code and the tests
name them, and so does every verdict.
"""
