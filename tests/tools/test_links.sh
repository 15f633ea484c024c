#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every file that a Markdown file of this tree links to is there.
set -eu
broken=$(git ls-files '*.md' 2> /dev/null || find . -name '*.md' -not -path './build/*')
broken=$(for page in $broken; do
    [ -f "$page" ] || continue
    folder=$(dirname "$page")
    grep -o '](\([^)]*\))' "$page" | sed -e 's/^](//' -e 's/)$//' -e 's/#.*$//' |
        grep -v -e '^$' -e '^[a-z]*:' | while read -r target; do
        [ -e "$folder/$target" ] || echo "$page: $target"
    done
done)
if [ -n "$broken" ]; then
    echo "FAILED: links to nothing:"
    echo "$broken"
    exit 1
fi
