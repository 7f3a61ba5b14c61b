/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/support/ismb-test-server.h"

#include <glob.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/support/ismb-test-folder.h"
#include "tests/support/ismb-test-accounts.h"

#define REGISTRATIONS 100
#define STARTS 5 /* with other ports, since somebody may take one that was free */

/* One kind of server. In a template, @word@ stands for what is known of the server. */
typedef struct
{
  const char *name, *config_file, *config;
  const char *ready, *failed; /* in lines that it says */
  guint ready_lines;
  gsize stanza_max;
  char *(*find) (void); /* NULL: not installed */
  const char *const *command;
  void (*prepare) (IsmbTestServer *self);       /* before it starts for the first time */
  void (*make_accounts) (IsmbTestServer *self); /* each time that it has started */
} Kind;

struct _IsmbTestServer
{
  const Kind *kind;
  char *program, *domain, *folder, *ca_file, *wrong_ca_file, *runtime_dir, *unix_path;
  char **accounts;
  guint16 port, tls_port;
  GSubprocess *process;
  GThread *reader;
  GMutex lock;
  GString *log;  /* what it said, of this process */
  guint ready;   /* lines that say so */
  gboolean over; /* it says nothing more */
};

/* What it says, in a thread, so that it never waits for us */

static void
take_line (IsmbTestServer *self, const char *line)
{
  g_mutex_lock (&self->lock);
  g_string_append_printf (self->log, "%s\n", line);
  if (strstr (line, self->kind->ready) != NULL)
    self->ready++;
  if (strstr (line, self->kind->failed) != NULL)
    self->over = TRUE;
  g_mutex_unlock (&self->lock);
  g_main_context_wakeup (NULL);
}

static gpointer
read_log (gpointer data)
{
  IsmbTestServer *self = data;
  g_autoptr (GDataInputStream) output =
      g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));
  char *line;

  g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (output), FALSE);
  while ((line = g_data_input_stream_read_line (output, NULL, NULL, NULL)) != NULL)
    {
      take_line (self, line);
      g_free (line);
    }
  g_mutex_lock (&self->lock);
  self->over = TRUE;
  g_mutex_unlock (&self->lock);
  g_main_context_wakeup (NULL);
  return NULL;
}

/* FALSE: it ended, or could not have a port. */
static gboolean
wait_until_ready (IsmbTestServer *self)
{
  gboolean ready = FALSE, over = FALSE;

  while (!ready && !over)
    {
      g_mutex_lock (&self->lock);
      ready = self->ready >= self->kind->ready_lines;
      over = self->over;
      g_mutex_unlock (&self->lock);
      if (!ready && !over)
        g_main_context_iteration (NULL, TRUE);
    }
  return ready;
}

/* The process */

static void
die_with_the_test (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static char *
fill_in (IsmbTestServer *self, const char *template)
{
  g_autofree char *port = g_strdup_printf ("%u", self->port);
  g_autofree char *tls_port = g_strdup_printf ("%u", self->tls_port);
  const char *words[][2] = { { "@program@", self->program },
                             { "@folder@", self->folder },
                             { "@domain@", self->domain },
                             { "@port@", port },
                             { "@tls-port@", tls_port } };
  GString *text = g_string_new (template);

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    g_string_replace (text, words[i][0], words[i][1], 0);
  return g_string_free (text, FALSE);
}

static GPtrArray *
make_command (IsmbTestServer *self)
{
  GPtrArray *command = g_ptr_array_new_with_free_func (g_free);

  for (const char *const *word = self->kind->command; *word != NULL; word++)
    g_ptr_array_add (command, fill_in (self, *word));
  g_ptr_array_add (command, NULL);
  return command;
}

static void
spawn (IsmbTestServer *self)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
  g_autofree char *text = fill_in (self, self->kind->config);
  g_autoptr (GPtrArray) command = make_command (self);
  g_autoptr (GError) error = NULL;

  g_free (ismb_test_folder_write (self->folder, self->kind->config_file, text));
  g_string_truncate (self->log, 0);
  self->ready = 0;
  self->over = FALSE;
  g_subprocess_launcher_set_child_setup (launcher, die_with_the_test, NULL, NULL);
  g_subprocess_launcher_set_cwd (launcher, self->folder);
  g_subprocess_launcher_setenv (launcher, "HOME", self->folder, TRUE);
  self->process =
      g_subprocess_launcher_spawnv (launcher, (const char *const *) command->pdata, &error);
  g_assert_no_error (error);
  self->reader = g_thread_new ("server-log", read_log, self);
}

