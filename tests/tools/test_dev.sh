#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# ./dev installs exactly what is missing, and says what to do where it cannot. The package tools are
# stand-ins that only write down what they were asked.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
tree=$(pwd)

fail() {
    echo "FAILED: $*" >&2
    [ ! -f "$folder/err" ] || cat "$folder/err" >&2
    exit 1
}

# A PATH with only the tools that ./dev deps uses, and stand-ins for the others.
mkdir "$folder/bin"
for tool in sh env dirname nproc cat; do
    ln -s "$(command -v "$tool")" "$folder/bin/$tool"
done
stand_in() {
    cat > "$folder/bin/$1"
    chmod +x "$folder/bin/$1"
}
user() {
    printf '#!/bin/sh\necho %s\n' "$1" | stand_in id
}
# dpkg-query: everything is installed but what $folder/missing names.
packages() {
    echo "$*" > "$folder/missing"
    stand_in dpkg-query << STUB
#!/bin/sh
for last; do :; done
case " \$(cat "$folder/missing") " in
*" \$last "*) exit 1 ;;
esac
echo "ii "
STUB
    : > "$folder/calls"
    stand_in apt-get << STUB
#!/bin/sh
echo "apt-get \$*" >> "$folder/calls"
STUB
}
dev() {
    status=0
    PATH="$folder/bin" "$tree/dev" "$@" > "$folder/out" 2> "$folder/err" || status=$?
}

user 0
packages
dev deps
[ "$status" -eq 0 ] || fail "all is there, yet exit $status"
[ ! -s "$folder/calls" ] || fail "all is there, yet: $(cat "$folder/calls")"

packages libfyaml-dev cmake
dev deps
[ "$status" -eq 0 ] || fail "exit $status"
grep -q "^apt-get .*update" "$folder/calls" || fail "no update: $(cat "$folder/calls")"
grep -Eq "^apt-get .*install --no-install-recommends cmake libfyaml-dev ?$" "$folder/calls" ||
    fail "other packages: $(cat "$folder/calls")"

# apt-get fails: no network, say.
stand_in apt-get << 'STUB'
#!/bin/sh
exit 100
STUB
dev deps
[ "$status" -eq 7 ] || fail "apt-get fails, yet exit $status"
grep -q "apt-get install --no-install-recommends cmake libfyaml-dev$" "$folder/err" ||
    fail "no advice"

# Not root: with sudo, and without.
user 1000
packages zlib1g-dev
dev deps
[ "$status" -eq 7 ] || fail "neither root nor sudo, yet exit $status"
grep -q "apt-get install --no-install-recommends zlib1g-dev" "$folder/err" || fail "no advice"
[ ! -s "$folder/calls" ] || fail "installed without rights"
stand_in sudo << STUB
#!/bin/sh
echo "sudo \$1" >> "$folder/calls"
exec "\$@"
STUB
dev deps
[ "$status" -eq 0 ] || fail "sudo is there, yet exit $status"
grep -q "^sudo env" "$folder/calls" || fail "installed without sudo: $(cat "$folder/calls")"

# Another system.
rm "$folder/bin/apt-get" "$folder/bin/dpkg-query"
dev deps
[ "$status" -eq 7 ] || fail "no Debian, yet exit $status"
grep -q "libdnnl-dev" "$folder/err" || fail "the packages are not named"
export WEFT_NO_DEPS=1
dev deps
[ "$status" -eq 0 ] || fail "WEFT_NO_DEPS, yet exit $status"

dev frobnicate
[ "$status" -eq 2 ] || fail "an unknown command, yet exit $status"
dev help
[ "$status" -eq 0 ] || fail "help, yet exit $status"
grep -q "usage: ./dev" "$folder/out" || fail "no help"
