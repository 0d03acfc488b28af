# Redis, PostgreSQL and nginx as images, for the tests that deploy what people deploy: the programs of Debian's own
# packages with no more of them than they need, on top of the busybox of images.sh. Two tags of each differ in one
# setting that shows from outside. The packages come by `apt-get download` and are kept; where they cannot be had, the
# images are not there, and the tests that want them are skipped. Sourced after say.sh, images.sh and registry.sh.

# What they are linked with. A library that is missing here is told by name (service_take).
service_packages_common=(libc6 libssl3 zlib1g libzstd1 liblz4-1 liblzma5 libsystemd0 libcap2 libgcrypt20 libgpg-error0)
service_packages_redis=(redis-tools libjemalloc2 liblzf1 libatomic1 libgcc-s1 libstdc++6)
service_packages_postgres=(
  postgresql-15 postgresql-client-15 libpq5 libicu72 libxml2 libldap-2.5-0 libsasl2-2 libgnutls30 libp11-kit0 libffi8
  libidn2-0 libunistring2 libtasn1-6 libnettle8 libhogweed6 libgmp10 libgssapi-krb5-2 libkrb5-3 libk5crypto3
  libkrb5support0 libcom-err2 libkeyutils1 libpam0g libaudit1 libcap-ng0 libstdc++6 libgcc-s1
)
service_packages_nginx=(nginx libpcre2-8-0 libcrypt1)

# service_images_fill FOLDER: into the registry that runs there, unless they are there with this recipe.
service_images_fill() {
  local folder=$1 registry work=$1/services recipe name names=(redis postgres nginx)
  registry=http://127.0.0.1:$(registry_port "$folder")
  recipe=$(cat "${BASH_SOURCE[0]%/*}"/{service_,}images.sh "$(command -v busybox)" | sha256sum | cut -c1-16)
  [ "$(cat "$folder/recipe.services" 2>/dev/null)" != "$recipe" ] || return 0
  if ! service_download "$folder/packages" "${service_packages_common[@]}" "${service_packages_redis[@]}" \
    "${service_packages_postgres[@]}" "${service_packages_nginx[@]}"; then
    warn "no images of Redis, PostgreSQL and nginx: their Debian packages cannot be had here ($folder/packages/log)"
    return 0
  fi
  rm -rf "$work"
  for name in "${names[@]}"; do
    mkdir -p "$work/$name"
    images_base_layer "$work/$name"
    "service_image_$name" "$registry" "$work/$name" "$folder/packages"
  done
  note "krane-test/: ${names[*]}, each :1 and :2"
  rm -rf "$work"
  echo "$recipe" >"$folder/recipe.services"
}

# service_download FOLDER package…: those that are not there from an earlier time.
service_download() {
  local folder=$1 package missing=()
  shift
  mkdir -p "$folder"
  for package in $(printf '%s\n' "$@" | sort -u); do
    compgen -G "$folder/${package}_*.deb" >/dev/null || missing+=("$package")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  note "downloading ${#missing[@]} Debian packages for the images of Redis, PostgreSQL and nginx"
  (cd "$folder" && timeout 120 apt-get download "${missing[@]}" >log 2>&1) && return
  # The lists may be older than the archive, or not there at all.
  packages_apt update >>"$folder/log" 2>&1 || true
  (cd "$folder" && timeout 120 apt-get download "${missing[@]}" >>log 2>&1)
}

# service_unpack WORK PACKAGES package…: side by side into WORK/all.
service_unpack() {
  local work=$1 packages=$2 package
  shift 2
  mkdir -p "$work/all"
  for package in "${service_packages_common[@]}" "$@"; do
    dpkg-deb -x "$packages/${package}"_*.deb "$work/all"
  done
}

