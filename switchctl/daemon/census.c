/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.census"

#include "config.h"
#include "switchctl/daemon/census.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/listener/ismb-listener-private.h"
#include "switchctl/daemon/vr.h"

#define ID_DIGITS 52
#define SHORT_DIGITS 16

/* A device in one virtual router, or in none. */
typedef struct _Entry Entry;
struct _Entry
{
  char *id, *domain, *vr;
  const char *state, *link; /* static */
  gboolean local;
  gint64 expires; /* 0: not known */
  Entry *same;    /* the device in another virtual router, or NULL */
};

typedef struct
{
  IsmbFabric *fabric;
  GPtrArray *entries;
  GHashTable *by_id; /* id -> Entry, borrowed */
} Census;

static void
entry_free (Entry *entry)
{
  g_free (entry->id);
  g_free (entry->domain);
  g_free (entry->vr);
  g_free (entry);
}

static Entry *
add (Census *census, const char *id, const char *domain, const char *state)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->id = g_strdup (id != NULL ? id : "");
  entry->domain = g_strdup (domain);
  entry->vr = g_strdup ("");
  entry->state = state;
  entry->link = "";
  entry->same = g_hash_table_lookup (census->by_id, entry->id);
  g_ptr_array_add (census->entries, entry);
  g_hash_table_replace (census->by_id, entry->id, entry);
  return entry;
}

/* --- those who are seen --- */

static const char *
own_state (Census *census, IsmbPeer *peer)
{
  if (ismb_fabric_is_revoked (census->fabric, ismb_peer_get_id (peer)))
    return "revoked";
  if (ismb_fabric_get_authority (census->fabric) != NULL)
    return "registrar";
  return ismb_trust_to_string (ismb_peer_get_trust (peer));
}

static const char *
state_of (Census *census, IsmbPeer *peer)
{
  IsmbTrust trust = ismb_peer_get_trust (peer);
  const char *id = ismb_peer_get_id (peer);

  if (ismb_peer_get_local (peer))
    return own_state (census, peer);
  if (trust == ISMB_TRUST_PENDING && id != NULL && ismb_fabric_is_revoked (census->fabric, id))
    return "revoked";
  return ismb_trust_to_string (trust);
}

static void
add_peer (Census *census, IsmbPeer *peer)
{
  Entry *entry = add (census, ismb_peer_get_id (peer), ismb_peer_get_domain (peer),
                      state_of (census, peer));

  g_free (entry->vr);
  entry->vr = g_strdup (ismb_peer_get_vr (peer));
  entry->link = ismb_link_state_to_string (ismb_peer_get_link (peer));
  entry->local = ismb_peer_get_local (peer);
  if (entry->local)
    entry->expires = ismb_fabric_get_expiry (census->fabric);
}

/* Their certificates say so. */
static void
mark_registrars (Census *census, IsmbListener *listener)
{
  GList *registrars = _ismb_listener_list_registrars (listener);

  for (GList *each = registrars; each != NULL; each = each->next)
    {
      const char *id = ismb_peer_get_id (each->data);
      Entry *entry = id != NULL ? g_hash_table_lookup (census->by_id, id) : NULL;

      for (; entry != NULL; entry = entry->same)
        if (g_str_equal (entry->state, "member"))
          entry->state = "registrar";
    }
  g_list_free_full (registrars, g_object_unref);
}

static void
add_seen_in (Census *census, IsmbListener *listener)
{
  GList *peers = ismb_listener_list_peers (listener);

  for (GList *each = peers; each != NULL; each = each->next)
    add_peer (census, each->data);
  g_list_free_full (peers, g_object_unref);
  mark_registrars (census, listener);
}

static void
add_seen (Census *census, GPtrArray *vrs)
{
  for (guint i = 0; i < vrs->len; i++)
    {
      IsmbListener *listener = switch_vr_get_listener (g_ptr_array_index (vrs, i));

      if (listener != NULL)
        add_seen_in (census, listener);
    }
}

/* --- those who are written down --- */

static gboolean
begins (const char *id, const char *start)
{
  return *start != '\0' && g_str_has_prefix (id, start);
}

