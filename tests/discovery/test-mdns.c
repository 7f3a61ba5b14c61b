/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/discovery/ismb-mdns-embedded.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#define SWITCHES 3

/* Three network namespaces on a bridge, and a discovery in each. */
typedef struct
{
  char *netns;
  char *domain;
  char *id;
  IsmbMdnsEmbedded *mdns;
  GHashTable *known; /* domain -> IsmbCandidate */
  guint changes;
} Switch;

typedef struct
{
  char *link; /* the namespace of the bridge */
  Switch switches[SWITCHES];
} Fixture;

G_GNUC_PRINTF (1, 2)
static void
sh (const char *format, ...)
{
  g_autofree char *command = NULL;
  g_autoptr (GError) error = NULL;
  va_list arguments;
  int status;

  va_start (arguments, format);
  command = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_spawn_command_line_sync (command, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  if (!g_spawn_check_wait_status (status, &error))
    g_error ("%s: %s", command, error->message);
}

static gboolean
run_inside (void (*func) (gpointer data), gpointer data, gpointer place, GError **error)
{
  g_autofree char *path = g_strconcat ("/run/netns/", place, NULL);
  int home = open ("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  int there = open (path, O_RDONLY | O_CLOEXEC);

  g_assert_cmpint (home, >=, 0);
  g_assert_cmpint (there, >=, 0);
  g_assert_cmpint (setns (there, CLONE_NEWNET), ==, 0);
  func (data);
  g_assert_cmpint (setns (home, CLONE_NEWNET), ==, 0);
  close (there);
  close (home);
  return TRUE;
}

static void
on_found (IsmbDiscovery *discovery, IsmbCandidate *candidate, Switch *self)
{
  g_assert_false (g_hash_table_contains (self->known, candidate->domain));
  g_hash_table_insert (self->known, g_strdup (candidate->domain), ismb_candidate_copy (candidate));
}

static void
on_changed (IsmbDiscovery *discovery, IsmbCandidate *candidate, Switch *self)
{
  g_assert_true (g_hash_table_contains (self->known, candidate->domain));
  g_hash_table_insert (self->known, g_strdup (candidate->domain), ismb_candidate_copy (candidate));
  self->changes++;
}

static void
on_lost (IsmbDiscovery *discovery, const char *domain, Switch *self)
{
  g_assert_true (g_hash_table_remove (self->known, domain));
}

static IsmbMdnsEmbedded *
make_mdns (Switch *self, const char *domain)
{
  IsmbMdnsEmbedded *mdns;

  mdns = ismb_mdns_embedded_new (domain, "VR-Mgmt", 5269, self->id, NULL, NULL, run_inside,
                                 g_strdup (self->netns), g_free);
  g_signal_connect (mdns, "found", G_CALLBACK (on_found), self);
  g_signal_connect (mdns, "changed", G_CALLBACK (on_changed), self);
  g_signal_connect (mdns, "lost", G_CALLBACK (on_lost), self);
  return mdns;
}

static void
start (Switch *self)
{
  g_autoptr (GError) error = NULL;

  self->mdns = make_mdns (self, self->domain);
  ismb_discovery_start (ISMB_DISCOVERY (self->mdns), &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->link = g_strdup_printf ("gd%d-link", getpid ());
  sh ("ip netns add %s", fixture->link);
  sh ("ip -n %s link add br0 type bridge mcast_snooping 0", fixture->link);
  sh ("ip -n %s link set br0 up", fixture->link);
  for (int i = 0; i < SWITCHES; i++)
    {
      Switch *self = &fixture->switches[i];

      self->netns = g_strdup_printf ("gd%d-sw%d", getpid (), i + 1);
      self->domain = g_strdup_printf ("sw%d.00112%d", i + 1, i + 1);
      self->id = g_strdup_printf ("ABCDEFG%c", 'A' + i);
      self->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                           (GDestroyNotify) ismb_candidate_free);
      sh ("ip netns add %s", self->netns);
      sh ("ip netns exec %s sysctl -qw net.ipv6.conf.default.accept_dad=0", self->netns);
      sh ("ip link add eth0 netns %s type veth peer name sw%d netns %s", self->netns, i + 1,
          fixture->link);
      sh ("ip -n %s link set sw%d master br0 up", fixture->link, i + 1);
      sh ("ip -n %s address add 192.0.2.%d/24 dev eth0", self->netns, i + 1);
      sh ("ip -n %s link set lo up", self->netns);
      sh ("ip -n %s link set eth0 up", self->netns);
    }
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  for (int i = 0; i < SWITCHES; i++)
    {
      Switch *self = &fixture->switches[i];

      if (self->mdns != NULL)
        g_assert_finalize_object (self->mdns);
      sh ("ip netns delete %s", self->netns);
      g_hash_table_unref (self->known);
      g_free (self->netns);
      g_free (self->domain);
      g_free (self->id);
    }
  sh ("ip netns delete %s", fixture->link);
  g_free (fixture->link);
}

static gboolean
on_too_late (gpointer user_data)
{
  g_error ("waited too long for an event");
  return G_SOURCE_REMOVE;
}

#define WAIT_UNTIL(condition)                                                                      \
  G_STMT_START                                                                                     \
  {                                                                                                \
    guint timer = g_timeout_add_seconds (60, on_too_late, NULL);                                   \
    while (!(condition))                                                                           \
      g_main_context_iteration (NULL, TRUE);                                                       \
    g_source_remove (timer);                                                                       \
  }                                                                                                \
  G_STMT_END

static gboolean
all_know (Fixture *fixture, guint others)
{
  for (int i = 0; i < SWITCHES; i++)
    if (g_hash_table_size (fixture->switches[i].known) != others)
      return FALSE;
  return TRUE;
}

static void
start_all (Fixture *fixture)
{
  for (int i = 0; i < SWITCHES; i++)
    start (&fixture->switches[i]);
  WAIT_UNTIL (all_know (fixture, SWITCHES - 1));
}

static IsmbCandidate *
known (Fixture *fixture, int who, int whom)
{
  return g_hash_table_lookup (fixture->switches[who].known, fixture->switches[whom].domain);
}

static gboolean
has_address (IsmbCandidate *candidate, const char *address)
{
  return candidate != NULL && g_strv_contains (candidate->addresses, address);
}

static void
test_found (Fixture *fixture, gconstpointer data)
{
  IsmbCandidate *second;

  start_all (fixture);
  second = known (fixture, 0, 1);
  g_assert_nonnull (second);
  g_assert_cmpuint (second->port, ==, 5269);
  g_assert_cmpstr (second->addresses[0], ==, "192.0.2.2");
  g_assert_cmpstr (second->vr, ==, "VR-Mgmt");
  g_assert_cmpstr (second->id, ==, "ABCDEFGB");
  g_assert_cmpstr (second->fabric, ==, "");
  /* The link-local address is of use only with its interface. */
  WAIT_UNTIL (known (fixture, 0, 1)->addresses[1] != NULL);
  g_assert_true (g_str_has_suffix (known (fixture, 0, 1)->addresses[1], "%eth0"));
}

static void
test_goodbye (Fixture *fixture, gconstpointer data)
{
  start_all (fixture);
  ismb_discovery_stop (ISMB_DISCOVERY (fixture->switches[2].mdns));
  WAIT_UNTIL (g_hash_table_size (fixture->switches[0].known) == 1
              && g_hash_table_size (fixture->switches[1].known) == 1);
  g_assert_null (known (fixture, 0, 2));
  g_assert_nonnull (known (fixture, 0, 1));
}

static void
test_link_down_and_up (Fixture *fixture, gconstpointer data)
{
  start_all (fixture);
  sh ("ip -n %s link set eth0 down", fixture->switches[0].netns);
  WAIT_UNTIL (g_hash_table_size (fixture->switches[0].known) == 0);
  sh ("ip -n %s link set eth0 up", fixture->switches[0].netns);
  WAIT_UNTIL (all_know (fixture, SWITCHES - 1));
}

static void
test_cable_pulled (Fixture *fixture, gconstpointer data)
{
  start_all (fixture);
  sh ("ip -n %s link set sw1 down", fixture->link);
  WAIT_UNTIL (g_hash_table_size (fixture->switches[0].known) == 0);
  sh ("ip -n %s link set sw1 up", fixture->link);
  WAIT_UNTIL (all_know (fixture, SWITCHES - 1));
}

static void
test_without_link_at_start (Fixture *fixture, gconstpointer data)
{
  for (int i = 0; i < SWITCHES; i++)
    sh ("ip -n %s link set eth0 down", fixture->switches[i].netns);
  for (int i = 0; i < SWITCHES; i++)
    start (&fixture->switches[i]);
  for (int i = 0; i < SWITCHES; i++)
    sh ("ip -n %s link set eth0 up", fixture->switches[i].netns);
  WAIT_UNTIL (all_know (fixture, SWITCHES - 1));
}

static void
test_joins_a_fabric (Fixture *fixture, gconstpointer data)
{
  start_all (fixture);
  ismb_mdns_embedded_set_fabric_id (fixture->switches[1].mdns, "0123456789abcdef0123456789abcdef");
  WAIT_UNTIL (g_str_equal (known (fixture, 0, 1)->fabric, "0123456789abcdef")
              && g_str_equal (known (fixture, 2, 1)->fabric, "0123456789abcdef"));
  g_assert_cmpstr (known (fixture, 0, 2)->fabric, ==, "");
}

static void
test_new_address (Fixture *fixture, gconstpointer data)
{
  start_all (fixture);
  sh ("ip -n %s address add 198.51.100.2/24 dev eth0", fixture->switches[1].netns);
  WAIT_UNTIL (has_address (known (fixture, 0, 1), "198.51.100.2"));
  g_assert_true (has_address (known (fixture, 0, 1), "192.0.2.2"));
  sh ("ip -n %s address delete 192.0.2.2/24 dev eth0", fixture->switches[1].netns);
  WAIT_UNTIL (!has_address (known (fixture, 0, 1), "192.0.2.2"));
  g_assert_nonnull (known (fixture, 0, 1));
}

static void
on_warning (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
  g_assert_true (g_str_has_prefix (message, "another switch on VR-Mgmt calls itself sw2.001122"));
  *(gboolean *) user_data = TRUE;
}

/* A second switch of the same name is not announced; it says so, and sees the others. */
static void
test_same_name (Fixture *fixture, gconstpointer data)
{
  Switch *twin = &fixture->switches[2];
  gboolean warned = FALSE;
  GLogLevelFlags fatal = g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  guint handler =
      g_log_set_handler ("ismb.discovery.mdns", G_LOG_LEVEL_WARNING, on_warning, &warned);

  start (&fixture->switches[0]);
  start (&fixture->switches[1]);
  WAIT_UNTIL (known (fixture, 0, 1) != NULL && known (fixture, 1, 0) != NULL);
  g_free (twin->domain);
  twin->domain = g_strdup (fixture->switches[1].domain);
  start (twin);
  WAIT_UNTIL (warned && known (fixture, 2, 0) != NULL);
  g_assert_cmpstr (known (fixture, 0, 1)->addresses[0], ==, "192.0.2.2");
  g_log_remove_handler ("ismb.discovery.mdns", handler);
  g_log_set_always_fatal (fatal);
}

static void
test_stops_in_a_handler (Fixture *fixture, gconstpointer data)
{
  start (&fixture->switches[0]);
  start (&fixture->switches[1]);
  g_signal_connect (fixture->switches[0].mdns, "found", G_CALLBACK (ismb_discovery_stop), NULL);
  WAIT_UNTIL (g_hash_table_size (fixture->switches[0].known) > 0);
}

static void
add (const char *name, void (*test) (Fixture *fixture, gconstpointer data))
{
  g_autofree char *path = g_strconcat ("/discovery/mdns/", name, NULL);

  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (geteuid () != 0)
    {
      g_print ("1..0 # SKIP network namespaces need root\n");
      return 0;
    }
  add ("found", test_found);
  add ("goodbye", test_goodbye);
  add ("link-down-and-up", test_link_down_and_up);
  add ("cable-pulled", test_cable_pulled);
  add ("without-link-at-start", test_without_link_at_start);
  add ("joins-a-fabric", test_joins_a_fabric);
  add ("new-address", test_new_address);
  add ("same-name", test_same_name);
  add ("stops-in-a-handler", test_stops_in_a_handler);
  return g_test_run ();
}
