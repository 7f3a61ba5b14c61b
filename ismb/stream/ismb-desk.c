/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/stream/ismb-desk.h"

#include "ismb/core/ismb-random.h"

#define SPARE_MAX 16
#define FED_MAX (16 * 1024) /* one that has read more may have grown */

static void
free_desk (gpointer data)
{
  IsmbDesk *self = data;

  XML_ParserFree (self->parser);
  ismb_scribe_free (self->scribe);
  g_free (self);
}

static void
free_spare (gpointer data)
{
  g_ptr_array_unref (data);
}

/* Of this thread. */
static GPtrArray *
get_spare (void)
{
  static GPrivate own = G_PRIVATE_INIT (free_spare);
  GPtrArray *spare = g_private_get (&own);

  if (spare == NULL)
    g_private_set (&own, spare = g_ptr_array_new_with_free_func (free_desk));
  return spare;
}

static IsmbDesk *
find_spare (const char *content_ns)
{
  GPtrArray *spare = get_spare ();

  for (guint i = spare->len; i > 0; i--)
    if (g_str_equal (((IsmbDesk *) g_ptr_array_index (spare, i - 1))->content_ns, content_ns))
      return g_ptr_array_steal_index_fast (spare, i - 1);
  return NULL;
}

static IsmbDesk *
make (const char *content_ns)
{
  IsmbDesk *self = g_new0 (IsmbDesk, 1);

  self->parser = XML_ParserCreateNS ("UTF-8", ISMB_SCRIBE_SEPARATOR);
  if (self->parser == NULL)
    g_error ("no memory for an XML parser");
  self->scribe = ismb_scribe_new (content_ns);
  self->content_ns = g_intern_string (content_ns);
  ismb_random_fill (&self->salt, sizeof self->salt);
  return self;
}

IsmbDesk *
ismb_desk_take (const char *content_ns)
{
  IsmbDesk *self = find_spare (content_ns);

  if (self == NULL)
    self = make (content_ns);
  self->fed = 0;
  XML_SetHashSalt (self->parser, self->salt); /* a reset forgets it; expat would ask the kernel */
#ifdef HAVE_XML_SETREPARSEDEFERRALENABLED
  /* With it on, expat holds complete stanzas back until more bytes come. A reset switches it on
   * again. */
  XML_SetReparseDeferralEnabled (self->parser, XML_FALSE);
#endif
  return self;
}

void
ismb_desk_give_back (IsmbDesk *self)
{
  GPtrArray *spare = get_spare ();

  if (spare->len < SPARE_MAX && self->fed <= FED_MAX && XML_ParserReset (self->parser, "UTF-8"))
    g_ptr_array_add (spare, self);
  else
    free_desk (self);
}
