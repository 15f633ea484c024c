/* SPDX-License-Identifier: Apache-2.0
 *
 * Which crossbars, PEs and tiles each layer takes, and how far its data travel. */
#ifndef WEFT_HARDWARE_MAPPING_H
#define WEFT_HARDWARE_MAPPING_H

#include "hardware/price.h"
#include "hardware/workload.h"

/* Fills workload->places and the sizes of the buffers. WEFT_ERROR_INFEASIBLE with the reason when
 * the mesh has too few tiles or no memory is large enough. */
weft_status weft_map_workload(const weft_priced *priced, weft_workload *workload,
                              weft_error *error) WEFT_NODISCARD;

/* Tiles that all layers take together. */
int64_t weft_mapped_tiles(const weft_workload *workload);

#endif
