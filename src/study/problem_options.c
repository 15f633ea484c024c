/* SPDX-License-Identifier: Apache-2.0
 *
 * The settings of a problem that are plain numbers or words: one table says their names, types, ranges
 * and places, for reading, writing and checking. */
#include "study/problem_part.h"

#include <stddef.h>
#include <string.h>

#include "base/json.h"

typedef enum option_type {
    OPTION_REAL,
    OPTION_INT,
    OPTION_INT64,
    OPTION_UINT64,
    OPTION_BOOL,
    OPTION_CHOICE
} option_type;

typedef struct option {
    const char *key;
    option_type type;
    size_t offset; /* in weft_problem_info */
    double lower, upper;
    const char *const *words; /* OPTION_CHOICE: upper + 1 of them; the member is their index */
    unsigned use;             /* to whom it means something; of the search, 0: written for all */
} option;

#define WORD(name, word) word,
static const char *const precisions[] = {WEFT_PRECISION_MAP(WORD)};
static const char *const descents[] = {WEFT_DESCENT_MAP(WORD)};
static const char *const schedules[] = {WEFT_SCHEDULE_MAP(WORD)};
static const char *const quant_steps[] = {WEFT_QUANT_STEPS_MAP(WORD)};
#define SCORE_WORD(name, word, looks) word,
static const char *const scores[] = {WEFT_SCORE_MAP(SCORE_WORD)};
#undef SCORE_WORD
#undef WORD

#define AT(member) offsetof(weft_problem_info, member)

