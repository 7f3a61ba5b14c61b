/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/core/ismb-iq.h>
#include <ismb/core/ismb-payload.h>

G_BEGIN_DECLS

#define ISMB_TYPE_RESULT_SET (ismb_result_set_get_type ())
G_DECLARE_FINAL_TYPE (IsmbResultSet, ismb_result_set, ISMB, RESULT_SET, IsmbPayload)

IsmbResultSet *ismb_result_set_new (void);
IsmbResultSet *ismb_result_set_find (IsmbIq *iq);
int ismb_result_set_get_max (IsmbResultSet *self);
void ismb_result_set_set_max (IsmbResultSet *self, int max);
char *ismb_result_set_get_before (IsmbResultSet *self);
void ismb_result_set_set_before (IsmbResultSet *self, const char *before);
char *ismb_result_set_get_after (IsmbResultSet *self);
void ismb_result_set_set_after (IsmbResultSet *self, const char *after);
int ismb_result_set_get_index (IsmbResultSet *self);
void ismb_result_set_set_index (IsmbResultSet *self, int index);
int ismb_result_set_get_count (IsmbResultSet *self);
void ismb_result_set_set_count (IsmbResultSet *self, int count);
char *ismb_result_set_get_first (IsmbResultSet *self);
int ismb_result_set_get_first_index (IsmbResultSet *self);
void ismb_result_set_set_first (IsmbResultSet *self, const char *first, int index);
char *ismb_result_set_get_last (IsmbResultSet *self);
void ismb_result_set_set_last (IsmbResultSet *self, const char *last);

G_END_DECLS