/* Sets what is given. */
static void
mark (Entry *entry, const char *state, gint64 expires)
{
  if (expires > 0)
    entry->expires = expires;
  if (state != NULL && g_str_equal (entry->state, "pending"))
    entry->state = state;
}

/* FALSE: no such device is known. */
static gboolean
mark_device (Census *census, const char *id, const char *state, gint64 expires)
{
  Entry *first = g_hash_table_lookup (census->by_id, id);

  for (Entry *entry = first; entry != NULL; entry = entry->same)
    mark (entry, state, expires);
  return first != NULL;
}

static gboolean
mark_beginning (Census *census, const char *start, const char *state)
{
  gboolean found = FALSE;

  for (guint i = 0; i < census->entries->len; i++)
    {
      Entry *entry = g_ptr_array_index (census->entries, i);

      if (!begins (entry->id, start))
        continue;
      found = TRUE;
      mark (entry, state, 0);
    }
  return found;
}

static void
add_issued (Census *census, IsmbAuthority *authority)
{
  g_autoptr (GVariant) list = g_variant_ref_sink (ismb_authority_list_issued (authority));
  GVariantIter iter;
  GVariant *row;

  g_variant_iter_init (&iter, list);
  while (g_variant_iter_loop (&iter, "@a{sv}", &row))
    {
      const char *id = "", *domain = "";
      gint64 expires = 0;

      g_variant_lookup (row, "id", "&s", &id);
      g_variant_lookup (row, "domain", "&s", &domain);
      g_variant_lookup (row, "expires", "x", &expires);
      if (*id != '\0' && !ismb_fabric_is_revoked (census->fabric, id)
          && !mark_device (census, id, NULL, expires))
        add (census, id, domain, "member")->expires = expires;
    }
}

static void
add_approved (Census *census, IsmbAuthority *authority)
{
  IsmbClock *clock = ismb_fabric_get_clock (census->fabric);
  g_autoptr (GVariant) list = g_variant_ref_sink (ismb_admissions_list_approvals (
    ismb_authority_get_admissions (authority), ismb_clock_now (clock)));
  GVariantIter iter;
  GVariant *row;

  g_variant_iter_init (&iter, list);
  while (g_variant_iter_loop (&iter, "@a{sv}", &row))
    {
      const char *id = "";
      gboolean expired = FALSE;

      g_variant_lookup (row, "id", "&s", &id);
      g_variant_lookup (row, "expired", "b", &expired);
      if (!expired && !mark_beginning (census, id, "approved"))
        add (census, id, "", "approved");
    }
}

static void
add_revoked (Census *census)
{
  IsmbRevocations *revocations = ismb_fabric_get_revocations (census->fabric);
  g_autoptr (GPtrArray) list = ismb_revocations_list (revocations, NULL, ISMB_REVOCATIONS_MAX);

  for (guint i = 0; i < list->len; i++)
    {
      const IsmbRevocation *revocation = g_ptr_array_index (list, i);

      if (!mark_device (census, revocation->device_id, "revoked", 0))
        add (census, revocation->device_id, "", "revoked");
    }
}

static int
compare (gconstpointer a, gconstpointer b)
{
  const Entry *one = *(Entry *const *) a;
  const Entry *other = *(Entry *const *) b;
  int order = strcmp (one->domain, other->domain);

  return order != 0 ? order : strcmp (one->vr, other->vr);
}

static void
census_take (Census *census, IsmbFabric *fabric, GPtrArray *vrs)
{
  IsmbAuthority *authority = ismb_fabric_get_authority (fabric);

  census->fabric = fabric;
  census->entries = g_ptr_array_new_with_free_func ((GDestroyNotify) entry_free);
  census->by_id = g_hash_table_new (g_str_hash, g_str_equal);
  add_seen (census, vrs);
  if (authority != NULL)
    {
      add_issued (census, authority);
      add_approved (census, authority);
    }
  if (ismb_fabric_get_mode (fabric) == ISMB_FABRIC_CLOSED)
    add_revoked (census);
  g_ptr_array_sort (census->entries, compare);
}

