# [pid 2] [u] OK LOGIN: Client "IP"      and before it, with log_ftp_protocol and debug_ssl, of another process:
# [pid 1] CONNECT: Client "IP"
# [pid 1] DEBUG: Client "IP", "SSL version: TLSv1.3, SSL cipher: C, not reused, no cert"
# [pid 1] [u] FTP command: Client "IP", "PASS <password>"

(i = index($0, ": Client \"")) { vsftpd_says(substr($0, 1, i - 1), substr($0, i + 10, LONG)); next }

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
    if (index(tail, ", \"220 ") == 1) began[id] = start()
    if (index(tail, ", \"234 ") == 1) ftp_tls[id] = ""
    if (index(tail, ", \"530 Non-anonymous sessions must use encryption") == 1) note("vsftpd\tftp\trefused\t\t" user)
  } else if (head ~ / FTP command$/ && tail == ", \"PASS <password>\"") {
    ftp_class[user, ip] = id in ftp_tls ? tls(ftp_tls[id]) : "plaintext\t"
    if (id in began) { began[user, ip] = began[id]; delete began[id] }
  }
}