static void
reap (IsmbTestServer *self)
{
  g_subprocess_wait (self->process, NULL, NULL);
  g_clear_pointer (&self->reader, g_thread_join);
}

static gboolean
try_to_start (IsmbTestServer *self)
{
  spawn (self);
  if (wait_until_ready (self))
    {
      if (self->kind->make_accounts != NULL)
        self->kind->make_accounts (self);
      return TRUE;
    }
  ismb_test_server_kill (self);
  return FALSE;
}

/* Below the ports that the kernel hands to clients, one of which might have it at a restart. */
static guint16
find_free_port (void)
{
  static guint last = 0;
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GSocketAddress) address = NULL;

  if (last == 0)
    last = (guint) getpid () * 37 % 20000;
  do
    {
      g_clear_object (&socket);
      g_clear_object (&address);
      last = (last + 1) % 20000;
      socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, 0, NULL);
      address = g_inet_socket_address_new_from_string ("127.0.0.1", 10000 + last);
    }
  while (!g_socket_bind (socket, address, FALSE, NULL));
  return 10000 + last;
}

/* Ours: the certificate is one of a fabric that it makes for itself */

static char *
find_ours (void)
{
  return g_strdup (SWITCHCTLD);
}

static void
make_accounts_of_ours (IsmbTestServer *self)
{
  ismb_test_accounts_make (self->runtime_dir, (const char *const *) self->accounts);
  ismb_test_accounts_write_authority (self->runtime_dir, self->ca_file);
}

/* Prosody: accounts are files */

static char *
find_prosody (void)
{
  return g_find_program_in_path ("prosody");
}

/* Prosody's data folder escapes what is no letter or digit. */
static char *
escape (const char *text)
{
  GString *escaped = g_string_new (NULL);

  for (; *text != '\0'; text++)
    if (g_ascii_isalnum (*text))
      g_string_append_c (escaped, *text);
    else
      g_string_append_printf (escaped, "%%%02x", *text);
  return g_string_free (escaped, FALSE);
}

static void
prepare_prosody (IsmbTestServer *self)
{
  g_autofree char *host = escape (self->domain);

  for (char **account = self->accounts; *account != NULL; account++)
    {
      g_autofree char *name = g_strdup_printf ("data/%s/accounts/%s.dat", host, *account);
      g_autofree char *text = g_strdup_printf ("return { [\"password\"] = \"%s\"; };\n", *account);

      g_free (ismb_test_folder_write (self->folder, name, text));
    }
}

/* ejabberd: an Erlang without a node name, to which no other one speaks */

static char *
find_ejabberd (void)
{
  g_autofree char *erl = g_find_program_in_path ("erl");
  glob_t found;
  char *code = NULL;

  if (glob ("/usr/lib/*/ejabberd-*/ebin", 0, NULL, &found) == 0)
    code = erl != NULL ? g_strdup (found.gl_pathv[0]) : NULL;
  globfree (&found);
  return code;
}

/* It wants certificate and key in one file. */
static void
prepare_ejabberd (IsmbTestServer *self)
{
  g_autofree char *key_file = g_build_filename (self->folder, "server-key.pem", NULL);
  g_autofree char *key = NULL;
  g_autofree char *certificate = NULL;
  g_autofree char *both = NULL;

  g_assert_true (g_file_get_contents (key_file, &key, NULL, NULL));
  g_assert_true (g_file_get_contents (self->ca_file, &certificate, NULL, NULL));
  both = g_strconcat (certificate, key, NULL);
  g_free (ismb_test_folder_write (self->folder, "both.pem", both));
}

/* It takes connections a little before it can do all that they ask for. */
static void
make_account_of_ejabberd (IsmbTestServer *self, const char *account)
{
  g_autofree char *refusal = ismb_test_accounts_register (self->port, self->domain, account);

  for (int i = 0; i < REGISTRATIONS && refusal != NULL; i++)
    {
      g_usleep (G_USEC_PER_SEC / 10);
      g_free (refusal);
      refusal = ismb_test_accounts_register (self->port, self->domain, account);
    }
  if (refusal != NULL)
    g_error ("ejabberd makes no account for %s: %s\n%s", account, refusal, self->log->str);
}

/* Killed, it forgets what it did not write yet, accounts among them. */
static void
make_accounts_of_ejabberd (IsmbTestServer *self)
{
  for (char **account = self->accounts; *account != NULL; account++)
    make_account_of_ejabberd (self, *account);
}

