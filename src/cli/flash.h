/* SPDX-License-Identifier: Apache-2.0
 * What searches in closed form and their checks print. */
#ifndef WEFT_CLI_FLASH_H
#define WEFT_CLI_FLASH_H

#include "cli/cli.h"

/* The member "best": the design with what is told of it. */
void cli_flash_design_json(weft_json *json, const weft_flash *flash,
                           const weft_flash_design *design);

/* The same as lines for people. */
void cli_flash_design_print(const weft_flash *flash, const weft_flash_design *design);

#endif