# service_take WORK PROGRAM…: programs and plug-ins, by their paths in the packages, with the libraries they need, into
# the base layer. The packages' own loader says which those are, so that the machine's own have no say.
service_take() {
  local work=$1 all=$1/all base=$1/base program loader library path found folder
  shift
  loader=$(find "$all"/lib64 "$all"/lib -maxdepth 1 -name 'ld-linux*' | head -n 1)
  found=$(echo "$all"/usr/lib/*-linux-gnu)
  found=$found:$(echo "$all"/lib/*-linux-gnu)
  folder=$base/lib/$(basename "${found%%:*}")
  mkdir -p "$folder" "$base$(dirname "${loader#"$all"}")"
  cp -L "$loader" "$base${loader#"$all"}"
  for program in "$@"; do
    mkdir -p "$base/$(dirname "$program")"
    cp -L "$all/$program" "$base/$program"
    "$loader" --inhibit-cache --library-path "$found" --list "$all/$program" >"$work/libraries" ||
      fail "$program needs libraries that no package of service_images.sh has"
    while read -r library _ path _; do
      case $path in
        "$all"/*) cp -L "$path" "$folder/" ;;
        '' | \(*) ;;  # the kernel's own, or the loader
        *) fail "$program needs $library, which no package of service_images.sh has" ;;
      esac
    done <"$work/libraries"
  done
}

# service_user WORK NAME ID: somebody that is not root. service_folder WORK PATH: one that anybody may write to, and so
# the volume that is made from it.
service_user() {
  echo "$2:x:$3:$3:$2:/tmp:/bin/sh" >>"$1/base/etc/passwd"
  echo "$2:x:$3:" >>"$1/base/etc/group"
}
service_folder() { mkdir -p "$1/base$2" && chmod 1777 "$1/base$2"; }

# service_layer WORK: WORK/base is whole. service_push REGISTRY WORK NAME PORT TAG: with WORK/app above it.
service_layer() { layer_make "$1/base" "$1/base.tar.gz" >"$1/base.diff"; }
service_push() { image_push "$1" "$2" "krane-test/$3" "$5" '["start"]' "$4"; }

# The password comes as REDISCLI_AUTH, which redis-cli takes too. The tags differ in maxmemory-policy.
service_image_redis() {
  local registry=$1 work=$2 tag policy
  service_unpack "$work" "$3" "${service_packages_redis[@]}"
  service_take "$work" usr/bin/redis-check-rdb usr/bin/redis-cli
  # The server, by the name that it is called by.
  mv "$work/base/bin/redis-check-rdb" "$work/base/bin/redis-server"
  service_user "$work" redis 100
  service_folder "$work" /data
  service_layer "$work"
  for tag in 1 2; do
    if [ "$tag" = 1 ]; then policy=noeviction; else policy=volatile-lru; fi
    app_clear "$work"
    app_script "$work" start <<END
#!/bin/sh
umask 077
cat >/tmp/redis.conf <<CONF
bind * -::*
dir /data
appendonly yes
appendfsync always
save ""
maxmemory-policy $policy
requirepass \$REDISCLI_AUTH
CONF
exec redis-server /tmp/redis.conf
END
    service_push "$registry" "$work" redis 6379 "$tag"
  done
}

# The password of the user postgres comes as /run/secrets/postgres_password. The tags differ in cluster_name.
service_image_postgres() {
  local registry=$1 work=$2 tag share=usr/share/postgresql/15 programs=usr/lib/postgresql/15 name
  service_unpack "$work" "$3" "${service_packages_postgres[@]}"
  service_take "$work" "$programs"/bin/{postgres,initdb,pg_isready} "$programs"/lib/{plpgsql,dict_snowball}.so
  mkdir -p "$work/base/$share/extension"
  cp -r "$work/all/$share"/{timezonesets,tsearch_data,postgres.bki,errcodes.txt,sql_features.txt} "$work/base/$share/"
  cp "$work/all/$share"/*.{sql,sample} "$work/base/$share/"
  cp "$work/all/$share"/extension/plpgsql* "$work/base/$share/extension/"
  for name in postgres initdb pg_isready; do ln -s "/$programs/bin/$name" "$work/base/bin/$name"; done
  service_user "$work" postgres 101
  service_folder "$work" /var/lib/postgresql
  service_layer "$work"
  for tag in 1 2; do
    app_clear "$work"
    # What initdb has not finished is begun again, and never taken for a database.
    app_script "$work" start <<END
#!/bin/sh
set -e
data=/var/lib/postgresql/data
if [ ! -e \$data ]; then
  busybox rm -rf \$data.new
  initdb -D \$data.new -U postgres --pwfile=/run/secrets/postgres_password --locale=C -E UTF8 \\
    --auth-local=trust --auth-host=password
  echo "host all all all password" >>\$data.new/pg_hba.conf
  busybox mv \$data.new \$data
fi
exec postgres -D \$data -c listen_addresses='*' -c unix_socket_directories=/tmp -c cluster_name=krane-$tag
END
    service_push "$registry" "$work" postgres 5432 "$tag"
  done
}

# Its page is "nginx TAG". It writes below /run and /var/lib/nginx, and nowhere else.
service_image_nginx() {
  local registry=$1 work=$2 tag
  service_unpack "$work" "$3" "${service_packages_nginx[@]}"
  service_take "$work" usr/sbin/nginx
  mv "$work/base/usr/sbin/nginx" "$work/base/bin/nginx"
  service_user "$work" www-data 33
  mkdir -p "$work/base/run" "$work/base/var/lib/nginx"
  service_layer "$work"
  for tag in 1 2; do
    app_clear "$work"
    mkdir -p "$work/app/app/public"
    echo "nginx $tag" >"$work/app/app/public/index.html"
    cat >"$work/app/app/nginx.conf" <<'END'
daemon off;
worker_processes 1;
error_log stderr;
pid /run/nginx.pid;
events {}
http {
  access_log off;
  keepalive_requests 100000;
  server {
    listen 8080;
    root /app/public;
  }
}
END
    app_script "$work" start <<'END'
#!/bin/sh
exec nginx -e stderr -c /app/nginx.conf
END
    service_push "$registry" "$work" nginx 8080 "$tag"
  done
}
