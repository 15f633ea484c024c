/* SPDX-License-Identifier: Apache-2.0
 *
 * The batches of a training: what is in them, and that they are the same with and without a thread,
 * from the start and from the middle. */
#include "learn/feed.h"

#include "learn/fixture_support.h"
#include "learn/mix.h"

enum { IMAGES = 53, BATCH = 8, STEPS = 20, SIDE = 5, CHANNELS = 3 };
enum { PIXELS = SIDE * SIDE * CHANNELS, EPOCH = IMAGES / BATCH };

typedef struct setting {
    weft_dataset dataset;
    weft_normaliser normaliser;
    weft_image_list list;
    uint32_t index[IMAGES];
    weft_feed_settings settings;
} setting;

/* Image i of the list has label i, and all its pixels are far from black. */
static void make_setting(setting *s) {
    static uint8_t pixels[2 * IMAGES * PIXELS];
    static uint16_t labels[2 * IMAGES];
    memset(s, 0, sizeof *s);
    for (int i = 0; i < 2 * IMAGES * PIXELS; i++) {
        pixels[i] = (uint8_t)(100 + (i * 31 + i / PIXELS * 7) % 150);
    }
    for (int i = 0; i < IMAGES; i++) {
        s->index[i] = (uint32_t)(2 * i + 1);
        labels[2 * i + 1] = (uint16_t)i;
        labels[2 * i] = 999;
    }
    s->dataset.info.shape = (weft_shape){CHANNELS, SIDE, SIDE};
    s->dataset.train = (weft_images){.n = 2 * IMAGES, .pixels = pixels, .labels = labels};
    s->list = (weft_image_list){.images = &s->dataset.train, .index = s->index, .n = IMAGES};
    for (int c = 0; c < CHANNELS; c++) {
        s->dataset.mean[c] = 0.4F;
        s->dataset.deviation[c] = 0.3F;
    }
    weft_normaliser_fill(&s->dataset, &s->normaliser);
    s->settings = (weft_feed_settings){
        .list = &s->list,
        .normaliser = &s->normaliser,
        .augmentation = {.crop_pad = 1, .flip = true, .cut = 2},
        .seed = 6,
        .batch = BATCH,
        .steps = STEPS,
        .type = WEFT_F32,
        .threads = 1,
    };
}

/* All that a feed gives. */
typedef struct record {
    float images[STEPS][BATCH * PIXELS];
    uint16_t labels[STEPS][BATCH], others[STEPS][BATCH];
    double share[STEPS];
} record;

static void run_feed(const weft_feed_settings *settings, record *made) {
    weft_error error;
    weft_feed *feed = NULL;
    weft_feed_batch batch = {0};
    MUST(weft_feed_create(settings, &feed, &error));
    memset(made, 0, sizeof *made);
    for (int64_t step = settings->first; step < settings->steps; step++) {
        assert_true(weft_feed_next(feed, made->images[step], &batch));
        memcpy(made->labels[step], batch.labels, sizeof made->labels[step]);
        if (batch.others != NULL) {
            memcpy(made->others[step], batch.others, sizeof made->others[step]);
        }
        made->share[step] = batch.share;
    }
    float beyond[BATCH * PIXELS] = {0};
    const float none[BATCH * PIXELS] = {0};
    assert_false(weft_feed_next(feed, beyond, &batch));
    assert_memory_equal(beyond, none, sizeof beyond);
    weft_feed_destroy(feed);
}

static record plain, other;

/* Each batch by hand: the order of its epoch, the view of its place, the image of its label. */
static void test_contents(void **state) {
    (void)state;
    setting s;
    make_setting(&s);
    run_feed(&s.settings, &plain);
    for (int epoch = 0; epoch <= (STEPS - 1) / EPOCH; epoch++) {
        uint32_t order[IMAGES];
        memcpy(order, s.index, sizeof order);
        weft_rng rng = weft_rng_make(6, WEFT_PURPOSE_SHUFFLE, (uint64_t)epoch);
        weft_rng_shuffle(&rng, order, IMAGES);
        for (int step = epoch * EPOCH; step < STEPS && step < (epoch + 1) * EPOCH; step++) {
            for (int i = 0; i < BATCH; i++) {
                int place = step % EPOCH * BATCH + i;
                assert_int_equal(plain.labels[step][i], order[place] / 2);
                float image[PIXELS];
                weft_view view = weft_view_draw(&s.settings.augmentation, s.normaliser.shape, 6,
                                                (uint64_t)epoch, (uint64_t)place);
                weft_view_fill(&s.normaliser, s.dataset.train.pixels + order[place] * PIXELS, &view,
                               WEFT_F32, image);
                assert_memory_equal(image, plain.images[step] + i * PIXELS, sizeof image);
            }
            assert_true(plain.share[step] == 1.0);
        }
    }
}

/* No image comes twice in an epoch, and none that is not on the list. */
static void test_epochs(void **state) {
    (void)state;
    setting s;
    make_setting(&s);
    run_feed(&s.settings, &plain);
    for (int epoch = 0; epoch < STEPS / EPOCH; epoch++) {
        bool seen[IMAGES] = {false};
        for (int i = 0; i < EPOCH * BATCH; i++) {
            uint16_t label = plain.labels[epoch * EPOCH + i / BATCH][i % BATCH];
            assert_true(label < IMAGES && !seen[label]);
            seen[label] = true;
        }
    }
    assert_memory_not_equal(plain.labels[0], plain.labels[EPOCH], sizeof plain.labels[0]);
}

