/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/support/ismb-test-script.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"
#include "tests/support/ismb-test-door.h"
#include "tests/support/ismb-test-element.h"
#include "tests/support/ismb-test-folder.h"
#include "tests/support/ismb-test-scram.h"

#define DOMAIN "switch.test"

struct _IsmbTestScript
{
  const char *password;
  const char *const *lines;
  char *folder, *ca_file;
  GThread *player;
  GCancellable *over;
  IsmbTestDoor *door;

  /* The player's alone. */
  guint line;
  GHashTable *words; /* of char *, by char * */
  char *client_first, *server_first;

  GMutex lock;
  GCond gone_on;
  gboolean waits, goes, ended, played;
};

/* FALSE of what does something on the connection: the client is gone. */

/* Words */

static void
note_word (IsmbTestScript *self, const char *word, const char *value)
{
  g_hash_table_insert (self->words, g_strdup (word), g_strdup (value));
}

static const char *
find_word (IsmbTestScript *self, const char *word)
{
  const char *value = g_hash_table_lookup (self->words, word);

  if (value == NULL)
    g_error ("line %u: nothing is known of %%%s%%", self->line + 1, word);
  return value;
}

/* %word% where letters alone stand between; any other % stays. */
static char *
expand (IsmbTestScript *self, const char *text)
{
  GString *out = g_string_new (NULL);

  while (*text != '\0')
    {
      gsize length = *text == '%' ? strspn (text + 1, "abcdefghijklmnopqrstuvwxyz") : 0;

      if (length > 0 && text[length + 1] == '%')
        {
          g_autofree char *word = g_strndup (text + 1, length);

          g_string_append (out, find_word (self, word));
          text += length + 2;
        }
      else
        g_string_append_c (out, *text++);
    }
  return g_string_free (out, FALSE);
}

/* Expectations */

static gboolean
hear_header (IsmbTestScript *self)
{
  g_autoptr (IsmbTestElement) header = NULL;
  IsmbTestStreamEvent event;

  ismb_test_door_restart (self->door);
  if (!ismb_test_door_hear (self->door, &event, &header))
    return FALSE;
  g_assert_cmpint (event, ==, ISMB_TEST_STREAM_HEADER);
  if (ismb_test_element_get (header, "to") != NULL)
    note_word (self, "domain", ismb_test_element_get (header, "to"));
  return TRUE;
}

/* NULL: the client is gone. */
static IsmbTestElement *
hear_element (IsmbTestScript *self)
{
  IsmbTestElement *element = NULL;
  IsmbTestStreamEvent event;

  if (!ismb_test_door_hear (self->door, &event, &element))
    return NULL;
  return event == ISMB_TEST_STREAM_END ? NULL : element;
}

static gboolean
expect (IsmbTestScript *self, const char *wanted, gboolean now)
{
  g_autoptr (IsmbTestElement) mask = ismb_test_element_parse (wanted);
  IsmbTestElement *element;

  while ((element = hear_element (self)) != NULL)
    {
      g_autoptr (IsmbTestElement) owned = element;
      g_autofree char *text = ismb_test_element_to_string (element);

      if (ismb_test_element_match (element, mask, self->words))
        return TRUE;
      if (now)
        g_error ("line %u: expected %s and heard %s", self->line + 1, wanted, text);
    }
  return FALSE;
}

/* Until the client ends the stream; what it sends before is nobody's matter. */
static gboolean
hear_end (IsmbTestScript *self)
{
  IsmbTestStreamEvent event = ISMB_TEST_STREAM_NOTHING;
  IsmbTestElement *element = NULL;

  while (event != ISMB_TEST_STREAM_END && ismb_test_door_hear (self->door, &event, &element))
    g_clear_pointer (&element, ismb_test_element_free);
  return event == ISMB_TEST_STREAM_END;
}

/* What the lines do */

static gboolean
play_say (IsmbTestScript *self, const char *text)
{
  g_autofree char *expanded = expand (self, text);

  return ismb_test_door_say (self->door, expanded);
}

static gboolean
play_expect (IsmbTestScript *self, const char *text)
{
  return expect (self, text, TRUE);
}