static void
census_clear (Census *census)
{
  g_clear_pointer (&census->by_id, g_hash_table_unref);
  g_clear_pointer (&census->entries, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Census, census_clear)

/* --- public --- */

void
switch_device_free (SwitchDevice *device)
{
  if (device == NULL)
    return;
  g_free (device->given);
  g_free (device->id);
  g_free (device->domain);
  g_free (device);
}

static GVariant *
describe (const Entry *entry)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "domain", "s", entry->domain);
  g_variant_dict_insert (&dict, "id", "s", entry->id);
  g_variant_dict_insert (&dict, "state", "s", entry->state);
  g_variant_dict_insert (&dict, "vr", "s", entry->vr);
  g_variant_dict_insert (&dict, "link", "s", entry->link);
  g_variant_dict_insert (&dict, "local", "b", entry->local);
  if (entry->expires > 0)
    g_variant_dict_insert (&dict, "expires", "x", entry->expires);
  return g_variant_dict_end (&dict);
}

GVariant *
switch_census_list (IsmbFabric *fabric, GPtrArray *vrs)
{
  g_auto (Census) census = { NULL };
  GVariantBuilder list;

  census_take (&census, fabric, vrs);
  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < census.entries->len; i++)
    g_variant_builder_add_value (&list, describe (g_ptr_array_index (census.entries, i)));
  return g_variant_builder_end (&list);
}

/* "abcd-EFGH" -> "ABCDEFGH" */
static char *
normalize (const char *text, GError **error)
{
  g_autoptr (GString) id = g_string_new (NULL);

  for (; *text != '\0' && id->len <= ID_DIGITS; text++)
    if (*text != '-')
      g_string_append_c (id, g_ascii_toupper (*text));
  if (id->len > 0 && id->len <= ID_DIGITS
      && strspn (id->str, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == id->len)
    return g_strdup (id->str);
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
                       "that is no device id: it is letters and the digits 2 to 7, with or without "
                       "dashes, as `switchctl fabric list` and `switchctl peers` show it");
  return NULL;
}

static SwitchDevice *
device_new (const char *given, const char *id, const char *domain)
{
  SwitchDevice *device = g_new0 (SwitchDevice, 1);

  device->given = g_strdup (given);
  device->id = g_strdup (id);
  device->domain = g_strdup (domain);
  return device;
}

static void
not_unique (GError **error, const char *id, const char *a, const char *b)
{
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS,
               "%s may be the device %.24s… or %.24s…: write more of it", id, a, b);
}

static SwitchDevice *
not_known (GError **error, const char *id, gboolean unseen)
{
  gsize digits = strlen (id);

  if (unseen ? digits >= SHORT_DIGITS : digits == ID_DIGITS)
    return device_new (id, id, "");
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND,
               "no device is known whose id begins with %s: `switchctl fabric list` has those that "
               "are; of one that was not seen yet write %s",
               id, unseen ? "16 digits at least" : "all 52 digits");
  return NULL;
}

/* NULL without an error: there is none. */
static const Entry *
find_only (Census *census, const char *start, GError **error)
{
  const Entry *found = NULL;

  for (guint i = 0; i < census->entries->len; i++)
    {
      const Entry *entry = g_ptr_array_index (census->entries, i);

      if (!begins (entry->id, start) || strlen (entry->id) < ID_DIGITS)
        continue;
      if (found != NULL && !g_str_equal (found->id, entry->id))
        {
          not_unique (error, start, found->id, entry->id);
          return NULL;
        }
      if (found == NULL || *found->domain == '\0')
        found = entry;
    }
  return found;
}

SwitchDevice *
switch_census_find (IsmbFabric *fabric, GPtrArray *vrs, const char *id, gboolean unseen,
                    GError **error)
{
  g_autofree char *start = normalize (id, error);
  g_auto (Census) census = { NULL };
  g_autoptr (GError) cause = NULL;
  const Entry *found;

  if (start == NULL)
    return NULL;
  census_take (&census, fabric, vrs);
  found = find_only (&census, start, &cause);
  if (found != NULL)
    return device_new (start, found->id, found->domain);
  /* What a stranger announces must not keep a person from naming somebody. */
  if (cause == NULL || (unseen && strlen (start) >= SHORT_DIGITS))
    return not_known (error, start, unseen);
  g_propagate_error (error, g_steal_pointer (&cause));
  return NULL;
}
