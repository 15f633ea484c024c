/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WEFT_REPORT_PICKS_H
#define WEFT_REPORT_PICKS_H

#include <weft/report.h>

/* Whether a trial's description is a chain of VGG, MVGG and RES blocks ("V32,R64", what stands
 * before its first blank); *spec becomes it. */
bool weft_picks_structure(const char *description, weft_imc_spec *spec);

#endif
