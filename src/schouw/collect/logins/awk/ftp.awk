# In what syslog or the journal wrote, FTP daemons are known by their names.
!kind { kind = kind_of_log(); syslog = kind == "syslog"; xferlog = kind == "xferlog" }
syslog && !index($0, "ftpd") { next }

function kind_of_log() {
  if ($0 ~ /^[A-Z][a-z][a-z] [ 0-9][0-9] [0-9][0-9]:[0-9][0-9]:/ || $0 ~ /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T/) return "syslog"
  return is_transfer() ? "xferlog" : $0 == "" ? "" : "other"
}

# vsftpd.   [pid 2] [u] OK LOGIN: Client "IP"      and before it, with log_ftp_protocol and debug_ssl, of another process:
# [pid 1] CONNECT: Client "IP"
# [pid 1] DEBUG: Client "IP", "SSL version: TLSv1.3, SSL cipher: C, not reused, no cert"
# [pid 1] [u] FTP command: Client "IP", "PASS <password>"

vsftpd && (i = index($0, ": Client \"")) { vsftpd_says(substr($0, 1, i - 1), substr($0, i + 10, LONG)); next }

function vsftpd_says(head, tail,   user, ip, id) {
  spoke["vsftpd"]
  ip = substr(tail, 1, index(tail, "\"") - 1)
  tail = substr(tail, length(ip) + 2)
  user = match(head, /\[[^]]*\] (OK LOGIN|FAIL LOGIN|FTP command|FTP response)$/) ? substr(head, RSTART + 1) : ""
  user = substr(user, 1, index(user, "]") - 1)
  id = match(head, /\[pid [0-9]+\]/) ? "v" substr(head, RSTART + 5, RLENGTH - 6) : "v"
  if (head ~ / (OK|FAIL) LOGIN$/) {
    if (head ~ / OK LOGIN$/ && tail == "")
      note("vsftpd\tftp\t" (here(ip) ? "local\t" : (user, ip) in ftp_class ? ftp_class[user, ip] : "unknown\t") "\t" user)
    delete ftp_class[user, ip]; delete began[user, ip]
  } else if (head ~ / CONNECT$/) delete ftp_tls[id]
  else if (head ~ / DEBUG$/) { if (index(tail, ", \"SSL version: ") == 1) ftp_tls[id] = tls_version(substr(tail, 17, 8)) }
  else if (head ~ / FTP response$/) {
    if (index(tail, ", \"220 ") == 1) began[id] = at
    if (index(tail, ", \"234 ") == 1) ftp_tls[id] = ""
    if (index(tail, ", \"530 Non-anonymous sessions must use encryption") == 1) note("vsftpd\tftp\trefused\t\t" user)
  } else if (head ~ / FTP command$/ && tail == ", \"PASS <password>\"") {
    ftp_class[user, ip] = id in ftp_tls ? tls(ftp_tls[id]) : "plaintext\t"
    if (id in began) { began[user, ip] = began[id]; delete began[id] }
  }
}

# Pure-FTPd.   (?@IP) [INFO] New connection from IP       pure-ftpd[1] with LogPID; without it, sessions from one address
# (?@IP) [INFO] TLS: Enabled TLSv1.3 with C, 256 bits     at the same time are told apart as long as all or none have TLS
# (?@IP) [INFO] u is now logged in                        or: (?@IP) [INFO] Logout.
# (?@IP) [WARNING] Sorry, cleartext sessions and weak ciphers are not accepted on this server.

pureftpd && (i = index($0, "pure-ftpd")) {
  tail = substr($0, i, LONG)
  if (is_head(i) && (k = index(tail, ": (?@"))) pureftpd_says(substr(tail, 10, k - 10), substr(tail, k + 5))
  next
}

