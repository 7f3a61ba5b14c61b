/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stanzas of 1 byte to 2 MB, in the clear and inside TLS, torn on their way: none needs the next
 * one to arrive, and none changes. With -m slow at each boundary there is. */
#include "config.h"

#include <string.h>

#include "pump-lab.h"

#define RECORD 16384 /* bytes of text in a TLS record, at most */
#define CHUNK 4096   /* a page */

#define SMALL                                                                                      \
  "<message id='m1' xml:lang='de' from='bob@switch.test/a'><body>hello &gt; you</body>"            \
  "<x xmlns='urn:x' a='&gt;'><y>1</y></x></message>"

static const gsize sizes[] = { 1, 100, CHUNK - 1, CHUNK, CHUNK + 1, RECORD - 1, RECORD, RECORD + 1,
                               65536, 262144 - 1, 262144 + 1, 1024 * 1024, 2 * 1024 * 1024 };

static char *
make_stanza (gsize size)
{
  g_autofree char *body = g_malloc (size + 1);

  for (gsize i = 0; i < size; i++)
    body[i] = 'a' + (i * 7 + i / 1000) % 26;
  body[size] = '\0';
  return g_strdup_printf ("<message id='%" G_GSIZE_FORMAT "'><body>%s</body></message>", size,
                          body);
}

static PumpLab *
make_lab (gconstpointer tls)
{
  PumpLab *lab = pump_lab_new (GPOINTER_TO_INT (tls));

  pump_lab_sign_in (lab);
  return lab;
}

/* It came, whole, and nothing else. */
static void
check_came (PumpLab *lab, const char *text)
{
  g_assert_cmpuint (lab->stanzas->len, ==, 1);
  g_assert_cmpstr (lab->stanzas->pdata[0], ==, text);
  g_ptr_array_set_size (lab->stanzas, 0);
}

/* The server writes it in two pieces, inside TLS two records. */
static void
write_torn (PumpLab *lab, const char *text, gsize cut)
{
  pump_lab_say_bytes (lab, text, cut);
  g_assert_cmpuint (lab->stanzas->len, ==, 0);
  pump_lab_say (lab, text + cut);
  check_came (lab, text);
}

/* The wire tears it after so many bytes. Returns how many there are, which is more than `cut`, or
 * not. */
static gsize
carry_torn (PumpLab *lab, const char *text, gsize cut)
{
  gsize length;

  lab->to_client.credit = cut;
  pump_lab_say (lab, text);
  length = cut - lab->to_client.credit + lab->to_client.bytes->len;
  g_assert_cmpint (lab->stanzas->len == 0, ==, cut < length);
  lab->to_client.credit = G_MAXSIZE;
  pump_lab_settle (lab);
  check_came (lab, text);
  return length;
}

static void
test_small (gconstpointer tls)
{
  g_autoptr (PumpLab) lab = make_lab (tls);
  gsize cut = 1;

  for (gsize i = 1; i < strlen (SMALL); i++)
    write_torn (lab, SMALL, i);
  while (carry_torn (lab, SMALL, cut) > cut)
    cut++;
  g_assert_cmpuint (cut, >=, strlen (SMALL));
}

static void
test_byte_by_byte (gconstpointer tls)
{
  g_autoptr (PumpLab) lab = make_lab (tls);

  for (gsize i = 0; i < strlen (SMALL); i++)
    {
      g_assert_cmpuint (lab->stanzas->len, ==, 0);
      pump_lab_say_bytes (lab, SMALL + i, 1);
    }
  check_came (lab, SMALL);
}

/* Untorn; but the end of what libstrophe reads at once is somewhere in the last tag. */
static void
test_straddling (gconstpointer tls)
{
  g_autoptr (PumpLab) lab = make_lab (tls);
  g_autofree char *empty = make_stanza (1000);
  gsize frame = strlen (empty) - 1000;

  for (gsize reads = 1; reads <= 3; reads++)
    for (gsize over = 0; over < 20; over++)
      {
        g_autofree char *text = make_stanza (reads * CHUNK + over - frame);

        pump_lab_say (lab, text);
        check_came (lab, text);
      }
}

