/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.core.stanza-text"
#include "config.h"
#include "ismb/core/ismb-stanza-text.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-private.h"

static IsmbNode *
get_root (IsmbStanza *self)
{
  return ismb_tree_root (_ismb_stanza_get_tree (self));
}

static const char *
language_of (IsmbStanza *self, const IsmbNode *child)
{
  const char *own = ismb_node_get (get_root (self), "xml:lang");
  const char *language = child != NULL ? ismb_node_get (child, "xml:lang") : NULL;

  return language != NULL ? language : own != NULL ? own : "";
}

/* RFC 5646, 2.1.1: their case says nothing. */
static IsmbNode *
find_in (IsmbStanza *self, const char *name, const char *language)
{
  IsmbNode *child = ismb_node_find (get_root (self), name, ISMB_NS_CLIENT);

  while (child != NULL && g_ascii_strcasecmp (language_of (self, child), language) != 0)
    child = ismb_node_find_next (child, name, ISMB_NS_CLIENT);
  return child;
}

static const char *
peek (IsmbStanza *self, IsmbNode *child)
{
  return child != NULL ? ismb_tree_peek_text (_ismb_stanza_get_tree (self), child) : NULL;
}

static const char *
or_own (IsmbStanza *self, const char *language)
{
  return language != NULL ? language : language_of (self, NULL);
}

const char *
_ismb_stanza_peek_text (IsmbStanza *self, const char *name)
{
  IsmbNode *child = find_in (self, name, language_of (self, NULL));

  if (child == NULL)
    child = ismb_node_find (get_root (self), name, ISMB_NS_CLIENT);
  return peek (self, child);
}

const char *
_ismb_stanza_peek_text_in (IsmbStanza *self, const char *name, const char *language)
{
  return peek (self, find_in (self, name, or_own (self, language)));
}

void
_ismb_stanza_set_text (IsmbStanza *self, const char *name, const char *text)
{
  if (text != NULL)
    _ismb_stanza_set_text_in (self, name, NULL, text);
  else
    ismb_stanza_set_child_text (self, name, NULL, NULL);
}

void
_ismb_stanza_set_text_in (IsmbStanza *self, const char *name, const char *language,
                          const char *text)
{
  IsmbTree *tree = _ismb_stanza_get_tree (self);
  const char *wanted = or_own (self, language);
  IsmbNode *child;

  while ((child = find_in (self, name, wanted)) != NULL)
    ismb_tree_remove (tree, child);
  if (text == NULL)
    return;
  child = ismb_tree_add_leaf (tree, get_root (self), name, ISMB_NS_CLIENT, text);
  if (g_ascii_strcasecmp (wanted, language_of (self, NULL)) != 0)
    ismb_tree_set (tree, child, "xml:lang", wanted);
}

static gboolean
has (GPtrArray *languages, const char *language)
{
  for (guint i = 0; i < languages->len; i++)
    if (g_ascii_strcasecmp (languages->pdata[i], language) == 0)
      return TRUE;
  return FALSE;
}

char **
_ismb_stanza_list_text_langs (IsmbStanza *self, const char *name)
{
  g_autoptr (GPtrArray) languages = g_ptr_array_new ();

  for (IsmbNode *at = ismb_node_find (get_root (self), name, ISMB_NS_CLIENT);
       at != NULL && languages->len < ISMB_STANZA_TEXT_LANGS_MAX;
       at = ismb_node_find_next (at, name, ISMB_NS_CLIENT))
    {
      const char *language = language_of (self, at);

      if (!has (languages, language))
        g_ptr_array_add (languages, g_strdup (language));
    }
  g_ptr_array_add (languages, NULL);
  return (char **) g_ptr_array_steal (languages, NULL);
}

const char *
_ismb_stanza_peek_child (IsmbStanza *self, const char *name, const char *ns)
{
  return peek (self, ismb_node_find (get_root (self), name, ns));
}
