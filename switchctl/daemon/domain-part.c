/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.domain"

#include "config.h"
#include "switchctl/daemon/domain-part.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netpacket/packet.h>
#include <string.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-jid.h"

#define DOMAIN_MAX 63
#define MAC_DIGITS 6
#define FALLBACK_LABEL "switch"

char *
switch_domain_part_label (const char *host_name)
{
  g_autoptr (GString) label = g_string_new (NULL);

  for (const char *c = host_name; *c != '\0' && *c != '.'; c++)
    if (g_ascii_isalnum (*c))
      g_string_append_c (label, g_ascii_tolower (*c));
    else if (label->len > 0)
      g_string_append_c (label, '-');
  g_string_truncate (label, MIN (label->len, DOMAIN_MAX - MAC_DIGITS - 1));
  while (label->len > 0 && label->str[label->len - 1] == '-')
    g_string_truncate (label, label->len - 1);
  return g_strdup (label->len > 0 ? label->str : FALLBACK_LABEL);
}

static gboolean
has_mac (const struct ifaddrs *entry)
{
  static const guint8 none[6] = { 0 };
  const struct sockaddr_ll *link = (const struct sockaddr_ll *) entry->ifa_addr;

  return link != NULL && link->sll_family == AF_PACKET && link->sll_hatype == ARPHRD_ETHER
         && (entry->ifa_flags & IFF_LOOPBACK) == 0
         && memcmp (link->sll_addr, none, sizeof none) != 0;
}

/* A device behind it, rather than a bridge or a tunnel whose address changes. */
static gboolean
is_hardware (const char *name)
{
  g_autofree char *device = g_build_filename ("/sys/class/net", name, "device", NULL);

  return g_file_test (device, G_FILE_TEST_EXISTS);
}

static const struct sockaddr_ll *
first_interface (const struct ifaddrs *all, gboolean hardware)
{
  const struct sockaddr_ll *best = NULL;

  for (const struct ifaddrs *entry = all; entry != NULL; entry = entry->ifa_next)
    {
      const struct sockaddr_ll *link = (const struct sockaddr_ll *) entry->ifa_addr;

      if (!has_mac (entry) || (hardware && !is_hardware (entry->ifa_name)))
        continue;
      if (best == NULL || link->sll_ifindex < best->sll_ifindex)
        best = link;
    }
  return best;
}

/* The last six hex digits of the first real interface's address; random where there is none. */
static char *
mac_digits (void)
{
  const struct sockaddr_ll *link;
  struct ifaddrs *all = NULL;
  char *digits;

  if (getifaddrs (&all) < 0)
    all = NULL;
  link = first_interface (all, TRUE);
  if (link == NULL)
    link = first_interface (all, FALSE);
  if (link != NULL)
    digits =
        g_strdup_printf ("%02x%02x%02x", link->sll_addr[3], link->sll_addr[4], link->sll_addr[5]);
  else
    digits = g_strdup_printf ("%06x", g_random_int () & 0xffffffu);
  if (all != NULL)
    freeifaddrs (all);
  return digits;
}

static char *
derive (void)
{
  char host[256] = { 0 };
  g_autofree char *label = NULL;
  g_autofree char *digits = mac_digits ();

  if (gethostname (host, sizeof host - 1) < 0)
    host[0] = '\0';
  label = switch_domain_part_label (host);
  return g_strdup_printf ("%s.%s", label, digits);
}

static char *
check_kept (const char *file, char *text, GError **error)
{
  g_autoptr (IsmbJid) jid = ismb_jid_new_from_parts (NULL, g_strstrip (text), NULL, error);

  if (jid == NULL)
    {
      g_prefix_error (error, "%s does not hold a domain-part: ", file);
      return NULL;
    }
  return g_strdup (ismb_jid_get_domain (jid));
}

char *
switch_domain_part (const char *state_dir, const char *configured, GError **error)
{
  g_autofree char *file = g_build_filename (state_dir, "domain", NULL);
  g_autofree char *kept = NULL;
  g_autofree char *derived = NULL;
  g_autofree char *line = NULL;
  g_autoptr (GError) cause = NULL;

  if (configured != NULL)
    return g_strdup (configured);
  if (g_file_get_contents (file, &kept, NULL, &cause))
    return check_kept (file, kept, error);
  if (!g_error_matches (cause, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    {
      g_propagate_error (error, g_steal_pointer (&cause));
      return NULL;
    }
  derived = derive ();
  line = g_strconcat (derived, "\n", NULL);
  if (!g_file_set_contents_full (file, line, -1,
                                 G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0644,
                                 error))
    return NULL;
  return g_steal_pointer (&derived);
}
