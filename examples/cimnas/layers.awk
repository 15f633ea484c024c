# SPDX-License-Identifier: Apache-2.0
#
# operands.tsv and designs.tsv: one layer table for each design in the folder `to`, and points.tsv, which
# `weft validate --points` reads. The network of a design is the skeleton of the study: ProxylessNAS
# widths at 224 x 224, six stages of up to four inverted residuals; a stage as deep as its depth says,
# the last always of one block; stem, first block and classifier at 8 bit, the last convolution with
# inputs of 7.
BEGIN {
    FS = OFS = "\t"
    split("24 40 80 96 192 320", width, " ")
    split("2 2 2 1 2 1", stride, " ")
    split("1 5 9 14 18 23 27 31", bin, " ") # the 8 levels among the 31 bins
}

/^#/ { next }

$1 == "role" || $1 == "from" {
    file++
    if (file == 2) {
        print "design", "from", "network", "V", "bits_per_cell", "cycle_s", "rows", "cols", "groups", "tiles",
              "macros", "glb_depth", "nmos", "E_J", "A_cm2", "L_s", "avg_tops_mm2", "avg_tops_w",
              "avg_tops" > (to "/points.tsv")
    }
    next
}

file == 1 {
    inputs[$1] = spread($2)
    weights[$1] = spread($3)
    next
}

# Shares of 8 levels as those of 31 bins.
function spread(shares,    share, at, i, text) {
    split(shares, share, " ")
    for (i = 1; i <= 8; i++) {
        at[bin[i]] = share[i]
    }
    for (i = 1; i <= 31; i++) {
        text = text (i > 1 ? " " : "") (i in at ? at[i] : 0)
    }
    return text
}

function layer(name, role, c, m, k, side, g, s, in_bits, weight_bits) {
    printf "%s,%s,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,8,%s,%s\n", name, role == "classifier" ? "linear" : "conv",
           c, m, k, k, side, side, g, s, in_bits, weight_bits, inputs[role], weights[role] > table
}

{
    n = split($2, gene, "_")
    split(gene[10], depth, "")
    split(gene[11], kernel, "")
    split(gene[12], point_weights, "")
    split(gene[13], point_inputs, "")
    split(gene[14], deep_weights, "")
    split(gene[15], deep_inputs, "")
    table = to "/" sprintf("%02d", ++designs) ".csv"
    print "layer,kind,C,M,R,S,P,Q,G,stride,input_bits,weight_bits,output_bits,inputs_hist,weights_hist" > table
    layer("stem", "stem", 3, 32, 3, 112, 1, 2, 8, 8)
    layer("first depthwise", "depthwise", 1, 1, 3, 112, 32, 1, 8, 8)
    layer("first project", "project", 32, 16, 1, 112, 1, 1, 8, 8)
    c = 16
    side = 112
    for (stage = 1; stage <= 6; stage++) {
        for (place = 1; place <= (stage < 6 ? depth[stage] : 1); place++) {
            b = 4 * (stage - 1) + place
            wide = 4 * c + 8 * gene[15 + b]
            s = place == 1 ? stride[stage] : 1
            layer("block " b " expand", "expand", c, wide, 1, side, 1, 1, point_inputs[b], point_weights[b])
            side /= s
            layer("block " b " depthwise", "depthwise", 1, 1, kernel[b], side, wide, s, deep_inputs[b],
                  deep_weights[b])
            layer("block " b " project", "project", wide, width[stage], 1, side, 1, 1, point_inputs[b],
                  point_weights[b])
            c = width[stage]
        }
    }
    layer("mix", "mix", 320, 1280, 1, 7, 1, 1, 7, 8)
    layer("classifier", "classifier", 1280, 1000, 1, 1, 1, 1, 8, 8)
    close(table)
    print designs, $1, table, gene[1], gene[2], gene[3], gene[4], gene[5], gene[6], gene[7], gene[8], gene[9],
          $1 == "hand" || $1 == "newer" ? 57 : 9, $3, $4, $5, $6, $7, $8 > (to "/points.tsv")
}