static const option accuracy_options[] = {
    {"epochs", OPTION_REAL, AT(accuracy.train.epochs), 0.001, 10000, NULL, WEFT_OF_TRAIN},
    {"batch", OPTION_INT, AT(accuracy.train.batch), 1, 4096, NULL, WEFT_OF_TRAININGS},
    {"share", OPTION_REAL, AT(accuracy.train.share), 1e-6, 1, NULL, WEFT_OF_TRAIN},
    {"validation", OPTION_REAL, AT(accuracy.train.validation), 0.001, 0.9, NULL, WEFT_OF_TRAIN},
    {"validation_limit", OPTION_INT64, AT(accuracy.train.validation_limit), 0, 1e12, NULL,
     WEFT_OF_TRAININGS},
    {"split_seed", OPTION_UINT64, AT(accuracy.train.split_seed), 0, 9e15, NULL, WEFT_OF_TRAIN},
    {"precision", OPTION_CHOICE, AT(accuracy.train.precision), 0, WEFT_PRECISION_COUNT - 1,
     precisions, WEFT_OF_TRAININGS},
    {"optimizer", OPTION_CHOICE, AT(accuracy.train.descent), 0, WEFT_DESCENT_COUNT - 1, descents,
     WEFT_OF_TRAININGS},
    {"schedule", OPTION_CHOICE, AT(accuracy.train.schedule), 0, WEFT_SCHEDULE_COUNT - 1, schedules,
     WEFT_OF_TRAININGS},
    {"learning_rate", OPTION_REAL, AT(accuracy.train.learning_rate), 0, 1e30, NULL,
     WEFT_OF_TRAININGS},
    {"warmup", OPTION_REAL, AT(accuracy.train.warmup), 0, 1, NULL, WEFT_OF_TRAININGS},
    {"momentum", OPTION_REAL, AT(accuracy.train.momentum), 0, 0.9999, NULL, WEFT_OF_TRAININGS},
    {"weight_decay", OPTION_REAL, AT(accuracy.train.weight_decay), 0, 1, NULL, WEFT_OF_TRAININGS},
    {"decay_all", OPTION_BOOL, AT(accuracy.train.decay_all), 0, 1, NULL, WEFT_OF_TRAININGS},
    {"gradient_limit", OPTION_REAL, AT(accuracy.train.gradient_limit), 0, 1e30, NULL,
     WEFT_OF_TRAININGS},
    {"average", OPTION_REAL, AT(accuracy.train.average), 0, 0.9999999, NULL, WEFT_OF_TRAININGS},
    {"patience", OPTION_REAL, AT(accuracy.train.patience), 0, 10000, NULL, WEFT_OF_TRAIN},
    {"crop_pad", OPTION_INT, AT(accuracy.train.crop_pad), 0, 64, NULL, WEFT_OF_TRAININGS},
    {"flip", OPTION_BOOL, AT(accuracy.train.flip), 0, 1, NULL, WEFT_OF_TRAININGS},
    {"cutout", OPTION_INT, AT(accuracy.train.cutout), 0, 1024, NULL, WEFT_OF_TRAININGS},
    {"mixup", OPTION_REAL, AT(accuracy.train.mixup), 0, 1e6, NULL, WEFT_OF_TRAININGS},
    {"label_smoothing", OPTION_REAL, AT(accuracy.train.label_smoothing), 0, 0.9, NULL,
     WEFT_OF_TRAININGS},
    {"quant_steps", OPTION_CHOICE, AT(accuracy.train.quant.steps), 0, WEFT_QUANT_STEPS_COUNT - 1,
     quant_steps, WEFT_OF_TRAININGS | WEFT_WITH_BITS},
    {"per_channel", OPTION_BOOL, AT(accuracy.train.quant.per_channel), 0, 1, NULL,
     WEFT_OF_TRAININGS | WEFT_WITH_BITS},
    {"ends_at_8", OPTION_BOOL, AT(accuracy.train.quant.ends_at_8), 0, 1, NULL,
     WEFT_OF_TRAININGS | WEFT_WITH_BITS},
    {"teaching", OPTION_REAL, AT(accuracy.train.teaching), 0, 1, NULL,
     WEFT_OF_TRAININGS | WEFT_WITH_TEACHER},
    {"temperature", OPTION_REAL, AT(accuracy.train.temperature), 1e-3, 1e3, NULL,
     WEFT_OF_TRAININGS | WEFT_WITH_TEACHER},
    {"final_epochs", OPTION_REAL, AT(accuracy.final_epochs), 0.001, 10000, NULL, WEFT_OF_TRAININGS},
    {"recalibrate", OPTION_INT64, AT(accuracy.recalibrate), 1, 1e9, NULL, WEFT_OF_SUPERNET},
    {"blind_bits", OPTION_BOOL, AT(accuracy.blind_bits), 0, 1, NULL, WEFT_OF_MLP},
    {"force", OPTION_BOOL, AT(accuracy.force), 0, 1, NULL, WEFT_OF_PREDICTOR},
    {"score", OPTION_CHOICE, AT(accuracy.score), 0, WEFT_SCORE_COUNT - 1, scores, WEFT_OF_SCORE},
    {"images", OPTION_INT, AT(accuracy.score_images), 2, WEFT_SCORE_MOST_IMAGES, NULL,
     WEFT_OF_SCORE},
};

