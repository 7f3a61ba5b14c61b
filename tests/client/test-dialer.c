/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a client finds the servers of a domain, with a name server that says what the test wants. */
#include "config.h"

#include <string.h>

#include "ismb/client/ismb-client.h"
#include "ismb/client/ismb-targets.h"
#include "ismb/core/ismb-error.h"
#include "tests/support/ismb-test-script.h"

#define DOMAIN "switch.test"

/* The name server */

typedef struct
{
  GResolver parent_instance;
  const char *starttls, *direct; /* "priority weight port host" and so on, or NULL: no records */
  guint down;                    /* so many look-ups of an address fail */
} Names;

typedef GResolverClass NamesClass;

static GType names_get_type (void);
G_DEFINE_TYPE (Names, names, G_TYPE_RESOLVER)

static GList *
make_records (const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  GList *records = NULL;

  for (guint i = 0; words[i] != NULL; i += 4)
    records = g_list_append (records,
                             g_srv_target_new (words[i + 3], (guint16) atoi (words[i + 2]),
                                               (guint16) atoi (words[i]),
                                               (guint16) atoi (words[i + 1])));
  return records;
}

static void
look_up_service (GResolver *resolver, const char *name, GCancellable *cancellable,
                 GAsyncReadyCallback callback, gpointer user_data)
{
  Names *self = (Names *) resolver;
  g_autoptr (GTask) task = g_task_new (resolver, cancellable, callback, user_data);
  const char *text = g_str_has_prefix (name, "_xmpps-client.") ? self->direct : self->starttls;

  g_assert_true (g_str_has_suffix (name, "._tcp." DOMAIN));
  if (text == NULL)
    g_task_return_new_error (task, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "no records");
  else
    g_task_return_pointer (task, make_records (text), (GDestroyNotify) g_resolver_free_targets);
}

static GList *
take_result (GResolver *resolver, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
look_up_name (GResolver *resolver, const char *name, GResolverNameLookupFlags flags,
              GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  Names *self = (Names *) resolver;
  g_autoptr (GTask) task = g_task_new (resolver, cancellable, callback, user_data);
  gboolean ipv6 = (flags & G_RESOLVER_NAME_LOOKUP_FLAGS_IPV6_ONLY) != 0;

  if (self->down > 0 && !ipv6)
    self->down--;
  else if (!ipv6 && !g_str_has_prefix (name, "dead."))
    {
      g_task_return_pointer (
          task, g_list_append (NULL, g_inet_address_new_from_string ("127.0.0.1")),
          (GDestroyNotify) g_resolver_free_addresses);
      return;
    }
  g_task_return_new_error (task, G_RESOLVER_ERROR, G_RESOLVER_ERROR_TEMPORARY_FAILURE,
                           "the name server is down");
}

static void
look_up_any_name (GResolver *resolver, const char *name, GCancellable *cancellable,
                  GAsyncReadyCallback callback, gpointer user_data)
{
  look_up_name (resolver, name, G_RESOLVER_NAME_LOOKUP_FLAGS_IPV4_ONLY, cancellable, callback,
                user_data);
}

static void
names_class_init (NamesClass *klass)
{
  klass->lookup_service_async = look_up_service;
  klass->lookup_service_finish = take_result;
  klass->lookup_by_name_async = look_up_any_name;
  klass->lookup_by_name_finish = take_result;
  klass->lookup_by_name_with_flags_async = look_up_name;
  klass->lookup_by_name_with_flags_finish = take_result;
}

static void
names_init (Names *self)
{
}

static Names *
ask_ours (const char *starttls, const char *direct)
{
  Names *names = g_object_new (names_get_type (), NULL);

  names->starttls = starttls;
  names->direct = direct;
  g_resolver_set_default (G_RESOLVER (names));
  g_object_unref (names); /* the default keeps it */
  return names;
}

/* Which servers, in which order */

static void
on_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static char *
find (IsmbTargetsKind kind)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GPtrArray) targets = NULL;
  GString *out = g_string_new (NULL);

  ismb_targets_look_up_async (DOMAIN, kind, NULL, on_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  targets = ismb_targets_look_up_finish (result, NULL);
  for (guint i = 0; i < targets->len; i++)
    {
      const IsmbTarget *target = targets->pdata[i];

      g_string_append_printf (out, "%s%s:%u ", target->direct ? "tls " : "", target->host,
                              target->port);
    }
  return g_string_free (out, FALSE);
}

