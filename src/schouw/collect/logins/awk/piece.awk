# Counts who logged in how, in one piece of one log, and prints sums: never a line of it, never a client's address.
# This file is the frame, stamps.awk and rows.awk end it; between them comes a file for each server whose logins are asked
# for (and ftp.awk before those of FTP servers): what is not looked for costs nothing.
#
# POSIX awk, so that any will do (mawk, gawk, busybox): no gensub, no match() with an array, no intervals. It wants
# LC_ALL=C, so that length() is bytes. Lines that begin with # are not sent to hosts.
#
# What a piece is. The input begins at byte `seek` of the log. Lines that end after `from` and not after `end` are counted;
# those before are only read for what they say about sessions that go on: TLS is named when a session begins, the account
# later.
#
# Variables: seek, from, end: bytes. file: a word for the log. ref: its last change, seconds since 1970. zone: that of
# its stamps, such as +0100. own: the host's addresses, " 192.0.2.1 2001:db8::1 ". final: 1 where nothing will be added to
# it, so that sessions without an end are judged by what is known.
#
# Rows, fields between tabs:
#   account SERVICE PROTOCOL CLASS VERSION COUNT FIRST LAST ACCOUNT
#   read FILE END BACK    END: the first byte not counted. BACK: the first line of a session that has not ended
#   lost COUNT            logins of accounts that were too many
#   spoke SERVICE RELEASE the service has lines here; RELEASE: 2.3 or 2.4 of Dovecot, as far as it can be told
# CLASS: plaintext, old_tls, tls, local, refused, unknown. VERSION: ssl3, 1.0 to 1.3, "" where it is not told.
# FIRST, LAST: seconds since 1970, 0 for a stamp that could not be read. ACCOUNT may be empty: not named.

BEGIN {
  MOST = 200000 # accounts of one piece; of refused ones, whose names anybody can make up, a tenth of it
  LONG = 1000 # bytes that are looked at of a line that matters
  OVER = 4194304 # bytes within which a session has to end to be followed over the edge of a piece
  if (end == "") end = 1e18
  old["ssl3"] = old["1.0"] = old["1.1"] = 1
  new["1.2"] = new["1.3"] = 1
  upto = seek + 0
  # Where the input begins within a line, that line belongs to the piece before.
  if (seek > 0 && (getline) > 0) upto += length($0) + 1
}

(upto += length($0) + 1) > end { upto -= length($0) + 1; exit }

# One login, or what stands for it. `key`: SERVICE PROTOCOL CLASS VERSION ACCOUNT. `stamp`: "" where it begins the line.
function note(key, stamp) {
  if (upto <= from) return
  if (stamp == "") stamp = substr($0, 1, 32)
  if (count[key]++) { last[key] = stamp; return }
  if (index(key, "\trefused\t") ? ++refusals > MOST / 10 : ++accounts > MOST) { delete count[key]; lost++ }
  else first[key] = last[key] = stamp
}

# Where this line begins.
function start() { return upto - length($0) - 1 }

# CLASS, tab, VERSION of a session with TLS; old TLS that does not leave the host is nobody's trouble.
function tls(version, local) { return (!(version in old) ? "tls" : local ? "local" : "old_tls") "\t" version }

# Of a text that begins with TLSv1.3, TLS1.2, TLSv1 or SSLv3.
function tls_version(text,   version) {
  if (substr(text, 1, 5) == "SSLv3") return "ssl3"
  version = substr(text, substr(text, 4, 1) == "v" ? 5 : 4, 3)
  if (substr(version, 1, 1) != "1") return ""
  if (substr(version, 2, 1) != ".") return "1.0"
  return version in old || version in new ? version : ""
}

# Whether the line up to there is a time, a host, a program: nothing that a stranger could have put into a message.
function is_head(i,   head) {
  head = substr($0, 1, i)
  return i < 200 && !index(head, "=") && !index(head, "<") && !index(head, "\"")
}

function here(ip) {
  sub(/^::ffff:/, "", ip)
  return substr(ip, 1, 4) == "127." || ip == "::1" || index(own, " " ip " ")
}
