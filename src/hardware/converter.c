/* SPDX-License-Identifier: Apache-2.0
 *
 * DACs and ADCs: b bits at a clock of f. A conversion takes
 *
 *   steps   (b + 2) / f     one clock a bit, one to sample, one to hand over (SAR, pipelined)
 *   flash   1 / f
 *   ramp    2^b / f
 *
 * and draws its power for that long. After MNSIM 2.0, ADC.py and DAC.py. */
#include "hardware/parts.h"
#include "hardware/quantum.h"

#include <math.h>

int64_t weft_converter_time(const weft_converter *converter) {
    double bits = converter->bits.value;
    double clocks = bits + 2;
    if (converter->kind == WEFT_CONVERTER_FLASH) {
        clocks = 1;
    } else if (converter->kind == WEFT_CONVERTER_RAMP) {
        clocks = exp2(bits);
    }
    return weft_time_quanta(clocks / converter->rate.value);
}
