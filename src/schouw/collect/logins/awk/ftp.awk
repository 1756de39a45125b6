# What FTP servers' logs have in common. `services`: those that this one may be of.

BEGIN { transfers = index(services, "proftpd") ? "proftpd" : index(services, "vsftpd") ? "vsftpd" : "pureftpd" }

!kind { kind = kind_of_log(); syslog = kind == "syslog"; xferlog = kind == "xferlog" }

# In what syslog or the journal wrote, they are known by their names.
syslog && !index($0, "ftpd") { next }

# An xferlog: Tue Nov 24 20:41:07 2026 0 IP 100 /path b _ i r u ftp 0 * c      (ftps with TLS, of ProFTPD alone)
xferlog {
  if (!is_transfer() || $(NF - 5) == "a") next
  if (here($7)) word = "local"
  else word = transfers != "proftpd" ? "unknown" : $(NF - 3) == "ftps" ? "tls" : "plaintext"
  note(transfers "\tftp\t" word "\t\t" $(NF - 4))
  next
}

function is_transfer() { return NF > 17 && $(NF - 5) ~ /^[agr]$/ && $(NF - 3) ~ /^ftps?$/ && $(NF - 6) ~ /^[dio]$/ }

function kind_of_log() {
  if ($0 ~ /^[A-Z][a-z][a-z] [ 0-9][0-9] [0-9][0-9]:[0-9][0-9]:/ || $0 ~ /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T/) return "syslog"
  return is_transfer() ? "xferlog" : $0 == "" ? "" : "other"
}