/* Behind each `>` and before each `<`, at what is read and written at once and beside it, and
 * anywhere. */
static GArray *
choose_places (const char *text)
{
  gsize length = strlen (text);
  gsize step = g_test_slow () ? 1 : MAX (1, length / RECORD / 2);
  guint anywhere = g_test_slow () ? 20 : 2;
  GArray *places = g_array_new (FALSE, FALSE, sizeof (gsize));

  for (gsize i = 1; i < length; i++)
    if (text[i] == '<' || text[i - 1] == '>')
      g_array_append_val (places, i);
  for (gsize i = RECORD; i + 1 < length; i += step * RECORD)
    for (gsize j = i - 1; j <= i + 1; j++)
      g_array_append_val (places, j);
  for (guint i = 0; i < anywhere; i++)
    {
      gsize place = g_test_rand_int_range (1, length);

      g_array_append_val (places, place);
    }
  return places;
}

static void
test_sizes (gconstpointer tls)
{
  g_autoptr (PumpLab) lab = make_lab (tls);

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *text = make_stanza (sizes[i]);
      g_autoptr (GArray) places = choose_places (text);

      for (guint j = 0; j < places->len; j++)
        {
          write_torn (lab, text, g_array_index (places, gsize, j));
          carry_torn (lab, text, g_array_index (places, gsize, j));
        }
    }
}

/* In pieces of all sizes, several stanzas in a row. */
static void
test_pieces (gconstpointer tls)
{
  g_autoptr (PumpLab) lab = make_lab (tls);
  g_autoptr (GString) all = g_string_new (NULL);
  gsize gone = 0;

  for (guint i = 0; i < 9; i++)
    {
      g_autofree char *text = make_stanza (sizes[i]);

      g_string_append (all, text);
    }
  while (gone < all->len)
    {
      gsize piece = g_test_rand_int_range (1, 3000);

      piece = MIN (piece, all->len - gone);
      pump_lab_say_bytes (lab, all->str + gone, piece);
      gone += piece;
    }
  g_assert_cmpuint (lab->stanzas->len, ==, 9);
  for (guint i = 0; i < 9; i++)
    {
      g_autofree char *text = make_stanza (sizes[i]);

      g_assert_cmpstr (lab->stanzas->pdata[i], ==, text);
    }
}

/* Outwards */

/* The server reads a little at a time; meanwhile things come, too. */
static void
read_slowly (PumpLab *lab, gsize length)
{
  gsize step = MAX (1, length / (g_test_slow () ? 2000 : 100));
  guint came = 0;

  while (lab->heard->len < length)
    {
      lab->to_server.credit = step;
      pump_lab_settle (lab);
      if (++came % 20 == 0)
        pump_lab_say (lab, SMALL);
    }
  g_assert_cmpuint (lab->stanzas->len, ==, came / 20);
  g_ptr_array_set_size (lab->stanzas, 0);
}

static void
test_slow_server (gconstpointer tls)
{
  g_autoptr (PumpLab) lab = make_lab (tls);

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *text = make_stanza (sizes[i]);

      lab->to_server.credit = 0;
      ismb_channel_send (lab->channel, text, strlen (text));
      pump_lab_settle (lab);
      read_slowly (lab, strlen (text));
      g_assert_cmpstr (lab->heard->str, ==, text);
      g_assert_cmpuint (ismb_channel_get_queued (lab->channel), ==, 0);
      g_string_truncate (lab->heard, 0);
    }
}

