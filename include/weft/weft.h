/* SPDX-License-Identifier: Apache-2.0
 * The whole public API of Weft. */
#ifndef WEFT_H
#define WEFT_H

#include <weft/accuracy.h>
#include <weft/base.h>
#include <weft/gene.h>
#include <weft/hardware.h>
#include <weft/learn.h>
#include <weft/network.h>
#include <weft/report.h>
#include <weft/search.h>
#include <weft/space.h>
#include <weft/study.h>
#include <weft/transfer.h>

#endif
