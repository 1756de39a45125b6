# IP UNKNOWN u [24/Nov/2026:20:41:07 +0100] "PASS (hidden)" 230 - proto=ftps tls=TLSv1.3
# Without the last two nothing is told; where there is no u, the line before has it: "USER u" 331

(i = index($0, "\"PASS (hidden)\" ")) { proftpd_says(substr($0, i + 16, 3), substr($0, i + 19, LONG)); next }
(i = index($0, "\"USER ")) { ftp_user[proftpd_session()] = substr($0, i + 6, index(substr($0, i + 6, 200), "\"") - 1); next }
# Its system log, or syslog's: proftpd[1] host (IP[IP]): USER u: Login successful.
(i = index($0, ": Login successful")) {
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