/* The server reads nothing until all was sent; no bound of ours stands in the way of order. */
static void
test_many_sent (gconstpointer tls)
{
  g_autoptr (PumpLab) lab = make_lab (tls);
  g_autoptr (GString) all = g_string_new (NULL);

  lab->to_server.credit = 0;
  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *text = make_stanza (i % 50 == 49 ? 2 * 1024 * 1024 : i * i);

      g_string_append (all, text);
      ismb_channel_send (lab->channel, text, strlen (text));
      if (i % 3 == 0)
        pump_lab_settle (lab);
    }
  g_assert_cmpuint (ismb_channel_get_queued (lab->channel), >, 8 * 1024 * 1024);
  lab->to_server.credit = G_MAXSIZE;
  pump_lab_settle (lab);
  g_assert_cmpuint (lab->heard->len, ==, all->len);
  g_assert_cmpint (memcmp (lab->heard->str, all->str, all->len), ==, 0);
}

/* The large one stands in neither's way. */
static void
test_both_ways (gconstpointer tls)
{
  g_autoptr (PumpLab) lab = make_lab (tls);
  g_autofree char *text = make_stanza (2 * 1024 * 1024);

  for (int i = 0; i < 3; i++)
    ismb_channel_send (lab->channel, text, strlen (text));
  for (int i = 0; i < 3; i++)
    pump_lab_say (lab, text);
  pump_lab_settle (lab);
  g_assert_cmpuint (lab->stanzas->len, ==, 3);
  for (int i = 0; i < 3; i++)
    {
      g_assert_cmpstr (lab->stanzas->pdata[i], ==, text);
      g_assert_cmpint (memcmp (lab->heard->str + i * strlen (text), text, strlen (text)), ==, 0);
    }
}

/* While signing in */

/* All that a server says up to the session, each piece torn at the same place. */
static void
sign_in_torn (PumpLab *lab, gsize cut, const IsmbResume *resume)
{
  static const struct
  {
    const char *hear, *say;
  } steps[] = {
    { "version=\"1.0\"", LAB_HEADER "<stream:features><mechanisms " LAB_SASL
                         "><mechanism>PLAIN</mechanism></mechanisms></stream:features>" },
    { "</auth>", "<success " LAB_SASL "/>" },
    { "version=\"1.0\"", LAB_HEADER "<stream:features>" LAB_BIND LAB_SM "</stream:features>" },
    { "<resume ", "<failed xmlns='urn:xmpp:sm:3' h='1'><item-not-found "
                  "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>" },
    { "</iq>", LAB_BOUND SMALL },
  };

  pump_lab_start (lab, resume);
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      gsize length = strlen (steps[i].say), first = MIN (cut, length);

      pump_lab_wait_to_hear (lab, steps[i].hear);
      pump_lab_say_bytes (lab, steps[i].say, first);
      pump_lab_say_bytes (lab, steps[i].say + first, length - first);
    }
  g_assert_cmpstr (lab->bound, ==, "alice@switch.test/work");
  g_assert_true (lab->session.resume_failed);
  check_came (lab, SMALL);
}

static void
test_sign_in (gconstpointer tls)
{
  static const IsmbResume resume = { "id-1", 7, "alice@switch.test/old" };
  g_autoptr (PumpLab) lab = pump_lab_new (GPOINTER_TO_INT (tls));

  for (gsize cut = 1; cut < strlen (LAB_BOUND SMALL); cut++)
    {
      sign_in_torn (lab, cut, &resume);
      ismb_channel_stop (lab->channel);
      pump_lab_rewire (lab, GPOINTER_TO_INT (tls) && cut % 20 == 0);
    }
}

static void
add (const char *name, GTestDataFunc test)
{
  g_autofree char *plain = g_strconcat ("/tearing/plain/", name, NULL);
  g_autofree char *tls = g_strconcat ("/tearing/tls/", name, NULL);

  g_test_add_data_func (plain, GINT_TO_POINTER (FALSE), test);
  g_test_add_data_func (tls, GINT_TO_POINTER (TRUE), test);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("small", test_small);
  add ("byte-by-byte", test_byte_by_byte);
  add ("straddling", test_straddling);
  add ("sizes", test_sizes);
  add ("pieces", test_pieces);
  add ("slow-server", test_slow_server);
  add ("many-sent", test_many_sent);
  add ("both-ways", test_both_ways);
  add ("sign-in", test_sign_in);
  return g_test_run ();
}
