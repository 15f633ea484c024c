/* SPDX-License-Identifier: Apache-2.0
 * What the commands of weft supernet share. */
#ifndef WEFT_CLI_SUPERNET_H
#define WEFT_CLI_SUPERNET_H

#include "cli/cli.h"

/* The networks that a supernet is over, and the images: of a space, or of a problem. */
typedef struct supernet_source {
    weft_problem *problem; /* NULL: a space alone */
    weft_space *own;
    const weft_space *space; /* the problem's, or `own` */
    weft_space_supernet *networks;
    weft_dataset *dataset;
} supernet_source;

/* `text` names a space, or is the path of a space file or of a problem file; the data set is `data`, or
 * else the problem's. Closed after an error too. */
weft_status supernet_source_open(cli_call *call, const char *text, const char *data,
                                 supernet_source *source) WEFT_NODISCARD;
void supernet_source_close(supernet_source *source);

/* Weights of the source's space. */
weft_status supernet_weights_open(cli_call *call, const char *path, const supernet_source *source,
                                  weft_supernet **supernet) WEFT_NODISCARD;

/* "depth=3,kernel*=5" over the middle of each list; the genome is canonical. */
weft_status supernet_genome_read(cli_call *call, const supernet_source *source, const char *text,
                                 double *genome) WEFT_NODISCARD;

/* The member `name` with a cosine a kind. */
void supernet_cosines_json(weft_json *json, const char *name, const weft_supernet_cosines *cosines);

/* ---- supernet_log.c -------------------------------------------------------------------------- */

/* A file with a line of JSON an epoch. Lines of epochs that a resumed training runs again, and all of
 * another training, are taken out when it tells of the first. */
typedef struct supernet_log {
    const char *path; /* NULL: none */
    bool begun;
} supernet_log;

weft_status supernet_log_add(supernet_log *log, const weft_supernet_epoch *epoch,
                             weft_error *error) WEFT_NODISCARD;

#endif
