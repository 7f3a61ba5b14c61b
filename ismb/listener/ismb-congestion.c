/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.congestion"

#include "config.h"
#include "ismb/listener/ismb-congestion.h"

#include <string.h>

#include "ismb/core/ismb-address.h"

#define BEGINS (1024 * 1024)    /* bytes that wait */
#define ENDS (256 * 1024)
#define SHARE (256 * 1024)      /* bytes of one source meanwhile */
#define FULL (6 * 1024 * 1024)

struct _IsmbCongestion
{
  char *target;
  GHashTable *sources; /* name, owned, to the bytes it has added */
  guint64 refused;     /* stanzas */
};

static IsmbCongestion *
congestion_new (const char *target)
{
  IsmbCongestion *self = g_new0 (IsmbCongestion, 1);

  self->target = g_strdup (target);
  self->sources = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

void
ismb_congestion_free (IsmbCongestion *self)
{
  if (self == NULL)
    return;
  if (self->refused > 0)
    g_message ("%s reads too slowly: %" G_GUINT64_FORMAT " stanzas for it were turned away",
               self->target, self->refused);
  g_hash_table_unref (self->sources);
  g_free (self->target);
  g_free (self);
}

/* Names cost nothing where many accounts or resources are one sender's to make: the full address
 * says too much, and of another domain even the bare one. */
static char *
name_source (const char *from, const char *domain)
{
  IsmbAddressParts parts;
  gsize offset;

  if (from == NULL)
    return g_strdup (""); /* ourselves */
  ismb_address_split (from, &parts);
  offset = ismb_address_domain_offset (&parts);
  if (parts.domain == strlen (domain) && memcmp (from + offset, domain, parts.domain) == 0)
    return g_strndup (from, ismb_address_bare_length (&parts));
  return g_strndup (from + offset, parts.domain);
}

/* Notes the bytes where the source's share allows them. */
static gboolean
take_share (IsmbCongestion *self, char *source, gsize bytes)
{
  gsize sum = GPOINTER_TO_SIZE (g_hash_table_lookup (self->sources, source)) + bytes;

  if (sum > SHARE)
    {
      g_free (source);
      return FALSE;
    }
  g_hash_table_replace (self->sources, source, GSIZE_TO_POINTER (sum));
  return TRUE;
}

gboolean
ismb_congestion_admits (IsmbCongestion **self, const char *target, gsize waiting,
                        const IsmbFrame *frame, const char *domain)
{
  if (*self != NULL && waiting < ENDS)
    g_clear_pointer (self, ismb_congestion_free);
  if (G_LIKELY (*self == NULL))
    {
      if (G_LIKELY (waiting < BEGINS))
        return TRUE;
      *self = congestion_new (target);
    }
  if (waiting + frame->length <= FULL
      && take_share (*self, name_source (frame->from, domain), frame->length))
    return TRUE;
  (*self)->refused++;
  return FALSE;
}