static gboolean
play_look_for (IsmbTestScript *self, const char *text)
{
  return expect (self, text, FALSE);
}

static gboolean
play_greeted (IsmbTestScript *self, const char *text)
{
  return hear_header (self);
}

static gboolean
play_header (IsmbTestScript *self, const char *text)
{
  return hear_header (self) &&
         ismb_test_door_say (self->door, "<?xml version='1.0'?><stream:stream from='" DOMAIN
                    "' id='s' version='1.0' xmlns='" ISMB_NS_CLIENT
                    "' xmlns:stream='" ISMB_NS_STREAM "'>");
}

static gboolean
play_features (IsmbTestScript *self, const char *text)
{
  g_autofree char *features =
      g_strdup_printf ("<stream:features>%s</stream:features>", text);

  return play_say (self, features);
}

static gboolean
play_tls (IsmbTestScript *self, const char *text)
{
  return ismb_test_door_start_tls (self->door);
}

static gboolean
play_starttls (IsmbTestScript *self, const char *text)
{
  return play_header (self, NULL) &&
         play_features (self, "<starttls xmlns='" ISMB_NS_TLS "'><required/></starttls>") &&
         play_expect (self, "<starttls/>") &&
         ismb_test_door_say (self->door, "<proceed xmlns='" ISMB_NS_TLS "'/>") &&
         play_tls (self, NULL);
}

/* SASL */

static char *
decode (const char *text)
{
  gsize length = 0;
  g_autofree guchar *bytes = g_base64_decode (text, &length);

  return g_strndup ((char *) bytes, length);
}

static char *
encode (const char *text)
{
  return g_base64_encode ((const guchar *) text, strlen (text));
}

static gboolean
play_auth (IsmbTestScript *self, const char *text)
{
  g_autoptr (IsmbTestElement) auth = hear_element (self);
  g_autofree char *message = NULL;
  g_autofree char *nonce = NULL;
  g_autofree char *account = NULL;

  if (auth == NULL)
    return FALSE;
  g_assert_cmpstr (auth->name, ==, "auth");
  message = decode (auth->text->str);
  nonce = ismb_test_scram_get (message, "r=");
  account = ismb_test_scram_get (message, "n=");
  note_word (self, "nonce", nonce);
  note_word (self, "account", account);
  g_free (self->client_first);
  self->client_first = g_strdup (strstr (message, "n=") != NULL ? strstr (message, "n=") : "");
  return TRUE;
}

static gboolean
play_challenge (IsmbTestScript *self, const char *text)
{
  g_autofree char *element = NULL;
  g_autofree char *encoded = NULL;

  g_free (self->server_first);
  self->server_first = expand (self, text);
  encoded = encode (self->server_first);
  element = g_strdup_printf ("<challenge xmlns='" ISMB_NS_SASL "'>%s</challenge>", encoded);
  return ismb_test_door_say (self->door, element);
}

static gboolean
play_success (IsmbTestScript *self, const char *text)
{
  g_autofree char *encoded = encode (text);
  g_autofree char *element =
      g_strdup_printf ("<success xmlns='" ISMB_NS_SASL "'>%s</success>", encoded);

  return ismb_test_door_say (self->door, element);
}

static gboolean
say_failure (IsmbTestScript *self, const char *condition)
{
  g_autofree char *element =
      g_strdup_printf ("<failure xmlns='" ISMB_NS_SASL "'><%s/></failure>", condition);

  return ismb_test_door_say (self->door, element);
}

static gboolean
play_refuse (IsmbTestScript *self, const char *text)
{
  return play_auth (self, NULL) && say_failure (self, text);
}

static gboolean
play_response (IsmbTestScript *self, const char *text)
{
  return expect (self, "<response/>", TRUE);
}

