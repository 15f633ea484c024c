/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line: parse, call the public API, print. One file a command (cmd_*.c), one table of
 * commands (main.c), one table of options for each command; parsing, --help, completion, the man
 * page and docs/reference/command-line.md are all made from these tables, so they cannot drift
 * apart.
 *
 * Data goes to stdout, everything else to stderr.
 */
#ifndef WEFT_CLI_H
#define WEFT_CLI_H

#include <stdio.h>

#include <weft/weft.h>

#include "base/error.h"
#include "base/json.h"

/* ---- options --------------------------------------------------------------------------------- */

/* How the text of an option is read, and the C type of the member that it is stored in. */
typedef enum cli_type {
    CLI_FLAG,    /* no argument; bool becomes true */
    CLI_SWITCH,  /* on or off; bool */
    CLI_TEXT,    /* const char * */
    CLI_INT,     /* int */
    CLI_INT64,   /* int64_t */
    CLI_UINT64,  /* uint64_t */
    CLI_REAL,    /* double */
    CLI_CHOICE,  /* one of `words`; int, its index */
    CLI_SHAPE,   /* C,H,W; weft_shape */
    CLI_THREADS, /* a number or auto (the cores of this process); int */
    CLI_WIDTHS,  /* sizes joined by commas, or none; cli_widths */
    CLI_BITS,    /* W, or W,A, or layers, or none; cli_bits */
} cli_type;

typedef struct cli_widths {
    int n;
    int width[WEFT_IMC_MAX_HIDDEN];
} cli_widths;

/* Bits of weights and of what layers read; 0: what each layer says of its own. */
typedef struct cli_bits {
    bool on; /* else nothing is quantized */
    int weights, inputs;
} cli_bits;

/* What a shell offers to complete an argument or operand with. */
typedef enum cli_values {
    CLI_VALUES_NONE,
    CLI_VALUES_FILE,
    CLI_VALUES_FOLDER,
    CLI_VALUES_WORDS, /* the option's `words` */
    CLI_VALUES_CHIP,
    CLI_VALUES_SPACE,
    CLI_VALUES_DATA,
    CLI_VALUES_NETWORK,
    CLI_VALUES_PREDICTOR,
    CLI_VALUES_COMMAND,
} cli_values;

typedef struct cli_option {
    const char *name; /* without the dashes */
    char letter;      /* '\0': no short form */
    cli_type type;
    const char *argument;     /* "FILE"; NULL for a flag */
    size_t offset;            /* of the member in the command's arguments */
    double lower, upper;      /* numbers: the legal closed range */
    const char *const *words; /* CLI_CHOICE: NULL-terminated */
    cli_values values;
    const char *unset; /* what applies without it, where no figure of `defaults` says so */
    const char *help;  /* one or two sentences */
    bool hidden;       /* for the tools of this project: not in help or completion */
} cli_option;

typedef struct cli_operand {
    const char *name; /* "NETWORK" */
    cli_values values;
    const char *const *words; /* for CLI_VALUES_WORDS */
    const char *help;
} cli_operand;

/* ---- commands -------------------------------------------------------------------------------- */

typedef struct cli_call cli_call;

typedef struct cli_command {
    const char *name;            /* "estimate"; "data add" for a command of a group */
    const char *summary;         /* one line, no full stop */
    const char *usage;           /* "NETWORK --chip CHIP [options]" */
    const char *text;            /* what it does: paragraphs joined by blank lines */
    const char *json;            /* what --json prints; NULL: it has no --json */
    const char *const *examples; /* NULL-terminated command lines */
    const cli_operand *operands;
    int n_operands;                 /* entries of `operands` */
    int min_operands, max_operands; /* max < 0: the last one repeats */
    const cli_option *options;
    int n_options;
    size_t size;                       /* of the arguments struct; 0: none */
    void (*defaults)(void *arguments); /* on a zeroed struct; NULL: zeros are right */
    weft_status (*run)(cli_call *call, void *arguments);
} cli_command;

/* The table, in the order of the overview. */
const cli_command *const *cli_commands(int *n);

