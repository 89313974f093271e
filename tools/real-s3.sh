#!/usr/bin/env bash
# Runs the blob suite against a real S3 server: Ceph's RADOS Gateway of Debian 13, in a chroot of its own (root, mmdebstrap;
# 3 minutes and 1 GB the first time, 15 s later). Data in memory; all of it ends with the script.
# tools/real-s3.sh [folder [command …]]      npm run drill:s3
# A command is run beside it instead of the suite. S3_BYTES: room for objects, in memory (2 GiB).
set -euo pipefail
cd "$(dirname "$0")/.."
base=${1:-/tmp/basalt-ceph}
root=$base/root
port=${S3_PORT:-19105}
mirror=${MIRROR:-http://deb.debian.org/debian}
mkdir -p "$base"
[ -x "$root/usr/bin/radosgw" ] ||
  mmdebstrap --variant=apt --include=ceph-mon,ceph-osd,radosgw,ceph-common trixie "$root" "$mirror"

pids=()
finish() {
  [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  umount "$root/proc" "$root/dev" 2>/dev/null || true
}
trap finish EXIT
mountpoint -q "$root/proc" || mount --bind /proc "$root/proc"
mountpoint -q "$root/dev" || mount --bind /dev "$root/dev"

rm -rf "$root/ceph"
mkdir -p "$root/ceph"/{mon,osd0,run,log,rgw}
cat >"$root/ceph/ceph.conf" <<CONF
[global]
fsid = 5b0e4a0c-7d62-4a3e-9a54-3a1f0a6b7c88
mon host = [v2:127.0.0.1:$((port + 1)),v1:127.0.0.1:$((port + 2))]
public network = 127.0.0.0/8
keyring = /ceph/keyring
mon data = /ceph/mon
osd data = /ceph/osd\$id
run dir = /ceph/run
admin socket = /ceph/run/\$name.asok
log file = /ceph/log/\$name.log
# one copy, in memory
osd objectstore = memstore
memstore device bytes = ${S3_BYTES:-2147483648}
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd class load list = *
osd class default list = *
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail crit = 1
auth allow insecure global id reclaim = true
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:$port
rgw data = /ceph/rgw
CONF

in_root() { chroot "$root" env CEPH_CONF=/ceph/ceph.conf "$@"; }
in_root ceph-authtool --create-keyring /ceph/keyring --gen-key -n mon. --cap mon 'allow *' >/dev/null
for name in client.admin client.rgw osd.0; do
  in_root ceph-authtool /ceph/keyring --gen-key -n "$name" --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *' >/dev/null
done
in_root monmaptool --create --clobber --addv a "[v2:127.0.0.1:$((port + 1)),v1:127.0.0.1:$((port + 2))]" \
  --fsid 5b0e4a0c-7d62-4a3e-9a54-3a1f0a6b7c88 --set-min-mon-release 18 /ceph/monmap >/dev/null
in_root ceph-mon --mkfs -i a --monmap /ceph/monmap --keyring /ceph/keyring
chroot "$root" ceph-mon -c /ceph/ceph.conf -i a -f >/dev/null 2>&1 & pids+=($!)
osd=$(cat /proc/sys/kernel/random/uuid)
in_root timeout 30 ceph osd new "$osd" >/dev/null
in_root ceph-osd -c /ceph/ceph.conf -i 0 --mkfs --osd-uuid "$osd" >/dev/null 2>&1
chroot "$root" ceph-osd -c /ceph/ceph.conf -i 0 -f >/dev/null 2>&1 & pids+=($!)
in_root timeout 60 radosgw-admin user create --uid=basalt --display-name=basalt \
  --access-key=basalt --secret-key=basalt-secret >/dev/null
chroot "$root" radosgw -c /ceph/ceph.conf -n client.rgw -f >/dev/null 2>&1 & pids+=($!)
for _ in $(seq 300); do curl -s -o /dev/null "http://127.0.0.1:$port" && break; sleep 0.1; done

export REAL_S3_URL="http://127.0.0.1:$port" REAL_S3_KEY=basalt REAL_S3_SECRET=basalt-secret
[ $# -gt 1 ] && { "${@:2}"; exit; }
npx vitest run --config tools/real-s3.config.mjs