static void test_thread_changes_nothing(void **state) {
    (void)state;
    setting s;
    make_setting(&s);
    for (int mixes = 0; mixes < 2; mixes++) {
        s.settings.mixup = mixes == 1 ? 0.4 : 0.0;
        s.settings.threads = 1;
        run_feed(&s.settings, &plain);
        s.settings.threads = 4;
        for (int round = 0; round < 20; round++) {
            run_feed(&s.settings, &other);
            assert_memory_equal(&plain, &other, sizeof plain);
        }
    }
}

/* Begun in the middle, of an epoch and of all, the batches are those of an unbroken feed. */
static void test_resumes(void **state) {
    (void)state;
    setting s;
    make_setting(&s);
    s.settings.mixup = 1.0;
    run_feed(&s.settings, &plain);
    for (int threads = 1; threads <= 2; threads++) {
        s.settings.threads = threads;
        for (int first = 0; first <= STEPS; first += first < 8 ? 1 : 3) {
            s.settings.first = first;
            run_feed(&s.settings, &other);
            assert_memory_equal(plain.images[first], other.images[first],
                                (size_t)(STEPS - first) * sizeof plain.images[0]);
            assert_memory_equal(plain.labels[first], other.labels[first],
                                (size_t)(STEPS - first) * sizeof plain.labels[0]);
        }
        s.settings.first = 0;
    }
}

static void test_mixed(void **state) {
    (void)state;
    setting s;
    make_setting(&s);
    run_feed(&s.settings, &plain);
    s.settings.mixup = 0.4;
    run_feed(&s.settings, &other);
    for (int step = 0; step < STEPS; step++) {
        uint32_t partner[BATCH];
        float mixed[BATCH * PIXELS];
        double share = weft_mix_draw(0.4, 6, (uint64_t)step, partner, BATCH);
        weft_mix_images(plain.images[step], partner, share, BATCH, PIXELS, WEFT_F32, mixed);
        assert_true(other.share[step] == share);
        assert_memory_equal(mixed, other.images[step], sizeof mixed);
        for (int i = 0; i < BATCH; i++) {
            assert_int_equal(other.labels[step][i], plain.labels[step][i]);
            assert_int_equal(other.others[step][i], plain.labels[step][partner[i]]);
        }
    }
}

static void test_narrow(void **state) {
    (void)state;
    weft_error error;
    setting s;
    make_setting(&s);
    run_feed(&s.settings, &plain);
    s.settings.type = WEFT_BF16;
    s.settings.threads = 2;
    weft_feed *feed = NULL;
    weft_feed_batch batch;
    weft_bf16 images[BATCH * PIXELS];
    MUST(weft_feed_create(&s.settings, &feed, &error));
    for (int step = 0; step < STEPS; step++) {
        assert_true(weft_feed_next(feed, images, &batch));
        for (int k = 0; k < BATCH * PIXELS; k++) {
            assert_int_equal(images[k], weft_to_bf16(plain.images[step][k]));
        }
    }
    weft_feed_destroy(feed);
}

/* Whenever it is stopped: before the first batch, in between, behind the last one. */
static void test_stops(void **state) {
    (void)state;
    weft_error error;
    setting s;
    make_setting(&s);
    s.settings.threads = 2;
    for (int taken = 0; taken <= STEPS; taken++) {
        weft_feed *feed = NULL;
        weft_feed_batch batch = {0};
        float images[BATCH * PIXELS];
        MUST(weft_feed_create(&s.settings, &feed, &error));
        for (int i = 0; i < taken; i++) {
            assert_true(weft_feed_next(feed, images, &batch));
        }
        assert_int_equal(taken > 0 ? batch.labels[0] : 0,
                         taken > 0 ? plain.labels[taken - 1][0] : 0);
        weft_feed_destroy(feed);
    }
    weft_feed_destroy(NULL);
}

static void refuse(const weft_feed_settings *settings, const char *word) {
    weft_error error;
    weft_feed *feed = NULL;
    assert_int_equal(weft_feed_create(settings, &feed, &error), WEFT_ERROR_INPUT);
    assert_null(feed);
    if (strstr(error.message, word) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", error.message, word);
    }
}

static void test_bad_settings(void **state) {
    (void)state;
    setting s;
    make_setting(&s);
    const weft_feed_settings good = s.settings;
    s.settings.batch = 0;
    refuse(&s.settings, "batch is 0, expected 1 to");
    s.settings.batch = IMAGES + 1;
    refuse(&s.settings, "batch is 54, expected 1 to the 53 images");
    s.settings = good;
    s.settings.first = STEPS + 1;
    refuse(&s.settings, "steps");
    s.settings.first = -1;
    refuse(&s.settings, "steps");
    s.settings = good;
    s.settings.mixup = NAN;
    refuse(&s.settings, "mixup");
    s.settings.mixup = -0.1;
    refuse(&s.settings, "mixup");
    s.settings = good;
    s.settings.augmentation.crop_pad = -1;
    refuse(&s.settings, "crop_pad");
    s.settings = good;
    s.settings.augmentation.cut = -1;
    refuse(&s.settings, "cut-out");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contents),
        cmocka_unit_test(test_epochs),
        cmocka_unit_test(test_thread_changes_nothing),
        cmocka_unit_test(test_resumes),
        cmocka_unit_test(test_mixed),
        cmocka_unit_test(test_narrow),
        cmocka_unit_test(test_stops),
        cmocka_unit_test(test_bad_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
