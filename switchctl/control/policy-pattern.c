/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctl.control.policy"
#include "config.h"
#include "switchctl/control/policy-pattern.h"

#include <string.h>

#include "ismb/core/ismb-error.h"

#define REST "**"

GStrv
switch_pattern_split (const char *text, const char *separators)
{
  g_autoptr (GStrvBuilder) pieces = g_strv_builder_new ();
  const char *start = text;

  for (const char *at = text;; at++)
    {
      g_autofree char *piece = NULL;

      if (*at == '\\' && at[1] != '\0')
        at++;
      else if (*at == '\0' || strchr (separators, *at) != NULL)
        {
          piece = g_strndup (start, at - start);
          g_strv_builder_add (pieces, g_strstrip (piece));
          start = at + 1;
        }
      if (*at == '\0')
        return g_strv_builder_end (pieces);
    }
}

static gboolean
refuse (GError **error, const char *word, const char *why)
{
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG, "`%s`: %s", word, why);
  return FALSE;
}

static gboolean
check_word (const char *word, GError **error)
{
  for (const char *at = word; *at != '\0'; at++)
    if (*at == '\\' && (at[1] == '\0' || strchr ("\\*?;[]\"' ", at[1]) == NULL))
      return refuse (error, word,
                     "a backslash stands before one of \\ * ? ; [ ] \" ' or a blank only");
    else if (*at == '\\')
      at++;
    else if (g_str_has_prefix (at, REST))
      return refuse (error, word, "** stands for all that follows, as a last word of its own");
    else if (strchr ("[]\"'", *at) != NULL)
      return refuse (error, word,
                     "brackets and quotes mean nothing in a pattern: write a backslash before "
                     "one that is meant as it stands, and before a blank within a word");
  return TRUE;
}

gboolean
switch_pattern_check (const char *const *words, GError **error)
{
  for (; *words != NULL; words++)
    {
      if (**words == '\0')
        return refuse (error, *words, "a part is empty");
      if (words[1] == NULL && g_str_equal (*words, REST))
        return TRUE;
      if (!check_word (*words, error))
        return FALSE;
    }
  return TRUE;
}

/* Of a pattern's character, not `*`: what follows both where it matches, else FALSE. */
static gboolean
match_one (const char **word, const char **text)
{
  const char *literal = **word == '\\' ? *word + 1 : *word;

  if (**text == '\0' || (**word != '?' && *literal != **text))
    return FALSE;
  *text = **word == '?' ? g_utf8_next_char (*text) : *text + 1;
  *word = literal + 1;
  return TRUE;
}

/* Going back to the last `*` suffices: what an earlier one could take, the last one can. */
gboolean
switch_pattern_match (const char *word, const char *text)
{
  const char *star = NULL, *taken = NULL;

  for (;;)
    {
      if (*word == '*')
        {
          star = ++word;
          taken = text;
        }
      else if (*word == '\0' && *text == '\0')
        return TRUE;
      else if (*word == '\0' || !match_one (&word, &text))
        {
          if (star == NULL || *taken == '\0')
            return FALSE;
          word = star;
          text = taken = g_utf8_next_char (taken);
        }
    }
}

gboolean
switch_pattern_match_words (const char *const *words, const char *const *texts)
{
  for (; *words != NULL; words++, texts++)
    {
      if (g_str_equal (*words, REST))
        return TRUE;
      if (*texts == NULL || !switch_pattern_match (*words, *texts))
        return FALSE;
    }
  return *texts == NULL;
}
