# The small images that the demo and the tests pull: Debian's static busybox and a script or two each, made by hand
# (a layer is a tar, an image is a list of layers and a config) and put into a registry by its HTTP API.
# Nothing of this needs a Docker engine. Sourced after say.sh.

# blob_push REGISTRY REPOSITORY FILE: prints the digest.
blob_push() {
  local registry=$1 repository=$2 file=$3 digest place
  digest=sha256:$(sha256sum <"$file" | cut -d' ' -f1)
  if ! curl -fsS -o /dev/null -I "$registry/v2/$repository/blobs/$digest" 2>/dev/null; then
    place=$(curl -fsS -o /dev/null -D - -X POST "$registry/v2/$repository/blobs/uploads/" |
      tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
    case $place in
      /*) place=$registry$place ;;
    esac
    case $place in
      *\?*) place="$place&digest=$digest" ;;
      *) place="$place?digest=$digest" ;;
    esac
    curl -fsS -o /dev/null -X PUT -H 'Content-Type: application/octet-stream' --data-binary @"$file" "$place"
  fi
  echo "$digest"
}

# layer_make FOLDER FILE: the folder's content as a layer, the same bytes each time. Prints the uncompressed digest.
layer_make() {
  tar -C "$1" --sort=name --mtime=@1590447256 --owner=0 --group=0 --numeric-owner -cf "$2.tar" .
  gzip -n -1 <"$2.tar" >"$2"
  echo "sha256:$(sha256sum <"$2.tar" | cut -d' ' -f1)"
  rm -f "$2.tar"
}

# The layer that all images share: busybox, and a name for each of its commands.
images_base_layer() {
  local folder=$1/base name
  mkdir -p "$folder"/{bin,etc,tmp,root,app,var,usr}
  ln -sfn ../bin "$folder/usr/bin"
  chmod 1777 "$folder/tmp"
  cp "$(command -v busybox)" "$folder/bin/busybox"
  # Only those that the images use or that a person looking into a container would try.
  for name in sh ash cat echo sleep ls ps seq date env httpd wget nc kill true false printf id hostname ip netstat \
    head tail grep sed awk mkdir rm touch test; do
    ln -sf busybox "$folder/bin/$name"
  done
  printf 'root:x:0:0:root:/root:/bin/sh\n' >"$folder/etc/passwd"
  printf 'root:x:0:\n' >"$folder/etc/group"
  layer_make "$folder" "$1/base.tar.gz" >"$1/base.diff"
}

# image_push REGISTRY WORK REPOSITORY TAG COMMAND-JSON [PORT [ARCHITECTURE [CONFIG-JSON]]]: the files lie in WORK/app.
image_push() {
  local registry=$1 work=$2 repository=$3 tag=$4 command=$5 port=${6:-} machine=${7:-} more=${8:-} base_diff app_diff
  base_diff=$(cat "$work/base.diff")
  app_diff=$(layer_make "$work/app" "$work/app.tar.gz")
  [ -n "$more" ] || more='{}'
  jq -cn --argjson command "$command" --arg base "$base_diff" --arg app "$app_diff" --arg port "$port" \
    --argjson more "$more" '{
    architecture: "amd64", os: "linux", created: "2020-05-25T22:54:16Z",
    config: ({Env: ["PATH=/app:/bin"], WorkingDir: "/app", Cmd: $command}
             + (if $port == "" then {} else {ExposedPorts: {($port + "/tcp"): {}}} end) + $more),
    rootfs: {type: "layers", diff_ids: [$base, $app]},
    history: [{created: "2020-05-25T22:54:16Z", created_by: "busybox"},
              {created: "2020-05-25T22:54:16Z", created_by: "app"}]}' |
    jq -c --arg machine "${machine:-$(images_architecture)}" '.architecture = $machine' >"$work/config.json"
  local config_digest base_digest app_digest
  config_digest=$(blob_push "$registry" "$repository" "$work/config.json")
  base_digest=$(blob_push "$registry" "$repository" "$work/base.tar.gz")
  app_digest=$(blob_push "$registry" "$repository" "$work/app.tar.gz")
  jq -cn --arg config "$config_digest" --argjson config_size "$(stat -c %s "$work/config.json")" \
    --arg base "$base_digest" --argjson base_size "$(stat -c %s "$work/base.tar.gz")" \
    --arg app "$app_digest" --argjson app_size "$(stat -c %s "$work/app.tar.gz")" '
    "application/vnd.docker.image.rootfs.diff.tar.gzip" as $layer | {
    schemaVersion: 2, mediaType: "application/vnd.docker.distribution.manifest.v2+json",
    config: {mediaType: "application/vnd.docker.container.image.v1+json", size: $config_size, digest: $config},
    layers: [{mediaType: $layer, size: $base_size, digest: $base}, {mediaType: $layer, size: $app_size, digest: $app}]}' \
    >"$work/manifest.json"
  curl -fsS -o /dev/null -X PUT -H 'Content-Type: application/vnd.docker.distribution.manifest.v2+json' \
    --data-binary @"$work/manifest.json" "$registry/v2/$repository/manifests/$tag"
}

# image_index_push REGISTRY WORK REPOSITORY TAG ARCHITECTURE: an index with the image that was pushed last.
image_index_push() {
  jq -cn --arg digest "sha256:$(sha256sum <"$2/manifest.json" | cut -d' ' -f1)" --argjson size "$(stat -c %s "$2/manifest.json")" \
    --arg machine "$5" '{
    schemaVersion: 2, mediaType: "application/vnd.docker.distribution.manifest.list.v2+json",
    manifests: [{mediaType: "application/vnd.docker.distribution.manifest.v2+json", size: $size, digest: $digest,
                 platform: {architecture: $machine, os: "linux"}}]}' >"$2/index.json"
  curl -fsS -o /dev/null -X PUT -H 'Content-Type: application/vnd.docker.distribution.manifest.list.v2+json' \
    --data-binary @"$2/index.json" "$1/v2/$3/manifests/$4"
}

images_architecture() {
  case $(uname -m) in
    x86_64) echo amd64 ;;
    aarch64) echo arm64 ;;
    *) uname -m ;;
  esac
}

# app_script WORK NAME: an executable in the image's /app, its text from standard input. app_clear WORK: none yet.
app_clear() { rm -rf "$1/app" && mkdir -p "$1/app/app"; }
app_script() {
  cat >"$1/app/app/$2"
  chmod 755 "$1/app/app/$2"
}

# images_fill REGISTRY-URL WORK-FOLDER
images_fill() {
  local registry=$1 work=$2 version
  rm -rf "$work"
  mkdir -p "$work"
  images_base_layer "$work"

  # The documented example: `npm run start`, an HTTP server on 8080. There is no node in it; it has the manners.
  for version in latest v2; do
    app_clear "$work"
    app_script "$work" npm <<'END'
#!/bin/sh
[ "$1 $2" = "run start" ] || { echo "npm: only 'run start' is known here" >&2; exit 1; }
echo
echo "> docker-to-node@$(cat /app/version) start /app"
echo "> node server.js"
echo
echo "Listening on port 8080"
exec httpd -f -vv -p 8080 -h /app/public
END
    mkdir -p "$work/app/app/public"
    if [ "$version" = latest ]; then echo 1.0.0; else echo 2.0.0; fi >"$work/app/app/version"
    echo "Hello from docker-to-node, version $(cat "$work/app/app/version")" >"$work/app/app/public/index.html"
    image_push "$registry" "$work" davidcasta/docker-to-node "$version" '["npm","run","start"]' 8080
  done
  note "davidcasta/docker-to-node: latest, v2"

  # web:1, web:2 and web:3 answer on 8080 with their version; web:crash ends at once.
  for version in 1 2 3; do
    app_clear "$work"
    mkdir -p "$work/app/app/public"
    echo "web $version" >"$work/app/app/public/index.html"
    image_push "$registry" "$work" krane-test/web "$version" '["httpd","-f","-p","8080","-h","/app/public"]' 8080
  done
  image_push "$registry" "$work" krane-test/web crash '["false"]' 8080

  # box: as web, and declares a place of its own to be a volume, as databases do.
  image_push "$registry" "$work" krane-test/box 1 '["httpd","-f","-p","8080","-h","/app/public"]' 8080 '' \
    '{"Volumes": {"/data": {}}}'

  # late: as web, but only after two seconds.
  app_script "$work" start <<'END'
#!/bin/sh
echo "warming up"
sleep 2
echo "ready"
exec httpd -f -p 8080 -h /app/public
END
  echo "late" >"$work/app/app/public/index.html"
  image_push "$registry" "$work" krane-test/late latest '["start"]' 8080

  # keep:1 and keep:2 answer as web does, to any number of requests on one connection, which stays open.
  for version in 1 2; do
    app_clear "$work"
    app_script "$work" answer <<END
#!/bin/sh
empty=\$(printf '\\r')
while read -r line; do
  [ "\$line" != "\$empty" ] || printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 6\\r\\n\\r\\nweb $version\\n'
done
END
    image_push "$registry" "$work" krane-test/keep "$version" '["nc","-ll","-p","8080","-e","/app/answer"]' 8080
  done

  app_clear "$work"
  app_script "$work" start <<'END'
#!/bin/sh
echo "sleeping"
exec sleep 1000000
END
  image_push "$registry" "$work" krane-test/sleep latest '["start"]'

  # crash: says why, and exits with 3.
  app_clear "$work"
  app_script "$work" start <<'END'
#!/bin/sh
echo "starting" >&2
echo "fatal: no database at db:5432" >&2
exit 3
END
  image_push "$registry" "$work" krane-test/crash latest '["start"]' 8080

  # foreign: says that it was built for another kind of machine, and does not run.
  image_push "$registry" "$work" krane-test/foreign latest '["start"]' 8080 s390x
  # foreign:list: an index of images for several kinds of machines, and this one's is not among them.
  image_index_push "$registry" "$work" krane-test/foreign list s390x

  # deaf: runs, and listens on nothing.
  app_clear "$work"
  app_script "$work" start <<'END'
#!/bin/sh
echo "running, but not listening"
exec sleep 1000000
END
  image_push "$registry" "$work" krane-test/deaf latest '["start"]' 8080

  # lines: a numbered line on stdout and one on stderr, ten times a second, without end.
  app_clear "$work"
  app_script "$work" start <<'END'
#!/bin/sh
i=0
while :; do
  i=$((i + 1))
  echo "out $i"
  echo "err $i" >&2
  sleep 0.1
done
END
  image_push "$registry" "$work" krane-test/lines latest '["start"]'

  # lines:burst: a thousand of each at once, then quiet. lines:once: five of each, then exit 0.
  app_script "$work" start <<'END'
#!/bin/sh
for i in $(seq 1000); do echo "out $i"; echo "err $i" >&2; done
exec sleep 1000000
END
  image_push "$registry" "$work" krane-test/lines burst '["start"]'
  app_script "$work" start <<'END'
#!/bin/sh
for i in $(seq 5); do echo "out $i"; echo "err $i" >&2; done
END
  image_push "$registry" "$work" krane-test/lines once '["start"]'

  # stubborn: does not stop when it is told to.
  app_clear "$work"
  app_script "$work" start <<'END'
#!/bin/sh
trap 'echo "not stopping"' TERM INT
echo "running"
while :; do sleep 1; done
END
  image_push "$registry" "$work" krane-test/stubborn latest '["start"]'

  # secret: tells what it was given, as environment and as files, and serves on 8080. secret:crash tells it, and exits
  # with 3.
  app_clear "$work"
  app_script "$work" start <<'END'
#!/bin/sh
env | sort
ls -ln /run/secrets
for file in /run/secrets/*; do echo "$file: $(cat "$file")"; done
exec httpd -f -p 8080 -h /
END
  image_push "$registry" "$work" krane-test/secret latest '["start"]' 8080
  app_script "$work" start <<'END'
#!/bin/sh
env | sort
for file in /run/secrets/*; do echo "$file: $(cat "$file")" >&2; done
exit 3
END
  image_push "$registry" "$work" krane-test/secret crash '["start"]' 8080

  # nothing: its command does not exist in it.
  app_clear "$work"
  image_push "$registry" "$work" krane-test/nothing latest '["/no/such/command"]'
  images_fill_broken "$registry" "$work"
  note "krane-test/: web:1 web:2 web:3 web:crash late keep:1 keep:2 sleep crash deaf foreign lines lines:burst lines:once stubborn secret secret:crash nothing broken:…"
  rm -rf "$work"
}

# broken:TAG: what goes wrong with images, a tag each.
images_fill_broken() {
  local registry=$1 work=$2
  app_clear "$work"
  app_script "$work" interpreter <<'END'
#!/opt/python/bin/python3
print("never")
END
  app_script "$work" plain <<'END'
#!/bin/sh
echo "nobody has made this executable"
END
  chmod 644 "$work/app/app/plain"
  # A program for another kind of machine (s390x, by its head), in an image that says that it is for this one.
  printf '\177ELF\2\2\1\0\0\0\0\0\0\0\0\0\0\2\0\026\0\0\0\1' >"$work/app/app/program"
  head -c 1000 /dev/zero >>"$work/app/app/program"
  chmod 755 "$work/app/app/program"
  app_script "$work" loop <<'END'
#!/bin/sh
echo "serving for a moment" >&2
httpd -p 8080 -h /app
sleep 0.2
echo "fatal: lost the database" >&2
exit 7
END
  app_script "$work" hungry <<'END'
#!/bin/sh
echo "reading all of it into memory"
exec tail -c 200000000 /dev/zero
END
  app_script "$work" status <<'END'
#!/bin/sh
exec nc -ll -p 8080 -e /app/answer
END
  app_script "$work" answer <<'END'
#!/bin/sh
read -r line
printf 'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
END
  app_script "$work" writes <<'END'
#!/bin/sh
echo 1 >/app/pid || exit 1
exec httpd -f -p 8080 -h /app
END
  app_script "$work" "done" <<'END'
#!/bin/sh
echo "migrated 3 tables"
END
  local tag
  for tag in interpreter plain program loop hungry status writes "done"; do
    image_push "$registry" "$work" krane-test/broken "$tag" "[\"/app/$tag\"]" 8080
  done
  image_push "$registry" "$work" krane-test/broken check '["httpd","-f","-p","8080","-h","/app"]' 8080 '' \
    '{"Healthcheck": {"Test": ["CMD-SHELL", "echo queue is full; false"], "Interval": 200000000, "Retries": 2}}'
}
