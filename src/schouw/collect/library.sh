# What the snippets of the sections may use. POSIX sh and awk only (mawk, gawk, busybox); lines that begin with # are not sent.

nl='
'
have() { command -v "$1" >/dev/null 2>&1; }
# say WORD DETAIL: what could not be seen; the word "root" for a command that wants root.
say() { printf '!\t%s\t%s\n' "$1" "$2"; }
# stats FILE...: a line for each that exists, different whenever the file is.
stats() { stat -c '%n %i %s %Y %Z' "$@" 2>/dev/null || ls -dlin "$@" 2>/dev/null; }
# modified FILE...: seconds since 1970 of the one changed last.
modified() { stat -c %Y "$@" 2>/dev/null | sort -n | tail -n 1; }
# as_root COMMAND...: 77 where that is not allowed.
as_root() {
  program=$(command -v "$1") || return 127
  shift
  if [ "$uid" = 0 ]; then "$program" "$@"; return; fi
  case "
$SUDO" in *"
$program${*:+ $*}
"*) sudo -n "$program" "$@";; *) return 77;; esac
}
# wants COMMAND...: says that root is needed for it. In sudoers, no arguments at all are written as "".
wants() {
  program=$(command -v "$1")
  shift
  if [ $# = 0 ]; then say root "$program \"\""; else say root "$program $*"; fi
}

# tree INCLUDE BASE FILE...: the files of a configuration into $files, one a line: those named and all that they
# include. INCLUDE is what stands before an included name, in lower case, as a regular expression; relative names
# start at the folder BASE, at that of the file itself where BASE is ".". Patterns are expanded by the shell, which
# runs nothing that stands in them.
tree() {
  include=$1 base=$2 files=
  shift 2
  IFS=$nl
  todo="$*"
  for level in 1 2 3 4 5 6 7 8 9 10; do
    IFS=$nl found=
    for file in $todo; do
      if [ -d "$file" ]; then for file in "${file%/}"/*; do [ -f "$file" ] && found=$found$file$nl; done
      elif [ -f "$file" ]; then found=$found$file$nl; fi
    done
    [ "$found" ] || break
    todo=
    [ "$include" ] || { files=${found%"$nl"}; break; }
    set -f
    for row in $(printf '%s\n\n%s\n' "$files" "$found" | include=$include base=$base awk '
      BEGIN { include = ENVIRON["include"]; base = ENVIRON["base"] }
      $0 == "" { if (NR > 1) fresh = 1; next }
      !fresh { seen[$0] = 1; count++; next }
      seen[$0]++ { next }
      ++count > 3000 { print "x"; exit }
      { print "f" $0
        folder = base
        if (base == ".") { folder = $0; sub("/[^/]*$", "", folder) }
        while (include != "" && (getline line < $0) > 0) {
          gsub(/[\t\r]/, " ", line)
          if (line ~ /^ *#/) continue
          while (match(tolower(line), include)) {
            line = substr(line, RSTART + RLENGTH); name = line
            sub(/;.*/, "", name); gsub(/^ +| +$|["\047]/, "", name)
            if (name != "") print "p" (name ~ "^/" ? name : folder "/" name)
          }
        }
        close($0) }'); do
      case $row in
      f*) files=$files${files:+$nl}${row#f};;
      p*) todo=$todo${row#p}$nl;;
      x) say cut 'it has more than 3000 files: not all were read';;
      esac
    done
    set +f; unset IFS
    [ "$todo" ] || break
  done
  unset IFS
}
# each COMMAND...: with $files as its last arguments.
each() { IFS=$nl; set -f; "$@" $files; set +f; unset IFS; }

