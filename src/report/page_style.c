/* SPDX-License-Identifier: Apache-2.0
 * The page's style sheet and its script; the page is whole without the script. */
#include "report/page.h"

static const char style[] =
    "*{box-sizing:border-box}"
    "html{-webkit-text-size-adjust:100%}"
    "body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"
    "\"Segoe UI\",Roboto,\"Helvetica Neue\",\"Noto Sans\",\"DejaVu Sans\",sans-serif}"
    "main,header,footer{max-width:1120px;margin:0 auto;padding:0 24px}"
    "header{padding-top:40px}"
    ".eyebrow{margin:0 0 6px;color:var(--muted);font-size:13px;letter-spacing:.02em}"
    "h1{margin:0;font-size:30px;line-height:1.2;font-weight:650;letter-spacing:-.01em;"
    "overflow-wrap:anywhere}"
    "h2{margin:52px 0 6px;font-size:20px;line-height:1.3;font-weight:650}"
    "h3{margin:34px 0 6px;font-size:16.5px;line-height:1.3;font-weight:650}"
    "p{margin:6px 0 14px;max-width:76ch}"
    ".lead{color:var(--muted);margin:8px 0 0;overflow-wrap:anywhere}"
    ".tiles{display:flex;flex-wrap:wrap;gap:1px;"
    "margin:26px 0 0;padding:0;background:var(--edge);border:1px solid var(--edge);"
    "border-radius:8px;overflow:hidden}"
    ".tiles div{flex:1 1 150px;background:var(--surface);padding:14px 18px}"
    ".tiles dt{color:var(--muted);font-size:13px}"
    ".tiles dd{margin:2px 0 0;font-size:21px;font-weight:600;font-variant-numeric:tabular-nums}"
    ".tiles small{display:block;font-size:12.5px;font-weight:400;color:var(--muted);"
    "overflow-wrap:anywhere}"
    ".figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,430px),1fr));"
    "gap:20px;margin:16px 0;align-items:start}"
    "figure{margin:0;padding:18px 20px;background:var(--surface);border:1px solid var(--edge);"
    "border-radius:8px;min-width:0}"
    "figure .wf{max-width:600px}"
    ".figures>figure:last-child:nth-child(odd){grid-column:1/-1}"
    "figure:last-child:nth-child(odd) .wf{margin:0 auto}"
    "figcaption{margin:0 0 12px;font-weight:600}"
    "figcaption span{display:block;font-weight:400;color:var(--muted);font-size:13.5px}"
    "details{margin:10px 0 0}"
    "summary{cursor:pointer;color:var(--accent);font-size:13.5px;width:fit-content}"
    ".scroll{overflow:auto;max-height:680px;margin:12px 0;border:1px solid "
    "var(--edge);border-radius:8px;"
    "background:var(--surface)}"
    ".fit{width:fit-content;max-width:100%}"
    "details .scroll{max-height:420px}"
    "table{border-collapse:collapse;width:100%;font-size:13.5px;line-height:1.4}"
    "table.narrow{width:auto}"
    "th,td{padding:7px 12px;text-align:left;vertical-align:top;white-space:nowrap;"
    "border-bottom:1px solid var(--grid)}"
    "tbody tr:last-child>*{border-bottom:0}"
    "thead th{position:sticky;top:0;background:var(--surface);color:var(--muted);font-weight:500;"
    "border-bottom:1px solid var(--edge)}"
    "tbody th{font-weight:500}"
    ".n{text-align:right;font-variant-numeric:tabular-nums}"
    "td.design,.design{white-space:normal;min-width:120px;max-width:340px;overflow-wrap:anywhere}"
    ".source{white-space:normal;min-width:220px;color:var(--muted)}"
    ".sum>*{font-weight:600;border-top:1px solid var(--edge)}"
    ".badge{display:inline-block;padding:0 7px;border:1px solid var(--edge);border-radius:9px;"
    "font-size:11.5px;font-weight:500;color:var(--muted);line-height:17px}"
    "tr.lit>*{background:var(--grid)}"
    "th button{all:unset;cursor:pointer;color:inherit;font:inherit}"
    "th button:hover{color:var(--ink)}"
    "th[aria-sort=ascending] button::after{content:\" ↑\"}"
    "th[aria-sort=descending] button::after{content:\" ↓\"}"
    ":focus-visible{outline:2px solid var(--accent);outline-offset:2px}"
    "pre{margin:12px 0;padding:14px 16px;overflow-x:auto;background:var(--surface);"
    "border:1px solid var(--edge);border-radius:8px;font-size:13px;line-height:1.5}"
    "code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,\"DejaVu Sans "
    "Mono\",monospace}"
    "code{font-size:.92em}"
    ".terms{display:grid;grid-template-columns:max-content 1fr;gap:6px 20px;margin:14px 0;"
    "font-size:14px}"
    ".terms dt{color:var(--muted)}.terms dd{margin:0;overflow-wrap:anywhere}"
    "footer{color:var(--muted);font-size:13px;padding-top:40px;padding-bottom:48px}"
    "@media (max-width:520px){main,header,footer{padding-left:14px;padding-right:14px}"
    "header{padding-top:24px}h1{font-size:25px}figure{padding:14px 8px}"
    ".tiles div{flex-basis:130px;padding:11px 13px}.tiles dd{font-size:18px}"
    ".terms{grid-template-columns:1fr;gap:0}.terms dd{margin-bottom:8px}.source{min-width:160px}}"
    "@media print{body{background:#fff}figure{break-inside:avoid}.scroll{max-height:none}}";

