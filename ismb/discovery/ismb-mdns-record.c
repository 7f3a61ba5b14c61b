/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.discovery.record"

#include "config.h"
#include "ismb/discovery/ismb-mdns-record.h"

#include <netinet/in.h>
#include <string.h>
#include <avahi-common/malloc.h>

#include "ismb/core/ismb-address.h"

#define LABEL_MAX 63
#define HOST_TAIL 6 /* hex digits that tell hosts of equal letters apart */
#define VR_MAX 63
#define ID_MAX 80 /* 52 characters of base32, or with dashes between groups of four */
#define FABRIC_DIGITS 16

char *
ismb_mdns_host_name (const char *domain, const char *vr, const char *device_id)
{
  g_autofree char *all = g_strjoin ("/", domain, vr, device_id, NULL);
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, all, -1);
  g_autofree char *label = g_ascii_strdown (domain, LABEL_MAX - HOST_TAIL - 1);

  /* avahi takes dots apart, and nothing but letters, digits and dashes makes a host name. */
  for (char *c = label; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c))
      *c = '-';
  return g_strdup_printf ("%s-%.*s." ISMB_MDNS_DOMAIN, label, HOST_TAIL, hash);
}

AvahiStringList *
ismb_mdns_txt_new (const char *vr, const char *device_id, const char *fabric_id)
{
  AvahiStringList *txt = avahi_string_list_new ("txtvers=1", NULL);

  txt = avahi_string_list_add_printf (txt, "vr=%s", vr);
  if (device_id != NULL)
    txt = avahi_string_list_add_printf (txt, "id=%s", device_id);
  if (fabric_id != NULL)
    txt = avahi_string_list_add_printf (txt, "fab=%.*s", FABRIC_DIGITS, fabric_id);
  return txt;
}

char *
ismb_mdns_dup_domain (const char *instance)
{
  g_autoptr (GString) prepared = g_string_new (NULL);
  g_autofree char *lower = g_ascii_strdown (instance, -1);
  IsmbAddressParts parts;

  /* Anything but the prepared form is no switch of ours, and would make two names of one domain. */
  if (!ismb_address_prepare (lower, strlen (lower), prepared, &parts, NULL) || parts.local > 0
      || parts.resource > 0 || prepared->len > LABEL_MAX || !g_str_equal (prepared->str, lower))
    return NULL;
  return g_string_free (g_steal_pointer (&prepared), FALSE);
}

/* The value, if all its characters are fit; never NULL. */
static char *
dup_value (AvahiStringList *txt, const char *key, gsize max, gboolean (*is_fit) (char c))
{
  AvahiStringList *item = avahi_string_list_find (txt, key);
  char *value = NULL;
  char *result = NULL;
  gsize size = 0;
  gboolean fit;

  if (item == NULL || avahi_string_list_get_pair (item, NULL, &value, &size) < 0 || value == NULL)
    return g_strdup ("");
  fit = size <= max;
  for (gsize i = 0; fit && i < size; i++)
    fit = is_fit (value[i]);
  result = fit ? g_strndup (value, size) : g_strdup ("");
  avahi_free (value);
  return result;
}

static gboolean
is_printable (char c)
{
  return g_ascii_isgraph (c);
}

static gboolean
is_base32 (char c)
{
  return g_ascii_isupper (c) || (c >= '2' && c <= '7') || c == '-';
}

static gboolean
is_lower_hex (char c)
{
  return g_ascii_isdigit (c) || (c >= 'a' && c <= 'f');
}

char *
ismb_mdns_dup_vr (AvahiStringList *txt)
{
  return dup_value (txt, "vr", VR_MAX, is_printable);
}

char *
ismb_mdns_dup_id (AvahiStringList *txt)
{
  return dup_value (txt, "id", ID_MAX, is_base32);
}

char *
ismb_mdns_dup_fabric (AvahiStringList *txt)
{
  g_autofree char *fabric = dup_value (txt, "fab", FABRIC_DIGITS, is_lower_hex);

  return strlen (fabric) == FABRIC_DIGITS ? g_steal_pointer (&fabric) : g_strdup ("");
}

static gboolean
is_host4 (const AvahiIPv4Address *address)
{
  guint32 a = g_ntohl (address->address);

  return (a >> 24) != 0 && (a >> 24) != 127
         && (a >> 28) < 14; /* 224 and above: multicast, reserved, broadcast */
}

static gboolean
is_host6 (const AvahiIPv6Address *address)
{
  const struct in6_addr *a = (const struct in6_addr *) address;

  return !IN6_IS_ADDR_UNSPECIFIED (a) && !IN6_IS_ADDR_LOOPBACK (a) && !IN6_IS_ADDR_MULTICAST (a)
         && !IN6_IS_ADDR_V4MAPPED (a) && !IN6_IS_ADDR_V4COMPAT (a);
}

gboolean
ismb_mdns_needs_scope (const AvahiAddress *address)
{
  return address->proto == AVAHI_PROTO_INET6
         && IN6_IS_ADDR_LINKLOCAL ((const struct in6_addr *) &address->data.ipv6);
}

char *
ismb_mdns_dup_address (const AvahiAddress *address, const char *scope)
{
  char text[AVAHI_ADDRESS_STR_MAX];

  if (address->proto == AVAHI_PROTO_INET ? !is_host4 (&address->data.ipv4)
                                         : !is_host6 (&address->data.ipv6))
    return NULL;
  if (avahi_address_snprint (text, sizeof text, address) == NULL)
    return NULL;
  if (!ismb_mdns_needs_scope (address))
    return g_strdup (text);
  return scope != NULL ? g_strconcat (text, "%", scope, NULL) : NULL;
}

static int
rank_of (const char *address)
{
  if (strchr (address, '%') != NULL || g_str_has_prefix (address, "169.254."))
    return 2;
  return strchr (address, ':') != NULL ? 1 : 0;
}

int
ismb_mdns_compare_addresses (gconstpointer a, gconstpointer b)
{
  const char *first = *(const char *const *) a;
  const char *second = *(const char *const *) b;
  int by_rank = rank_of (first) - rank_of (second);

  return by_rank != 0 ? by_rank : strcmp (first, second);
}