# show KEEP WHOLE ENDS: for each of $files a row "file" with its name, and rows "l" with number and text of its lines.
# Comments are left out where no line before them goes on, and (to keep secrets and half of the bytes at home) a line that matches WHOLE, so is a
# statement of its own, unless KEEP is found in its lower case or the line before it did not match ENDS. With KEEP
# empty every line is shown. Private keys are never read on, values of passwords and secrets are hidden.
# With $dump set it reads what `nginx -T` prints instead.
show() {
  { [ "$dump" ] && cat || printf '%s\n' "$files"; } | keep=$1 whole=$2 ends=$3 awk -v dump="$dump" -v most="${most:-3000000}" '
    function hide(s,  done) {
      while (match(tolower(s), /(passw(or)?d|secret|dnpass|authorization|bindpw|api_?key|connectinfo|mysql_servers|pgsql_servers)[a-z_]*["\047]?[ =:]+/)) {
        done = done substr(s, 1, RSTART + RLENGTH - 1); s = substr(s, RSTART + RLENGTH)
        if (tolower(done) ~ /(connectinfo|_servers)[ =]+$/) return done "[hidden]"
        if (match(s, /^("[^"]*"|\047[^\047]*\047|[^ ;{}]+)/)) { done = done "[hidden]"; s = substr(s, RLENGTH + 1) }
      }
      return done s
    }
    function begin(name) { file = name; n = 0; ended = 1; secret = 0; print "file\t" name }
    function line(s,  complete) {
      n++
      if (s ~ /-----BEGIN/) secret = 1
      if (secret) return
      gsub(/[\t\r]/, " ", s)
      if (ended && (s ~ /^ *$/ || s ~ /^ *#/ && s !~ /\\$/)) return
      complete = keep != "" && s ~ whole
      if (complete && ended && tolower(s) !~ keep) return
      ended = s ~ ends
      if (length(s) > 20000) { s = substr(s, 1, 20000); long = file ":" n }
      total += length(s) + 8
      if (total > most) { print "!\tcut\tit is larger than " int(most / 1000) " KB: the rest was not read, from " file; full = 1; exit }
      print "l\t" n "\t" hide(s)
    }
    BEGIN { keep = ENVIRON["keep"]; whole = ENVIRON["whole"]; ends = ENVIRON["ends"] }
    dump == "" && $0 != "" {
      begin($0)
      while ((status = (getline text < $0)) > 0) line(text)
      if (status < 0) { if (!unread++) first = $0 } else close($0)
    }
    dump != "" && /^# configuration file .*:$/ { begin(substr($0, 22, length($0) - 22)); next }
    dump != "" && file != "" { line($0) }
    END {
      if (unread) print "!\tunread\t" first (unread > 1 ? " and " unread - 1 " more files" : "") " cannot be read by this account"
      if (long != "") print "!\tcut\ta very long line was cut at " long
    }'
}
# unread: whether this account may not read one of $files.
unread() {
  IFS=$nl; set -f
  for file in $files; do [ -r "$file" ] || { set +f; unset IFS; return 0; }; done
  set +f; unset IFS
  return 1
}

# alive NAMES WORKERS PIDFILE...: of the oldest process with one of these names whose parent has none of them: $pid,
# and in $since when what it runs with was read, as well as that can be known: its start, or later the start of its
# oldest child among WORKERS (they are replaced at a reload), the writing of its PIDFILE, or systemd's last change of
# state; the latter is asked only where $files, or links to them, are newer than all else ($changed). $proof is
# different whenever $files or any of this is. A process is dated by the distance to our own start: in containers the
# boot time is not to be relied on. Processes of containers are theirs: they have a number in a namespace below ours.
alive() {
  names=" $1 " workers=" $2 " pid= since= entered=
  shift 2
  written=$([ $# = 0 ] || modified "$@")
  proof=$(each stat -L -c '%n %i %s %Y %Z' 2>/dev/null)
  links=$(IFS=$nl; set -f; for file in $files; do [ -h "$file" ] && printf '%s\n' "$file"; done)
  [ "$links" ] && proof=$proof$nl$(IFS=$nl; set -f; stats $links)
  set -- $(printf '%s\n' "$proof" | names=$names workers=$workers awk -v me=$$ '
    function contained(pid,  row, count, word) {
      while ((getline row < ("/proc/" pid "/status")) > 0) if (row ~ /^NSpid:/) { count = split(row, word, " "); break }
      close("/proc/" pid "/status")
      return count > 2
    }
    function note(row,  name, field) {
      name = row
      sub(/^[^(]*\(/, "", name); sub(/\)[^)]*$/, "", name); sub(/^.*\) /, "", row); split(row, field, " ")
      if (pid == me) now = field[20] + 0
      if (index(names, " " name " ") && !contained(pid)) { parent[pid] = field[2]; start[pid] = field[20] + 0 }
      if (index(workers, " " name " ")) { over[pid] = field[2]; born[pid] = field[20] + 0 }
    }
    BEGIN {
      names = ENVIRON["names"]; workers = ENVIRON["workers"]
      for (at = 1; at < ARGC; at++) {
        pid = ARGV[at]; gsub(/[^0-9]/, "", pid)
        if ((getline row < ARGV[at]) > 0) note(row)
        close(ARGV[at]); ARGV[at] = ""
      }
    }
    $(NF - 1) > changed + 0 { changed = $(NF - 1) }
    END {
      for (one in start) if (!(parent[one] in start) && (main == "" || start[one] < start[main])) main = one
      for (one in over) if (over[one] == main && one != main) {
        title = ""; getline title < ("/proc/" one "/cmdline"); close("/proc/" one "/cmdline")
        if (title !~ /shutting down/ && (!first || born[one] < first)) first = born[one] }
      print changed + 0, main, start[main], first + 0, now }' /proc/[0-9]*/stat)
  changed=$1
  [ $# = 5 ] || return
  pid=$2 since=$(($(date +%s) - ($5 - ($4 > $3 ? $4 : $3)) / 100))
  [ "${written:-0}" -gt $since ] && since=$written
  if [ "$changed" -gt $since ] && [ -d /run/systemd/system ]; then
    unit=$(sed -n 's/^.*:.*:\/.*\/\([^/]*\.service\)$/\1/p' /proc/$pid/cgroup 2>/dev/null | head -n 1)
    entered=$([ "$unit" ] && systemctl show -p StateChangeTimestamp "$unit" 2>/dev/null)
    entered=$(date -d "${entered#*=}" +%s 2>/dev/null)
    [ "${entered:-0}" -gt $since ] && since=$entered
  fi
  proof="$2 $3 $4 $written $entered$nl$proof"
}
# state: rows of what `alive` found.
state() {
  if [ "$pid" ]; then printf 'running\tyes\nstarted\t%s\n' "$since"
  elif [ -r /proc/1/stat ]; then printf 'running\tno\n'
  fi
  printf 'changed\t%s\n' "$changed"
}
# certified KEYWORDS: the certificate files that $files name at the beginning of a line after one of these (an extended
# regular expression) into $certificates, one a line.
certified() {
  certificates=$(each sed -nE "s/^[[:space:]]*($1)[[:space:]]*[[:space:]=]?[[:space:]]*[<\"]?(\/[^[:space:];\"]+).*/\2/p" 2>/dev/null | sort -u | head -n 2000)
}
# renewed: a row for each of $certificates that was written after $since: path, moment, SHA-256 of the first in it.
renewed() {
  [ "$pid" ] && [ "$certificates" ] && have openssl || return 0
  IFS=$nl; set -f
  changes=$(stat -L -c '%Y %n' $certificates 2>/dev/null)
  set +f; unset IFS
  printf '%s\n' "$changes" | awk -v since="$since" '$1 > since' | head -n 200 | while read -r at file; do
    print=$(openssl x509 -in "$file" -noout -fingerprint -sha256 </dev/null 2>/dev/null)
    [ "$print" ] && printf 'renewed\t%s\t%s\t%s\n' "$file" "$at" "${print#*=}"
  done
}
# linked FILE...: a row "library" with the TLS library of the first of these programs and modules that names one; its
# version is that of the libcrypto of the same number, in the folders of the system and of cPanel.
linked() {
  for file; do
    [ -r "$file" ] || continue
    name=$(grep -ao 'libssl\.so\.[0-9][0-9.]*\|libgnutls\.so' "$file" | head -n 1)
    case $name in
    libssl*)
      name=libcrypto.so.${name#libssl.so.}
      for file in /usr/lib*/$name /usr/lib/*/$name /lib*/$name /lib/*/$name /opt/cpanel/ea-openssl*/lib*/$name; do
        [ -r "$file" ] && grep -ao 'OpenSSL [0-9][0-9.]*[a-z]* [0-9]* [A-Z][a-z][a-z] 20[0-9][0-9]' "$file" | head -n 1 |
          { read -r name version rest && printf 'library\t%s %s\n' "$name" "$version"; } && return
      done
      printf 'library\tOpenSSL\n'; return;;
    libgnutls*)
      version=$(dpkg-query -W -f '${Version}\n' 'libgnutls30*' 2>/dev/null | sed -n '/./{s/^[0-9]*://;s/[-+].*//p;q;}')
      printf 'library\tGnuTLS%s\n' "${version:+ $version}"; return;;
    esac
  done
}
# panel: a row for the control panel that writes this host's configuration.
panel() {
  if [ -d /usr/local/directadmin ]; then printf 'panel\tdirectadmin\n'
  elif [ -d /usr/local/cpanel ]; then printf 'panel\tcpanel\n'
  elif [ -d /usr/local/psa ] || [ -d /opt/psa ]; then printf 'panel\tplesk\n'
  fi
}
