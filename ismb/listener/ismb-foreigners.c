/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-foreigners.h"

#include <gio/gio.h>
#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/listener/ismb-dialback.h"
#include "ismb/listener/ismb-parts.h"

#define DOMAINS_MAX 64
#define VERIFICATIONS_MAX 8 /* at a time, of each domain */
#define DISTANT_MAX 4   /* of them */

struct _IsmbForeigners
{
  GPtrArray *all;
  IsmbTlsContext *tls;
  IsmbForeignCa *ca;
  guint stanza_max;
};

static void
foreigner_free (gpointer data)
{
  IsmbForeigner *self = data;

  g_free (self->domain);
  g_free (self->address);
  g_free (self->awaited);
  g_free (self);
}

void
ismb_foreigners_free (IsmbForeigners *self)
{
  g_clear_pointer (&self->all, g_ptr_array_unref);
  g_clear_pointer (&self->tls, ismb_tls_context_unref);
  g_clear_pointer (&self->ca, ismb_foreign_ca_free);
  g_free (self);
}

static gboolean
refuse (GError **error, const char *item, const char *what)
{
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
               "“%s”: expected %s, as in example.net=192.0.2.1:5269;example.org=[2001:db8::1]:5269",
               item, what);
  return FALSE;
}

static gboolean
parse_port (const char *text, guint16 *port)
{
  guint64 value;

  if (!g_ascii_string_to_unsigned (text, 10, 1, G_MAXUINT16, &value, NULL))
    return FALSE;
  *port = (guint16) value;
  return TRUE;
}

/* As addresses of who comes are written, so that the two can be compared. */
static char *
write_address (const char *text)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);

  return address != NULL ? g_inet_address_to_string (address) : g_strdup (text);
}

/* `192.0.2.1:5269` or `[2001:db8::1]:5269`; no names, as nobody is asked where they are. */
static gboolean
parse_place (IsmbForeigner *self, const char *place)
{
  const char *colon = strrchr (place, ':');
  gboolean bracketed = place[0] == '[';
  g_autofree char *text = NULL;
  gsize length;

  if (colon == NULL || colon == place || (bracketed && colon[-1] != ']'))
    return FALSE;
  length = (gsize) (colon - place) - (bracketed ? 2 : 0);
  text = g_strndup (place + (bracketed ? 1 : 0), length);
  self->address = write_address (text);
  return bracketed == (strchr (text, ':') != NULL) && g_hostname_is_ip_address (text) &&
         parse_port (colon + 1, &self->port);
}

static gboolean
parse_item (IsmbForeigners *self, const char *item, GError **error)
{
  g_auto (GStrv) halves = g_strsplit (item, "=", 2);
  IsmbForeigner *added = g_new0 (IsmbForeigner, 1);

  g_ptr_array_add (self->all, added);
  if (halves[0] == NULL || halves[1] == NULL)
    return refuse (error, item, "a domain, = and a place");
  added->domain = ismb_parts_prepare_domain (g_strstrip (halves[0]));
  if (added->domain == NULL)
    return refuse (error, item, "a domain before =");
  if (!parse_place (added, g_strstrip (halves[1])))
    return refuse (error, item, "a numeric address and a port, as names are not looked up, IPv6 in "
                                "brackets");
  if (ismb_foreigners_find (self, added->domain) != added)
    return refuse (error, item, "each domain once");
  return self->all->len <= DOMAINS_MAX || refuse (error, item, "64 domains at most");
}

IsmbForeigners *
ismb_foreigners_new (const char *text, GError **error)
{
  g_autoptr (IsmbForeigners) self = g_new0 (IsmbForeigners, 1);
  g_auto (GStrv) items = g_strsplit (text, ";", -1);

  self->all = g_ptr_array_new_with_free_func (foreigner_free);
  for (guint i = 0; items[i] != NULL; i++)
    if (*g_strstrip (items[i]) != '\0' && !parse_item (self, items[i], error))
      return NULL;
  return g_steal_pointer (&self);
}

guint
ismb_foreigners_get_count (IsmbForeigners *self)
{
  return self->all->len;
}

IsmbForeigner *
ismb_foreigners_get (IsmbForeigners *self, guint i)
{
  return g_ptr_array_index (self->all, i);
}

IsmbForeigner *
ismb_foreigners_find (IsmbForeigners *self, const char *domain)
{
  for (guint i = 0; self != NULL && i < self->all->len; i++)
    {
      IsmbForeigner *each = g_ptr_array_index (self->all, i);

      if (g_strcmp0 (each->domain, domain) == 0)
        return each;
    }
  return NULL;
}

void
ismb_foreigners_set_stanza_max (IsmbForeigners *self, guint bytes)
{
  self->stanza_max = bytes;
}

guint
ismb_foreigners_get_stanza_max (IsmbForeigners *self)
{
  return self->stanza_max;
}

void
ismb_foreigners_set_tls (IsmbForeigners *self, IsmbTlsContext *tls)
{
  g_clear_pointer (&self->tls, ismb_tls_context_unref);
  self->tls = ismb_tls_context_ref (tls);
}

IsmbTlsContext *
ismb_foreigners_get_tls (IsmbForeigners *self)
{
  return self->tls;
}

void
ismb_foreigners_set_ca (IsmbForeigners *self, IsmbForeignCa *ca)
{
  g_clear_pointer (&self->ca, ismb_foreign_ca_free);
  self->ca = ca;
}

gboolean
ismb_foreigners_has_ca (IsmbForeigners *self)
{
  return self->ca != NULL;
}

gboolean
ismb_foreigners_vouch (IsmbForeigners *self, GPtrArray *chain, const char *domain, GError **error)
{
  if (self->ca != NULL)
    return ismb_foreign_ca_vouches (self->ca, chain, domain, error);
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
               "nobody vouches for %s: no federate-ca= is configured", domain);
  return FALSE;
}

void
ismb_foreigner_await (IsmbForeigner *self, const char *id)
{
  g_free (self->awaited);
  self->awaited = g_strdup (id);
}

gboolean
ismb_foreigner_knows_key (IsmbForeigner *self, const char *us, const char *id, const char *key)
{
  gboolean ours = id != NULL && ismb_dialback_check_key (key, self->domain, us, id);

  return ours && g_strcmp0 (self->awaited, id) == 0;
}

static gboolean
is_distant (const IsmbForeigner *self, const IsmbSource *source)
{
  return strcmp (self->address, source->address) != 0;
}

gboolean
ismb_foreigner_begin (IsmbForeigner *self, const IsmbSource *source)
{
  gboolean distant = is_distant (self, source);

  if (self->verifications >= VERIFICATIONS_MAX || (distant && self->distant >= DISTANT_MAX))
    return FALSE;
  self->verifications++;
  self->distant += distant ? 1 : 0;
  return TRUE;
}

void
ismb_foreigner_end (IsmbForeigner *self, const IsmbSource *source)
{
  self->verifications--;
  self->distant -= is_distant (self, source) ? 1 : 0;
}
