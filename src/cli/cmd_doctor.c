/* SPDX-License-Identifier: Apache-2.0
 * weft doctor: what this machine has, what is missing, and how to get it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dnnl.h>
#include <jansson.h>
#include <libfyaml.h>
#include <nlopt.h>
#include <png.h>
#include <sqlite3.h>
#include <zip.h>
#include <zlib.h>

#include "base/share.h"
#include "cli/cli.h"

typedef struct doctor_arguments {
    bool json;
} doctor_arguments;

static const cli_option OPTIONS[] = {
    {"json", 0, CLI_FLAG, .offset = offsetof(doctor_arguments, json), .help = "Prints JSON."},
};

static const char *const EXAMPLES[] = {"weft doctor", NULL};

enum { MAX_PROBLEMS = 16, MAX_DATA = 64, TEXT = 512 };

/* Something that is not as it should be. Needed: Weft cannot do its work without. */
typedef struct problem {
    bool needed;
    char what[TEXT], fix[TEXT];
} problem;

typedef struct findings {
    char dnnl[32], nlopt[32], cpu[200], share[TEXT];
    char gpu[TEXT], no_gpu[TEXT]; /* its name; or why there is none */
    double memory;                /* bytes */
    bool writable;
    weft_dataset_info data[MAX_DATA];
    int n_data, n_available;
    problem problems[MAX_PROBLEMS];
    int n_problems;
} findings;

static void add_problem(findings *found, bool needed, const char *what, const char *fix) {
    if (found->n_problems < MAX_PROBLEMS) {
        problem *entry = &found->problems[found->n_problems++];
        entry->needed = needed;
        snprintf(entry->what, sizeof entry->what, "%s", what);
        snprintf(entry->fix, sizeof entry->fix, "%s", fix);
    }
}

/* ---- examinations ---------------------------------------------------------------------------- */

static void examine_cpu(findings *found) {
#if defined(__x86_64__)
#define FEATURE(name)                                                                              \
    if (__builtin_cpu_supports(name)) {                                                            \
        size_t used = strlen(found->cpu);                                                          \
        snprintf(found->cpu + used, sizeof found->cpu - used, "%s%s", used > 0 ? " " : "", name);  \
    }
    FEATURE("sse4.2")
    FEATURE("avx")
    FEATURE("avx2")
    FEATURE("fma")
    FEATURE("avx512f")
    FEATURE("avx512bw")
    FEATURE("avx512vnni")
#undef FEATURE
    if (!__builtin_cpu_supports("avx2")) {
        add_problem(found, false, "the processor has no AVX2: training will be slow",
                    "use a machine with AVX2 for searches that train");
    }
#endif
}

/* No GPU is no problem: nothing needs one. */
static void examine_gpu(findings *found) {
    weft_gpu_info gpu;
    weft_error error;
    char memory[CLI_QUANTITY];
    if (weft_gpu_look(&gpu, &error) != WEFT_OK) {
        snprintf(found->no_gpu, sizeof found->no_gpu, "%s", error.message);
        return;
    }
    snprintf(found->gpu, sizeof found->gpu, "%s, compute capability %d.%d, %s", gpu.name, gpu.major,
             gpu.minor, cli_quantity(gpu.memory, "B", memory, sizeof memory));
}

static void examine_share(findings *found) {
    weft_error error;
    char path[TEXT];
    if (weft_share_find("chips", "mnsim-130nm-rram", path, sizeof path, &error) != WEFT_OK) {
        add_problem(found, true, error.message,
                    error.hint[0] != '\0' ? error.hint : "install Weft again, or set WEFT_SHARE");
        return;
    }
    char *end = strstr(path, "/chips/");
    if (end != NULL) {
        *end = '\0';
    }
    snprintf(found->share, sizeof found->share, "%s", path);
}

static void take_data(void *context, const weft_dataset_info *info) {
    findings *found = context;
    if (found->n_data < MAX_DATA) {
        found->data[found->n_data++] = *info;
        found->n_available += info->available;
    }
}

