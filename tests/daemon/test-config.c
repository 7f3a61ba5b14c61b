/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/daemon/config-reader.h"

#include <glib/gstdio.h>
#include <string.h>

#include "ismb/core/ismb-error.h"

#define A_HASH "5b0f5b0f5b0f5b0f5b0f5b0f5b0f5b0f5b0f5b0f5b0f5b0f5b0f5b0f5B0F5B0F"

typedef struct
{
  char *folder;
  char *path;
} Fixture;

static void
write_file (const char *path, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("ismb-config-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->path = g_build_filename (fixture->folder, "switchctld.conf", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_unlink (fixture->path);
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->path);
  g_free (fixture->folder);
}

static SwitchConfig *
load (Fixture *fixture, const char *text)
{
  g_autoptr (GError) error = NULL;
  SwitchConfig *config;

  write_file (fixture->path, text);
  config = switch_config_load (fixture->path, &error);
  g_assert_no_error (error);
  return config;
}

static void
test_defaults (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SwitchConfig) config = load (fixture, "");
  SwitchVrConfig *vr = g_ptr_array_index (config->vrs, 0);

  g_assert_null (config->domain);
  g_assert_cmpstr (config->state_dir, ==, "/var/lib/ismb");
  g_assert_cmpstr (config->runtime_dir, ==, "/run/ismb");
  g_assert_cmpstr (config->files_root, ==, "/usr/local");
  g_assert_cmpuint (config->audit_rows, ==, 100000);
  g_assert_false (config->durable);
  g_assert_false (config->trust_open);
  g_assert_null (config->ca_hash);
  g_assert_cmpint (config->certificate_lifetime, ==, 90 * 86400);
  g_assert_true (g_str_has_suffix (config->join_file, "/join"));
  g_assert_true (config->control_enabled);
  g_assert_cmpuint (g_strv_length (config->exec_allow), ==, 0);
  g_assert_cmpuint (config->vrs->len, ==, 1);
  g_assert_cmpstr (vr->name, ==, "VR-Mgmt");
  g_assert_true (vr->enabled);
  g_assert_true (vr->mdns);
  g_assert_null (vr->netns);
  g_assert_cmpuint (vr->c2s_port, ==, 5222);
  g_assert_cmpuint (vr->s2s_port, ==, 5269);
  g_assert_cmpstr (vr->require_tls, ==, "remote");
  g_assert_cmpuint (vr->max_stanza, ==, 262144);
  g_assert_cmpuint (vr->peer_queue, ==, 1048576);
  g_assert_cmpint (vr->peer_queue_time, ==, 60);
  g_assert_cmpint (vr->resume_time, ==, 300);
  g_assert_cmpuint (vr->offline_messages, ==, 1000);
  g_assert_cmpuint (vr->offline_bytes, ==, 4194304);
}

