# imap-login: Login: user=<u>, method=PLAIN, rip=IP, lip=IP, mpid=1, TLS, TLSv1.3 with cipher C (256/256 bits), session=<s>
# 2.4 says "Logged in:"; in a file of Dovecot's own "Info: " comes before; a proxy says "proxy(u): started proxying to IP".

BEGIN { protocol["imap"] = "imap"; protocol["pop3"] = "pop3"; protocol["ieve"] = "sieve"; protocol["sion"] = "smtp" }

(i = index($0, "-login: ")) {
  # Most lines by far are alike but for times and numbers: they are summed under their own words, which END reads.
  word = substr($0, i + 8, 7)
  if ((word == "Login: " || word == "Logged ") && (k = index($0, ", TLS")) && easy(substr($0, k, 14))) {
    if (upto <= from) next
    key = substr($0, i - 4, index(substr($0, i), ">") + 4) substr($0, k, 14)
    if (alike[key]++) { alike_last[key] = substr($0, 1, 32); next }
    if (is_head(i) && ++accounts <= MOST) { alike_first[key] = alike_last[key] = substr($0, 1, 32); next }
    delete alike[key]
    if (accounts > MOST) lost++
  } else if (is_head(i)) {
    spoke["dovecot"]
    if ((key = dovecot_login(substr($0, i - 4, LONG))) != "") note(key)
  }
  next
}

# What `note` wants of a line from its protocol on, "" where it is no login.
function dovecot_login(text,   service, verb, k, user) {
  if (!(substr(text, 1, 4) in protocol)) return ""
  service = "dovecot\t" protocol[substr(text, 1, 4)] "\t"
  text = substr(text, 13)
  if (substr(text, 1, 6) == "Info: ") text = substr(text, 7)
  verb = substr(text, 1, 7)
  if (!(k = index(text, "user=<"))) return ""
  if (verb != "Login: " && substr(text, 1, 11) != "Logged in: " && !index(text, "tarted proxying to ")) {
    # A password that might not even be tried has no method; one that was wrong has.
    if (index(text, ", TLS") || !index(text, "disallowed") && (index(text, ", method=") || !index(text, "(auth failed"))) return ""
    verb = ""
  }
  if (verb == "Logged ") dovecot_release = "2.4"
  if (verb == "Login: ") dovecot_release = "2.3"
  text = substr(text, k + 6)
  if (!(k = index(text, ">,"))) k = index(text, ">")
  user = substr(text, 1, k - 1)
  text = substr(text, k)
  if (verb == "") return service "refused\t\t" user
  if (k = index(text, ", TLS")) return service tls(dovecot_version(substr(text, k, 14)), dovecot_here(text)) "\t" user
  return service (index(text, ", secured") || dovecot_here(text) ? "local" : "plaintext") "\t\t" user
}

# Of ", TLS, TLSv1.3 with" or ", TLSv1 with cipher" or ", TLS, session=<".
function dovecot_version(text,   k) {
  return (k = index(text, ", TLSv")) || (k = index(text, ", SSLv")) ? tls_version(substr(text, k + 2)) : ""
}

function easy(text) {
  if (!(text in easily)) easily[text] = !(dovecot_version(text) in old)
  return easily[text]
}

function dovecot_here(text,   i, ip) {
  if (!(i = index(text, "rip="))) return 0
  ip = substr(text, i + 4, 46)
  ip = substr(ip, 1, index(ip ",", ",") - 1)
  return index(text ",", "lip=" ip ",") || here(ip)
}

END { for (key in alike) if ((word = dovecot_login(key)) != "") account(word, alike[key], alike_first[key], alike_last[key]) }