static gboolean
judge_proof (IsmbTestScript *self, const char *client_final)
{
  const char *behind = strstr (client_final, ",p=");
  g_autofree char *without = g_strndup (client_final, behind != NULL ? behind - client_final : 0);
  g_autofree char *auth_message =
      g_strjoin (",", self->client_first, self->server_first, without, NULL);
  g_autofree char *proof = NULL;
  g_autofree char *signature = NULL;
  g_autofree char *last = NULL;

  ismb_test_scram_prove (self->password, auth_message, &proof, &signature);
  if (behind == NULL || !g_str_equal (behind + 3, proof))
    return say_failure (self, "not-authorized") && ismb_test_door_drain (self->door) && FALSE;
  last = g_strconcat ("v=", signature, NULL);
  return play_success (self, last);
}

static gboolean
play_scram (IsmbTestScript *self, const char *text)
{
  g_autoptr (IsmbTestElement) response = NULL;
  g_autofree char *client_final = NULL;

  if (!play_header (self, NULL) ||
      !play_features (self, "<mechanisms xmlns='" ISMB_NS_SASL
                            "'><mechanism>SCRAM-SHA-1</mechanism></mechanisms>") ||
      !play_auth (self, NULL) ||
      !play_challenge (self, "r=%nonce%xyz," ISMB_TEST_SCRAM_SALT))
    return FALSE;
  response = hear_element (self);
  if (response == NULL)
    return FALSE;
  client_final = decode (response->text->str);
  return judge_proof (self, client_final);
}

static gboolean
play_sign_in (IsmbTestScript *self, const char *text)
{
  return play_scram (self, NULL) && play_header (self, NULL);
}

static gboolean
play_bind (IsmbTestScript *self, const char *text)
{
  g_autofree char *jid = NULL;

  if (!play_features (self, "<bind xmlns='" ISMB_NS_BIND "'/>") ||
      !play_expect (self, "<iq type='set' id='%id%'><bind/></iq>"))
    return FALSE;
  jid = expand (self, "%account%@%domain%/desk");
  note_word (self, "jid", jid);
  return play_say (self, "<iq type='result' id='%id%'><bind xmlns='" ISMB_NS_BIND
                         "'><jid>%jid%</jid></bind></iq>");
}

static gboolean
play_login (IsmbTestScript *self, const char *text)
{
  return play_sign_in (self, NULL) && play_bind (self, NULL);
}

/* Waiting and ending */

static gboolean
play_wait (IsmbTestScript *self, const char *text)
{
  gboolean goes;

  g_mutex_lock (&self->lock);
  self->waits = TRUE;
  g_main_context_wakeup (NULL);
  while (!self->goes && !g_cancellable_is_cancelled (self->over))
    g_cond_wait (&self->gone_on, &self->lock);
  goes = self->goes;
  self->waits = self->goes = FALSE;
  g_mutex_unlock (&self->lock);
  return goes;
}

static gboolean
play_hold (IsmbTestScript *self, const char *text)
{
  return ismb_test_door_drain (self->door);
}

static gboolean
play_end (IsmbTestScript *self, const char *text)
{
  return ismb_test_door_say (self->door, "</stream:stream>") && ismb_test_door_drain (self->door);
}

static gboolean
play_closed (IsmbTestScript *self, const char *text)
{
  return hear_end (self) && play_end (self, NULL);
}

static gboolean
play_cut (IsmbTestScript *self, const char *text)
{
  return ismb_test_door_cut (self->door);
}

static gboolean
play_reset (IsmbTestScript *self, const char *text)
{
  return ismb_test_door_reset (self->door);
}

static gboolean
play_deaf (IsmbTestScript *self, const char *text)
{
  ismb_test_door_set_open (self->door, FALSE);
  return TRUE;
}

static gboolean
play_hear (IsmbTestScript *self, const char *text)
{
  ismb_test_door_set_open (self->door, TRUE);
  return TRUE;
}

static const struct
{
  const char *word;
  gboolean (*play) (IsmbTestScript *self, const char *text);
} verbs[] = {
  { "S:", play_say },
  { "C:", play_expect },
  { "C*", play_look_for },
  { "greeted", play_greeted },
  { "header", play_header },
  { "features", play_features },
  { "starttls", play_starttls },
  { "tls", play_tls },
  { "auth", play_auth },
  { "challenge", play_challenge },
  { "response", play_response },
  { "success", play_success },
  { "refuse", play_refuse },
  { "scram", play_scram },
  { "sign-in", play_sign_in },
  { "bind", play_bind },
  { "login", play_login },
  { "wait", play_wait },
  { "hold", play_hold },
  { "end", play_end },
  { "closed", play_closed },
  { "cut", play_cut },
  { "reset", play_reset },
  { "deaf", play_deaf },
  { "hear", play_hear },
};

