"""The tables of the vulnerability database.

SQLite through the standard library: half a million rows go in, in batches, and come out by name alone. Through
SQLAlchemy Core the same import took 2.8 times the processor time, and a question from the command line would pay
for loading it; unlike the history, this file will never be on PostgreSQL.

A file is never changed in place (see `schouw.vulnerabilities.build`), so readers open it as immutable, without locks.
"""

from __future__ import annotations

from enum import IntEnum

#: Its file in the user's data folder.
DATABASE = "vulnerabilities.db"

#: What this code writes and reads; a file of another format is built anew by `schouw db update`.
FORMAT = "1"


class Status(IntEnum):
    """What a feed says of a package and an advisory. Only `FIXED` depends on the installed version alone."""

    FIXED = 0
    OPEN = 1
    """Every version of that release has it. `fixed` then is the version of Debian's sid with the fix (DEB-10)."""
    UNDETERMINED = 2
    NOT_AFFECTED = 3


TABLES = """
create table meta (key text primary key, value text not null) without rowid;

create table feed (
  id integer primary key, name text not null unique,
  date text not null,            -- of the data, ISO 8601
  fetched text not null,         -- when it came here, ISO 8601 UTC
  size integer not null, sha256 text not null, rows integer not null, odd integer not null,
  source text not null,          -- where it came from: an address or a path
  etag text not null, modified text not null,
  rank integer not null, overlay integer not null, days integer not null  -- as `schouw.vulnerabilities.feeds` has them
);

-- A release (and pocket) as one feed speaks of it.
create table platform (
  id integer primary key, feed integer not null references feed (id) on delete cascade,
  release text not null, pocket text not null,
  kind text not null,            -- deb, rpm: whose order of versions
  keyed text not null,           -- source, binary: whose names
  rows integer not null default 0,
  unique (feed, release, pocket)
);

-- A CVE or an advisory that fixes some. `cves`: null where the name itself is the CVE.
create table adv (id integer primary key, name text not null unique, cves text, published text not null, severity text not null);
create table adv_cve (cve integer not null, adv integer not null, primary key (cve, adv)) without rowid;

-- `fkey` is the sort key of `fixed`; with x'ff' before it where every version of the release has it, x'' where none has:
-- what concerns an installed version is what lies above its own key, and that is one stretch of this table.
create table fix (
  platform integer not null, name text not null, fkey blob not null, adv integer not null, module text not null,
  arch text not null, status integer not null, fixed text not null, urgency text not null, note text not null,
  primary key (platform, name, fkey, adv, module, arch)
) without rowid;

-- Advisories of trackers that speak of CVEs: which DSA, DLA or USN brought a fix.
create table notice (
  release text not null, name text not null, fixed text not null, advisory text not null, feed integer not null,
  cves text not null,
  primary key (release, name, fixed, advisory, feed)
) without rowid;

create table cve (
  id integer primary key, name text not null unique,
  cvss real, vector text, epss real, percentile real, exploited text, ransomware integer,
  automatable integer, total integer, published text, rejected integer
);
create index rejected_cve on cve (name) where rejected is not null;

create table release (name text primary key, codename text not null, free text, paid text, feed integer not null) without rowid;

-- (Keys first: SQLite's own check of a table without rowid stumbles over them in another order.)
-- Packages whose support ends before their release's; a name may end in "*".
create table support (release text not null, name text not null, feed integer not null, ends text not null, note text not null,
  primary key (release, name, feed)) without rowid;

-- Names whose rows changed with each generation of the file: what has to be judged again.
create table change (generation integer not null, release text not null, name text not null,
  primary key (generation, release, name)) without rowid;
"""
