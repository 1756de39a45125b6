"""Ports that are asked for at every look, whatever listens inside: what is behind them should hardly ever be public.

Data: (port, service, what kind of thing it is). A port is in here because an open one is dangerous (no password by
default, passwords in the clear, a way to run commands), or because DNAT and container run-times like to publish it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Why it is risky, in the words that a finding uses."""

    DATABASE = "database"
    CACHE = "cache"
    QUEUE = "message queue"
    PANEL = "administration panel"
    PLAINTEXT = "plaintext login"
    DESKTOP = "remote desktop"
    FILES = "file sharing"
    MANAGEMENT = "management interface"
    MONITORING = "monitoring agent"
    PROXY = "proxy"


@dataclass(frozen=True, slots=True)
class Risky:
    port: int
    service: str
    kind: Kind


RISKY: tuple[Risky, ...] = tuple(
    Risky(port, service, kind)
    for port, service, kind in (
        (21, "FTP", Kind.PLAINTEXT),
        (23, "Telnet", Kind.PLAINTEXT),
        (69, "TFTP", Kind.FILES),
        (79, "finger", Kind.PLAINTEXT),
        (111, "rpcbind", Kind.MANAGEMENT),
        (135, "Microsoft RPC", Kind.MANAGEMENT),
        (139, "NetBIOS", Kind.FILES),
        (445, "SMB", Kind.FILES),
        (512, "rexec", Kind.PLAINTEXT),
        (513, "rlogin", Kind.PLAINTEXT),
        (514, "rsh", Kind.PLAINTEXT),
        (873, "rsync", Kind.FILES),
        (1080, "SOCKS", Kind.PROXY),
        (1433, "Microsoft SQL Server", Kind.DATABASE),
        (1521, "Oracle", Kind.DATABASE),
        (2049, "NFS", Kind.FILES),
        (2375, "Docker without TLS", Kind.MANAGEMENT),
        (2379, "etcd", Kind.DATABASE),
        (3128, "Squid", Kind.PROXY),
        (3306, "MySQL", Kind.DATABASE),
        (3389, "RDP", Kind.DESKTOP),
        (4369, "Erlang port mapper", Kind.MANAGEMENT),
        (5432, "PostgreSQL", Kind.DATABASE),
        (5601, "Kibana", Kind.PANEL),
        (5672, "RabbitMQ", Kind.QUEUE),
        (5900, "VNC", Kind.DESKTOP),
        (5984, "CouchDB", Kind.DATABASE),
        (5985, "WinRM", Kind.MANAGEMENT),
        (6000, "X11", Kind.DESKTOP),
        (6379, "Redis", Kind.CACHE),
        (6443, "Kubernetes API", Kind.MANAGEMENT),
        (8009, "AJP", Kind.MANAGEMENT),
        (8080, "HTTP on an alternate port", Kind.PANEL),
        (8086, "InfluxDB", Kind.DATABASE),
        (8123, "ClickHouse", Kind.DATABASE),
        (9042, "Cassandra", Kind.DATABASE),
        (9090, "Prometheus or Cockpit", Kind.PANEL),
        (9100, "Prometheus node exporter", Kind.MONITORING),
        (9200, "Elasticsearch", Kind.DATABASE),
        (10000, "Webmin", Kind.PANEL),
        (10050, "Zabbix agent", Kind.MONITORING),
        (10250, "kubelet", Kind.MANAGEMENT),
        (11211, "memcached", Kind.CACHE),
        (15672, "RabbitMQ management", Kind.PANEL),
        (27017, "MongoDB", Kind.DATABASE),
    )
)

BY_PORT: dict[int, Risky] = {risky.port: risky for risky in RISKY}