/* Sorting of tables by their heads, and the marks of a design lit up from its row and back. */
static const char script[] =
    "(function(){'use strict';\n"
    "function key(row,i){var c=row.cells[i],v=c.getAttribute('data-v');"
    "return v===null?c.textContent:parseFloat(v);}\n"
    "function compare(a,b){if(typeof a!==typeof b){return typeof a==='number'?-1:1;}"
    "return typeof a==='number'?a-b:a.localeCompare(b,'en',{numeric:true});}\n"
    "document.querySelectorAll('table.sortable').forEach(function(t){"
    "var heads=Array.from(t.tHead.rows[0].cells);heads.forEach(function(h,i){"
    "var b=document.createElement('button');b.type='button';b.textContent=h.textContent;"
    "h.textContent='';h.appendChild(b);b.addEventListener('click',function(){"
    "var up=h.getAttribute('aria-sort')!=='ascending';"
    "heads.forEach(function(o){o.removeAttribute('aria-sort');});"
    "h.setAttribute('aria-sort',up?'ascending':'descending');"
    "var rows=Array.from(t.tBodies[0].rows);rows.sort(function(p,q){"
    "var d=compare(key(p,i),key(q,i));return up?d:-d;});"
    "rows.forEach(function(r){t.tBodies[0].appendChild(r);});});});});\n"
    "var by={};document.querySelectorAll('[data-trial]').forEach(function(e){"
    "var k=e.getAttribute('data-trial');(by[k]=by[k]||[]).push(e);"
    "function light(on){by[k].forEach(function(o){o.classList.toggle('lit',on);});}"
    "e.addEventListener('mouseenter',function(){light(true);});"
    "e.addEventListener('mouseleave',function(){light(false);});});\n"
    "})();";

void weft_page_style(weft_markup *html) {
    weft_markup_raw(html, "<style>");
    weft_svg_properties(html);
    weft_svg_style(html);
    weft_markup_raw(html, style);
    weft_markup_raw(html, "</style>\n");
}

void weft_page_script(weft_markup *html) {
    weft_markup_raw(html, "<script>");
    weft_markup_raw(html, script);
    weft_markup_raw(html, "</script>\n");
}
