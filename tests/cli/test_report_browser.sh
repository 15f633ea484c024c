#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The page of weft report in a browser: figures have a size, their labels neither touch nor leave
# the figure, nothing is fetched, nothing goes wrong in the script; wide, and on a phone.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1

browser=
for name in chromium chromium-browser google-chrome; do
    if have "$name"; then
        browser=$name
        break
    fi
done
if [ -z "$browser" ]; then
    echo "skipped: no chromium here (Debian: apt install chromium)"
    exit 77
fi

# browse PAGE: its DOM after loading into page.dom, what the browser says into page.log
browse() {
    profile=$(mktemp -d -p "$folder")
    timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-background-networking \
        --disable-dev-shm-usage --no-first-run --hide-scrollbars --user-data-dir="$profile" \
        --window-size=1200,1600 --enable-logging=stderr --virtual-time-budget=8000 \
        --dump-dom "file://$1" > page.dom 2> page.log
}

echo '<!DOCTYPE html><title>t</title><p id="alive">alive</p>' > alive.html
if ! browse "$folder/alive.html" || ! grep -q 'id="alive"' page.dom; then
    echo "skipped: $browser does not run here:"
    tail -n 3 page.log
    exit 77
fi

# A script that measures the page as it is, then again 360 pixels wide in a frame of its own.
cat > probe.js << 'JS'
(function () {
    'use strict';
    function measure(page) {
        var found = {figures: 0, marks: 0, empty: 0, touching: [], outside: [], tables: 0,
                     overflow: page.documentElement.scrollWidth - page.documentElement.clientWidth};
        page.querySelectorAll('svg.wf').forEach(function (svg) {
            var box = svg.getBoundingClientRect();
            found.figures++;
            found.empty += box.width > 200 && box.height > 60 ? 0 : 1;
            found.marks += svg.querySelectorAll('[data-trial],.part,.step').length;
            var texts = Array.from(svg.querySelectorAll('text')).filter(function (t) {
                return t.textContent !== '';
            });
            var boxes = texts.map(function (t) { return t.getBoundingClientRect(); });
            boxes.forEach(function (a, i) {
                if (a.left < box.left - 2 || a.right > box.right + 2 || a.top < box.top - 2 ||
                    a.bottom > box.bottom + 2) {
                    found.outside.push(texts[i].textContent);
                }
                for (var j = 0; j < i; j++) {
                    var b = boxes[j];
                    if (a.left < b.right - 0.5 && b.left < a.right - 0.5 &&
                        a.top < b.bottom - 4 && b.top < a.bottom - 4) {
                        found.touching.push(texts[j].textContent + ' | ' + texts[i].textContent);
                    }
                }
            });
        });
        found.tables = page.querySelectorAll('details table').length;
        return found;
    }
    var own = document.currentScript;
    own.remove();
    var source = '<!DOCTYPE html>' + document.documentElement.outerHTML;
    var frame = document.createElement('iframe');
    window.addEventListener('load', function () {
        frame.style.width = '360px';
        frame.style.height = '6000px';
        frame.addEventListener('load', function () {
            var head = document.querySelector('table.sortable th button');
            var sorted = head !== null;
            if (sorted) {
                head.click();
                sorted = head.parentNode.getAttribute('aria-sort') === 'ascending';
            }
            document.documentElement.setAttribute('data-probe', JSON.stringify({
                wide: measure(document), narrow: measure(frame.contentDocument), sorts: sorted,
                fetched: performance.getEntriesByType('resource').filter(function (e) {
                    return e.initiatorType !== 'iframe';
                }).length
            }));
        });
        frame.srcdoc = source;
        document.body.appendChild(frame);
    });
})();
JS

# probe FOLDER FIGURES WHAT
probe() {
    sed '$d' "$1/index.html" | sed '$d' > "$1/probe.html" # without </body></html>
    {
        echo '<script>'
        cat probe.js
        echo '</script></body></html>'
    } >> "$1/probe.html"
    called="browser on $1"
    browse "$folder/$1/probe.html"
    tr '>' '\n' < page.dom | grep -m 1 'data-probe=' | sed 's/.*data-probe="//; s/"$//; s/&quot;/"/g' \
        > "$out"
    cp page.log "$err"
    condition=0
    grep -q '"wide"' "$out" || condition=1
    check "$condition" "$3: the page loads and its script runs"
    json_true ".wide.figures == $2 and .narrow.figures == $2" "$3: every figure is there"
    json_true '.wide.empty == 0 and .narrow.empty == 0' "$3: every figure has a size"
    json_true '.wide.touching == [] and .narrow.touching == []' "$3: no label touches another"
    json_true '.wide.outside == [] and .narrow.outside == []' "$3: no label leaves its figure"
    json_true '.wide.overflow <= 0 and .narrow.overflow <= 0' "$3: no sideways scrolling"
    json_true '.fetched == 0' "$3: nothing is fetched"
    condition=0
    grep -E 'CONSOLE' page.log && condition=1
    check "$condition" "$3: the console is silent"
}

problem() { # NAME TRIALS GOAL...
    cat << YAML
weft: problem/1
name: $1
space: imc-cnn
chip: mnsim-130nm-rram
$3
search: {optimizer: random, trials: $2, batch: 20, seed: 3}
YAML
}

problem two 200 'objectives: [energy min, latency min]' > two.yaml
problem three 40 'objectives: [params max, energy min, latency min]' > three.yaml
problem one 12 'score: macs / energy' > one.yaml
problem lone 1 'objectives: [energy min, latency min]' > lone.yaml
cat > joint.yaml << 'YAML'
weft: problem/1
name: joint
space: ofa-mobilenetv3-rram
chip: weft-32nm-rram-exact
objectives: [energy, latency, area, macs]
search:
  optimizer: nsga2
  trials: 600
  batch: 50
  population: 50
  seed: 3
  stages:
  - {name: chip, free: [chip], trials: 200, minimise: ela}
  - {name: all, free: [network, chip]}
YAML
problem several 60 'objectives: [energy min, latency min]' |
    sed 's/^space: .*/space: joint-rram-4/; s/^chip: .*/chip: neurosim-32nm-rram/' > several.yaml
for name in two three one lone joint several; do
    run search $name.yaml --store $name.db
    code_is 0 "a search for $name"
    run report $name.db --out $name
    code_is 0 "its report"
done
probe two 5 "two objectives"
json_true '.wide.marks > 200 and .sorts' "designs are drawn, tables sort"
probe three 7 "three objectives"
probe one 4 "a score"
probe lone 4 "one trial"
probe several 11 "four networks on a chip"
probe joint 8 "a network, its bits and a chip, in stages"

called="figures as files"
condition=0
grep -l 'var(' ./*/*.svg && condition=1
check "$condition" "no figure leaves a colour to a variable, which browsers alone know"

called="browser on an SVG file"
browse "$folder/two/layers-energy.svg"
condition=0
grep -q '<rect class="part' page.dom || condition=1
check "$condition" "a figure opens as a file of its own"
timeout 120 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$(mktemp -d -p "$folder")" \
    --window-size=1200,1600 --screenshot="$folder/page.png" "file://$folder/two/index.html" \
    > page.log 2>&1
condition=0
[ "$(wc -c < page.png)" -gt 20000 ] || condition=1
check "$condition" "a picture of the page is not blank"
finish