static const option search_options[] = {
    {"trials", OPTION_INT64, AT(trials), 1, 1e9, NULL, 0},
    {"batch", OPTION_INT, AT(batch), 1, 65536, NULL, 0},
    {"seed", OPTION_UINT64, AT(seed), 0, 9e15, NULL, 0},
    {"startup_trials", OPTION_INT, AT(optimizer.startup_trials), 1, 1e6, NULL, 0},
    {"candidates", OPTION_INT, AT(optimizer.candidates), 1, 1e5, NULL, 0},
    {"gamma", OPTION_REAL, AT(optimizer.gamma), 1e-3, 10, NULL, 0},
    {"prior_weight", OPTION_REAL, AT(optimizer.prior_weight), 1e-6, 1e6, NULL, 0},
    {"linear_forgetting", OPTION_INT, AT(optimizer.linear_forgetting), 1, 1e6, NULL, 0},
    {"observations", OPTION_INT, AT(optimizer.observations), 50, 5000, NULL, WEFT_BY_GP},
    {"scored", OPTION_INT, AT(optimizer.scored), 10, 1e6, NULL, WEFT_BY_GP},
    {"population", OPTION_INT, AT(optimizer.population), 0, 1e6, NULL, 0},
    {"crossover_probability", OPTION_REAL, AT(optimizer.crossover_probability), -1, 1, NULL, 0},
    {"child_mutation_probability", OPTION_REAL, AT(optimizer.child_mutation_probability), -1, 1,
     NULL, 0},
    {"mutation_probability", OPTION_REAL, AT(optimizer.mutation_probability), -1, 1, NULL, 0},
    {"eta_crossover", OPTION_REAL, AT(optimizer.eta_crossover), -1, 1000, NULL, 0},
    {"eta_mutation", OPTION_REAL, AT(optimizer.eta_mutation), -1, 1000, NULL, 0},
    {"divisions", OPTION_INT, AT(optimizer.divisions), 0, 1000, NULL, WEFT_BY_DIRECTIONS},
    {"inner_divisions", OPTION_INT, AT(optimizer.inner_divisions), 0, 1000, NULL,
     WEFT_BY_DIRECTIONS},
    {"neighbours", OPTION_INT, AT(optimizer.neighbours), 2, 1000, NULL, WEFT_BY_MOEAD},
    {"neighbour_probability", OPTION_REAL, AT(optimizer.neighbour_probability), 0, 1, NULL,
     WEFT_BY_MOEAD},
    {"replacements", OPTION_INT, AT(optimizer.replacements), 1, 1e6, NULL, WEFT_BY_MOEAD},
    {"sample", OPTION_INT, AT(optimizer.sample), 1, 1e6, NULL, 0},
    {"screened", OPTION_INT, AT(optimizer.screened), 1, 1e6, NULL, 0},
    {"phase_generations", OPTION_INT, AT(optimizer.phase_generations), 1, 1e6, NULL, 0},
    {"limit", OPTION_INT64, AT(optimizer.limit), 1, 1e15, NULL, WEFT_BY_EXHAUSTIVE},
    {"tournament", OPTION_INT, AT(optimizer.tournament), 0, 1e6, NULL, WEFT_BY_EVOLUTION},
    {"acceptance", OPTION_REAL, AT(optimizer.acceptance), 0.001, 0.999, NULL, WEFT_BY_ANNEAL},
    {"cooling", OPTION_REAL, AT(optimizer.cooling), 0.1, 0.999999, NULL, WEFT_BY_ANNEAL},
    {"first_step", OPTION_REAL, AT(optimizer.first_step), 1e-3, 10, NULL, WEFT_BY_CMAES},
    {"margin", OPTION_REAL, AT(optimizer.margin), 0, 100, NULL, WEFT_BY_CMAES},
    {"hidden", OPTION_INT, AT(optimizer.hidden), 1, 1024, NULL, WEFT_BY_REINFORCE},
    {"learning_rate", OPTION_REAL, AT(optimizer.learning_rate), 1e-6, 1, NULL, WEFT_BY_REINFORCE},
    {"entropy", OPTION_REAL, AT(optimizer.entropy), 0, 10, NULL, WEFT_BY_REINFORCE},
    {"baseline", OPTION_REAL, AT(optimizer.baseline), 0, 0.9999, NULL, WEFT_BY_REINFORCE},
    {"least_share", OPTION_REAL, AT(optimizer.least_share), 0, 0.5, NULL, WEFT_BY_PORTFOLIO},
    {"restart_factor", OPTION_REAL, AT(optimizer.restart_factor), 1, 10, NULL, WEFT_BY_CMAES},
};

#undef AT

enum {
    N_ACCURACY_OPTIONS = sizeof accuracy_options / sizeof *accuracy_options,
    N_SEARCH_OPTIONS = sizeof search_options / sizeof *search_options,
};

static const option *options_of(weft_option_section section, int *n) {
    bool search = section == WEFT_OPTIONS_SEARCH;
    *n = search ? N_SEARCH_OPTIONS : N_ACCURACY_OPTIONS;
    return search ? search_options : accuracy_options;
}