static const Kind kinds[] = {
  [ISMB_TEST_OURS] = {
    .name = "ours",
    .config_file = "switchctld.conf",
    .config = "[daemon]\n"
              "domain=@domain@\n"
              "state-dir=@folder@/state\n"
              "runtime-dir=@folder@/run\n"
              "[switch-control]\n"
              "enabled=false\n"
              "files-root=@folder@\n"
              "[vr VR-Mgmt]\n"
              "listen=127.0.0.1\n"
              "c2s-port=@port@\n"
              "s2s-port=0\n"
              "require-tls=never\n"
              "discovery=off\n"
              "max-stanza=1M\n",
    .ready = " is up",
    .failed = "CRITICAL",
    .ready_lines = 1,
    .stanza_max = 1024 * 1024,
    .find = find_ours,
    .command = (const char *const[]){ "@program@", "--config", "@folder@/switchctld.conf", NULL },
    .make_accounts = make_accounts_of_ours,
  },
  [ISMB_TEST_PROSODY] = {
    .name = "prosody",
    .config_file = "prosody.cfg.lua",
    .config = "run_as_root = true\n"
              "pidfile = '@folder@/prosody.pid'\n"
              "data_path = '@folder@/data'\n"
              "modules_enabled = { 'roster', 'saslauth', 'tls', 'disco', 'ping', 'offline',"
              " 'smacks', 'vcard', 'blocklist' }\n"
              "modules_disabled = { 's2s' }\n"
              "network_settings = { tcp_nodelay = true }\n"
              "c2s_ports = { @port@ }\n"
              "c2s_interfaces = { '127.0.0.1' }\n"
              "c2s_direct_tls_ports = { @tls-port@ }\n"
              "c2s_direct_tls_interfaces = { '127.0.0.1' }\n"
              "c2s_direct_tls_ssl = { certificate = '@folder@/server.pem',"
              " key = '@folder@/server-key.pem' }\n"
              "c2s_require_encryption = false\n"
              "c2s_stanza_size_limit = 8388608\n"
              "authentication = 'internal_plain'\n"
              "log = { { levels = { min = 'info' }, to = 'console', timestamps = false } }\n"
              "VirtualHost '@domain@'\n"
              "ssl = { certificate = '@folder@/server.pem', key = '@folder@/server-key.pem' }\n",
    .ready = "on [127.0.0.1]:",
    .failed = "Failed to open server port",
    .ready_lines = 2,
    .stanza_max = 8 * 1024 * 1024,
    .find = find_prosody,
    .command = (const char *const[]){ "@program@", "--config", "@folder@/prosody.cfg.lua", "-F",
                                      NULL },
    .prepare = prepare_prosody,
  },
  [ISMB_TEST_EJABBERD] = {
    .name = "ejabberd",
    .config_file = "ejabberd.yml",
    .config = "hosts: [ \"@domain@\" ]\n"
              "loglevel: info\n"
              "certfiles: [ \"@folder@/both.pem\" ]\n"
              "auth_method: internal\n"
              "auth_password_format: plain\n"
              "registration_timeout: infinity\n"
              "access_rules:\n"
              "  register:\n"
              "    allow: all\n"
              "listen:\n"
              "  - port: @port@\n"
              "    ip: \"127.0.0.1\"\n"
              "    module: ejabberd_c2s\n"
              "    starttls: true\n"
              "    max_stanza_size: 8388608\n"
              "  - port: @tls-port@\n"
              "    ip: \"127.0.0.1\"\n"
              "    module: ejabberd_c2s\n"
              "    tls: true\n"
              "    max_stanza_size: 8388608\n"
              "modules:\n"
              "  mod_disco: {}\n"
              "  mod_offline: {}\n"
              "  mod_ping: {}\n"
              "  mod_register:\n"
              "    access: register\n"
              "    ip_access: all\n"
              "    password_strength: 0\n"
              "  mod_roster: {}\n"
              "  mod_stream_mgmt: {}\n",
    .ready = "Start accepting ",
    .failed = "Failed to open socket",
    .ready_lines = 2,
    .stanza_max = 8 * 1024 * 1024,
    .find = find_ejabberd,
    .command = (const char *const[]){ "env", "EJABBERD_CONFIG_PATH=@folder@/ejabberd.yml",
                                      "EJABBERD_LOG_PATH=@folder@/ejabberd.log",
                                      "ERL_CRASH_DUMP=@folder@/dump", "ERL_LIBS=@program@/../..",
                                      "erl", "+S", "1:1", "+sbwt", "none", "-noinput", "-pa",
                                      "@program@", "-mnesia", "dir", "\"@folder@/spool\"", "-s",
                                      "ejabberd", NULL },
    .prepare = prepare_ejabberd,
    .make_accounts = make_accounts_of_ejabberd,
  },
};

