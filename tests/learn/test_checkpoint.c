/* SPDX-License-Identifier: Apache-2.0
 *
 * Checkpoints: what comes back, what is refused, and that a training which was stopped ends with the
 * same bits as one that was not. */
#include "learn/checkpoint.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "learn/feed.h"
#include "learn/fixture_support.h"
#include "learn/loss.h"
#include "learn/optimizer.h"
#include "learn/safetensors.h"
#include "learn/schedule.h"

static char folder[] = "/tmp/weft-checkpoint-XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static const char *in_folder(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

enum { WEIGHTS = 7, STATE = 14, BLOCKS = 2 };

/* A checkpoint over arrays of the test. */
typedef struct kept {
    float weights[WEIGHTS], state[STATE];
    weft_checkpoint_block blocks[BLOCKS];
    weft_checkpoint checkpoint;
} kept;

static void keep(kept *k) {
    k->blocks[0] = (weft_checkpoint_block){"0.weight", k->weights, WEIGHTS};
    k->blocks[1] = (weft_checkpoint_block){"optimizer", k->state, STATE};
    k->checkpoint = (weft_checkpoint){.network = 1,
                                      .settings = UINT64_MAX,
                                      .dataset = 0x123456789abcdef0,
                                      .blocks = k->blocks,
                                      .n_blocks = BLOCKS,
                                      .steps = INT64_MAX};
}

static void make_kept(kept *k) {
    generator g = {7};
    memset(k, 0, sizeof *k);
    keep(k);
    draw_all(&g, k->weights, WEIGHTS, 1.0);
    draw_all(&g, k->state, STATE, 1e-30);
    k->checkpoint.at.step = 1234567890123;
    k->checkpoint.at.loss_steps = 17;
    k->checkpoint.at.loss_sum = 0.1 + 0.2;
    k->checkpoint.at.best_accuracy = 1e-3;
    k->checkpoint.at.best_step = 4;
    k->checkpoint.at.gave_up = true;
}

static void test_round_trip(void **state) {
    (void)state;
    weft_error error;
    kept one, other = {0};
    make_kept(&one);
    MUST(weft_checkpoint_save(in_folder("a.safetensors"), &one.checkpoint, &error));
    MUST(weft_checkpoint_save(in_folder("a.safetensors"), &one.checkpoint, &error));
    keep(&other);
    MUST(weft_checkpoint_load(in_folder("a.safetensors"), &other.checkpoint, &error));
    assert_memory_equal(one.weights, other.weights, sizeof one.weights);
    assert_memory_equal(one.state, other.state, sizeof one.state);
    assert_true(other.checkpoint.at.step == 1234567890123 && other.checkpoint.at.loss_steps == 17);
    assert_true(other.checkpoint.at.loss_sum == 0.1 + 0.2 &&
                other.checkpoint.at.best_accuracy == 1e-3);
}

/* ---- what is refused ------------------------------------------------------------------------- */

/* Loading fails, says so, and changes nothing. */
static void refuse(kept *into, const char *name, weft_status status, const char *says) {
    weft_error error = {0};
    kept before;
    memset(into->weights, 0x11, sizeof into->weights);
    memset(into->state, 0x11, sizeof into->state);
    into->checkpoint.at.step = -5;
    memcpy(&before, into, sizeof before);
    assert_int_equal(weft_checkpoint_load(in_folder(name), &into->checkpoint, &error), status);
    if (strstr(error.message, says) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", error.message, says);
    }
    assert_non_null(strstr(error.file, name));
    assert_memory_equal(&before, into, sizeof before);
}

static void test_of_another(void **state) {
    (void)state;
    weft_error error;
    kept one, other = {0};
    make_kept(&one);
    MUST(weft_checkpoint_save(in_folder("b.safetensors"), &one.checkpoint, &error));
    keep(&other);
    other.checkpoint.network++;
    refuse(&other, "b.safetensors", WEFT_ERROR_INPUT, "of another network");
    keep(&other);
    other.checkpoint.settings--;
    refuse(&other, "b.safetensors", WEFT_ERROR_INPUT, "of other settings");
    keep(&other);
    other.checkpoint.dataset ^= 1;
    refuse(&other, "b.safetensors", WEFT_ERROR_INPUT, "of another data set");
    other.checkpoint.network++;
    refuse(&other, "b.safetensors", WEFT_ERROR_INPUT, "another network, another data set");
    keep(&other);
    other.blocks[1].count--;
    refuse(&other, "b.safetensors", WEFT_ERROR_INPUT,
           "block \"optimizer\" of the checkpoint has 14 values");
    keep(&other);
    other.blocks[0].name = "1.weight";
    refuse(&other, "b.safetensors", WEFT_ERROR_INPUT, "no block \"1.weight\"");
    keep(&other);
    other.checkpoint.n_blocks = 1;
    refuse(&other, "b.safetensors", WEFT_ERROR_INPUT, "has 2 blocks, expected 1");
}

