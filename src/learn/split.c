/* SPDX-License-Identifier: Apache-2.0
 *
 * Every image of a set gets a mark: trained on, measured with, or left out. Marks are given class
 * by class over the class's images in a random order, so all parts have the set's mix of classes.
 */
#include "learn/split.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

typedef enum mark { MARK_OUT, MARK_TRAIN, MARK_MEASURE } mark;

typedef struct marking {
    const weft_images *images;
    int classes;
    uint8_t *marks;   /* (n) */
    uint32_t *member; /* (n), the images of one class */
} marking;

/* The images of a class that carry `wanted`, shuffled by a stream of their own. */
static size_t collect(const marking *m, int class, mark wanted, uint64_t seed,
                      weft_purpose purpose) {
    size_t n = 0;
    for (int64_t i = 0; i < m->images->n; i++) {
        if (m->images->labels[i] == class && m->marks[i] == (uint8_t)wanted) {
            m->member[n++] = (uint32_t)i;
        }
    }
    weft_rng rng = weft_rng_make(seed, purpose, (uint64_t) class);
    weft_rng_shuffle(&rng, m->member, n);
    return n;
}

static void mark_validation(const marking *m, const weft_train_settings *settings) {
    for (int class = 0; class < m->classes; class ++) {
        size_t n = collect(m, class, MARK_TRAIN, settings->split_seed, WEFT_PURPOSE_SPLIT);
        size_t measured = (size_t)lround(settings->validation * (double)n);
        for (size_t i = 0; i < measured; i++) {
            m->marks[m->member[i]] = MARK_MEASURE;
        }
    }
}

/* Keeps at most `limit` measuring images: one of each class in turn, until they are enough. */
static void limit_validation(const marking *m, const weft_train_settings *settings) {
    int64_t total = 0;
    for (int64_t i = 0; i < m->images->n; i++) {
        total += m->marks[i] == MARK_MEASURE;
    }
    int64_t limit = settings->validation_limit;
    if (limit <= 0 || total <= limit) {
        return;
    }
    int64_t left = total;
    for (int class = 0; class < m->classes; class ++) {
        size_t n = collect(m, class, MARK_MEASURE, settings->split_seed, WEFT_PURPOSE_SPLIT);
        /* What is left of the limit goes to the classes that are left, by their numbers. */
        size_t kept = left > 0 ? (size_t)lround((double)limit * (double)n / (double)left) : 0;
        left -= (int64_t)n;
        limit -= (int64_t)kept;
        for (size_t i = kept; i < n; i++) {
            m->marks[m->member[i]] = MARK_OUT;
        }
    }
}

static void mark_share(const marking *m, const weft_train_settings *settings) {
    if (settings->share >= 1.0) {
        return;
    }
    for (int class = 0; class < m->classes; class ++) {
        size_t n = collect(m, class, MARK_TRAIN, settings->seed, WEFT_PURPOSE_SUBSET);
        size_t kept = (size_t)lround(settings->share * (double)n);
        kept = kept < 1 ? 1 : kept;
        for (size_t i = kept; i < n; i++) {
            m->marks[m->member[i]] = MARK_OUT;
        }
    }
}

static weft_status list_marked(const weft_images *images, const uint8_t *marks, mark wanted,
                               weft_image_list *list, weft_error *error) {
    int64_t n = 0;
    for (int64_t i = 0; i < images->n; i++) {
        n += marks[i] == (uint8_t)wanted;
    }
    uint32_t *index = malloc(((size_t)n + 1) * sizeof *index);
    if (index == NULL) {
        return weft_fail_memory(error, ((size_t)n + 1) * sizeof *index);
    }
    *list = (weft_image_list){.images = images, .index = index};
    for (int64_t i = 0; i < images->n; i++) {
        if (marks[i] == (uint8_t)wanted) {
            index[list->n++] = (uint32_t)i;
        }
    }
    return WEFT_OK;
}

static weft_status check_labels(const weft_images *images, int classes, const char *what,
                                const weft_dataset *dataset, weft_error *error) {
    for (int64_t i = 0; i < images->n; i++) {
        if (images->labels[i] >= classes) {
            return weft_fail(error, WEFT_ERROR_INPUT,
                             "%s image %lld of data set %s has label %d, expected 0 to %d", what,
                             (long long)i, dataset->info.name, images->labels[i], classes - 1);
        }
    }
    return WEFT_OK;
}