static void
test_all_keys (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SwitchConfig) config =
      load (fixture, "# a remark\n"
                     "[daemon]\n"
                     "domain = SW1.001122\n"
                     "state-dir=/a\nruntime-dir=/b\nlog-level=info;ismb.listener=debug\n"
                     "audit-rows=1000\ndurability=power\n"
                     "[fabric]\ntrust=open\nca-hash=" A_HASH "\ncertificate-lifetime=12h\n"
                     "[switch-control]\nenabled=true\nengine=exec\nengine-netns=blue\n"
                     "exec-allow=/usr/sbin/ip;/usr/sbin/bridge\nfiles-root=/c\n"
                     "policy=/nowhere/policy.conf\npolicy=\n"
                     "[vr blue]\n"
                     "enabled=true\nnetns=blue\nbind-device=eth1\nlisten=127.0.0.1;::1\n"
                     "c2s-port=0\ns2s-port=65535\nrequire-tls=always\n"
                     "registration=closed\nmax-stanza=1M\npeer-queue=64k\n"
                     "peer-queue-time=5m\nresume-time=1m\noffline-messages=0\noffline-bytes=64k\ndiscovery=off\n"
                     "federate=Example.NET=192.0.2.1:5269;b.test=[2001:db8::1]:1\nfederate-ca=\n"
                     "[vr red]\n");
  SwitchVrConfig *blue = g_ptr_array_index (config->vrs, 0);
  SwitchVrConfig *red = g_ptr_array_index (config->vrs, 1);
  SwitchVrConfig *mgmt = g_ptr_array_index (config->vrs, 2);

  g_assert_cmpstr (config->domain, ==, "sw1.001122");
  g_assert_cmpstr (config->log_level, ==, "info;ismb.listener=debug");
  g_assert_cmpuint (config->audit_rows, ==, 1000);
  g_assert_true (config->durable);
  g_assert_true (config->trust_open);
  g_assert_cmpint (strlen (config->ca_hash), ==, 64);
  g_assert_cmpint (config->certificate_lifetime, ==, 12 * 3600);
  g_assert_cmpstr (config->engine_netns, ==, "blue");
  g_assert_cmpstr (config->exec_allow[1], ==, "/usr/sbin/bridge");
  g_assert_cmpuint (config->vrs->len, ==, 3);
  g_assert_cmpstr (mgmt->name, ==, "VR-Mgmt"); /* whoever else there is */
  g_assert_true (mgmt->enabled);
  g_assert_cmpstr (blue->netns, ==, "blue");
  g_assert_cmpstr (blue->bind_device, ==, "eth1");
  g_assert_cmpstr (blue->listen[1], ==, "::1");
  g_assert_cmpuint (blue->c2s_port, ==, 0);
  g_assert_cmpuint (blue->s2s_port, ==, 65535);
  g_assert_cmpstr (blue->registration, ==, "closed");
  g_assert_cmpuint (blue->max_stanza, ==, 1048576);
  g_assert_cmpuint (blue->peer_queue, ==, 65536);
  g_assert_cmpint (blue->peer_queue_time, ==, 300);
  g_assert_cmpint (blue->resume_time, ==, 60);
  g_assert_cmpuint (blue->offline_messages, ==, 0);
  g_assert_cmpuint (blue->offline_bytes, ==, 65536);
  g_assert_cmpstr (blue->federate, ==, "Example.NET=192.0.2.1:5269;b.test=[2001:db8::1]:1");
  g_assert_null (blue->federate_ca);
  g_assert_false (blue->mdns);
  g_assert_null (config->policy);
  g_assert_cmpstr (red->name, ==, "red");
  g_assert_false (red->enabled);
}

static void
test_drop_ins (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_strconcat (fixture->path, ".d", NULL);
  g_autofree char *first = g_build_filename (folder, "10-first.conf", NULL);
  g_autofree char *second = g_build_filename (folder, "20-second.conf", NULL);
  g_autofree char *other = g_build_filename (folder, "30-other.conf~", NULL);
  g_autoptr (SwitchConfig) config = NULL;

  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  write_file (first, "[vr VR-Mgmt]\nc2s-port=1\ns2s-port=3\n");
  write_file (second, "[vr VR-Mgmt]\nc2s-port=2\n");
  write_file (other, "[nonsense]\n");
  config = load (fixture, "[vr VR-Mgmt]\nlisten=127.0.0.1\nc2s-port=9\n");
  g_assert_cmpuint (config->vrs->len, ==, 1);
  g_assert_cmpuint (((SwitchVrConfig *) config->vrs->pdata[0])->c2s_port, ==, 2);
  g_assert_cmpuint (((SwitchVrConfig *) config->vrs->pdata[0])->s2s_port, ==, 3);
  g_unlink (first);
  g_unlink (second);
  g_unlink (other);
  g_rmdir (folder);
}