/* What is the same with all */

/* Fixed from now on, so that clients find it again. */
static gboolean
settle_on_ports (IsmbTestServer *self)
{
  self->port = find_free_port ();
  self->tls_port = self->kind == &kinds[ISMB_TEST_OURS] ? self->port : find_free_port ();
  return try_to_start (self);
}

static void
make_papers (IsmbTestServer *self)
{
  self->ca_file = g_build_filename (self->folder, "server.pem", NULL);
  self->wrong_ca_file = g_build_filename (self->folder, "wrong.pem", NULL);
  ismb_test_folder_certify (self->folder, "server", self->domain);
  ismb_test_folder_certify (self->folder, "wrong", "elsewhere.test");
}

IsmbTestServer *
ismb_test_server_new (IsmbTestServerKind kind, const char *domain, const char *const *accounts)
{
  g_autofree char *program = kinds[kind].find ();
  gboolean started = FALSE;
  IsmbTestServer *self;

  if (program == NULL)
    return NULL;
  self = g_new0 (IsmbTestServer, 1);
  g_mutex_init (&self->lock);
  self->kind = &kinds[kind];
  self->program = g_steal_pointer (&program);
  self->domain = g_strdup (domain);
  self->accounts = g_strdupv ((char **) accounts);
  self->log = g_string_new (NULL);
  self->folder = ismb_test_folder_new ();
  self->runtime_dir = g_build_filename (self->folder, "run", NULL);
  self->unix_path = g_build_filename (self->runtime_dir, "VR-Mgmt", "c2s", NULL);
  make_papers (self);
  if (self->kind->prepare != NULL)
    self->kind->prepare (self);
  for (int i = 0; i < STARTS && !started; i++)
    started = settle_on_ports (self);
  if (!started)
    g_error ("%s does not start:\n%s", self->kind->name, self->log->str);
  return self;
}

void
ismb_test_server_free (IsmbTestServer *self)
{
  ismb_test_server_stop (self);
  ismb_test_folder_remove (self->folder);
  g_free (self->program);
  g_free (self->domain);
  g_free (self->folder);
  g_free (self->ca_file);
  g_free (self->wrong_ca_file);
  g_free (self->runtime_dir);
  g_free (self->unix_path);
  g_strfreev (self->accounts);
  g_string_free (self->log, TRUE);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
ismb_test_server_stop (IsmbTestServer *self)
{
  if (self->process == NULL)
    return;
  g_subprocess_send_signal (self->process, SIGTERM);
  reap (self);
  /* The sanitizers tell at the end what they found. */
  if (self->kind == &kinds[ISMB_TEST_OURS] && !g_subprocess_get_successful (self->process))
    g_error ("switchctld did not end in order:\n%s", self->log->str);
  g_clear_object (&self->process);
}

void
ismb_test_server_kill (IsmbTestServer *self)
{
  if (self->process == NULL)
    return;
  g_subprocess_send_signal (self->process, SIGKILL);
  reap (self);
  g_clear_object (&self->process);
}

void
ismb_test_server_start (IsmbTestServer *self)
{
  if (!try_to_start (self))
    g_error ("%s does not start again:\n%s", self->kind->name, self->log->str);
}

const char *
ismb_test_server_get_name (IsmbTestServer *self)
{
  return self->kind->name;
}

const char *
ismb_test_server_name (IsmbTestServerKind kind)
{
  return kinds[kind].name;
}

const char *
ismb_test_server_get_domain (IsmbTestServer *self)
{
  return self->domain;
}

guint16
ismb_test_server_get_port (IsmbTestServer *self)
{
  return self->port;
}

guint16
ismb_test_server_get_tls_port (IsmbTestServer *self)
{
  return self->tls_port;
}

const char *
ismb_test_server_get_folder (IsmbTestServer *self)
{
  return self->folder;
}

const char *
ismb_test_server_get_ca_file (IsmbTestServer *self)
{
  return self->ca_file;
}

const char *
ismb_test_server_get_wrong_ca_file (IsmbTestServer *self)
{
  return self->wrong_ca_file;
}

const char *
ismb_test_server_get_runtime_dir (IsmbTestServer *self)
{
  return self->kind == &kinds[ISMB_TEST_OURS] ? self->runtime_dir : NULL;
}

const char *
ismb_test_server_get_unix_path (IsmbTestServer *self)
{
  return self->kind == &kinds[ISMB_TEST_OURS] ? self->unix_path : NULL;
}

gsize
ismb_test_server_get_stanza_max (IsmbTestServer *self)
{
  return self->kind->stanza_max;
}
