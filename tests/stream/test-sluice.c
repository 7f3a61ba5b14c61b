/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "sluice-opening.h"

#include "ismb/core/ismb-error.h"

#define STANZAS 1000
#define HIGH_WATER (256 * 1024)

typedef struct
{
  IsmbSluice *sluice;
  GPtrArray *names;   /* of what came */
  guint pause_behind; /* so many each time; 0: never */
} Fixture;

static void
on_authenticated (gpointer user_data)
{
}

static void
on_refused (const char *condition, gpointer user_data)
{
  g_assert_not_reached ();
}

static void
on_stanza (IsmbTree *tree, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_ptr_array_add (fixture->names, g_strdup (ismb_node_name (ismb_tree_root (tree))));
  ismb_tree_unref (tree);
  if (fixture->pause_behind > 0 && fixture->names->len % fixture->pause_behind == 0)
    ismb_sluice_pause (fixture->sluice, TRUE);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  static const IsmbSluiceCallbacks callbacks = { on_authenticated, on_refused, on_stanza };
  static const IsmbSluicePlan plan = { "b", TRUE, NULL };

  fixture->names = g_ptr_array_new_with_free_func (g_free);
  fixture->sluice = ismb_sluice_new (&plan, &callbacks, fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ismb_sluice_free (fixture->sluice);
  g_ptr_array_unref (fixture->names);
}

static void
come (Fixture *fixture, const char *text)
{
  g_autoptr (GError) error = NULL;

  ismb_sluice_came (fixture->sluice, text, strlen (text), &error);
  g_assert_no_error (error);
}

static void
begin (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  sluice_open (fixture->sluice, G_N_ELEMENTS (sluice_opening));
  sluice_pass_on (fixture->sluice);
  ismb_sluice_begin_session (fixture->sluice, &error);
  g_assert_no_error (error);
}

static char *
peek_inward (Fixture *fixture)
{
  gsize length;
  const char *bytes = ismb_sluice_peek_inward (fixture->sluice, &length);

  return g_strndup (bytes, length);
}

static char *
make_stanzas (void)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < STANZAS; i++)
    g_string_append_printf (text, "<m%u/>", i);
  return g_string_free (text, FALSE);
}

static void
assert_names (Fixture *fixture)
{
  for (guint i = 0; i < fixture->names->len; i++)
    {
      g_autofree char *name = g_strdup_printf ("m%u", i);

      g_assert_cmpstr (fixture->names->pdata[i], ==, name);
    }
}

/* However many come in one piece, no more are made of them than are wanted; the end waits too. */
static void
test_pause (Fixture *fixture, gconstpointer data)
{
  g_autofree char *stanzas = make_stanzas ();
  g_autofree char *text = g_strconcat (stanzas, "</stream:stream>", NULL);
  g_autofree char *end = NULL;

  begin (fixture);
  fixture->pause_behind = 100;
  come (fixture, text);
  for (guint count = 100; count <= STANZAS; count += 100)
    {
      g_autofree char *inward = peek_inward (fixture);

      g_assert_cmpuint (fixture->names->len, ==, count);
      g_assert_cmpstr (inward, ==, "");
      g_assert_true (ismb_sluice_has_more (fixture->sluice));
      g_assert_false (ismb_sluice_has_room_inward (fixture->sluice));
      come (fixture, "");
      g_assert_cmpuint (fixture->names->len, ==, count);
      ismb_sluice_pause (fixture->sluice, FALSE);
      come (fixture, "");
    }
  assert_names (fixture);
  g_assert_false (ismb_sluice_has_more (fixture->sluice));
  end = peek_inward (fixture);
  g_assert_cmpstr (end, ==, "</stream:stream>");
}

/* What comes behind the answer to bind is the session's, and waits for it. */
static void
test_early (Fixture *fixture, gconstpointer data)
{
  g_autofree char *stanzas = make_stanzas ();
  g_autofree char *inward = NULL;

  fixture->pause_behind = 300;
  sluice_open (fixture->sluice, G_N_ELEMENTS (sluice_opening));
  come (fixture, stanzas);
  inward = peek_inward (fixture);
  g_assert_cmpstr (inward, ==, sluice_opening[G_N_ELEMENTS (sluice_opening) - 1].came);
  g_assert_false (ismb_sluice_has_room_inward (fixture->sluice));
  g_assert_cmpuint (fixture->names->len, ==, 0);
  g_assert_true (ismb_sluice_begin_session (fixture->sluice, NULL));
  g_assert_cmpuint (fixture->names->len, ==, 300);
  fixture->pause_behind = 0;
  ismb_sluice_pause (fixture->sluice, FALSE);
  come (fixture, "");
  g_assert_cmpuint (fixture->names->len, ==, STANZAS);
  assert_names (fixture);
}

/* Whoever does not take what is for it has no more let in for it. */
static void
test_room (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = g_strnfill (HIGH_WATER, 't');
  g_autofree char *error = g_strdup_printf ("<stream:error><a>%s</a></stream:error>", text);

  begin (fixture);
  g_assert_true (ismb_sluice_has_room_inward (fixture->sluice));
  come (fixture, error);
  g_assert_false (ismb_sluice_has_room_inward (fixture->sluice));
  g_assert_true (ismb_sluice_has_room_outward (fixture->sluice));
  g_assert_true (ismb_sluice_send (fixture->sluice, text, HIGH_WATER));
  g_assert_false (ismb_sluice_has_room_outward (fixture->sluice));
  g_assert_cmpuint (ismb_sluice_get_queued (fixture->sluice), ==, HIGH_WATER);
  sluice_pass_on (fixture->sluice);
  g_assert_true (ismb_sluice_has_room_inward (fixture->sluice));
  g_assert_true (ismb_sluice_has_room_outward (fixture->sluice));
}

/* The password is not left behind where it was. */
static void
test_password (Fixture *fixture, gconstpointer data)
{
  const char *outward;
  gsize length;

  sluice_open (fixture->sluice, 2);
  outward = ismb_sluice_peek_outward (fixture->sluice, &length);
  g_assert_nonnull (g_strstr_len (outward, length, OPENING_PASSWORD));
  ismb_sluice_consume_outward (fixture->sluice, length - 1); /* the memory is still the sluice's */
  for (gsize i = 0; i < length - 1; i++)
    g_assert_cmpint (outward[i], ==, 0);
}

static void
add (const char *path, void (*test) (Fixture *fixture, gconstpointer data))
{
  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("/sluice/pause", test_pause);
  add ("/sluice/early", test_early);
  add ("/sluice/room", test_room);
  add ("/sluice/password", test_password);
  return g_test_run ();
}
