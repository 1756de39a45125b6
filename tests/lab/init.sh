# What a lab host runs as its first process, inside its namespaces: $1 is its root, $2 the lower layers, $3 its name.
set -eu
state=$1 lower=$2 name=$3
mount -t tmpfs -o mode=0755 tmpfs "$state/fs"
mkdir "$state/fs/upper" "$state/fs/work" "$state/fs/root"
case $lower in
*:/) # a layer over this machine's root lies inside that root: the kernel wants them apart
  cp -a "${lower%:/}" "$state/fs/lower"
  lower=$state/fs/lower:/ ;;
esac
mount -t overlay -o "lowerdir=$lower,upperdir=$state/fs/upper,workdir=$state/fs/work" overlay "$state/fs/root"
root=$state/fs/root
mkdir -p "$root/proc" "$root/dev" "$root/run" "$root/tmp" "$root/boot" "$root/sys" "$root/root"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
for node in "null 3" "zero 5" "full 7" "random 8" "urandom 9" "tty 5"; do
  set -- $node
  [ "$1" = tty ] && mknod -m 666 "$root/dev/tty" c 5 0 || mknod -m 666 "$root/dev/$1" c 1 "$2"
done
ln -s /proc/self/fd "$root/dev/fd"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs tmpfs "$root/boot"
mount -t tmpfs -o mode=0700 tmpfs "$root/root" # the shell start-up files of whoever works on this machine stay out
rm -rf "$root/etc/ssh" "$root/lib/modules"
tar -C "$state/files" -cf - . | tar -C "$root" -xf - --no-same-owner
hostname "$name"
ip link set lo up
exec chroot "$root" /bin/sh /lab/start
