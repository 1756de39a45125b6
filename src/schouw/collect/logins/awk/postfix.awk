# smtpd[1]: connect from NAME[IP]
# smtpd[1]: Anonymous TLS connection established from NAME[IP]: TLSv1.3 with cipher C    (smtpd_tls_loglevel = 1)
# smtpd[1]: ID: client=NAME[IP], sasl_method=PLAIN, sasl_username=u                     (one a message)
# smtpd[1]: disconnect from NAME[IP] ehlo=2 starttls=1 auth=1 mail=1 commands=5          (counts since 3.0)

(i = index($0, "/smtpd[")) {
  tail = substr($0, i + 7, 40)
  k = index(tail, "]: ")
  pid = substr(tail, 1, k - 1)
  word = substr(tail, k + 3, 8)
  if (word == "connect ") {
    began[pid] = upto - length($0) - 1
    begun = 1
    if (pid in busy) postfix_forgets()
  } else if (word == "disconne") {
    if (pid in busy) postfix_ends()
    delete began[pid]
  } else if (k = index($0, ", sasl_username=")) postfix_names(substr($0, k + 16, 200))
  else if (k = index($0, "TLS connection established from ")) postfix_tls(substr($0, k))
  next
}

function postfix_forgets() { delete busy[pid]; delete smtp_tls[pid]; delete smtp_user[pid] }

function postfix_tls(text,   k) {
  if (!(k = index(text, "]: "))) return
  busy[pid]
  smtp_tls[pid] = tls_version(substr(text, k + 3, 8))
  told++
}

function postfix_names(user,   k, ip) {
  if (!(k = index($0, ": client=")) || k > i + 60 || !is_head(i)) return
  ip = substr($0, k, LONG)
  sub(/^[^[]*\[/, "", ip); sub(/\].*/, "", ip)
  if (k = index(user, ", ")) user = substr(user, 1, k - 1)
  if (here(ip)) note("postfix\tsmtp\tlocal\t\t" user)
  else if (pid in smtp_tls) note("postfix\tsmtp\t" tls(smtp_tls[pid]) "\t" user)
  # As master.cf names the services whose TLS begins at once, which is not counted as a command.
  else if (substr($0, 1, i - 1) ~ /\/(smtps|submissions)$/) note("postfix\tsmtp\ttls\t\t" user)
  else { busy[pid]; smtp_user[pid] = smtp_user[pid] user "\n" }
}

function postfix_ends(   class) {
  if (index($0, " starttls=1")) { starttls++; class = "tls" }
  if (pid in smtp_user) {
    if (class == "" && index($0, " auth=")) class = pid in began || !begun ? "plaintext" : "missed"
    if (class == "") class = told && pid in began ? "plaintext" : "unknown"
    postfix_notes(class)
  }
  postfix_forgets()
}

# "missed": it began before what was read, where TLS may have been named.
function postfix_notes(class,   n, i, user) {
  n = split(smtp_user[pid], user, "\n")
  for (i = 1; i < n && class != "missed"; i++) note("postfix\tsmtp\t" class "\t\t" user[i])
}

END {
  if (begun) spoke["postfix"]
  if (final) for (pid in smtp_user) postfix_notes(told || !starttls ? "plaintext" : "unknown")
}