extern const cli_command cli_search, cli_estimate, cli_explain, cli_sensitivity, cli_importance,
    cli_steer, cli_compare, cli_sweep, cli_validate, cli_chip_list, cli_chip_show, cli_chip_check,
    cli_train, cli_quantize, cli_score, cli_front, cli_report, cli_data_list, cli_data_info,
    cli_data_add, cli_predictor_list, cli_predictor_show, cli_predictor_import, cli_predictor_check,
    cli_predictor_fit, cli_predictor_next, cli_supernet_train, cli_supernet_measure,
    cli_supernet_rank, cli_space, cli_doctor, cli_completion, cli_version, cli_help;
extern const cli_command cli_flash_degree, cli_flash_choose, cli_flash_fit, cli_flash_forms,
    cli_flash_check;
extern const cli_command cli_devices_import, cli_devices_correlate, cli_devices_adapt,
    cli_devices_front, cli_devices_prune;
extern const cli_command cli_optimize;

/* What every command takes. */
typedef struct cli_common {
    bool help, quiet, no_color, no_progress;
} cli_common;

extern const cli_option cli_common_options[];
extern const int cli_n_common_options;

enum { CLI_MAX_OPTIONS = 64, CLI_MAX_GIVEN = 128 };

/* One call of a command: what was typed, and where its error goes. */
struct cli_call {
    const cli_command *command;
    cli_common common;
    char **operands;
    int n_operands;
    struct {
        const cli_option *option;
        const char *text; /* NULL for a flag */
    } given[CLI_MAX_GIVEN];
    int n_given;
    weft_error error;
};

/* ---- option.c -------------------------------------------------------------------------------- */

/* Reads the words after the command's name into call and arguments (defaults first). */
weft_status cli_parse(cli_call *call, int argc, char **argv, void *arguments) WEFT_NODISCARD;

/* Whether an option was typed; and applies what was typed again over changed arguments. */
bool cli_given(const cli_call *call, const char *name);
weft_status cli_apply(cli_call *call, void *arguments) WEFT_NODISCARD;

/* The default of an option as a person types it, "" where there is none. Returns `buffer`. */
char *cli_default_text(const cli_command *command, const cli_option *option, char *buffer,
                       size_t size);

/* The cores that this process may use; at least 1. */
int cli_cores(void);

/* WEFT_ERROR_USAGE with the hint that names the command's help. */
weft_status cli_usage(cli_call *call, const char *format, ...) WEFT_PRINTF(2, 3);

/* ---- help.c, reference.c, complete.c --------------------------------------------------------- */
void cli_print_overview(FILE *out);
void cli_print_help(FILE *out, const cli_command *command);
void cli_print_group(FILE *out, const char *group);
void cli_print_markdown(FILE *out);
void cli_print_man(FILE *out);
void cli_print_completion_bash(FILE *out);
void cli_print_completion_zsh(FILE *out);
void cli_print_completion_fish(FILE *out);

/* Finds "data add" or "front" at the start of argv; *used becomes the words taken. NULL: none. */
const cli_command *cli_find(int argc, char **argv, int *used);

/* Whether `name` is the first word of commands of a group ("data"). */
bool cli_is_group(const char *name);

/* The group of a two-word command ("data" of "data add"), "" of any other. Returns `buffer`. */
char *cli_group(const cli_command *command, char *buffer, size_t size);

/* The exit codes, each once: calls `each` with the code and its meaning. */
void cli_exit_codes(void (*each)(void *context, int code, const char *meaning), void *context);

/* The environment variables that Weft reads; the last has name NULL. */
typedef struct cli_variable {
    const char *name, *help;
} cli_variable;
extern const cli_variable cli_environment[];

/* ---- output.c -------------------------------------------------------------------------------- */

/* A figure with an SI prefix and four digits: "3.107 uJ"; "-" for NaN. Returns `buffer`. */
char *cli_quantity(double value, const char *unit, char *buffer, size_t size);
enum { CLI_QUANTITY = 40 };

/* A count of designs (weft_space_counts): its digits, "4.0912e81" for more than 15. Returns `buffer`. */
char *cli_count_text(const char *count, char *buffer, size_t size);
enum { CLI_COUNT = 32 };

/* "8m12s". Returns `buffer`. */
char *cli_duration(double seconds, char *buffer, size_t size);