static void examine_data(findings *found) {
    weft_error error;
    if (weft_data_list(take_data, found, &error) != WEFT_OK) {
        char text[TEXT];
        weft_error_format(&error, text, sizeof text);
        add_problem(found, false, text, "mend or remove the entry of the catalogue");
    }
    for (int i = 0; i < found->n_data; i++) {
        const weft_dataset_info *info = &found->data[i];
        if (info->available) {
            continue;
        }
        char what[TEXT];
        snprintf(what, sizeof what, "the files of the data set %s are missing", info->name);
        bool debian = strcmp(info->name, "fashion-mnist") == 0;
        add_problem(found, false, what, debian ? "apt install dataset-fashion-mnist" : info->note);
    }
}

static void examine_folder(findings *found) {
    char path[] = "./.weft-doctor-XXXXXX";
    int file = mkstemp(path);
    char what[TEXT];
    if (file < 0) {
        snprintf(what, sizeof what, "the current folder cannot be written to: %s", strerror(errno));
        add_problem(found, true, what, "go to a folder of your own before a search");
        return;
    }
    static const char PROBE[] = "probe";
    found->writable = write(file, PROBE, sizeof PROBE) == (ssize_t)sizeof PROBE && fsync(file) == 0;
    if (!found->writable) {
        snprintf(what, sizeof what, "a file in the current folder cannot be written: %s",
                 strerror(errno));
        add_problem(found, true, what, "make room on the disk");
    }
    close(file);
    unlink(path);
}

static void examine(findings *found) {
    const dnnl_version_t *dnnl = dnnl_version();
    snprintf(found->dnnl, sizeof found->dnnl, "%d.%d.%d", dnnl->major, dnnl->minor, dnnl->patch);
    int nlopt[3];
    nlopt_version(&nlopt[0], &nlopt[1], &nlopt[2]);
    snprintf(found->nlopt, sizeof found->nlopt, "%d.%d.%d", nlopt[0], nlopt[1], nlopt[2]);
    long pages = sysconf(_SC_PHYS_PAGES);
    long page = sysconf(_SC_PAGESIZE);
    found->memory = (double)pages * (double)page;
    examine_cpu(found);
    examine_gpu(found);
    examine_share(found);
    examine_data(found);
    examine_folder(found);
}

/* ---- printing -------------------------------------------------------------------------------- */

static void print_text(const cli_call *call, const findings *found) {
    char memory[CLI_QUANTITY];
    printf("weft         %s\n", weft_version());
    printf("build        %s\n", weft_build_info());
    printf("libraries    oneDNN %s, SQLite %s, libfyaml %s, jansson %s, zlib %s, libpng %s, "
           "libzip %s, NLopt %s\n",
           found->dnnl, sqlite3_libversion(), fy_library_version(), jansson_version_str(),
           zlibVersion(), png_get_libpng_ver(NULL), zip_libzip_version(), found->nlopt);
    printf("cores        %d\n", cli_cores());
    printf("processor    %s\n", found->cpu[0] == '\0' ? "-" : found->cpu);
    printf("GPU          %s%s\n", found->gpu[0] == '\0' ? "- " : found->gpu, found->no_gpu);
    printf("memory       %s\n", cli_quantity(found->memory, "B", memory, sizeof memory));
    printf("share        %s\n", found->share[0] == '\0' ? "missing" : found->share);
    printf("folder       %s\n", found->writable ? "can be written to" : "cannot be written to");
    printf("data sets    %d of %d available", found->n_available, found->n_data);
    for (int i = 0, shown = 0; i < found->n_data; i++) {
        if (found->data[i].available) {
            printf("%s %s", shown++ == 0 ? ":" : ",", found->data[i].name);
        }
    }
    printf("\n\n");
    if (found->n_problems == 0) {
        printf("Nothing is missing.\n");
        return;
    }
    cli_heading(call, "To mend");
    for (int i = 0; i < found->n_problems; i++) {
        printf("  %s: %s\n      %s\n", found->problems[i].needed ? "needed" : "optional",
               found->problems[i].what, found->problems[i].fix);
    }
}

