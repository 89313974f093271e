#!/bin/sh
# The root of an image without a distribution: Node, the libraries that it, Deno and native modules load, a user, an empty /tmp.
# `var/lib/dpkg/status.d` tells scanners which packages the libraries are of.
set -eu
root=$1
mkdir -p "$root/bin" "$root/usr/local/bin" "$root/etc/ssl/certs" "$root/tmp" "$root/var/lib/basalt" "$root/var/lib/dpkg/status.d"
cp "$(command -v node)" "$root/usr/local/bin/node"
ln -s /app/deploy/container/basalt.mjs "$root/usr/local/bin/basalt"
# workers of functions begin in a shell that lowers their limits
cp -L /bin/sh "$root/bin/sh"

libraries=$(find /app -name '*.node' -o -name '*.so*' | xargs ldd "$(command -v node)" /bin/sh 2>/dev/null | awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\/.*ld-linux/ { print $1 }' | grep -v '^/app' | sort -u)
# loaded by name, so nobody links to them: names of hosts
resolvers=$(ls /lib/*-linux-gnu/libnss_dns.so.2 /lib/*-linux-gnu/libnss_files.so.2 /lib/*-linux-gnu/libresolv.so.2)
for library in $libraries $resolvers; do
  mkdir -p "$root$(dirname "$library")"
  cp -Ln "$library" "$root$library"
done
for package in dash libc6 libgcc-s1 libstdc++6; do
  dpkg-query -s "$package" > "$root/var/lib/dpkg/status.d/$package"
done

echo 'basalt:x:65532:65532:Basalt:/var/lib/basalt:/sbin/nologin' > "$root/etc/passwd"
echo 'basalt:x:65532:' > "$root/etc/group"
echo 'hosts: files dns' > "$root/etc/nsswitch.conf"
# Deno looks at the system's certificates too, and a private authority can be mounted over them
if [ -f /etc/ssl/certs/ca-certificates.crt ]; then cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"; fi
chmod 1777 "$root/tmp"
mkdir -p "$root/var/log/basalt"
chown 65532:65532 "$root/var/lib/basalt" "$root/var/log/basalt"