/* A table of text: headers, then cells row by row; `align` has 'l' or 'r' for each column. */
typedef struct cli_table {
    const char *const *headers;
    const char *align;
    int n_columns;
    char **cells;
    size_t n, capacity;
    bool failed; /* memory ran out */
} cli_table;

void cli_table_begin(cli_table *table, const char *const *headers, const char *align);
void cli_table_cell(cli_table *table, const char *format, ...) WEFT_PRINTF(2, 3);
void cli_table_quantity(cli_table *table, double value, const char *unit);
void cli_table_area(cli_table *table, double area_mm2);
/* Prints to stdout and frees; as Markdown or in columns. */
weft_status cli_table_print(cli_table *table, cli_call *call) WEFT_NODISCARD;
weft_status cli_table_print_markdown(cli_table *table, cli_call *call) WEFT_NODISCARD;

/* A cell of CSV, quoted where it must be; and a further cell with a number, empty where it is not
 * known. */
void cli_csv_text(const char *text);
void cli_csv_real(double value);

/* A heading on stdout: bold on a terminal. */
void cli_heading(const cli_call *call, const char *text);

/* Whether to colour what goes to the stream: a terminal, no --no-color, no NO_COLOR. */
bool cli_colour(const cli_call *call, FILE *stream);

/* Text for people, on stderr; silent under --quiet. */
void cli_note(const cli_call *call, const char *format, ...) WEFT_PRINTF(2, 3);

void cli_print_error(const cli_call *call, const weft_error *error);

/* Prints a finished document to stdout and destroys it. */
weft_status cli_json_print(cli_call *call, weft_json *json) WEFT_NODISCARD;

/* A JSON writer, or NULL with the call's error set. */
weft_json *cli_json_create(cli_call *call);

/* ---- progress.c ------------------------------------------------------------------------------ */

/* One line on stderr: on a terminal rewritten in place at most 6 times a second, else a plain line
 * each 30 seconds and one at the end. */
typedef struct cli_progress {
    bool active, terminal, shown;
    double last; /* time of the last line */
    char line[400];
} cli_progress;

void cli_progress_begin(cli_progress *progress, const cli_call *call);
/* Whether a line is due; callers then format it and show it. */
bool cli_progress_due(const cli_progress *progress);
void cli_progress_show(cli_progress *progress, const char *format, ...) WEFT_PRINTF(2, 3);
/* Leaves the last line shown standing. */
void cli_progress_end(cli_progress *progress);
/* How many characters a line may have. */
int cli_progress_room(const cli_progress *progress);
/* "[####......]" for a share 0..1. Returns `buffer` (size >= 24). */
char *cli_progress_bar(double share, char *buffer, size_t size);

/* ---- interrupt.c ----------------------------------------------------------------------------- */

/* From here on SIGINT, SIGTERM and SIGHUP set the flag that is returned; a second one ends the
 * process at once. */
const weft_stop *cli_interrupt_install(const cli_call *call);
/* 130 after SIGINT, 143 after SIGTERM, 129 after SIGHUP, 0 when there was none. */
int cli_interrupt_code(void);

/* ---- design.c -------------------------------------------------------------------------------- */

/* What a NETWORK operand may be. */
#define CLI_NETWORK_HELP                                                                           \
    "A network by name with its options (resnet18, mobilenetv2@input=3x96x96,classes=10), a "      \
    "chain "                                                                                       \
    "of blocks (imc:R32,V64 is a RES block of 32 kernels, then a VGG block of 64; M is an MVGG "   \
    "block), or the path of a layer table (.csv, .yaml)."

/* The options that say how a network of the imc family is built. */
typedef struct cli_network_options {
    weft_shape input;
    int classes;
    int head_pool;
    cli_widths hidden;
    double dropout;
} cli_network_options;

void cli_network_defaults(cli_network_options *options);
weft_status cli_network_build(const char *text, const cli_network_options *options,
                              weft_network **network, weft_error *error) WEFT_NODISCARD;

/* A network by its name or the path of a layer table (weft_network_read), with the options --input,
 * --classes, --head-pool and --hidden where they were typed. */
weft_status cli_network_read(cli_call *call, const char *text, const cli_network_options *options,
                             weft_network **network) WEFT_NODISCARD;

/* A network for a data set: a chain of blocks, built as the options say, or a network by its name, told
 * the shape and the classes of the data where the text does not say them. */