static void write_bytes(const char *name, const void *bytes, size_t size) {
    FILE *file = fopen(in_folder(name), "wbe");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static size_t read_bytes(const char *name, uint8_t *bytes, size_t most) {
    FILE *file = fopen(in_folder(name), "rbe");
    assert_non_null(file);
    size_t size = fread(bytes, 1, most, file);
    fclose(file);
    return size;
}

static void test_damaged(void **state) {
    (void)state;
    weft_error error;
    static uint8_t bytes[8192];
    kept one, other = {0};
    make_kept(&one);
    keep(&other);
    refuse(&other, "absent.safetensors", WEFT_ERROR_IO, "");
    MUST(weft_checkpoint_save(in_folder("c.safetensors"), &one.checkpoint, &error));
    size_t size = read_bytes("c.safetensors", bytes, sizeof bytes);
    for (size_t bit = 0; bit < 8 * size; bit += 7) {
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        write_bytes("d.safetensors", bytes, size);
        refuse(&other, "d.safetensors", WEFT_ERROR_INPUT, "");
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    bytes[size - 1] ^= 4;
    write_bytes("d.safetensors", bytes, size);
    refuse(&other, "d.safetensors", WEFT_ERROR_INPUT, "the file is damaged: the checksum");
    write_bytes("d.safetensors", bytes, size - 20);
    refuse(&other, "d.safetensors", WEFT_ERROR_INPUT, "truncated");
    write_bytes("d.safetensors", "", 0);
    refuse(&other, "d.safetensors", WEFT_ERROR_INPUT, "");
}

/* A checkpoint that says it is where no training can be. */
static void refuse_place(weft_train_place at, int64_t steps, const char *says) {
    weft_error error;
    kept one, other = {0};
    make_kept(&one);
    keep(&other);
    one.checkpoint.at = at;
    other.checkpoint.steps = steps;
    MUST(weft_checkpoint_save(in_folder("f.safetensors"), &one.checkpoint, &error));
    refuse(&other, "f.safetensors", WEFT_ERROR_INPUT, says);
}

static void test_impossible_places(void **state) {
    (void)state;
    refuse_place((weft_train_place){.step = 16, .loss_steps = 17}, 100, "step 16 and has the loss");
    refuse_place((weft_train_place){.step = 16}, 100, "has the loss of 0");
    refuse_place((weft_train_place){.step = -1}, 100, "at step -1");
    refuse_place((weft_train_place){.step = 16, .loss_steps = 6, .best_step = 17}, 100,
                 "best at step 17");
    refuse_place((weft_train_place){.step = 16, .loss_steps = 6, .best_step = -1}, 100,
                 "best at step -1");
    refuse_place((weft_train_place){.step = 16, .loss_steps = 6}, 15,
                 "the checkpoint is at step 16, the training has 15");
}

/* Weights that are no checkpoint; files larger than data sets may be. */
static void test_other_files(void **state) {
    (void)state;
    weft_error error;
    kept other = {0};
    keep(&other);
    const weft_bundle_array weights = {"0.weight", WEFT_BUNDLE_F32, 1,
                                       {WEIGHTS},  WEIGHTS,         other.weights};
    uint8_t *bytes = NULL;
    size_t size = 0;
    MUST(weft_bundle_write(&weights, 1, NULL, 0, &bytes, &size, &error));
    write_bytes("e.safetensors", bytes, size);
    free(bytes);
    refuse(&other, "e.safetensors", WEFT_ERROR_INPUT, "no checkpoint");
    write_bytes("large", "", 0);
    if (truncate(in_folder("large"), (off_t)1 << 43) == 0) { /* holes: no disk is that large */
        refuse(&other, "large", WEFT_ERROR_MEMORY, "reading the file needs 8796.1 GB");
    }
}

static void test_save_fails(void **state) {
    (void)state;
    weft_error error;
    kept one, other = {0};
    make_kept(&one);
    keep(&other);
    assert_int_equal(
        weft_checkpoint_save(in_folder("no/such.safetensors"), &one.checkpoint, &error),
        WEFT_ERROR_IO);
    assert_int_equal(weft_checkpoint_save(folder, &one.checkpoint, &error), WEFT_ERROR_IO);
    assert_int_equal(weft_checkpoint_load(folder, &other.checkpoint, &error), WEFT_ERROR_IO);
}

/* ---- going on -------------------------------------------------------------------------------- */

enum { IMAGES = 60, SIDE = 4, PIXELS = SIDE * SIDE, CLASSES = 5, BATCH = 8, STEPS = 40 };
enum { PARAMETERS = PIXELS * CLASSES };

/* One linear layer, trained with all that stands around an engine. */
typedef struct model {
    float weights[PARAMETERS], moments[2 * PARAMETERS], average[PARAMETERS];
    double loss_sum;
} model;

static void compute(const model *m, const float *images, const weft_feed_batch *batch,
                    float *gradients, double *loss) {
    float logits[BATCH * CLASSES] = {0};
    for (int i = 0; i < BATCH; i++) {
        for (int p = 0; p < PARAMETERS; p++) {
            logits[i * CLASSES + p % CLASSES] += images[i * PIXELS + p / CLASSES] * m->weights[p];
        }
    }
    const weft_targets targets = {
        .labels = batch->labels, .others = batch->others, .share = batch->share, .smoothing = 0.1};
    *loss = weft_target_loss(logits, &targets, BATCH, CLASSES, logits).sum / BATCH;
    memset(gradients, 0, PARAMETERS * sizeof *gradients);
    for (int i = 0; i < BATCH; i++) {
        for (int p = 0; p < PARAMETERS; p++) {
            gradients[p] += images[i * PIXELS + p / CLASSES] * logits[i * CLASSES + p % CLASSES];
        }
    }
}

/* Steps first .. end - 1 of STEPS. */
static void train(model *m, weft_feed_settings feed_settings, int64_t first, int64_t end) {
    static const weft_segment all = {.count = PARAMETERS, .rate = 1.0, .decays = true};
    static const weft_descent descent = {.kind = WEFT_DESCENT_ADAMW,
                                         .beta1 = 0.9,
                                         .beta2 = 0.99,
                                         .epsilon = 1e-8,
                                         .decay = 0.1,
                                         .segments = &all,
                                         .n_segments = 1};
    static const weft_schedule schedule = {
        .kind = WEFT_SCHEDULE_COSINE, .peak = 0.05, .warmup = 0.1};
    weft_error error;
    weft_feed *feed = NULL;
    float images[BATCH * PIXELS], gradients[PARAMETERS];
    feed_settings.first = first;
    MUST(weft_feed_create(&feed_settings, &feed, &error));
    for (int64_t step = first; step < end; step++) {
        weft_feed_batch batch;
        double loss = 0.0;
        assert_true(weft_feed_next(feed, images, &batch));
        compute(m, images, &batch, gradients, &loss);
        m->loss_sum += loss;
        weft_gradient_clip(gradients, PARAMETERS, 1.0);
        weft_descent_step(&descent, m->weights, gradients, m->moments, PARAMETERS,
                          weft_schedule_rate(&schedule, step, STEPS), step + 1);
        weft_average_update(m->average, m->weights, PARAMETERS, weft_average_decay(0.99, step));
    }
    weft_feed_destroy(feed);
}

static void test_goes_on(void **state) {
    (void)state;
    weft_error error;
    static uint8_t pixels[IMAGES * PIXELS];
    static uint16_t labels[IMAGES];
    static uint32_t index[IMAGES];
    for (uint32_t i = 0; i < IMAGES * PIXELS; i++) {
        pixels[i] = (uint8_t)(i * 2654435761U >> 13);
        labels[i / PIXELS] = (uint16_t)(i / PIXELS % CLASSES);
        index[i / PIXELS] = i / PIXELS;
    }
    weft_dataset dataset = {.info.shape = {1, SIDE, SIDE}, .mean = {0.5F}, .deviation = {0.3F}};
    weft_images images = {IMAGES, pixels, labels};
    weft_image_list list = {&images, index, IMAGES};
    weft_normaliser normaliser;
    weft_normaliser_fill(&dataset, &normaliser);
    weft_feed_settings feed = {.list = &list,
                               .normaliser = &normaliser,
                               .augmentation = {.crop_pad = 1, .flip = true, .cut = 2},
                               .mixup = 0.3,
                               .seed = 21,
                               .batch = BATCH,
                               .steps = STEPS,
                               .threads = 1};
    static model whole, first, second;
    train(&whole, feed, 0, STEPS);
    assert_true(whole.loss_sum > 0.0);
    for (int64_t at = 1; at < STEPS; at += 6) {
        memset(&first, 0, sizeof first);
        memset(&second, 0, sizeof second);
        const weft_checkpoint_block of_first[] = {{"weights", first.weights, PARAMETERS},
                                                  {"moments", first.moments, 2 * PARAMETERS},
                                                  {"average", first.average, PARAMETERS}};
        const weft_checkpoint_block of_second[] = {{"weights", second.weights, PARAMETERS},
                                                   {"moments", second.moments, 2 * PARAMETERS},
                                                   {"average", second.average, PARAMETERS}};
        feed.threads = 1;
        train(&first, feed, 0, at);
        weft_checkpoint checkpoint = {
            .blocks = of_first,
            .n_blocks = 3,
            .at = {.step = at, .loss_steps = at, .loss_sum = first.loss_sum}};
        MUST(weft_checkpoint_save(in_folder("g.safetensors"), &checkpoint, &error));
        weft_checkpoint loaded = {.blocks = of_second, .n_blocks = 3, .steps = STEPS};
        MUST(weft_checkpoint_load(in_folder("g.safetensors"), &loaded, &error));
        second.loss_sum = loaded.at.loss_sum;
        feed.threads = 2;
        train(&second, feed, loaded.at.step, STEPS);
        assert_memory_equal(&second, &whole, sizeof whole);
    }
}

/* Killed at any moment, what is there is a whole checkpoint. */
static void test_killed_while_saving(void **state) {
    (void)state;
    weft_error error;
    const char *scale = getenv("WEFT_TEST_SCALE");
    const int rounds = scale != NULL && strcmp(scale, "quick") == 0 ? 5 : 30;
    kept one, other = {0};
    make_kept(&one);
    MUST(weft_checkpoint_save(in_folder("h.safetensors"), &one.checkpoint, &error));
    int64_t last = one.checkpoint.at.step;
    for (int round = 0; round < rounds; round++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            while (weft_checkpoint_save(in_folder("h.safetensors"), &one.checkpoint, &error) ==
                   WEFT_OK) {
                one.checkpoint.at.step++;
            }
            _exit(1);
        }
        usleep((useconds_t)(500 + 700 * (round % 7)));
        kill(child, SIGKILL);
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        keep(&other);
        MUST(weft_checkpoint_load(in_folder("h.safetensors"), &other.checkpoint, &error));
        assert_true(other.checkpoint.at.step >= last);
        assert_memory_equal(other.weights, one.weights, sizeof one.weights);
        last = one.checkpoint.at.step;
    }
}

/* ---- hashes and clocks ----------------------------------------------------------------------- */

static void test_dataset_hash(void **state) {
    (void)state;
    uint8_t pixels[2][8] = {{1, 2, 3, 4, 5, 6, 7, 8}, {8, 7, 6, 5, 4, 3, 2, 1}};
    uint16_t labels[2][2] = {{0, 1}, {1, 0}};
    weft_dataset dataset = {.info = {.shape = {1, 2, 2}, .classes = 2},
                            .train = {2, pixels[0], labels[0]},
                            .test = {2, pixels[1], labels[1]}};
    const uint64_t hash = weft_dataset_hash(&dataset);
    assert_true(weft_dataset_hash(&dataset) == hash);
    pixels[0][7]++;
    assert_true(weft_dataset_hash(&dataset) != hash);
    pixels[0][7]--;
    labels[1][0]++;
    assert_true(weft_dataset_hash(&dataset) != hash);
    labels[1][0]--;
    dataset.info.classes = 3;
    assert_true(weft_dataset_hash(&dataset) != hash);
    dataset.info.classes = 2;
    dataset.test.n = 1;
    assert_true(weft_dataset_hash(&dataset) != hash);
    dataset.test = (weft_images){0};
    assert_true(weft_dataset_hash(&dataset) != hash);
    dataset.info.shape = (weft_shape){1, 1, 4};
    assert_true(weft_dataset_hash(&dataset) != hash);
}

static void test_due(void **state) {
    (void)state;
    weft_checkpoint_clock clock = {.every = 30.0, .saved = 100.0};
    assert_false(weft_checkpoint_due(&clock, 129.9, false));
    assert_true(weft_checkpoint_due(&clock, 130.0, false));
    assert_false(weft_checkpoint_due(&clock, 150.0, false));
    assert_true(weft_checkpoint_due(&clock, 151.0, true));
    assert_false(weft_checkpoint_due(&clock, 180.0, false));
    clock.every = 0.0;
    assert_false(weft_checkpoint_due(&clock, 1e9, false));
    assert_true(weft_checkpoint_due(&clock, 1e9, true));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),   cmocka_unit_test(test_of_another),
        cmocka_unit_test(test_damaged),      cmocka_unit_test(test_impossible_places),
        cmocka_unit_test(test_other_files),  cmocka_unit_test(test_save_fails),
        cmocka_unit_test(test_goes_on),      cmocka_unit_test(test_killed_while_saving),
        cmocka_unit_test(test_dataset_hash), cmocka_unit_test(test_due),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
