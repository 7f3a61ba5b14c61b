/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-refusal.h"

#include "ismb/core/ismb-stanza-error.h"
#include "ismb/core/ismb-stanza-private.h"

#define APOLOGY "Something went wrong with this request; the program that serves it knows more"

/* A message that only repeats the condition's name is none. */
static const char *
text_of (const GError *error, const char *condition)
{
  if (error->domain != ISMB_STANZA_ERROR)
    return APOLOGY;
  return g_str_equal (error->message, condition) ? NULL : error->message;
}

IsmbStanza *
ismb_refusal_new (GType kind, IsmbJid *to, const char *id, const GError *error)
{
  int code = error->domain == ISMB_STANZA_ERROR ? error->code
                                                : ISMB_STANZA_ERROR_UNDEFINED_CONDITION;
  const char *condition = ismb_stanza_error_to_condition (code);
  IsmbStanza *refusal
      = g_object_new (kind, "stanza-type", "error", "to-jid", to, "id", id, NULL);

  _ismb_tree_add_error (_ismb_stanza_get_tree (refusal), _ismb_stanza_error_type_of (condition),
                        condition, text_of (error, condition));
  return refusal;
}