/* Each bad line, where it is, and what is said of it. */
static void
test_errors (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *text;
    guint line;
    const char *says;
  } cases[] = {
    { "[daemon]\nstate-dirr=/a\n", 2, "unknown key state-dirr, did you mean state-dir?" },
    { "[daemon]\nxyzzyplugh=1\n", 2, "this group has domain, state-dir, runtime-dir, log-level, audit-rows" },
    { "[deamon]\n", 1, "did you mean [daemon]?" },
    { "\n\n[something-else]\n", 3, "there are [daemon], [fabric], [switch-control] and [vr NAME]" },
    { "[daemon\n", 1, "closing bracket" },
    { "domain=x\n", 1, "stands before the first group" },
    { "[daemon]\nnonsense\n", 2, "`nonsense` is neither key=value" },
    { "[daemon]\ndomain=a b\n", 2, "domain=a b" },
    { "[daemon]\nstate-dir=relative\n", 2, "state-dir=relative: expected an absolute path" },
    { "[daemon]\nlog-level=loud\n", 2, "loud is no level" },
    { "[daemon]\nlog-level=info;ismb.listener=loud\n", 2, "loud is no level" },
    { "[daemon]\naudit-rows=999\n", 2, "audit-rows=999: expected a number from 1000 to 10000000" },
    { "[daemon]\ndurability=some\n", 2, "normal or power" },
    { "[daemon]\naudit-rows=many\n", 2, "expected a number from 1000" },
    { "[fabric]\ntrust=everyone\n", 2, "expected fabric or open" },
    { "[fabric]\nca-hash=5b0f\n", 2, "ca-hash=5b0f: expected 64 hex digits" },
    { "[fabric]\nca-hash=" A_HASH "0\n", 2, "expected 64 hex digits" },
    { "[fabric]\ncertificate-lifetime=90\n", 2, "expected a number with s, m, h or d" },
    { "[fabric]\ncertificate-lifetime=9s\n", 2, "from 10s to 3650d" },
    { "[fabric]\ncertificate-lifetime=3651d\n", 2, "from 10s to 3650d" },
    { "[switch-control]\nenabled=yes\n", 2, "expected true or false" },
    { "[switch-control]\nengine=frr\n", 2, "engine=frr is not available in this build: use exec" },
    { "[switch-control]\nengine=bash\n", 2, "expected exec, frr or program" },
    { "[switch-control]\nexec-allow=ip\n", 2, "absolute paths" },
    { "[switch-control]\npolicy=policy.conf\n", 2, "an absolute path, or nothing" },
    { "[vr ../etc]\n", 1, "a virtual router's name" },
    { "[vr .hidden]\n", 1, "a virtual router's name" },
    { "[vr ]\n", 1, "unknown group [vr]" },
    { "[vr a]\nc2s-port=70000\n", 2, "c2s-port=70000: expected a port number" },
    { "[vr a]\nc2s-port=-1\n", 2, "expected a port number" },
    { "[vr a]\nc2s-prot=1\n", 2, "did you mean c2s-port?" },
    { "[vr a]\nlisten=localhost\n", 2, "numeric addresses" },
    { "[vr a]\nlisten=\n", 2, "at least one address" },
    { "[vr a]\nnetns=../x\n", 2, "a name in /run/netns" },
    { "[vr a]\nrequire-tls=sometimes\n", 2, "always, remote or never" },
    { "[vr a]\nregistration=ajar\n", 2, "registration=ajar: expected local, open or closed" },
    { "[vr a]\nmax-stanza=9999\n", 2, "from 10000 to 1M" },
    { "[vr a]\nmax-stanza=1025k\n", 2, "from 10000 to 1M" },
    { "[vr a]\npeer-queue=1k\n", 2, "from 16k to 1024M" },
    { "[vr a]\npeer-queue-time=60\n", 2, "from 1s to 1d" },
    { "[vr a]\npeer-queue-time=2d\n", 2, "from 1s to 1d" },
    { "[vr a]\nmax-stanza=big\n", 2, "bytes, such as" },
    { "[vr a]\nresume-time=2d\n", 2, "up to 1d" },
    { "[vr a]\noffline-messages=-1\n", 2, "a number from 0" },
    { "[vr a]\noffline-bytes=1025M\n", 2, "up to 1024M" },
    { "[vr a]\ndiscovery=static\n", 2,
      "discovery=static is not available in this build: use mdns or off" },
    { "[vr a]\ndiscovery=mdns;off\n", 2, "off alone" },
    { "[vr a]\ndiscovery=mDNS\n", 2, "expected mdns or off" },
    { "[vr a]\nbind-device=sixteen-letters-\n", 2, "a name of at most 15 bytes" },
    { "[vr a]\nbind-device=eth0;eth1\n", 2, "one interface" },
    { "[vr a]\nfederate=example.net\n", 2, "expected a domain, = and a place" },
    { "[vr a]\nfederate=example.net=hub:5269\n", 2, "expected a numeric address and a port" },
    { "[vr a]\nfederate-ca=ca.pem\n", 2, "an absolute path, or nothing" },
    { "[vr a]\nfederate-ca=/nowhere/ca.pem\n", 2, "/nowhere/ca.pem" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (SwitchConfig) config = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree char *where = g_strdup_printf ("%s:%u: ", fixture->path, cases[i].line);

      write_file (fixture->path, cases[i].text);
      config = switch_config_load (fixture->path, &error);
      g_test_message ("%s", error != NULL ? error->message : "no error");
      g_assert_null (config);
      g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG);
      g_assert_true (g_str_has_prefix (error->message, where));
      g_assert_nonnull (strstr (error->message, cases[i].says));
    }
}

