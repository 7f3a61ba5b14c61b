/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Text from elsewhere, safe for a terminal: a control character shows as \xNN, line ends and tabs
 * stay. Each line gets `indent` in front; the last one its newline. */
void output_text (const char *text, const char *indent);
/* One line; line ends show as \n. */
char *output_escape (const char *text);
/* A device id as people compare it: the first 16 characters in groups of four. */
char *output_short_id (const char *id);
/* JSON of a variant: dictionaries as objects. `pretty`: over many lines; else on one. Takes a
 * floating reference. */
void output_json (GVariant *value, gboolean pretty);

/* Columns as wide as their widest cell. */
typedef struct _OutputTable OutputTable;
OutputTable *output_table_new   (const char *first_title, ...) G_GNUC_NULL_TERMINATED;
void output_table_add (OutputTable *table, const char *first_cell, ...) G_GNUC_NULL_TERMINATED;
void         output_table_print (OutputTable *table);   /* frees it, too */
void         output_table_free  (OutputTable *table);

G_END_DECLS
