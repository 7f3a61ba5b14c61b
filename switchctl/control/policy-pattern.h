/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Patterns of words. Within a word `*` stands for any characters, `?` for one; a last word `**`
 * for all words that are left, also none. A backslash takes its meaning from the next of
 * \ * ? ; [ ] " ' and blank; brackets and quotes mean nothing and must have one, so that nobody
 * believes they do. */

/* Splits at characters of `separators` that no backslash precedes. Backslashes stay; pieces are
 * stripped, empty ones are kept. */
GStrv    switch_pattern_split       (const char *text, const char *separators);
/* Whether each word is a pattern; ISMB_ERROR_BAD_CONFIG says what is wrong. */
gboolean switch_pattern_check       (const char *const *words, GError **error);
gboolean switch_pattern_match       (const char *word, const char *text);
gboolean switch_pattern_match_words (const char *const *words, const char *const *texts);

G_END_DECLS
