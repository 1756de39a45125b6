# Reads the logs in $logs (lines of PATH SERVICE,SERVICE) and the journal (of $journal_services) from where they were left.
# $KNOWN is what the last answer said of that; $merge and $awk_... are the awk programs.
#
# How far a log was read travels as INODE.SIZE.CHANGED.SUM.END.BACK, commas between logs. SUM is the checksum of its first
# bytes, at most 256 and no more than were read: by it a log is known under another name, or packed. END is the first byte
# not read, BACK the first line of a session that goes on there; SIZE is 0 where more was there than we had time for. Of
# the journal: journal.CURSOR.

piece=$((128 << 20)) hole=$((16 << 20)) most_packed=$((64 << 20)) budget=15
started=$(date +%s)
zone=$(date +%z)
own=" $({ ip -o addr show 2>/dev/null | awk '{ sub(/\/.*/, "", $4); print $4 }' || hostname -I; } 2>/dev/null | tr '\n' ' ')"
workers=$(getconf _NPROCESSORS_ONLN 2>/dev/null) || workers=1
[ "$workers" -gt 4 ] && workers=4
running=0 left=0 over=''
known=$(echo "$KNOWN" | tr , ' ')

is_packed() { case $1 in *.gz|*.xz|*.bz2|*.zst) ;; *) return 1;; esac; }

unpack() {
  case $1 in
    *.gz) gzip -dc "$1";;
    *.xz) xz -dc "$1";;
    *.bz2) bzip2 -dc "$1";;
    *.zst) zstd -dcq "$1";;
    *) cat "$1";;
  esac 2>/dev/null
}

# sum PATH BYTES: of its first bytes, into $sum.
sum() { sum=$(unpack "$1" | head -c "$2" | cksum); sum=${sum%% *}; }

# known_log PATH: 0 where nothing of it is new; else where it was left: $from, $back, and the $entry that said so.
known_log() {
  from=0 back=0 entry='' whole=''
  case " $known" in *" $inode.$size.$changed."*)
    entry=" $known"
    entry=${entry#*" $inode.$size.$changed."}
    entry=$inode.$size.$changed.${entry%% *}
    return 0;;
  esac
  for entry in $known; do
    IFS=.
    set -- "$1" $entry
    unset IFS
    [ "$7" ] || continue
    is_packed "$1" || [ "$6" -le "$size" ] || continue
    if [ "$6" -lt 256 ]; then sum "$1" "$6"
    elif [ "$whole" ]; then sum=$whole
    else sum "$1" 256; whole=$sum; fi
    if [ "$sum" = "$5" ]; then from=$6 back=$7; return 1; fi
  done
  entry=''
  return 1
}

# last_line PATH: where the last line that has an end ends, of the first $size bytes, into $end.
last_line() {
  start=$((size > 65536 ? size - 65536 : 0))
  rest=$({ tail -c +$((start + 1)) "$1" | head -c $((size - start)); echo x; } | tail -n 1 | wc -c)
  end=$((size - rest + 2))
}

# count VARIABLE...: what stands on standard input, with the program for $services.
count() {
  program=$awk_piece ftp=$awk_ftp
  for service in dovecot postfix exim courier vsftpd pureftpd proftpd; do
    case " $services " in *" $service "*) ;; *) continue;; esac
    case $service in *ftpd) program=$program$nl$ftp ftp='';; esac
    eval "program=\$program\$nl\$awk_$service"
  done
  ulimit -t 15
  ulimit -v 1048576
  nice -n 9 awk -v file="$file" -v services="$services" -v ref="$changed" -v zone="$zone" -v own="$own" "$@" \
    "$program$nl$awk_stamps$nl$awk_rows"
}

# read_piece PATH SEEK FROM END: of a log that is not packed. What stands under its name now may be another file already.
# Some awks take for ever over a line without end, such as a hole in a file: so much of it is enough to know.
read_piece() {
  if [ $(($4 - $3)) -gt $hole ] && [ "$(tail -c +$(($3 + 1)) "$1" | head -c $hole | head -n 1 | wc -l)" = 0 ]; then failed "$4"; return; fi
  {
    now=$(stat -L -c %i /dev/stdin 2>/dev/null) && [ "$now" != "$inode" ] && { printf 'gone\t%s\n' "$file"; return; }
    [ "$2" -lt 4096 ] || dd bs=4096 skip=$(($2 / 4096)) count=0 2>/dev/null
    count -v seek=$(($2 / 4096 * 4096)) -v from="$3" -v end="$4" || failed "$4"
  } < "$1"
}