function pureftpd_says(pid, tail,   ip, id, k) {
  spoke["pureftpd"]
  ip = substr(tail, 1, index(tail, ")") - 1)
  id = pid == "" ? "p" ip : "p" pid
  tail = substr(tail, length(ip) + 3)
  if (index(tail, "[INFO] New connection from ") == 1) {
    news++
    if (pid != "") ftp_closed(id)
    if (!ftp_sessions[id]++) began[id] = at
  } else if (index(tail, "[INFO] TLS: Enabled ") == 1) { ftp_secure[id]++; ftp_tls[id] = tls_version(substr(tail, 21, 8)) }
  else if (index(tail, "[INFO] Logout.") == 1 || index(tail, "[WARNING] Sorry, cleartext") == 1) ftp_leaves(id, ftp_secure[id] >= ftp_sessions[id])
  else if (match(tail, / is now logged in$/) && index(tail, "[INFO] ") == 1) {
    if (ftp_sessions[id] || !news) note("pureftpd\tftp\t" pureftpd_class(id, ip) "\t" substr(tail, 8, RSTART - 8))
    ftp_leaves(id, ftp_secure[id] > 0)
  }
}

function pureftpd_class(id, ip) {
  if (here(ip)) return "local\t"
  if (!ftp_sessions[id]) return "unknown\t"
  if (!ftp_secure[id]) return "plaintext\t"
  return ftp_secure[id] < ftp_sessions[id] ? "unknown\t" : tls(ftp_tls[id])
}

function ftp_leaves(id, secure) {
  if (secure) ftp_secure[id]--
  if (--ftp_sessions[id] < 1) ftp_closed(id)
}

function ftp_closed(id) { delete ftp_sessions[id]; delete ftp_secure[id]; delete ftp_tls[id]; delete began[id] }

# xferlog.   Tue Nov 24 20:41:07 2026 0 IP 100 /path b _ i r u ftp 0 * c       (ftps with TLS, of ProFTPD alone)

xferlog && is_transfer() {
  if (here($7)) word = "local"
  else word = !proftpd ? "unknown" : $(NF - 3) == "ftps" ? "tls" : "plaintext"
  if ($(NF - 5) != "a") note((proftpd ? "proftpd" : vsftpd ? "vsftpd" : "pureftpd") "\tftp\t" word "\t\t" $(NF - 4))
  next
}

function is_transfer() { return NF > 17 && $(NF - 5) ~ /^[agr]$/ && $(NF - 3) ~ /^ftps?$/ && $(NF - 6) ~ /^[dio]$/ }

# ProFTPD.   IP UNKNOWN u [24/Nov/2026:20:41:07 +0100] "PASS (hidden)" 230 - proto=ftps tls=TLSv1.3
# Without the last two nothing is told; where there is no u, the line before has it: "USER u" 331

proftpd && (i = index($0, "\"PASS (hidden)\" ")) { proftpd_says(substr($0, i + 16, 3), substr($0, i + 19, LONG)); next }
proftpd && (i = index($0, "\"USER ")) { ftp_user[proftpd_session()] = substr($0, i + 6, index(substr($0, i + 6, 200), "\"") - 1); next }
# Its system log, or syslog's: proftpd[1] host (IP[IP]): USER u: Login successful.
proftpd && (i = index($0, ": Login successful")) {
  if (match(substr($0, 1, i - 1), /: USER .+$/)) note("proftpd\tftp\tunknown\t\t" substr($0, RSTART + 7, RLENGTH - 7))
  next
}

function proftpd_says(status, tail,   user, class) {
  spoke["proftpd"]
  user = $4 ~ /^\[/ && $3 != "-" ? $3 : ftp_user[proftpd_session()]
  if (match(tail, /(^|[ =])ftps?( |$)/)) class = index(substr(tail, RSTART, RLENGTH), "ftps") ? "tls" : "plaintext"
  if (status == "550" && class == "plaintext") class = "refused"
  else if (status != "230") return
  else if (here($1)) class = "local"
  if (class == "tls") class = tls((i = index(tail, "TLSv")) || (i = index(tail, "SSLv3")) ? tls_version(substr(tail, i, 8)) : "")
  else class = (class == "" ? "unknown" : class) "\t"
  note("proftpd\tftp\t" class "\t" user, match($0, /\[[0-9][0-9]\/[A-Z][a-z][a-z]\/[^]]*\]/) ? substr($0, RSTART + 1, RLENGTH - 2) : "")
}

function proftpd_session() { return match($0, /\[[0-9]+\]/) ? substr($0, RSTART, RLENGTH) : $1 }
