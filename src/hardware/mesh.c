/* SPDX-License-Identifier: Apache-2.0
 *
 * The mesh of tiles, and the order in which layers fill it:
 *
 *   rows        row by row, from the left
 *   snake       row by row, every second one from the right
 *   shells      L-shaped shells around tile (0, 0): shell s holds max(row, column) = s; odd shells
 *               run down column s and then left, even ones right along row s and then up
 *   diagonals   anti-diagonals, up and down in turn
 *
 * The four of MNSIM 2.0's Tile_Connection (0, 1, 2, 3), in Tile_connection_graph.py. */
#include "hardware/parts.h"

typedef struct filler {
    int32_t rows, columns;
    int64_t n;
    int16_t *row, *column;
} filler;

static void fill(filler *f, int32_t row, int32_t column) {
    if (row >= 0 && row < f->rows && column >= 0 && column < f->columns) {
        f->row[f->n] = (int16_t)row;
        f->column[f->n] = (int16_t)column;
        f->n++;
    }
}

static void fill_shell(filler *f, int32_t s) {
    bool down_first = s % 2 == 1;
    for (int32_t k = 0; k < s; k++) {
        fill(f, down_first ? k : s, down_first ? s : k);
    }
    fill(f, s, s);
    for (int32_t k = s - 1; k >= 0; k--) {
        fill(f, down_first ? s : k, down_first ? k : s);
    }
}

static void fill_diagonal(filler *f, int32_t d) {
    for (int32_t k = 0; k <= d; k++) {
        int32_t row = d % 2 == 1 ? k : d - k;
        fill(f, row, d - row);
    }
}

static void fill_row(filler *f, int32_t row, bool back) {
    for (int32_t k = 0; k < f->columns; k++) {
        fill(f, row, back ? f->columns - 1 - k : k);
    }
}

void weft_mesh_order(int placement, int32_t rows, int32_t columns, int16_t *row, int16_t *column) {
    filler f = {rows, columns, 0, row, column};
    int32_t side = rows > columns ? rows : columns;
    if (placement == WEFT_PLACEMENT_SHELLS) {
        for (int32_t s = 0; s < side; s++) {
            fill_shell(&f, s);
        }
    } else if (placement == WEFT_PLACEMENT_DIAGONALS) {
        for (int32_t d = 0; d < rows + columns - 1; d++) {
            fill_diagonal(&f, d);
        }
    } else {
        for (int32_t r = 0; r < rows; r++) {
            fill_row(&f, r, placement == WEFT_PLACEMENT_SNAKE && r % 2 == 1);
        }
    }
}
