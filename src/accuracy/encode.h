/* SPDX-License-Identifier: Apache-2.0
 *
 * From a genome to the inputs of a perceptron: the features of a predictor file, bound to the genes
 * of a design. */
#ifndef WEFT_ACCURACY_ENCODE_H
#define WEFT_ACCURACY_ENCODE_H

#include "accuracy/predictor.h"
#include "accuracy/provider.h"

/* An input that is not 0. */
typedef struct weft_input {
    int32_t column;
    float value;
} weft_input;

typedef struct weft_encoder weft_encoder;

/* Binds the features of a branch, which must stay as long as the encoder. uses[g] becomes
 * WEFT_GENE_FED for the genes that are fed, WEFT_GENE_ALLOWED for those that are fed blind. WEFT_ERROR_INPUT: a gene is missing, or may have a value that the feature
 * does not know. */
weft_status weft_encoder_create(const weft_predictor_layer *branch, const weft_design_genes *genes,
                                bool blind_bits, weft_gene_use *uses, weft_encoder **encoder,
                                weft_error *error) WEFT_NODISCARD;
void weft_encoder_destroy(weft_encoder *encoder);

/* The most inputs that a design can have. */
int weft_encoder_most(const weft_encoder *encoder);

/* The inputs of a design, by rising column. WEFT_ERROR_EVALUATION: a gene without choices has a
 * value that the feature does not know. */
weft_status weft_encode(const weft_encoder *encoder, const double *genome, weft_input *inputs,
                        int *n, weft_error *error) WEFT_NODISCARD;

#endif