static void libraries_json(weft_json *json, const findings *found) {
    weft_json_key(json, "libraries");
    weft_json_object_begin(json);
    weft_json_member_text(json, "onednn", found->dnnl);
    weft_json_member_text(json, "sqlite", sqlite3_libversion());
    weft_json_member_text(json, "libfyaml", fy_library_version());
    weft_json_member_text(json, "jansson", jansson_version_str());
    weft_json_member_text(json, "zlib", zlibVersion());
    weft_json_member_text(json, "libpng", png_get_libpng_ver(NULL));
    weft_json_member_text(json, "libzip", zip_libzip_version());
    weft_json_member_text(json, "nlopt", found->nlopt);
    weft_json_object_end(json);
}

static weft_status print_json(cli_call *call, const findings *found) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "version", weft_version());
    weft_json_member_text(json, "build", weft_build_info());
    libraries_json(json, found);
    weft_json_member_integer(json, "cores", cli_cores());
    weft_json_member_text(json, "cpu", found->cpu);
    weft_json_member_text(json, "gpu", found->gpu[0] == '\0' ? NULL : found->gpu);
    weft_json_member_text(json, "no_gpu", found->no_gpu[0] == '\0' ? NULL : found->no_gpu);
    weft_json_member_real(json, "memory_bytes", found->memory);
    weft_json_member_text(json, "share", found->share[0] == '\0' ? NULL : found->share);
    weft_json_member_bool(json, "writable", found->writable);
    weft_json_key(json, "data");
    weft_json_array_begin(json);
    for (int i = 0; i < found->n_data; i++) {
        weft_json_object_begin(json);
        weft_json_member_text(json, "name", found->data[i].name);
        weft_json_member_bool(json, "available", found->data[i].available);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
    weft_json_key(json, "problems");
    weft_json_array_begin(json);
    for (int i = 0; i < found->n_problems; i++) {
        weft_json_object_begin(json);
        weft_json_member_bool(json, "needed", found->problems[i].needed);
        weft_json_member_text(json, "what", found->problems[i].what);
        weft_json_member_text(json, "fix", found->problems[i].fix);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static weft_status run(cli_call *call, void *opaque) {
    const doctor_arguments *arguments = opaque;
    findings *found = calloc(1, sizeof *found);
    if (found == NULL) {
        return weft_fail_memory(&call->error, sizeof *found);
    }
    examine(found);
    weft_status status = WEFT_OK;
    if (arguments->json) {
        status = print_json(call, found);
    } else {
        print_text(call, found);
    }
    for (int i = 0; status == WEFT_OK && i < found->n_problems; i++) {
        if (found->problems[i].needed) {
            status = weft_fail(&call->error, WEFT_ERROR_UNAVAILABLE, "%s", found->problems[i].what);
            weft_hint(&call->error, "%.300s", found->problems[i].fix);
        }
    }
    free(found);
    return status;
}

const cli_command cli_doctor = {
    .name = "doctor",
    .summary = "What this machine has, what is missing, and how to get it",
    .usage = "[options]",
    .text =
        "Examines versions, processor, GPU, the folder of chips and spaces, data sets and whether "
        "the "
        "current folder can be written to. What is missing is listed with what to do. Ends with "
        "exit code 7 when something is missing that Weft cannot do without.",
    .json = "an object with version, build, libraries, cores, cpu, gpu and no_gpu (its name, or "
            "why there is none), memory_bytes, share (null: "
            "missing), writable, data (name, available) and problems (needed, what, fix).",
    .examples = EXAMPLES,
    .options = OPTIONS,
    .n_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(doctor_arguments),
    .run = run,
};