static gboolean
play_line (IsmbTestScript *self, const char *line)
{
  gsize length = strcspn (line, " ");
  g_autofree char *word = g_strndup (line, length);
  const char *text = line[length] == ' ' ? line + length + 1 : "";

  for (gsize i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (g_str_equal (verbs[i].word, word))
      return verbs[i].play (self, text);
  g_error ("line %u: there is no %s in a script", self->line + 1, word);
  return FALSE;
}

static gpointer
play (gpointer data)
{
  IsmbTestScript *self = data;
  gboolean played = TRUE;

  for (self->line = 0; played && self->lines[self->line] != NULL; self->line++)
    played = play_line (self, self->lines[self->line]);
  g_mutex_lock (&self->lock);
  self->ended = TRUE;
  self->played = played;
  g_mutex_unlock (&self->lock);
  g_main_context_wakeup (NULL);
  return NULL;
}

IsmbTestScript *
ismb_test_script_new (const char *password, const char *const *lines)
{
  IsmbTestScript *self = g_new0 (IsmbTestScript, 1);
  g_autofree char *key_file = NULL;

  self->password = password;
  self->lines = lines;
  self->over = g_cancellable_new ();
  self->words = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->folder = ismb_test_folder_new ();
  self->ca_file = g_build_filename (self->folder, "server.pem", NULL);
  key_file = g_build_filename (self->folder, "server-key.pem", NULL);
  ismb_test_folder_certify (self->folder, "server", DOMAIN);
  self->door = ismb_test_door_new (self->ca_file, key_file, self->over);
  g_mutex_init (&self->lock);
  g_cond_init (&self->gone_on);
  self->player = g_thread_new ("script", play, self);
  return self;
}

void
ismb_test_script_free (IsmbTestScript *self)
{
  g_mutex_lock (&self->lock);
  g_cancellable_cancel (self->over);
  g_cond_signal (&self->gone_on);
  g_mutex_unlock (&self->lock);
  g_thread_join (self->player);
  ismb_test_door_free (self->door);
  g_object_unref (self->over);
  g_hash_table_unref (self->words);
  ismb_test_folder_remove (self->folder);
  g_free (self->folder);
  g_free (self->ca_file);
  g_free (self->client_first);
  g_free (self->server_first);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->gone_on);
  g_free (self);
}

guint16
ismb_test_script_get_port (IsmbTestScript *self)
{
  return ismb_test_door_get_port (self->door);
}

const char *
ismb_test_script_get_ca_file (IsmbTestScript *self)
{
  return self->ca_file;
}

guint
ismb_test_script_count_connections (IsmbTestScript *self)
{
  return ismb_test_door_count (self->door);
}

/* Whether `flag` is set before the script is over. */
static gboolean
run_until (IsmbTestScript *self, gboolean *flag)
{
  gboolean set = FALSE, ended = FALSE;

  while (!set && !ended)
    {
      g_mutex_lock (&self->lock);
      set = *flag;
      ended = self->ended;
      g_mutex_unlock (&self->lock);
      if (!set && !ended)
        g_main_context_iteration (NULL, TRUE);
    }
  return set;
}

void
ismb_test_script_go (IsmbTestScript *self)
{
  if (!run_until (self, &self->waits))
    g_error ("the script is over at line %u, and waits no more", self->line + 1);
  g_mutex_lock (&self->lock);
  self->goes = TRUE;
  self->waits = FALSE;
  g_cond_signal (&self->gone_on);
  g_mutex_unlock (&self->lock);
}

gboolean
ismb_test_script_finish (IsmbTestScript *self)
{
  run_until (self, &self->ended);
  return self->played;
}
