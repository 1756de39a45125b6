# (?@IP) [INFO] New connection from IP       pure-ftpd[1] with LogPID; without it, sessions from one address
# (?@IP) [INFO] TLS: Enabled TLSv1.3 with C, 256 bits     at the same time are told apart as long as all or none have TLS
# (?@IP) [INFO] u is now logged in                        or: (?@IP) [INFO] Logout.
# (?@IP) [WARNING] Sorry, cleartext sessions and weak ciphers are not accepted on this server.

(i = index($0, "pure-ftpd")) {
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
    if (!ftp_sessions[id]++) began[id] = start()
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