weft_status cli_network_for_data(cli_call *call, const char *text,
                                 const cli_network_options *options, const weft_dataset_info *data,
                                 weft_network **network) WEFT_NODISCARD;

/* Reads a chip and applies each --set that was typed, in their order. */
weft_status cli_chip_read(cli_call *call, const char *name, weft_chip **chip) WEFT_NODISCARD;

/* weft_chip_set, whose error has no place: it would be one of a text that nobody wrote. */
weft_status cli_chip_set(weft_chip *chip, const char *path, const char *value,
                         weft_error *error) WEFT_NODISCARD;

/* Splits "PATH=VALUE" at its first '='; WEFT_ERROR_USAGE, naming the option, where there is none. */
weft_status cli_split(cli_call *call, const char *option, const char *text, char *path, size_t size,
                      const char **value) WEFT_NODISCARD;

/* Whether a file of that name can be made, before what is to be in it has taken its time. NULL: none is
 * wanted. */
weft_status cli_check_folder(cli_call *call, const char *file) WEFT_NODISCARD;

/* ---- breakdown.c ----------------------------------------------------------------------------- */

/* What counts as an operation in TOPS, as every output says it. */
extern const char cli_operation[];

/* The members of a total, of a whole cost, and of its CSV (a row for each layer and part). */
void cli_total_json(weft_json *json, const weft_network *network, const weft_cost *cost);
void cli_cost_json(weft_json *json, const weft_cost *cost);
void cli_cost_csv(const weft_network *network, const weft_chip *chip, const weft_cost *cost);

/* For people: the figures of the whole, then the splits. */
void cli_print_total(const weft_network *network, const weft_chip *chip, const weft_cost *cost);
weft_status cli_print_parts(cli_call *call, const weft_cost *cost) WEFT_NODISCARD;
weft_status cli_print_levels(cli_call *call, const weft_cost *cost) WEFT_NODISCARD;
weft_status cli_print_layers(cli_call *call, const weft_cost *cost) WEFT_NODISCARD;

/* ---- train_print.c --------------------------------------------------------------------------- */

/* Every setting of a training as an object, null where it is not used. */
void cli_training_json(weft_json *json, const weft_train_settings *settings);

/* The recipe for people, what is not used left out. */
void cli_print_recipe(const weft_train_settings *settings);

/* ---- lists (listing.c) ------------------------------------------------------------------------ */

/* Where each file of a kind goes as weft_share_list names it. */
typedef struct cli_listing {
    cli_call *call;
    cli_table table;
    weft_json *json;    /* NULL: the table */
    weft_status status; /* of the last one that could not be read */
} cli_listing;

typedef struct cli_listed {
    const char *kind; /* "chips" */
    const char *const *headers;
    const char *align;
    void (*row)(void *listing, const char *name); /* adds a row, of one that cannot be read too */
} cli_listed;

weft_status cli_list_share(cli_call *call, bool json, const cli_listed *listed) WEFT_NODISCARD;

/* Trials to print: of a study, by their indices in it, or those of an array. With `all`, their state,
 * reason and times too. */
typedef struct cli_designs {
    weft_problem *problem;
    const weft_study *study; /* NULL: `trials` */
    const size_t *index;
    const weft_trial *trials;
    size_t n;
    bool all;
} cli_designs;

/* As a JSON array, as CSV or a table on stdout. */
void cli_design_json(weft_json *json, const cli_designs *designs, const weft_trial *trial);
void cli_designs_json(weft_json *json, const cli_designs *designs);
void cli_designs_csv(const cli_designs *designs);
weft_status cli_designs_table(cli_call *call, const cli_designs *designs) WEFT_NODISCARD;

/* How far the search was from the final trainings, where there are some. */
void cli_note_gap(const cli_call *call, const weft_study *study);

/* Of a front of more than `top` designs, sorted by its first objective: keeps so many, evenly spread,
 * the knee among them. Returns how many are left. */
size_t cli_front_spread(const weft_study *study, size_t *front, size_t n, size_t top);

/* All metrics but the accuracy as members of an object: "energy_j" and so on. */
void cli_metrics_json(weft_json *json, const double *metrics);

