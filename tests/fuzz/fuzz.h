/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdint.h>

/* What libFuzzer calls, and replay.c in its place. */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
