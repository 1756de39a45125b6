# ID <= a@b H=(helo) [IP]:port I=[IP]:port P=esmtpsa X=TLS1.3:SUITE:256 CV=no DN="..." A=driver:u S=1 id=x T="..." for c@d

(i = index($0, " <= ")) { if (is_head(i)) exim_takes(substr($0, i + 4, LONG)); next }

function exim_takes(text,   n, word, i, ip, secure, version, local, user) {
  spoke["exim"]
  # What strangers choose, and may hold anything, stands between quotes.
  if (index(text, "\"")) { gsub(/\\./, "", text); gsub(/"[^"]*"/, "", text) }
  n = split(text, word, " ")
  for (i = 2; i <= n && word[i] !~ /^A=/; i++) {
    if (ip == "" && word[i] ~ /^\[/) { ip = word[i]; sub(/^\[/, "", ip); sub(/\].*/, "", ip) }
    else if (word[i] ~ /^I=/) local = index(word[i], "I=[" ip "]")
    else if (word[i] ~ /^P=/) { if (word[i] !~ /^P=(utf8)?e?smtps?a$/) return; secure = word[i] ~ /sa$/ }
    else if (word[i] ~ /^X=/) version = tls_version(substr(word[i], 3))
    else if (word[i] ~ /^[ST]=/) return
  }
  if (i > n) return
  user = word[i]
  if (!sub(/^A=[^:]*:/, "", user)) user = ""
  local = local || here(ip)
  note("exim\tsmtp\t" (secure ? tls(version, local) : (local ? "local" : "plaintext") "\t") "\t" user)
}
