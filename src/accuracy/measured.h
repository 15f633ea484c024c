/* SPDX-License-Identifier: Apache-2.0
 *
 * Measured accuracies by the text of a key: the rows of a CSV or JSON file under a predictor file
 * of kind table. */
#ifndef WEFT_ACCURACY_MEASURED_H
#define WEFT_ACCURACY_MEASURED_H

#include "accuracy/predictor.h"

typedef struct weft_measured weft_measured;

enum { WEFT_MEASURED_KEY = 512, WEFT_MEASURED_MAX_ROWS = 10000000 };

/* What stands between the columns of a key. */
#define WEFT_MEASURED_BREAK '\x1f'

/* Reads the rows: CSV with a row of names first, or JSON: an array of objects, or an object of
 * objects, whose names are then the column "@name". The errors have file, line and column: a column
 * that is missing, an accuracy that is none, two rows of one design, the wrong number of rows. */
weft_status weft_measured_read(const weft_predictor_file *file, const char *path,
                               weft_measured **table, weft_error *error) WEFT_NODISCARD;
weft_status weft_measured_parse_csv(const weft_predictor_file *file, const char *text,
                                    size_t length, const char *name, weft_measured **table,
                                    weft_error *error) WEFT_NODISCARD;
weft_status weft_measured_parse_json(const weft_predictor_file *file, const char *text,
                                     size_t length, const char *name, weft_measured **table,
                                     weft_error *error) WEFT_NODISCARD;
void weft_measured_destroy(weft_measured *table);

int64_t weft_measured_rows(const weft_measured *table);

/* The accuracy (0..1) of a key; NaN where no row has it. */
double weft_measured_find(const weft_measured *table, const char *key);

/* Row i in the order of the file: its key and accuracy. */
const char *weft_measured_row(const weft_measured *table, int64_t i, double *accuracy);

/* Writes a number as it stands in a key, the same for 3, 3.0 and 3e0. Returns `buffer`. */
char *weft_measured_number(double number, char *buffer, size_t size);

#endif