read_packed() { unpack "$1" | count -v from="$2" || failed "$2"; }

failed() { printf 'failed\t%s\t%s\n' "$file" "$1"; }

in_turn() {
  "$@" &
  running=$((running + 1))
  if [ $running -ge "$workers" ]; then wait; running=0; fi
  [ $(($(date +%s) - started)) -lt $budget ] || over=1
}

# read_log PATH SERVICE,SERVICE
read_log() {
  set -- "$1" "$(echo "$2" | tr , ' ')" $(stat -L -c '%i %s %Y' "$1" 2>/dev/null)
  [ "$5" ] || return
  services=$2 inode=$3 size=$4 changed=$5
  case " $seen" in *" $inode "*) return;; esac
  seen="$seen$inode "
  if known_log "$1"; then printf 'still\t%s\n' "$entry"; return; fi
  if is_packed "$1"; then
    if [ "$size" -gt $most_packed ]; then say large "$1 is packed and larger than $((most_packed >> 20)) MB"; return; fi
    [ "$(unpack "$1" | head -c 1 | wc -c)" = 1 ] || { say packed "$1 cannot be unpacked"; return; }
    end=$((1 << 50))
  else last_line "$1"; fi
  if [ "$end" -le "$from" ] || [ "$over" ]; then
    [ "$over" ] && left=$((left + size - (from < size ? from : 0)))
    [ "$entry" ] && printf 'still\t%s\n' "$entry"
    return
  fi
  sum "$1" $((end < 256 ? end : 256))
  file=$inode.$size.$changed.$sum
  printf 'log\t%s\t%s\t%s\n' "$file" "$1" "$entry"
  if is_packed "$1"; then in_turn read_packed "$1" "$from"; return; fi
  part=$(((end - from) / workers + 1))
  [ $part -lt $piece ] && part=$((end - from < piece ? end - from : piece))
  [ $part -gt $((piece * 4)) ] && part=$((piece * 4))
  at=$from
  while [ $at -lt "$end" ]; do
    if [ "$over" ]; then printf 'stop\t%s\n' "$file"; left=$((left + end - at)); return; fi
    to=$((at + part < end ? at + part : end))
    in_turn read_piece "$1" $((back > 0 ? back - 1 : 0)) $at $to
    at=$to back=$((to > 4194304 ? to - 4194304 : 0))
  done
}

# Sessions that began up to ten minutes before the cursor are understood.
read_journal() {
  services=$(echo "$journal_services" | tr , ' ') file=journal changed=$started entry='' before=''
  set --
  for service in $services; do
    case $service in
      postfix) for name in smtpd submission/smtpd submissions/smtpd smtps/smtpd; do set -- "$@" -t postfix/$name; done;;
      courier) set -- "$@" -t imapd -t imapd-ssl -t pop3d -t pop3d-ssl;;
      exim) set -- "$@" -t exim -t exim4;;
      pureftpd) set -- "$@" -t pure-ftpd;;
      *) set -- "$@" -t "$service";;
    esac
  done
  set -- -q --no-pager -o short-iso "$@"
  for entry in $known; do case $entry in journal.*) break;; esac; entry=''; done
  if [ "$entry" ]; then
    micro=${entry#*;t=}
    micro=$((0x${micro%%;*}))
    moment="$((micro / 1000000)).$(printf %06d $((micro % 1000000)))"
    before=$(journalctl "$@" -n 20000 --since "@$((micro / 1000000 - 600))" --until "@$moment" 2>/dev/null)
    if journalctl "$@" -n 0 --after-cursor="${entry#journal.}" >/dev/null 2>&1; then set -- "$@" --after-cursor="${entry#journal.}"
    else set -- "$@" --since "@$moment"; fi
  else set -- "$@" --since -90d; fi
  printf 'log\tjournal\tjournal\t%s\n' "$entry"
  { printf '%s\n' "$before"; journalctl "$@" -n 1000000 --show-cursor 2>/dev/null; } | count -v from=$((${#before} + 1))
}

[ "$known" ] || printf 'whole\tyes\n'
{
  owners
  [ "$journal_services" ] && read_journal
  seen=''
  [ "$logs" ] && for log in $(ls -t $(printf %s "$logs" | sed 's/ .*//') 2>/dev/null); do
    [ "$(find -L "$log" -prune -mtime -91 2>/dev/null)" ] || continue
    services=${logs#*"$log "}
    read_log "$log" "${services%%"$nl"*}"
  done
  wait
  [ $left -gt 0 ] && printf 'left\t%s\n' $left
} | awk "$merge"
