# All parts of the scripts' library. Sourced with $root set.
for part in say packages images registry service_images engine released server; do
  # shellcheck source=/dev/null
  . "$root/scripts/lib/$part.sh"
done