static const struct
{
  const char *path, *starttls, *direct;
  IsmbTargetsKind kind;
  const char *found;
} searches[] = {
  { "none", NULL, NULL, ISMB_TARGETS_ANY, DOMAIN ":5222 " },
  { "none-direct", NULL, NULL, ISMB_TARGETS_DIRECT, "tls " DOMAIN ":5223 " },
  { "by-priority", "20 0 5222 b 10 0 5222 a", NULL, ISMB_TARGETS_ANY, "a:5222 b:5222 " },
  { "merged", "10 0 5222 a 30 0 5222 c", "20 0 5223 b", ISMB_TARGETS_ANY,
    "a:5222 tls b:5223 c:5222 " },
  { "direct-alone", "10 0 5222 a", "20 0 5223 b", ISMB_TARGETS_DIRECT, "tls b:5223 " },
  { "starttls-alone", "10 0 5222 a", "5 0 5223 b", ISMB_TARGETS_STARTTLS, "a:5222 " },
};

static void
test_search (gconstpointer data)
{
  gsize i = GPOINTER_TO_SIZE (data);
  g_autofree char *found = NULL;

  ask_ours (searches[i].starttls, searches[i].direct);
  found = find (searches[i].kind);
  g_assert_cmpstr (found, ==, searches[i].found);
}

/* Getting there */

typedef struct
{
  gboolean done;
  GError *error;
} Outcome;

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;

  ismb_client_open_finish (ISMB_CLIENT (source), result, &outcome->error);
  outcome->done = TRUE;
}

static void
sign_in (IsmbTestScript *server)
{
  g_autoptr (IsmbClient) client = ismb_client_new_for_jid ("alice@" DOMAIN, "secret");
  Outcome outcome = { FALSE };

  g_object_set (client, "ca-file", ismb_test_script_get_ca_file (server), "reconnect-delay", 1,
                "reconnect-max-delay", 5, NULL);
  ismb_client_open_async (client, NULL, on_opened, &outcome);
  while (!outcome.done)
    g_main_context_iteration (NULL, TRUE);
  g_assert_no_error (outcome.error);
  ismb_client_abort (client);
}

/* The certificate is that of the domain, whatever the server is called. */
static void
test_next_server (gconstpointer data)
{
  const char *kind = data;
  const char *lines[] = { kind, "login", "hold", NULL };
  g_autoptr (IsmbTestScript) server = ismb_test_script_new ("secret", lines);
  guint port = ismb_test_script_get_port (server);
  g_autofree char *records
      = g_strdup_printf ("1 0 5222 dead.example 2 0 1 refusing.example 3 0 %u good.example", port);
  gboolean direct = g_str_equal (kind, "tls");

  ask_ours (direct ? NULL : records, direct ? records : NULL);
  sign_in (server);
}

/* As a switch starts before the name server does. */
static void
test_name_server_is_down (void)
{
  static const char *const lines[] = { "starttls", "login", "hold", NULL };
  g_autoptr (IsmbTestScript) server = ismb_test_script_new ("secret", lines);
  g_autofree char *records
      = g_strdup_printf ("1 0 %u good.example", (guint) ismb_test_script_get_port (server));
  Names *names = ask_ours (records, NULL);

  names->down = 3;
  sign_in (server);
  g_assert_cmpuint (names->down, ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (searches); i++)
    {
      g_autofree char *path = g_strconcat ("/dialer/finds/", searches[i].path, NULL);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_search);
    }
  g_test_add_data_func ("/dialer/next-server/starttls", "starttls", test_next_server);
  g_test_add_data_func ("/dialer/next-server/direct", "tls", test_next_server);
  g_test_add_func ("/dialer/name-server-is-down", test_name_server_is_down);
  return g_test_run ();
}