static weft_status read_whole(weft_map *map, const option *o, void *member, weft_error *error) {
    int64_t value = INT64_MIN; /* no option's value: told apart from an absent key */
    WEFT_TRY(weft_map_integer(map, o->key, WEFT_OPTIONAL, (int64_t)o->lower, (int64_t)o->upper,
                              &value, error));
    if (value == INT64_MIN) {
        return WEFT_OK;
    }
    if (o->type == OPTION_INT) {
        *(int *)member = (int)value;
    } else if (o->type == OPTION_INT64) {
        *(int64_t *)member = value;
    } else {
        *(uint64_t *)member = (uint64_t)value;
    }
    return WEFT_OK;
}

weft_status weft_options_read(weft_option_section section, weft_map *map, weft_problem_info *info,
                              weft_error *error) {
    int n = 0;
    const option *options = options_of(section, &n);
    for (int i = 0; i < n; i++) {
        const option *o = &options[i];
        void *member = (char *)info + o->offset;
        if (o->type == OPTION_REAL) {
            WEFT_TRY(weft_map_real(map, o->key, WEFT_OPTIONAL, o->lower, o->upper, (double *)member,
                                   error));
        } else if (o->type == OPTION_BOOL) {
            WEFT_TRY(weft_map_bool(map, o->key, WEFT_OPTIONAL, (bool *)member, error));
        } else if (o->type == OPTION_CHOICE) {
            WEFT_TRY(weft_map_choice(map, o->key, WEFT_OPTIONAL, o->words, (int)o->upper + 1,
                                     (int *)member, error));
        } else {
            WEFT_TRY(read_whole(map, o, member, error));
        }
    }
    return WEFT_OK;
}

weft_status weft_options_check(weft_option_section section, const weft_problem_info *info,
                               weft_error *error) {
    int n = 0;
    const option *options = options_of(section, &n);
    for (int i = 0; i < n; i++) {
        const option *o = &options[i];
        const void *member = (const char *)info + o->offset;
        double value = o->type == OPTION_REAL     ? *(const double *)member
                       : o->type == OPTION_INT    ? *(const int *)member
                       : o->type == OPTION_CHOICE ? *(const int *)member
                       : o->type == OPTION_INT64  ? (double)*(const int64_t *)member
                       : o->type == OPTION_UINT64 ? (double)*(const uint64_t *)member
                                                  : 0.0;
        if (!(value >= o->lower && value <= o->upper)) {
            return weft_fail(error, WEFT_ERROR_USAGE, "'%s' is %.17g; expected %.17g to %.17g",
                             o->key, value, o->lower, o->upper);
        }
    }
    return WEFT_OK;
}

weft_status weft_options_check_use(weft_map *map, const weft_problem_info *info,
                                   weft_error *error) {
    for (int i = 0; i < N_ACCURACY_OPTIONS; i++) {
        WEFT_TRY(
            weft_use_check(map, accuracy_options[i].key, accuracy_options[i].use, info, error));
    }
    return WEFT_OK;
}

static void write_option(const option *o, const void *member, FILE *out) {
    char number[40];
    fprintf(out, "  %s: ", o->key);
    switch (o->type) {
    case OPTION_REAL:
        fprintf(out, "%s\n", weft_real_text(*(const double *)member, number, sizeof number));
        break;
    case OPTION_INT:
        fprintf(out, "%d\n", *(const int *)member);
        break;
    case OPTION_INT64:
        fprintf(out, "%lld\n", (long long)*(const int64_t *)member);
        break;
    case OPTION_UINT64:
        fprintf(out, "%llu\n", (unsigned long long)*(const uint64_t *)member);
        break;
    case OPTION_CHOICE:
        fprintf(out, "%s\n", o->words[*(const int *)member]);
        break;
    case OPTION_BOOL:
        fprintf(out, "%s\n", *(const bool *)member ? "true" : "false");
        break;
    }
}

void weft_options_write(weft_option_section section, const weft_problem_info *info, FILE *out) {
    int n = 0;
    const option *options = options_of(section, &n);
    for (int i = 0; i < n; i++) {
        bool counts = section == WEFT_OPTIONS_SEARCH ? weft_search_use_counts(options[i].use, info)
                                                     : weft_use_counts(options[i].use, info);
        if (counts) {
            write_option(&options[i], (const char *)info + options[i].offset, out);
        }
    }
}