/* The genes of a genome as a JSON object. */
void cli_genes_json(weft_json *json, const weft_space *space, const double *genome);

/* ---- problem.c ------------------------------------------------------------------------------- */

/* A metric as a person reads it: SI prefixes where its unit takes them, plain numbers elsewhere; "-"
 * for NaN. Returns `buffer` (CLI_QUANTITY bytes). */
char *cli_metric_text(weft_metric metric, double value, char *buffer, size_t size);

/* What --metric lists: metrics, or the score of the problem. */
enum { CLI_SCORE = -1, CLI_QUANTITIES = WEFT_METRIC_COUNT + 1 };
const char *cli_quantity_name(int quantity);
double cli_quantity_value(int quantity, const weft_trial *trial);

/* "energy,area" to an array with room for CLI_QUANTITIES, each once; WEFT_ERROR_USAGE with the nearest
 * name. */
weft_status cli_quantities_read(cli_call *call, const weft_problem_info *info, const char *text,
                                int *quantities, int *n) WEFT_NODISCARD;

/* Whether an objective, the score or a constraint of the problem names a metric. */
bool cli_problem_names(const weft_problem_info *info, weft_metric metric);

/* Soft limits and the reference point beside objectives: a line each, and the members "soft" and
 * "reference". */
void cli_print_preference(const weft_problem_info *info);
void cli_preference_json(weft_json *json, const weft_problem_info *info);

/* The accounting: that of the chip's file ("chip (resident)"), or a published one with its faults that
 * are off ("cimnas-2025 without raw-cells"). */
char *cli_accounting_text(weft_problem *problem, char *buffer, size_t size);
enum { CLI_ACCOUNTING = 400 };

/* The member "accounting": name, execution of the chip, and the faults that are on. */
void cli_accounting_json(weft_json *json, weft_problem *problem);

/* "energy * latency * area (least)", "energy (least), accuracy (most)". Returns `buffer`. */
char *cli_aims_text(const weft_problem_info *info, char *buffer, size_t size);
enum { CLI_AIMS = WEFT_EXPRESSION + 64 };

/* A score or a value of the only objective as a person reads it. Returns `buffer`. */
char *cli_goal_text(const weft_problem_info *info, double value, char *buffer, size_t size);

/* The largest hypervolume that there can be, as weft_study_hypervolume normalises. */
double cli_most_hypervolume(int n_objectives);

/* The members "quartiles" and "attainment" of several studies; and the quartiles for people. */
void cli_attainment_json(weft_json *json, const weft_several_result *result);
void cli_print_quartiles(const weft_problem_info *info, const weft_several_result *result);

/* ---- trial.c --------------------------------------------------------------------------------- */

/* Whether a file is there and holds a SQLite database, as stores do. */
bool cli_is_store(const char *path);

/* The index of the trial that a text means: its number, or "best" (NULL: that too), the design that
 * stands for the study. */
weft_status cli_trial_find(cli_call *call, const weft_study *study, const char *text,
                           size_t *index) WEFT_NODISCARD;

/* The value of a gene for people: "4.333" for 4.333333333333333, whose digits are in JSON; "-" where it
 * is inactive. Returns `buffer`. */
char *cli_gene_text(const weft_space *space, int gene, double value, char *buffer, size_t size);

/* "rows=64,bits*=8" of --genes, over where the problem lets its genes stand; NULL: just there. The
 * genome is canonical. */
weft_status cli_genes_read(cli_call *call, const weft_problem *problem, const char *text,
                           double *genome) WEFT_NODISCARD;

/* The same over the genome as it is, of a space alone. */
weft_status cli_genes_apply(cli_call *call, const weft_space *space, const char *text,
                            double *genome) WEFT_NODISCARD;

/* Adds what to do about a design of a problem file that cannot be built. */
void cli_hint_genes(cli_call *call);

/* "kernel*=3, rows=128": the genes with taken[g], repeated ones as one. Returns `buffer`. */
char *cli_genes_text(const weft_space *space, const double *genome, const bool *taken, char *buffer,
                     size_t size);

/* All genes for people: repeated ones in one line ("kernel 3 5 7"), "-" for an inactive one. */
weft_status cli_print_genes(cli_call *call, const weft_space *space,
                            const double *genome) WEFT_NODISCARD;

#endif
