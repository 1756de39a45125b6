# Inside the host's own root: its accounts, keys and daemons. Afterwards this process waits for all others.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
fake() { # NAME ADDRESS PORT [GREETING]: a daemon of that name which accepts and hangs up, or greets and speaks plain FTP
  cp -f "$(readlink -f "$(command -v python3)")" "/usr/sbin/$1"
  "/usr/sbin/$1" -c '
import socket, sys
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    peer, _ = server.accept()
    try:
        if len(sys.argv) > 3:
            peer.sendall(sys.argv[3].encode() + b"\r\n")
            for line in peer.makefile("rb"):
                known = {b"USER": b"331 Please specify the password.", b"QUIT": b"221 Goodbye."}
                peer.sendall(known.get(line[:4], b"500 Unknown command.") + b"\r\n")
                if line.startswith(b"QUIT"):
                    break
    except OSError:  # a port scan hangs up at once
        pass
    peer.close()
' "$2" "$3" ${4:+"$4"}
}
for user in schouw visitor; do
  id "$user" >/dev/null 2>&1 || useradd -m -s /bin/sh "$user"
  usermod -p '*' "$user"
  install -d -m 700 -o "$user" "/home/$user/.ssh"
  install -m 600 -o "$user" /lab/authorized_keys "/home/$user/.ssh/authorized_keys"
done
install -d -m 700 /root /root/.ssh
install -m 600 /lab/authorized_keys /root/.ssh/authorized_keys
rm -f /etc/sudoers.d/*
[ -f /lab/sudoers ] && install -D -m 440 /lab/sudoers /etc/sudoers.d/schouw
chmod 600 /etc/ssh/ssh_host_*_key
mkdir -p /run/sshd
[ -f /lab/nftables ] && nft -f /lab/nftables
[ -d /var/lib/apt ] && install -d /var/lib/apt/periodic && touch /var/lib/apt/periodic/update-success-stamp
[ -x /lab/packages ] && /lab/packages
# As on a server with a syslog where nobody has logged in yet.
command -v rsyslogd >/dev/null || touch /var/log/mail.log /var/log/syslog /var/log/vsftpd.log
/usr/sbin/sshd -E /run/sshd.log
. /lab/daemons
echo ready > /run/lab-ready
while :; do sleep 3600 & wait $!; done
