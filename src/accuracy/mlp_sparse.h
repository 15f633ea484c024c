/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernel of weft_mlp_sparse, once for each instruction set: the including file defines
 * WEFT_MLP_TARGET (a function attribute) and WEFT_MLP_SPARSE (the name). */

WEFT_MLP_TARGET static void WEFT_MLP_SPARSE(const weft_mlp_layer *layer, const weft_input *x, int n,
                                            float *out) {
    const lanes *weights = (const lanes *)(const void *)layer->weights;
    const lanes *bias = (const lanes *)(const void *)layer->bias;
    lanes *result = (lanes *)(void *)out;
    for (int p = 0; p < layer->panels; p++, bias += 5, result += 5, weights += 5 * layer->inputs) {
        lanes a = bias[0], b = bias[1], c = bias[2], d = bias[3], e = bias[4];
        for (int i = 0; i < n; i++) {
            const lanes *row = weights + 5 * (ptrdiff_t)x[i].column;
            float value = x[i].value;
            a += value * row[0];
            b += value * row[1];
            c += value * row[2];
            d += value * row[3];
            e += value * row[4];
        }
        result[0] = a;
        result[1] = b;
        result[2] = c;
        result[3] = d;
        result[4] = e;
    }
    for (int p = 0; p < layer->rest; p++, bias++, result++, weights += layer->inputs) {
        lanes a = bias[0];
        for (int i = 0; i < n; i++) {
            a += x[i].value * weights[x[i].column];
        }
        result[0] = a;
    }
}
