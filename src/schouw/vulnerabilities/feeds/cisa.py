"""CISA: what is exploited (KEV catalogue), and its own judgement of CVEs (Vulnrichment, SSVC)."""

from __future__ import annotations

from pathlib import Path

import msgspec

from schouw.errors import FeedError
from schouw.model.vulnerability import CveFacts
from schouw.text import line
from schouw.vulnerabilities.cvss import base_score
from schouw.vulnerabilities.feeds.base import Feed, Head, day, decoded
from schouw.vulnerabilities.reading import Limits, members, unpacked
from schouw.vulnerabilities.writer import Writer


class _Exploited(msgspec.Struct):
    cve: str = msgspec.field(name="cveID")
    added: str = msgspec.field(name="dateAdded", default="")
    ransomware: str = msgspec.field(name="knownRansomwareCampaignUse", default="")


class _Catalogue(msgspec.Struct):
    vulnerabilities: list[msgspec.Raw]
    released: str = msgspec.field(name="dateReleased", default="")


def _claims_kev(head: Head) -> bool:
    return head.is_json and '"cveID"' in head.text and '"dateAdded"' in head.text


def _read_kev(path: Path, writer: Writer, limits: Limits) -> None:
    with unpacked(path, limits) as stream:
        content = stream.read(limits.member + 1)
    if len(content) > limits.member:
        raise FeedError(f"it is larger than {limits.member >> 20} MiB, a hundred times what the catalogue is")
    try:
        catalogue = msgspec.json.decode(content, type=_Catalogue)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise FeedError(f"it is not the catalogue that was expected: {line(str(error), 120)}") from error
    writer.saw(catalogue.released)
    for raw in catalogue.vulnerabilities:
        row = decoded(bytes(raw), _Exploited, writer)
        added = day(row.added) if row is not None else None
        if row is not None and added is not None:
            writer.facts(CveFacts(row.cve, exploited=added, ransomware=row.ransomware.lower() == "known"))
        elif row is not None:
            writer.odd += 1


class _Option(msgspec.Struct):
    automatable: str | None = msgspec.field(name="Automatable", default=None)
    impact: str | None = msgspec.field(name="Technical Impact", default=None)


class _Content(msgspec.Struct):
    options: list[_Option] = []


class _Other(msgspec.Struct):
    type: str = ""
    content: msgspec.Raw = msgspec.Raw(b"{}")


class _Cvss(msgspec.Struct):
    vector: str = msgspec.field(name="vectorString", default="")


class _Metric(msgspec.Struct):
    cvss31: _Cvss | None = msgspec.field(name="cvssV3_1", default=None)
    cvss30: _Cvss | None = msgspec.field(name="cvssV3_0", default=None)
    other: _Other | None = None


class _Container(msgspec.Struct):
    metrics: list[_Metric] = []


class _Containers(msgspec.Struct):
    cna: _Container = msgspec.field(default_factory=_Container)
    adp: list[_Container] = []


class _Metadata(msgspec.Struct):
    name: str = msgspec.field(name="cveId")
    state: str = "PUBLISHED"
    published: str = msgspec.field(name="datePublished", default="")
    updated: str = msgspec.field(name="dateUpdated", default="")


class _Record(msgspec.Struct):
    metadata: _Metadata = msgspec.field(name="cveMetadata")
    containers: _Containers = msgspec.field(default_factory=_Containers)


def _claims_ssvc(head: Head) -> bool:
    return head.record.get("dataType") == "CVE_RECORD"


def _read_ssvc(path: Path, writer: Writer, limits: Limits) -> None:
    for name, content in members(path, limits):
        if not name.endswith(".json") or "CVE-" not in name:
            continue
        record = decoded(content, _Record, writer)
        if record is not None:
            writer.saw(record.metadata.updated)
            writer.facts(_facts(record, writer))


def _facts(record: _Record, writer: Writer) -> CveFacts:
    metrics = [metric for container in (record.containers.cna, *record.containers.adp) for metric in container.metrics]
    given = [one for metric in metrics for one in (metric.cvss31, metric.cvss30) if one is not None]
    vector = next((one.vector for one in given if one.vector), "")
    automatable = total = None
    for metric in metrics:
        content = decoded(bytes(metric.other.content), _Content, writer) if metric.other and metric.other.type == "ssvc" else None
        for option in content.options if content else ():
            # Fold case: "yes", "Yes" and "YES" are all published.
            automatable = option.automatable.lower() == "yes" if option.automatable else automatable
            total = option.impact.lower() == "total" if option.impact else total
    return CveFacts(
        record.metadata.name,
        cvss=base_score(vector),
        vector=vector,
        automatable=automatable,
        total=total,
        published=day(record.metadata.published),
        rejected=record.metadata.state.upper() == "REJECTED",
    )


KEV = Feed(
    "kev",
    "CISA known exploited vulnerabilities",
    _claims_kev,
    _read_kev,
    "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
    days=7,
    columns=("exploited", "ransomware"),
)
VULNRICHMENT = Feed(
    "vulnrichment",
    "CISA Vulnrichment",
    _claims_ssvc,
    _read_ssvc,
    "https://github.com/cisagov/vulnrichment/archive/refs/heads/develop.zip",
    days=7,
)