/* The error is the policy's, with its own file and line. */
static void
test_policy (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *policy, *says;
  } cases[] = {
    { NULL, "policy:1: cannot read the policy" },
    { "[rule x]\naction=deny\ncomand=/sbin/ip\n", "policy:3: comand=: unknown key" },
    { "[rule x]\naction=deny\n", NULL },
  };
  g_autofree char *path = g_strconcat (fixture->path, ".policy", NULL);
  g_autofree char *text = g_strdup_printf ("[switch-control]\npolicy=%s\n", path);

  write_file (fixture->path, text);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (SwitchConfig) config = NULL;
      g_autoptr (GError) error = NULL;

      if (cases[i].policy != NULL)
        write_file (path, cases[i].policy);
      config = switch_config_load (fixture->path, &error);
      if (cases[i].says == NULL)
        {
          g_assert_no_error (error);
          g_assert_cmpstr (config->policy, ==, path);
          continue;
        }
      g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG);
      g_assert_nonnull (strstr (error->message, cases[i].says));
    }
  g_unlink (path);
}

static void
test_missing_file (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SwitchConfig) config = switch_config_load (fixture->path, &error);

  g_assert_null (config);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG);
  g_assert_nonnull (strstr (error->message, fixture->path));
}

static void
test_not_text (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SwitchConfig) config = NULL;

  write_file (fixture->path, "[daemon]\ndomain=\xff\xfe\n");
  config = switch_config_load (fixture->path, &error);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG);
}

static void
test_too_long_for_a_socket (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SwitchConfig) config = NULL;
  g_autofree char *deep = g_strnfill (100, 'x');
  g_autofree char *text = g_strdup_printf ("[daemon]\nruntime-dir=/%s\n", deep);

  write_file (fixture->path, text);
  config = switch_config_load (fixture->path, &error);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG);
  g_assert_nonnull (strstr (error->message, "too long"));
}

/* One of two that would wait for each other's port for ever, and what is well beside it. */
static void
test_clashes (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *text, *says;
  } cases[] = {
    { "[vr VR-Mgmt]\nc2s-port=5269\n", "[vr VR-Mgmt]: clients and switches cannot both be" },
    { "[vr a]\nenabled=true\n", "[vr a] and [vr VR-Mgmt] are in the same place" },
    { "[vr a]\nenabled=true\nc2s-port=5269\ns2s-port=5270\n", "in the same place" },
    { "[vr a]\n", NULL },
    { "[vr a]\nenabled=true\nnetns=a\n", NULL },
    { "[vr a]\nenabled=true\nbind-device=eth1\n", NULL },
    { "[vr a]\nenabled=true\nlisten=127.0.0.2\n", NULL },
    { "[vr a]\nenabled=true\nc2s-port=0\ns2s-port=0\n", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (SwitchConfig) config = NULL;
      g_autoptr (GError) error = NULL;

      write_file (fixture->path, cases[i].text);
      config = switch_config_load (fixture->path, &error);
      if (cases[i].says == NULL)
        {
          g_assert_no_error (error);
          continue;
        }
      g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG);
      g_assert_nonnull (strstr (error->message, cases[i].says));
    }
}

static void
add (const char *name, void (*test) (Fixture *fixture, gconstpointer data))
{
  g_autofree char *path = g_strconcat ("/daemon/config/", name, NULL);

  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("defaults", test_defaults);
  add ("all-keys", test_all_keys);
  add ("drop-ins", test_drop_ins);
  add ("errors", test_errors);
  add ("policy", test_policy);
  add ("missing-file", test_missing_file);
  add ("not-text", test_not_text);
  add ("clashes", test_clashes);
  add ("too-long-for-a-socket", test_too_long_for_a_socket);
  return g_test_run ();
}
