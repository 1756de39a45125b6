# Where the mail and FTP servers of this host log: makes $logs (lines of PATH SERVICE,SERVICE) and $journal_services
# (SERVICE,SERVICE whose lines only the journal can have) of those in $here, and prints
#
#   service NAME VERSION LOG,LOG
#   without NAME REASON            its log is not there, or may not be read
#   assume NAME CLASS SINCE        what its settings make of a login that its log does not tell; they were changed then

user=$(id -un)
logs='' journal_services='' quiet=''

# within A,B C: whether C is one of them.
within() { case ",$1," in *",$2,"*) ;; *) return 1;; esac; }

without() { printf 'without\t%s\t%s\n' "$1" "$2"; }

# cannot_read SERVICES PATH: and what would let us. Never a program as root that reads files of the caller's choice.
cannot_read() {
  mode=$(stat -L -c '%a %G' "$2")
  case $mode in
    *[4567]?' '*) way="usermod -aG ${mode#* } $user";;
    *) way="chgrp adm $2; chmod g+r $2; usermod -aG adm $user; and for logrotate: create 0640 root adm";;
  esac
  for service in $(echo "$1" | tr , ' '); do without "$service" "$2 may not be read; allow it with: $way"; done
}

# look SERVICES BASE...: logs, rotated ones too. Sets $seen where there is one, and adds to $quiet whose log is there and empty.
look() {
  services=$1 seen=''
  shift
  for base in "$@"; do
    if [ -f "$base" ] && [ -r "$base" ] && ! [ -s "$base" ]; then quiet=$quiet,$services; fi
    folder=${base%/*}
    if [ -d "$folder" ] && ! { [ -r "$folder" ] && [ -x "$folder" ]; }; then cannot_read "$services" "$folder"; seen=1; continue; fi
    for log in "$base" "$base".[0-9]* "$base"-[0-9]*; do
      [ -s "$log" ] || continue
      case $log in *[!A-Za-z0-9._/@+-]*) continue;; esac
      if [ -r "$log" ]; then seen=1 logs="$logs$log $services$nl"
      elif [ "$log" = "$base" ]; then seen=1; cannot_read "$services" "$log"; fi
    done
  done
}

# Whose lines syslog gets: mail, and the others.
mail='' ftp=''
if within "$here" dovecot; then
  seen=''
  for log in $(doveconf -h log_path info_log_path 2>/dev/null); do case $log in /dev/*) ;; /*) look dovecot "$log";; esac; done
  [ "$seen" ] || mail=$mail,dovecot
fi
if within "$here" postfix; then
  log=$(postconf -h maillog_file 2>/dev/null)
  if [ "$log" ]; then look postfix "$log"; else mail=$mail,postfix; fi
fi
if within "$here" courier; then mail=$mail,courier; fi
if within "$here" exim; then
  look exim /var/log/exim4/mainlog /var/log/exim/mainlog /var/log/exim/main.log /var/log/exim_mainlog
  [ "$seen" ] || mail=$mail,exim
fi
if within "$here" vsftpd; then
  for settings in /etc/vsftpd.conf /etc/vsftpd/vsftpd.conf; do [ -f $settings ] && break; done
  vs() { value=$(sed -n "s/^$1=//p" $settings 2>/dev/null | tail -n 1); echo "${value:-$2}"; }
  case $(vs syslog_enable NO) in
    [Yy]*) ftp=$ftp,vsftpd;;
    *) look vsftpd "$(vs vsftpd_log_file /var/log/vsftpd.log)"
      [ "$seen" ] || look vsftpd "$(vs xferlog_file /var/log/xferlog)"
      [ "$seen" ] || ftp=$ftp,vsftpd;;
  esac
  if [ -r "$settings" ]; then
    case $(vs ssl_enable NO),$(vs force_local_logins_ssl YES) in
      [Nn]*) printf 'assume\tvsftpd\tplaintext\t%s\n' "$(modified "$settings")";;
      *,[Yy]*) printf 'assume\tvsftpd\ttls\t%s\n' "$(modified "$settings")";;
    esac
  fi
fi
if within "$here" proftpd; then
  settings=$(cat /etc/proftpd.conf /etc/proftpd/*.conf /etc/proftpd/conf.d/*.conf /etc/proftpd.d/*.conf 2>/dev/null)
  # A log of logins that tells their protocol makes the others needless, which would count the same again.
  case $settings in *%{protocol}*) kind='[Ee]xtended';; *) kind='[TtEeSs][a-zA-Z]*';; esac
  look proftpd $(printf '%s\n' "$settings" | sed -n "s/^[ 	]*${kind}Log[ 	][ 	]*\"*\(\/[^ 	\"]*\).*/\1/p" | sort -u)
  [ "$seen" ] || look proftpd /var/log/proftpd/auth.log /var/log/proftpd/xferlog /var/log/xferlog /var/log/secure
  [ "$seen" ] || ftp=$ftp,proftpd
fi
if within "$here" pureftpd; then
  look pureftpd /var/log/pureftpd.log /var/log/pure-ftpd/pureftpd.log
  [ "$seen" ] || ftp=$ftp,pureftpd
fi
if [ "$mail" ]; then
  look "${mail#,}" /var/log/mail.log /var/log/maillog
  [ "$seen" ] || journal_services=$mail
fi
if [ "$ftp" ]; then
  look "${ftp#,}" /var/log/syslog /var/log/messages
  [ "$seen" ] || journal_services=$journal_services$ftp
fi
journal_services=${journal_services#,}
if [ "$journal_services" ]; then
  set -- /var/log/journal/*/system.journal /run/log/journal/*/system.journal
  [ -e "$1" ] || shift
  reason=''
  if ! have journalctl || ! [ -e "$1" ]; then reason='no log of it was found'
  elif ! [ -r "$1" ]; then reason="the journal may not be read; allow it with: usermod -aG systemd-journal $user"; fi
  if [ "$reason" ]; then
    for service in $(echo "$journal_services" | tr , ' '); do
      within "$quiet" "$service" || without "$service" "$reason"
    done
    journal_services=''
  fi
fi

for service in $(echo "$here" | tr , ' '); do
  version='' places=''
  [ $service = dovecot ] && version=$(dovecot --version 2>/dev/null)
  IFS=$nl
  for log in $logs; do
    unset IFS
    if within "${log#* }" $service && [ ${#places} -lt 200 ]; then places=$places,${log%% *}; fi
  done
  unset IFS
  within "$journal_services" $service && places=,journal
  printf 'service\t%s\t%s\t%s\n' $service "${version%% *}" "${places#,}"
done
