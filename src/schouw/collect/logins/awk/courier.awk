# imapd: LOGIN, user=u, ip=[IP], port=[1], protocol=IMAP          and imapd-ssl, pop3d, pop3d-ssl
# imapd: LOGOUT, user=u, ip=[IP], port=[1], headers=0, body=0, rcvd=1, sent=2, time=3, starttls=1
# Only the session's end says whether it had STARTTLS (stls=1 of POP3), so that is where it is counted.

(i = index($0, ", user=")) {
  head = substr($0, 1, i - 1)
  if (is_head(i) && match(head, /(imap|pop3)[a-z3-]*(\[[0-9]+\])?: (INFO: )?[A-Z]+$/)) courier_says(substr(head, RSTART))
  next
}

function courier_says(head,   service, secure, ip, session) {
  spoke["courier"]
  service = "courier\t" (head ~ /^imap/ ? "imap" : "pop3") "\t"
  secure = head ~ /^[a-z3]*(-ssl|s)[:[]/
  tail = substr($0, i + 7, LONG)
  k = index(tail, ", ip=[")
  user = substr(tail, 1, k - 1)
  session = substr(tail, 1, index(substr(tail, k + 3), ",") + k + 1)
  ip = substr(tail, k + 6, 46); sub(/\].*/, "", ip)
  if (head ~ / LOGIN$/) {
    if (secure) note(service "tls\t\t" user)
    else if (here(ip)) note(service "local\t\t" user)
    else courier_user[session] = service "\n" user
  } else if (head ~ / (LOGOUT|DISCONNECTED|TIMEOUT)$/ && !secure && !here(ip)) {
    if (tail ~ /, (start|s)tls=1/) { stls++; note(service "tls\t\t" user) } else note(service "plaintext\t\t" user)
    delete courier_user[session]
  }
}

# A session whose end is not there had no STARTTLS if none had.
END {
  if (final) for (session in courier_user) {
    split(courier_user[session], part, "\n")
    note(part[1] (stls ? "unknown" : "plaintext") "\t\t" part[2])
  }
}