static void count_classes(const weft_image_list *list, int64_t *counts) {
    for (int64_t i = 0; i < list->n; i++) {
        counts[list->images->labels[list->index[i]]]++;
    }
}

/* A class that is measured but never seen can only be got wrong: the accuracy would speak of the
 * split. A class that is not measured is counted for those who read the accuracy. */
static weft_status compare_classes(const weft_dataset *dataset, weft_parts *parts,
                                   weft_error *error) {
    const int classes = dataset->info.classes;
    int64_t *counts = calloc(2 * (size_t)classes, sizeof *counts);
    if (counts == NULL) {
        return weft_fail_memory(error, 2 * (size_t)classes * sizeof *counts);
    }
    int unseen = -1;
    count_classes(&parts->train, counts);
    count_classes(&parts->measure, counts + classes);
    for (int class = 0; class < classes; class ++) {
        int64_t trained = counts[class], measured = counts[classes + class];
        unseen = trained == 0 && measured > 0 && unseen < 0 ? class : unseen;
        parts->unmeasured += trained > 0 && measured == 0;
    }
    free(counts);
    if (unseen >= 0) {
        weft_fail(error, WEFT_ERROR_INPUT,
                  "data set %s leaves no image of class %d to train on, and measures with some",
                  dataset->info.name, unseen);
        weft_hint(error, "leave the class out, or lower the share of the validation images");
        return WEFT_ERROR_INPUT;
    }
    return WEFT_OK;
}

static weft_status check_parts(const weft_dataset *dataset, bool test, weft_parts *parts,
                               weft_error *error) {
    if (parts->train.n == 0) {
        weft_fail(error, WEFT_ERROR_INPUT, "data set %s leaves no image to train on",
                  dataset->info.name);
        weft_hint(error, "lower the share of the validation images");
        return WEFT_ERROR_INPUT;
    }
    if (parts->measure.n == 0) {
        weft_fail(error, WEFT_ERROR_INPUT, "data set %s leaves no image to measure with",
                  dataset->info.name);
        weft_hint(error, test ? "add a test set, or measure with the validation split"
                              : "raise the share of the validation images");
        return WEFT_ERROR_INPUT;
    }
    return compare_classes(dataset, parts, error);
}

static weft_status fill_parts(const weft_dataset *dataset, const weft_train_settings *settings,
                              const marking *m, weft_parts *parts, weft_error *error) {
    bool test = settings->split == WEFT_SPLIT_TEST;
    memset(m->marks, MARK_TRAIN, (size_t)m->images->n);
    if (!test) {
        mark_validation(m, settings);
        limit_validation(m, settings);
    }
    mark_share(m, settings);
    WEFT_TRY(list_marked(m->images, m->marks, MARK_TRAIN, &parts->train, error));
    if (!test) {
        return list_marked(m->images, m->marks, MARK_MEASURE, &parts->measure, error);
    }
    memset(m->marks, MARK_MEASURE, (size_t)dataset->test.n);
    return list_marked(&dataset->test, m->marks, MARK_MEASURE, &parts->measure, error);
}

weft_status weft_parts_create(const weft_dataset *dataset, const weft_train_settings *settings,
                              weft_parts *parts, weft_error *error) {
    const int classes = dataset->info.classes;
    int64_t n = dataset->train.n > dataset->test.n ? dataset->train.n : dataset->test.n;
    WEFT_TRY(check_labels(&dataset->train, classes, "training", dataset, error));
    WEFT_TRY(check_labels(&dataset->test, classes, "test", dataset, error));
    weft_parts made = {0};
    marking m = {.images = &dataset->train, .classes = classes};
    m.marks = malloc((size_t)n + 1);
    m.member = malloc(((size_t)n + 1) * sizeof *m.member);
    weft_status status = m.marks == NULL || m.member == NULL
                             ? weft_fail_memory(error, ((size_t)n + 1) * sizeof *m.member)
                             : fill_parts(dataset, settings, &m, &made, error);
    free(m.member);
    free(m.marks);
    if (status == WEFT_OK) {
        status = check_parts(dataset, settings->split == WEFT_SPLIT_TEST, &made, error);
    }
    if (status != WEFT_OK) {
        weft_parts_destroy(&made);
        return status;
    }
    *parts = made;
    return WEFT_OK;
}

void weft_parts_destroy(weft_parts *parts) {
    free(parts->train.index);
    free(parts->measure.index);
    *parts = (weft_parts){0};
}
