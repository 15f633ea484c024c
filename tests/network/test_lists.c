/* SPDX-License-Identifier: Apache-2.0
 * The layer lists of the reference estimator (golden/workloads) are read as they are, and say what
 * our networks of the same names say, but for what is known to differ. Skipped where they are not. */
#include <weft/network.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define LISTS "../shared/golden/workloads/"

static weft_network *read_network(const char *name) {
    weft_network *network = NULL;
    weft_error error;
    if (weft_network_read(name, &network, &error) != WEFT_OK) {
        char text[2048];
        fail_msg("%s: %s", name, weft_error_format(&error, text, sizeof text));
    }
    return network;
}

/* What a layer is for an array: rows, columns, positions, groups, strides. How the rows are made up
 * of channels and a window makes no difference. */
typedef struct product {
    int64_t rows, columns, positions, groups, stride_h, stride_w;
} product;

static int compare(const void *a, const void *b) {
    return memcmp(a, b, sizeof(product));
}

/* The products with weights, sorted; the number of those of two activations in *dynamic. */
static product *products_of(const weft_network *network, int *n, int *dynamic) {
    product *made = calloc((size_t)network->n_layers, sizeof *made);
    assert_non_null(made);
    *n = *dynamic = 0;
    for (int32_t l = 0; l < network->n_layers; l++) {
        weft_loops k;
        if (!weft_layer_loops(network, l, &k)) {
            continue;
        }
        if (k.dynamic) {
            ++*dynamic;
            continue;
        }
        made[(*n)++] = (product){
            (int64_t)k.c * k.r * k.s, k.m, (int64_t)k.n * k.p * k.q, k.g, k.stride_h, k.stride_w};
    }
    qsort(made, (size_t)*n, sizeof *made, compare);
    return made;
}

static void check_same(const char *list, const char *name) {
    weft_network *listed = read_network(list);
    weft_network *ours = read_network(name);
    int n, m, listed_dynamic, our_dynamic;
    product *a = products_of(listed, &n, &listed_dynamic);
    product *b = products_of(ours, &m, &our_dynamic);
    if (n != m || listed_dynamic != our_dynamic) {
        fail_msg("%s: %d layers and %d products of activations; %s: %d and %d", list, n,
                 listed_dynamic, name, m, our_dynamic);
    }
    for (int i = 0; i < n; i++) {
        if (memcmp(&a[i], &b[i], sizeof a[i]) != 0) {
            fail_msg("%s: %lld x %lld over %lld; %s: %lld x %lld over %lld", list,
                     (long long)a[i].rows, (long long)a[i].columns, (long long)a[i].positions, name,
                     (long long)b[i].rows, (long long)b[i].columns, (long long)b[i].positions);
        }
    }
    if (listed_dynamic == 0) {
        assert_int_equal(listed->macs, ours->macs);
    }
    free(a);
    free(b);
    weft_network_destroy(listed);
    weft_network_destroy(ours);
}

static bool lists_are_here(void) {
    if (access(LISTS "resnet18.csv", R_OK) == 0) {
        return true;
    }
    print_message("skipped: " LISTS " is not here\n");
    return false;
}

static void lists_agree_with_our_networks(void **state) {
    (void)state;
    if (!lists_are_here()) {
        skip();
    }
    check_same(LISTS "alexnet.csv", "alexnet");
    check_same(LISTS "densenet201.csv", "densenet201");
    check_same(LISTS "mobilenet_v3.csv", "mobilenetv3-large");
    check_same(LISTS "resnet18.csv", "resnet18");
    check_same(LISTS "vgg16.csv", "vgg16");
    check_same(LISTS "vision_transformer.csv", "vit-b-16");
    check_same(LISTS "gpt2_medium.csv", "gpt2-medium@head=lm,tokens=256");
    check_same(LISTS "mobilebert.csv", "mobilebert@tokens=139");
}

/* What is wrong in the lists: attention is counted for one query instead of for each token (T times
 * too few), and the product of queries and keys has the length of the sequence in place of the
 * features of a head. The positions are the heads. */
static void attention_of_the_lists_has_one_query(void **state) {
    (void)state;
    if (!lists_are_here()) {
        skip();
    }
    weft_network *listed = read_network(LISTS "vision_transformer.csv");
    int products = 0;
    for (int32_t l = 0; l < listed->n_layers; l++) {
        weft_loops k;
        if (weft_layer_loops(listed, l, &k) && k.dynamic) {
            products++;
            assert_true(k.c == 197 && k.p == 12 && k.g == 1 && (k.m == 64 || k.m == 197));
        }
    }
    assert_int_equal(products, 24);
    weft_network_destroy(listed);
}

/* resnet50.csv is no ResNet-50 but a subnetwork of Once-for-All (Cai et al., arXiv 1908.09791):
 * 4 + 4 + 6 + 4 bottlenecks of 0.35 of the output's channels in place of 0.25, a stem of three
 * 3 x 3 convolutions. */
static void resnet50_of_the_lists_is_another_network(void **state) {
    (void)state;
    if (!lists_are_here()) {
        skip();
    }
    weft_network *listed = read_network(LISTS "resnet50.csv");
    weft_network *ours = read_network("resnet50");
    assert_int_equal(listed->n_layers - 1, 3 + 3 * (4 + 4 + 6 + 4) + 4 + 1);
    assert_int_equal(listed->macs, 7491643904);
    assert_int_equal(ours->macs, 4089184256);
    weft_network_destroy(listed);
    weft_network_destroy(ours);
}

static void histograms_of_the_lists_sum_to_one(void **state) {
    (void)state;
    if (!lists_are_here()) {
        skip();
    }
    static const char *const names[] = {"alexnet",    "densenet201",  "gpt2_medium",
                                        "mobilebert", "mobilenet_v3", "resnet18",
                                        "resnet50",   "vgg16",        "vision_transformer"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[256];
        snprintf(path, sizeof path, LISTS "%s.csv", names[i]);
        weft_network *network = read_network(path);
        assert_string_equal(network->name, names[i]);
        for (int32_t l = 1; l < network->n_layers; l++) {
            const weft_operands *o = &network->layers[l].operands;
            const weft_histogram *const all[] = {o->inputs, o->weights, o->outputs};
            for (int k = 0; k < 3; k++) {
                double sum = 0.0;
                assert_true(all[k]->n == 31 || all[k]->n == 63);
                for (int32_t bin = 0; bin < all[k]->n; bin++) {
                    sum += all[k]->share[bin];
                }
                assert_true(fabs(sum - 1.0) < 1e-12);
            }
        }
        weft_network_destroy(network);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_agree_with_our_networks),
        cmocka_unit_test(attention_of_the_lists_has_one_query),
        cmocka_unit_test(resnet50_of_the_lists_is_another_network),
        cmocka_unit_test(histograms_of_the_lists_sum_to_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
