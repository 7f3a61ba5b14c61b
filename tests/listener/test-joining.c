/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A switch of no fabric, a member that is no registrar, and a registrar: who is let in, by what, and
 * who is not believed. */
#include "config.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "fake-member.h"
#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-key-file.h"
#include "lab-switch.h"
#include "stream-end.h"

#define REGISTRAR "spine1.0d0e0f"
#define MEMBER "leaf1.0a1b2c"
#define JOINER "leaf2.0a1b2d"
#define HOUR 3600
#define NS "xmlns='urn:ismb:join:1'"

typedef struct
{
  LabSwitch *registrar, *member, *joiner;
  GString *reports; /* of registrar and member: "what who allowed rule outcome\n" */
} Fixture;

static void
on_report (const IsmbReport *report, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_nonnull (report->source != NULL ? report->source : report->who);
  g_string_append_printf (fixture->reports, "%s %s %s %s: %s\n", report->what,
                          report->who != NULL ? report->who : "-",
                          report->allowed ? "allowed" : "refused", report->rule, report->outcome);
}

static LabSwitch *
make_switch (Fixture *fixture, const char *domain)
{
  LabSwitch *self = lab_switch_new (domain);

  lab_switch_set_reporter (self, on_report, fixture);
  return self;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->reports = g_string_new (NULL);
  fixture->registrar = make_switch (fixture, REGISTRAR);
  fixture->member = make_switch (fixture, MEMBER);
  fixture->joiner = lab_switch_new (JOINER);
  lab_switch_found (fixture->registrar);
  lab_switch_join (fixture->member, fixture->registrar);
  lab_switch_start (fixture->registrar, "ada");
  lab_switch_start (fixture->member, "bob");
  lab_switch_start (fixture->joiner, "eve");
  lab_switch_tell (fixture->member, fixture->registrar);
  lab_switch_wait_for (fixture->member, fixture->registrar, ISMB_TRUST_MEMBER,
                       ISMB_LINK_STATE_UP);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  lab_switch_free (fixture->joiner);
  lab_switch_free (fixture->member);
  lab_switch_free (fixture->registrar);
  g_string_free (fixture->reports, TRUE);
}

static gint64
now (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

static IsmbAdmissions *
admissions_of (LabSwitch *registrar)
{
  return ismb_authority_get_admissions (
    ismb_fabric_get_authority (lab_switch_get_fabric (registrar)));
}

static const char *
ca_hash_of (LabSwitch *self)
{
  return ismb_fabric_get_id (lab_switch_get_fabric (self));
}

static IsmbToken *
invite (LabSwitch *registrar, guint uses, gint64 expiry)
{
  IsmbToken *token = ismb_token_new ("lab", ca_hash_of (registrar));
  g_autoptr (GError) error = NULL;

  ismb_admissions_invite (admissions_of (registrar), token, uses, expiry, now () - 2 * HOUR,
                          &error);
  g_assert_no_error (error);
  return token;
}

static void
approve (LabSwitch *registrar, LabSwitch *joiner)
{
  g_autoptr (GError) error = NULL;

  ismb_admissions_approve (admissions_of (registrar), lab_switch_get_device_id (joiner),
                           now () + HOUR, now (), &error);
  g_assert_no_error (error);
}

static gboolean
is_member (LabSwitch *self)
{
  return ismb_fabric_is_member (lab_switch_get_fabric (self));
}

/* Joining, to its end */

static void
on_joined (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **slot = user_data;

  *slot = g_object_ref (result);
}

static gboolean
join_fabric (LabSwitch *self, const char *ca_hash, const IsmbToken *token, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  _ismb_listener_join_async (lab_switch_get_listener (self), ca_hash, token, NULL, on_joined,
                             &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return _ismb_listener_join_finish (lab_switch_get_listener (self), result, error);
}

static void
assert_joins (LabSwitch *self, LabSwitch *registrar, const IsmbToken *token)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (join_fabric (self, ca_hash_of (registrar), token, &error));
  g_assert_no_error (error);
  g_assert_true (is_member (self));
  g_assert_cmpstr (ca_hash_of (self), ==, ca_hash_of (registrar));
}

static void
assert_refused (LabSwitch *self, LabSwitch *registrar, const IsmbToken *token, IsmbError code,
                const char *word)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (join_fabric (self, ca_hash_of (registrar), token, &error));
  g_assert_error (error, ISMB_ERROR, (int) code);
  if (strstr (error->message, word) == NULL)
    g_error ("“%s” is missing in “%s”", word, error->message);
  g_assert_false (is_member (self));
}

static void
assert_reported (Fixture *fixture, const char *line)
{
  if (strstr (fixture->reports->str, line) == NULL)
    g_error ("“%s” is missing in “%s”", line, fixture->reports->str);
}

/* The same of one that comes when the stream is over. */
static void
await_report (Fixture *fixture, const char *line)
{
  while (strstr (fixture->reports->str, line) == NULL)
    g_main_context_iteration (NULL, TRUE);
}

/* A message goes each way between the joiner and somebody who was there before. */
static void
assert_belongs (LabSwitch *joiner, LabSwitch *other, const char *account, const char *to)
{
  g_autoptr (XmppClient) eve = lab_switch_sign_in (joiner, "eve", "desk");
  g_autoptr (XmppClient) ada = lab_switch_sign_in (other, account, "desk");
  g_autofree char *message
    = g_strdup_printf ("<message to='%s'><body>let in</body></message>", to);

  xmpp_client_send (eve, message);
  g_free (xmpp_client_expect (ada, "<body>let in</body>"));
  xmpp_client_send (ada, "<message to='eve@" JOINER "/desk'><body>welcome</body></message>");
  g_free (xmpp_client_expect (eve, "<body>welcome</body>"));
}

static void
test_token_by_registrar (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbToken) token = invite (fixture->registrar, 1, now () + HOUR);
  g_autofree char *id = ismb_token_dup_id (token);
  g_autofree char *line
    = g_strdup_printf ("join " JOINER " allowed token %s: joined the fabric\n", id);

  lab_switch_tell (fixture->joiner, fixture->registrar);
  assert_joins (fixture->joiner, fixture->registrar, token);
  assert_reported (fixture, line);
  assert_belongs (fixture->joiner, fixture->registrar, "ada", "ada@" REGISTRAR "/desk");
}

/* The joiner has never heard of the registrar. */
static void
test_token_by_referral (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbToken) token = invite (fixture->registrar, 1, now () + HOUR);

  lab_switch_tell (fixture->joiner, fixture->member);
  assert_joins (fixture->joiner, fixture->registrar, token);
  assert_belongs (fixture->joiner, fixture->member, "bob", "bob@" MEMBER "/desk");
}

/* A member that wants a new certificate gets it as any other. */
static void
test_member_joins_anew (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbToken) token = invite (fixture->registrar, 1, now () + HOUR);

  assert_joins (fixture->member, fixture->registrar, token);
}

/* Whose certificate was lost on the way may come once more; nobody else. */
static void
test_used_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbToken) token = invite (fixture->registrar, 1, now () + HOUR);
  LabSwitch *other = lab_switch_new ("leaf3.0a1b2e");

  lab_switch_start (other, "eve");
  lab_switch_tell (other, fixture->registrar);
  lab_switch_tell (fixture->joiner, fixture->registrar);
  assert_joins (other, fixture->registrar, token);
  assert_joins (other, fixture->registrar, token);
  assert_refused (fixture->joiner, fixture->registrar, token, ISMB_ERROR_NOT_ALLOWED, "used up");
  lab_switch_free (other);
}

static void
test_expired (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbToken) token = invite (fixture->registrar, 1, now () - HOUR);

  lab_switch_tell (fixture->joiner, fixture->registrar);
  assert_refused (fixture->joiner, fixture->registrar, token, ISMB_ERROR_TIMEOUT, "expired");
}

static void
test_unknown_token (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbToken) token = ismb_token_new ("lab", ca_hash_of (fixture->registrar));

  lab_switch_tell (fixture->joiner, fixture->member);
  assert_refused (fixture->joiner, fixture->registrar, token, ISMB_ERROR_AUTH_FAILED,
                  "invitation");
  assert_reported (fixture, "join " JOINER " refused token ");
}

static void
test_approved_before (Fixture *fixture, gconstpointer data)
{
  approve (fixture->registrar, fixture->joiner);
  lab_switch_tell (fixture->joiner, fixture->member);
  assert_joins (fixture->joiner, fixture->registrar, NULL);
  assert_reported (fixture, "join " JOINER " allowed approved: joined the fabric\n");
}

static void
test_approved_after (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  lab_switch_tell (fixture->joiner, fixture->member);
  g_assert_false (join_fabric (fixture->joiner, ca_hash_of (fixture->registrar), NULL, &error));
  g_assert_no_error (error);
  g_assert_false (is_member (fixture->joiner));
  assert_reported (fixture, "join " JOINER " refused pending: waits for an approval\n");
  approve (fixture->registrar, fixture->joiner);
  assert_joins (fixture->joiner, fixture->registrar, NULL);
}

static void
test_name_taken (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbToken) token = invite (fixture->registrar, 1, now () + HOUR);
  LabSwitch *other = lab_switch_new (MEMBER);

  lab_switch_start (other, "eve");
  lab_switch_tell (other, fixture->registrar);
  assert_refused (other, fixture->registrar, token, ISMB_ERROR_EXISTS, MEMBER);
  lab_switch_free (other);
}

static void
test_revoked (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbToken) token = invite (fixture->registrar, 1, now () + HOUR);
  g_autoptr (GError) error = NULL;

  ismb_fabric_revoke (lab_switch_get_fabric (fixture->registrar),
                      lab_switch_get_device_id (fixture->joiner), &error);
  g_assert_no_error (error);
  lab_switch_tell (fixture->joiner, fixture->registrar);
  assert_refused (fixture->joiner, fixture->registrar, token, ISMB_ERROR_NOT_ALLOWED, "revoked");
}

/* What the registrar cannot write down it does not say. */
static void
test_registrar_cannot_write (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbToken) token = invite (fixture->registrar, 1, now () + HOUR);
  g_autofree char *ledger
    = g_build_filename (lab_switch_get_folder (fixture->registrar), "issued", NULL);
  g_autofree char *aside = g_strconcat (ledger, ".aside", NULL);

  lab_switch_tell (fixture->joiner, fixture->registrar);
  g_assert_cmpint (g_rename (ledger, aside), ==, 0);
  g_assert_cmpint (g_mkdir (ledger, 0700), ==, 0);
  g_test_expect_message ("ismb.trust.authority", G_LOG_LEVEL_WARNING, "*could not be let in*");
  g_test_expect_message ("ismb.listener.joining", G_LOG_LEVEL_WARNING, "*cannot be let in*");
  assert_refused (fixture->joiner, fixture->registrar, token, ISMB_ERROR_FAILED, "its log");
  g_test_assert_expected_messages ();
  g_assert_cmpint (g_rmdir (ledger), ==, 0);
  g_assert_cmpint (g_rename (aside, ledger), ==, 0);
  assert_joins (fixture->joiner, fixture->registrar, token);
}

/* Nobody there */

static void
test_nobody_is_known (Fixture *fixture, gconstpointer data)
{
  assert_refused (fixture->joiner, fixture->registrar, NULL, ISMB_ERROR_NOT_FOUND, "nobody");
}

static void
test_registrar_is_gone (Fixture *fixture, gconstpointer data)
{
  lab_switch_stop (fixture->registrar);
  lab_switch_tell (fixture->joiner, fixture->member);
  assert_refused (fixture->joiner, fixture->member, NULL, ISMB_ERROR_NOT_FOUND, "no registrar");
}

/* A member of another fabric is of no use, and hears nothing. */
static void
test_other_fabric (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbToken) token = NULL;
  LabSwitch *other = lab_switch_new ("leaf3.0a1b2e");

  lab_switch_found (other);
  lab_switch_start (other, "eve");
  token = invite (other, 1, now () + HOUR);
  lab_switch_tell (fixture->joiner, fixture->registrar);
  lab_switch_tell (fixture->joiner, fixture->member);
  assert_refused (fixture->joiner, other, token, ISMB_ERROR_NOT_FOUND, "not believed");
  g_assert_null (strstr (fixture->reports->str, "join "));
  lab_switch_free (other);
}

static void
test_not_running (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbListener) listener = ismb_listener_new ("blue");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  _ismb_listener_join_async (listener, ca_hash_of (fixture->member), NULL, NULL, on_joined,
                             &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (_ismb_listener_join_finish (listener, result, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED);
}

/* Fake members */

static IsmbTlsContext *
make_tls (LabSwitch *self, const char *chain)
{
  char *key = ismb_identity_dup_key_pem (
    ismb_fabric_get_identity (lab_switch_get_fabric (self)));
  g_autoptr (GError) error = NULL;
  IsmbTlsContext *tls = ismb_tls_context_new (ISMB_TLS_PEERS, key, chain, &error);

  g_assert_no_error (error);
  ismb_key_file_wipe (key);
  return tls;
}

/* With the certificate that the switch has. */
static IsmbTlsContext *
make_own_tls (LabSwitch *self)
{
  g_autofree char *chain = ismb_fabric_dup_chain_pem (lab_switch_get_fabric (self));

  return make_tls (self, chain);
}

/* Whoever speaks as `domain` and is no member of the fabric hears not one byte. */
static void
assert_hears_nothing (Fixture *fixture, IsmbTlsContext *tls, const char *domain,
                      const char *ca_hash)
{
  g_autoptr (FakeMember) fake = fake_member_new (domain, tls, "<wait " NS "/>");
  g_autoptr (IsmbToken) token = ismb_token_new ("lab", ca_hash);
  g_autoptr (GError) error = NULL;

  lab_switch_tell_of (fixture->joiner, domain, fake_member_get_port (fake));
  g_assert_false (join_fabric (fixture->joiner, ca_hash, token, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND);
  while (fake_member_count_streams (fake) == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (fake_member_count_bytes (fake), ==, 0);
  g_assert_cmpuint (fake_member_count_joins (fake), ==, 0);
}

static void
test_wrong_hash_hears_nothing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbTlsContext) tls = make_own_tls (fixture->member);
  g_autofree char *hash = g_strnfill (64, 'a');

  assert_hears_nothing (fixture, tls, MEMBER, hash);
}

/* The fabric's own CA behind a certificate that it has not signed. */
static void
test_rogue_hears_nothing (Fixture *fixture, gconstpointer data)
{
  const char *ca = ismb_fabric_get_ca_pem (lab_switch_get_fabric (fixture->registrar));
  LabSwitch *rogue = lab_switch_new ("leaf3.0a1b2e");
  g_autofree char *own = ismb_fabric_dup_chain_pem (lab_switch_get_fabric (rogue));
  g_autofree char *chain = g_strconcat (own, ca, NULL);
  g_autofree char *member_chain
    = ismb_fabric_dup_chain_pem (lab_switch_get_fabric (fixture->member));
  g_autofree char *mixed = g_strconcat (own, member_chain, NULL);
  g_autoptr (IsmbTlsContext) tls = make_tls (rogue, chain);
  g_autoptr (IsmbTlsContext) mixed_tls = make_tls (rogue, mixed);

  assert_hears_nothing (fixture, tls, "leaf3.0a1b2e", ca_hash_of (fixture->registrar));
  assert_hears_nothing (fixture, mixed_tls, MEMBER, ca_hash_of (fixture->registrar));
  lab_switch_free (rogue);
}

/* A member that answers in another's name is believed as little. */
static void
test_other_name_hears_nothing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbTlsContext) tls = make_own_tls (fixture->member);

  assert_hears_nothing (fixture, tls, "leaf3.0a1b2e", ca_hash_of (fixture->registrar));
}

static char *
refer_to (const char *domain, guint16 port)
{
  return g_strdup_printf ("<refer " NS "><registrar domain='%s' port='%u'><address>127.0.0.1"
                          "</address></registrar></refer>",
                          domain, port);
}

/* A referral is a hint: who is found there has to be a registrar, and to bear that name. */
static void
test_false_referral (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbTlsContext) tls = make_own_tls (fixture->member);
  g_autoptr (FakeMember) fake = fake_member_new (MEMBER, tls, NULL);
  g_autofree char *to_self = refer_to (JOINER, lab_switch_get_s2s_port (fixture->joiner));
  g_autofree char *to_other_name
    = refer_to ("spine2.0d0e0f", lab_switch_get_s2s_port (fixture->registrar));
  LabSwitch *other = lab_switch_new ("leaf3.0a1b2e");
  g_autofree char *to_member = NULL;

  lab_switch_join (other, fixture->registrar);
  lab_switch_start (other, "eve");
  to_member = refer_to ("leaf3.0a1b2e", lab_switch_get_s2s_port (other));
  lab_switch_tell_of (fixture->joiner, MEMBER, fake_member_get_port (fake));
  fake_member_set_answer (fake, to_self);
  assert_refused (fixture->joiner, fixture->registrar, NULL, ISMB_ERROR_NOT_FOUND, "no registrar");
  fake_member_set_answer (fake, to_other_name);
  assert_refused (fixture->joiner, fixture->registrar, NULL, ISMB_ERROR_NOT_FOUND,
                  "its certificate is for " REGISTRAR);
  fake_member_set_answer (fake, to_member);
  assert_refused (fixture->joiner, fixture->registrar, NULL, ISMB_ERROR_NOT_FOUND,
                  "it is no registrar");
  g_assert_cmpuint (fake_member_count_joins (fake), ==, 3);
  lab_switch_free (other);
}

/* A switch that says it is a registrar, by its certificate. */
static FakeMember *
make_fake_registrar (Fixture *fixture, LabSwitch *self, const char *answer)
{
  IsmbFabric *fabric = lab_switch_get_fabric (self);
  g_autoptr (GError) error = NULL;
  g_autofree char *request = ismb_fabric_request (fabric, &error);
  g_autofree char *bundle = ismb_authority_certify_registrar (
    ismb_fabric_get_authority (lab_switch_get_fabric (fixture->registrar)), request, &error);
  g_autoptr (IsmbTlsContext) tls = NULL;

  g_assert_no_error (error);
  tls = make_tls (self, bundle);
  return fake_member_new (lab_switch_get_domain (self), tls, answer);
}

/* One sends to the next; behind four hops nobody is asked any more. */
static void
test_hops_end (Fixture *fixture, gconstpointer data)
{
  LabSwitch *switches[6];
  FakeMember *fakes[6];

  for (gsize i = G_N_ELEMENTS (fakes); i-- > 0;)
    {
      g_autofree char *domain = g_strdup_printf ("spine%zu.0d0e0f", i + 2);
      g_autofree char *answer
        = i + 1 < G_N_ELEMENTS (fakes)
            ? refer_to (lab_switch_get_domain (switches[i + 1]), fake_member_get_port (fakes[i + 1]))
            : g_strdup ("<wait " NS "/>");

      switches[i] = lab_switch_new (domain);
      fakes[i] = make_fake_registrar (fixture, switches[i], answer);
    }
  lab_switch_tell_of (fixture->joiner, lab_switch_get_domain (switches[0]),
                      fake_member_get_port (fakes[0]));
  assert_refused (fixture->joiner, fixture->registrar, NULL, ISMB_ERROR_NOT_FOUND, "no registrar");
  for (gsize i = 0; i < G_N_ELEMENTS (fakes); i++)
    {
      g_assert_cmpuint (fake_member_count_joins (fakes[i]), ==, i <= 4 ? 1 : 0);
      fake_member_free (fakes[i]);
      lab_switch_free (switches[i]);
    }
}

/* What a registrar says is final, and what it sends is checked again. */
static void
test_answers (Fixture *fixture, gconstpointer data)
{
  LabSwitch *other = lab_switch_new ("spine2.0d0e0f");
  g_autoptr (FakeMember) fake = make_fake_registrar (fixture, other, NULL);
  g_autofree char *bundle = ismb_fabric_dup_chain_pem (lab_switch_get_fabric (fixture->member));
  g_autofree char *of_another
    = g_strdup_printf ("<joined " NS "><bundle>%s</bundle></joined>", bundle);
  g_autofree char *filling = g_strnfill (40000, 'a');
  g_autofree char *too_long
    = g_strdup_printf ("<joined " NS "><bundle>%s</bundle></joined>", filling);
  g_autoptr (IsmbToken) token = ismb_token_new ("lab", ca_hash_of (fixture->registrar));

  lab_switch_tell_of (fixture->joiner, "spine2.0d0e0f", fake_member_get_port (fake));
  fake_member_set_answer (fake, of_another);
  assert_refused (fixture->joiner, fixture->registrar, token, ISMB_ERROR_UNTRUSTED, MEMBER);
  g_assert_nonnull (strstr (fake_member_get_heard (fake), "proof="));
  fake_member_set_answer (fake, "<joined " NS "><bundle>none</bundle></joined>");
  assert_refused (fixture->joiner, fixture->registrar, token, ISMB_ERROR_UNTRUSTED, "");
  fake_member_set_answer (fake, "<refused " NS " reason='expired'>look\n&#x202e;here</refused>");
  assert_refused (fixture->joiner, fixture->registrar, token, ISMB_ERROR_TIMEOUT, "look  here");
  fake_member_set_answer (fake, too_long);
  assert_refused (fixture->joiner, fixture->registrar, token, ISMB_ERROR_NOT_FOUND,
                  "policy-violation");
  fake_member_set_answer (fake, "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
  assert_refused (fixture->joiner, fixture->registrar, token, ISMB_ERROR_NOT_FOUND, "no answer");
  lab_switch_free (other);
}

/* One registrar does not know the token, and the other one does. */
static void
test_second_registrar_knows (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbToken) token = invite (fixture->registrar, 1, now () + HOUR);
  LabSwitch *other = lab_switch_new ("spine2.0d0e0f");
  g_autoptr (FakeMember) fake
    = make_fake_registrar (fixture, other, "<refused " NS " reason='unknown-token'/>");

  lab_switch_tell_of (fixture->joiner, "spine2.0d0e0f", fake_member_get_port (fake));
  lab_switch_tell (fixture->joiner, fixture->member);
  assert_joins (fixture->joiner, fixture->registrar, token);
  lab_switch_free (other);
}

static guint
count (const char *text, const char *word)
{
  guint n = 0;

  for (; (text = strstr (text, word)) != NULL; text++)
    n++;
  return n;
}

/* A registrar with several addresses is asked once. */
static void
test_many_addresses (Fixture *fixture, gconstpointer data)
{
  static const char *const here[] = { "127.0.0.1", "127.0.0.2", "127.0.0.3", NULL };
  LabSwitch *other = lab_switch_new ("spine2.0d0e0f");
  g_autoptr (FakeMember) fake = make_fake_registrar (fixture, other, "<wait " NS "/>");
  g_autoptr (GError) error = NULL;

  ismb_listener_add_peer (lab_switch_get_listener (fixture->joiner), "spine2.0d0e0f", here,
                          fake_member_get_port (fake), NULL);
  g_assert_false (join_fabric (fixture->joiner, ca_hash_of (fixture->registrar), NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (fake_member_count_joins (fake), ==, 1);
  lab_switch_free (other);
}

/* Whoever announces other ways in a member's name is passed by. */
static void
test_forged_ways (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbToken) token = invite (fixture->registrar, 1, now () + HOUR);
  g_autoptr (IsmbTlsContext) tls = make_own_tls (fixture->joiner);
  g_autoptr (FakeMember) forger = fake_member_new (REGISTRAR, tls, "<wait " NS "/>");

  lab_switch_tell_of (fixture->joiner, REGISTRAR, fake_member_get_port (forger));
  lab_switch_tell (fixture->joiner, fixture->registrar);
  assert_joins (fixture->joiner, fixture->registrar, token);
  g_assert_cmpuint (fake_member_count_bytes (forger), ==, 0);
}

/* Giving up */

typedef struct
{
  FakeMember *fake;
  GCancellable *cancellable;
  GAsyncResult *result;
} Attempt;

/* It is asked, and never answers. */
static void
begin_in_vain (Fixture *fixture, LabSwitch *other, Attempt *attempt)
{
  attempt->fake = make_fake_registrar (fixture, other, NULL);
  attempt->cancellable = g_cancellable_new ();
  lab_switch_tell_of (fixture->joiner, lab_switch_get_domain (other),
                      fake_member_get_port (attempt->fake));
  _ismb_listener_join_async (lab_switch_get_listener (fixture->joiner),
                             ca_hash_of (fixture->registrar), NULL, attempt->cancellable, on_joined,
                             &attempt->result);
  while (fake_member_count_joins (attempt->fake) == 0)
    g_main_context_iteration (NULL, TRUE);
}

static void
end_attempt (Fixture *fixture, Attempt *attempt, GQuark domain, int code)
{
  g_autoptr (GError) error = NULL;

  while (attempt->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (_ismb_listener_join_finish (lab_switch_get_listener (fixture->joiner),
                                              attempt->result, &error));
  g_assert_error (error, domain, code);
  g_object_unref (attempt->result);
  g_object_unref (attempt->cancellable);
  fake_member_free (attempt->fake);
}

static void
test_cancelled (Fixture *fixture, gconstpointer data)
{
  LabSwitch *other = lab_switch_new ("spine2.0d0e0f");
  Attempt attempt = { NULL };

  begin_in_vain (fixture, other, &attempt);
  g_cancellable_cancel (attempt.cancellable);
  end_attempt (fixture, &attempt, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  lab_switch_free (other);
}

static void
test_stopped_meanwhile (Fixture *fixture, gconstpointer data)
{
  LabSwitch *other = lab_switch_new ("spine2.0d0e0f");
  Attempt attempt = { NULL };

  begin_in_vain (fixture, other, &attempt);
  ismb_listener_stop (lab_switch_get_listener (fixture->joiner));
  end_attempt (fixture, &attempt, ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED);
  lab_switch_free (other);
}

/* The desk, spoken to by hand */

static StreamEnd *
come_to (Fixture *fixture, LabSwitch *to)
{
  g_autoptr (IsmbTlsContext) tls = make_own_tls (fixture->joiner);
  StreamEnd *end = stream_end_new (lab_switch_get_s2s_port (to), tls);

  stream_end_open (end, JOINER, lab_switch_get_domain (to));
  stream_end_expect (end, "<join xmlns='urn:ismb:join:1'/>");
  return end;
}

static char *
make_request (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  char *request = ismb_fabric_request (lab_switch_get_fabric (fixture->joiner), &error);

  g_assert_no_error (error);
  return request;
}

static char *
make_join (Fixture *fixture, StreamEnd *end, const IsmbToken *token)
{
  g_autofree char *request = make_request (fixture);
  g_autofree char *id = ismb_token_dup_id (token);
  g_autoptr (GBytes) exporter = stream_end_dup_exporter (end);
  g_autofree char *proof = ismb_token_prove (token, exporter, request);

  return g_strdup_printf ("<join " NS " token='%s' proof='%s'><request>%s</request></join>", id,
                          proof, request);
}

static void
assert_says (Fixture *fixture, LabSwitch *to, const char *xml, const char *answer)
{
  g_autoptr (StreamEnd) end = come_to (fixture, to);
  const char *heard = NULL;

  stream_end_say (end, xml, -1);
  heard = stream_end_expect_end (end);
  if (strstr (heard, answer) == NULL)
    g_error ("“%s” is missing in “%s”, which answers “%s”", answer, heard, xml);
}

/* Whoever has seen one join can use it for nothing. */
static void
test_replay (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbToken) token = invite (fixture->registrar, 2, now () + HOUR);
  g_autoptr (StreamEnd) first = come_to (fixture, fixture->registrar);
  g_autofree char *join = make_join (fixture, first, token);

  stream_end_say (first, join, -1);
  stream_end_expect (first, "<joined ");
  assert_says (fixture, fixture->registrar, join, "reason='wrong-proof'");
}

/* The proof is good for one request. */
static void
test_other_request (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbToken) token = invite (fixture->registrar, 1, now () + HOUR);
  g_autoptr (StreamEnd) end = come_to (fixture, fixture->registrar);
  g_autofree char *join = make_join (fixture, end, token);
  g_auto (GStrv) parts = g_strsplit (join, "</request>", 2);
  g_autofree char *changed = g_strjoinv ("\n</request>", parts);

  stream_end_say (end, changed, -1);
  g_assert_nonnull (strstr (stream_end_expect_end (end), "reason='wrong-proof'"));
}

static void
test_too_many_tries (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbToken) token = invite (fixture->registrar, 1, now () + HOUR);
  g_autoptr (StreamEnd) end = NULL;
  g_autofree char *wrong = NULL, *right = NULL;

  {
    g_autoptr (StreamEnd) elsewhere = come_to (fixture, fixture->registrar);

    wrong = make_join (fixture, elsewhere, token);
  }
  for (guint i = 0; i < 5; i++)
    assert_says (fixture, fixture->registrar, wrong, "reason='wrong-proof'");
  end = come_to (fixture, fixture->registrar);
  right = make_join (fixture, end, token);
  stream_end_say (end, right, -1);
  g_assert_nonnull (strstr (stream_end_expect_end (end), "reason='too-many-tries'"));
  assert_reported (fixture, "join " JOINER " refused token ");
  g_assert_false (is_member (fixture->joiner));
}

/* The request is for whom the stream is. */
static void
test_other_name (Fixture *fixture, gconstpointer data)
{
  g_autofree char *request = make_request (fixture);
  g_autofree char *join
    = g_strdup_printf ("<join " NS "><request>%s</request></join>", request);
  g_autoptr (IsmbTlsContext) tls = make_own_tls (fixture->joiner);
  g_autoptr (StreamEnd) end
    = stream_end_new (lab_switch_get_s2s_port (fixture->registrar), tls);

  stream_end_open (end, "leaf3.0a1b2e", REGISTRAR);
  stream_end_say (end, join, -1);
  g_assert_nonnull (strstr (stream_end_expect_end (end), "reason='bad-request'"));
}

/* A request that somebody else's key has signed. */
static void
test_other_device (Fixture *fixture, gconstpointer data)
{
  LabSwitch *other = lab_switch_new (JOINER);
  g_autoptr (GError) error = NULL;
  g_autofree char *request = ismb_fabric_request (lab_switch_get_fabric (other), &error);
  g_autofree char *join
    = g_strdup_printf ("<join " NS "><request>%s</request></join>", request);

  approve (fixture->registrar, other);
  assert_says (fixture, fixture->registrar, join, "reason='bad-request'");
  lab_switch_free (other);
}

static void
test_malformed (Fixture *fixture, gconstpointer data)
{
  g_autofree char *filling = g_strnfill (9800, 'a');
  g_autofree char *more = g_strnfill (20000, 'a');
  g_autofree char *long_text
    = g_strdup_printf ("<join " NS "><request>%s</request></join>", filling);
  g_autofree char *long_attribute = g_strdup_printf (
    "<join " NS " token='0123456789abcdef' proof='%s'><request>x</request></join>", filling);
  g_autofree char *too_long
    = g_strdup_printf ("<join " NS "><request>%s</request></join>", more);

  assert_says (fixture, fixture->registrar, "<join " NS "/>", "reason='bad-request'");
  assert_says (fixture, fixture->registrar, long_text, "reason='bad-request'");
  assert_says (fixture, fixture->registrar, long_attribute, "reason='bad-request'");
  assert_says (fixture, fixture->registrar,
               "<join " NS "><request>a</request><request>b</request></join>",
               "reason='bad-request'");
  assert_says (fixture, fixture->registrar, "<join " NS "><request/></join>",
               "reason='bad-request'");
  assert_says (fixture, fixture->member, "<join " NS " token='x'/>", "reason='bad-request'");
  assert_says (fixture, fixture->registrar, too_long, "<policy-violation");
  assert_says (fixture, fixture->registrar, "<join xmlns='urn:other'/>", "<not-authorized");
  assert_says (fixture, fixture->registrar, "<join/>", "<not-authorized");
  assert_says (fixture, fixture->registrar,
               "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>",
               "<not-authorized");
  assert_says (fixture, fixture->registrar,
               "<message from='eve@" JOINER "' to='ada@" REGISTRAR "'><body>x</body></message>",
               "<not-authorized");
  assert_says (fixture, fixture->registrar,
               "<iq type='get' id='1' from='" JOINER "' to='" REGISTRAR "'><join " NS "/></iq>",
               "<not-authorized");
  assert_says (fixture, fixture->registrar, "<join <", "<not-well-formed");
}

/* One question, and one answer. */
static void
test_second_join_is_not_heard (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StreamEnd) end = come_to (fixture, fixture->member);
  const char *heard = NULL;

  stream_end_say (end, "<join " NS "/><join " NS "/><message/>", -1);
  stream_end_expect (end, "<refer ");
  stream_end_say (end, "<join " NS "/></stream:stream>", -1);
  heard = stream_end_expect_end (end);
  g_assert_cmpuint (count (heard, "<refer "), ==, 1);
  g_assert_cmpuint (count (heard, "error"), ==, 0);
}

/* Nothing is said to who does not hide it. */
static void
test_in_the_clear (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StreamEnd) end
    = stream_end_new (lab_switch_get_s2s_port (fixture->registrar), NULL);
  const char *heard = NULL;

  stream_end_open (end, JOINER, REGISTRAR);
  stream_end_say (end, "<join " NS "/>", -1);
  heard = stream_end_expect_end (end);
  g_assert_nonnull (strstr (heard, "<not-authorized"));
  g_assert_null (strstr (heard, "urn:ismb:join:1"));
  await_report (fixture, "stream " JOINER " refused stream: ");
}

static void
test_without_a_name (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbTlsContext) tls = make_own_tls (fixture->joiner);
  g_autoptr (StreamEnd) end
    = stream_end_new (lab_switch_get_s2s_port (fixture->registrar), tls);

  stream_end_open (end, NULL, REGISTRAR);
  g_assert_nonnull (strstr (stream_end_expect_end (end), "<not-authorized"));
}

/* Who is in no fabric has nobody let into it. */
static void
test_no_member_has_no_desk (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbTlsContext) tls = make_own_tls (fixture->member);
  g_autoptr (StreamEnd) end = stream_end_new (lab_switch_get_s2s_port (fixture->joiner), tls);
  const char *heard = NULL;

  stream_end_open (end, MEMBER, JOINER);
  heard = stream_end_expect_end (end);
  g_assert_nonnull (strstr (heard, "<not-authorized"));
  g_assert_null (strstr (heard, "urn:ismb:join:1"));
}

/* However it comes in pieces, it is the same. */
static void
test_torn (Fixture *fixture, gconstpointer data)
{
  g_autofree char *request = make_request (fixture);
  g_autofree char *long_one
    = g_strdup_printf ("<join " NS "><request>%s</request></join>", request);
  const char *short_one = "<join " NS "/>";

  for (gsize i = 1; i < strlen (short_one); i++)
    {
      g_autoptr (StreamEnd) end = come_to (fixture, fixture->member);

      stream_end_say_torn (end, short_one, i);
      stream_end_expect (end, "<registrar domain='" REGISTRAR "'");
    }
  for (gsize i = 1; i < strlen (long_one); i += 29)
    {
      g_autoptr (StreamEnd) end = come_to (fixture, fixture->registrar);

      stream_end_say_torn (end, long_one, i);
      stream_end_expect (end, "<wait ");
    }
}

/* Whoever hangs up in the middle has said nothing, and leaves nothing behind. */
static void
test_cut (Fixture *fixture, gconstpointer data)
{
  static const char join[] = "<join " NS "><request>x</request></join>";
  g_autoptr (IsmbToken) token = invite (fixture->registrar, 1, now () + HOUR);

  for (gsize i = 0; i < strlen (join); i++)
    {
      g_autoptr (StreamEnd) end = come_to (fixture, fixture->registrar);

      stream_end_say (end, join, (gssize) i);
      while (g_main_context_iteration (NULL, FALSE))
        continue;
    }
  g_assert_null (strstr (fixture->reports->str, "join "));
  lab_switch_tell (fixture->joiner, fixture->registrar);
  assert_joins (fixture->joiner, fixture->registrar, token);
}

/* Strangers are reported by those whom they come to. */
static void
test_strangers_are_reported (Fixture *fixture, gconstpointer data)
{
  {
    g_autoptr (StreamEnd) end = come_to (fixture, fixture->member);

    stream_end_say (end, "</stream:stream>", -1);
    stream_end_expect_end (end);
  }
  await_report (fixture, "stream " JOINER " refused certificate: ");
  lab_switch_tell (fixture->member, fixture->joiner);
  await_report (fixture, "dial " JOINER " refused certificate: ");
}

#define ADD(name, test) \
  g_test_add ("/joining/" name, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("token-by-registrar", test_token_by_registrar);
  ADD ("token-by-referral", test_token_by_referral);
  ADD ("member-joins-anew", test_member_joins_anew);
  ADD ("used-up", test_used_up);
  ADD ("expired", test_expired);
  ADD ("unknown-token", test_unknown_token);
  ADD ("approved-before", test_approved_before);
  ADD ("approved-after", test_approved_after);
  ADD ("name-taken", test_name_taken);
  ADD ("revoked", test_revoked);
  ADD ("registrar-cannot-write", test_registrar_cannot_write);
  ADD ("nobody-is-known", test_nobody_is_known);
  ADD ("registrar-is-gone", test_registrar_is_gone);
  ADD ("other-fabric", test_other_fabric);
  ADD ("not-running", test_not_running);
  ADD ("wrong-hash-hears-nothing", test_wrong_hash_hears_nothing);
  ADD ("rogue-hears-nothing", test_rogue_hears_nothing);
  ADD ("other-name-hears-nothing", test_other_name_hears_nothing);
  ADD ("false-referral", test_false_referral);
  ADD ("hops-end", test_hops_end);
  ADD ("answers", test_answers);
  ADD ("second-registrar-knows", test_second_registrar_knows);
  ADD ("many-addresses", test_many_addresses);
  ADD ("forged-ways", test_forged_ways);
  ADD ("cancelled", test_cancelled);
  ADD ("stopped-meanwhile", test_stopped_meanwhile);
  ADD ("replay", test_replay);
  ADD ("other-request", test_other_request);
  ADD ("too-many-tries", test_too_many_tries);
  ADD ("other-name", test_other_name);
  ADD ("other-device", test_other_device);
  ADD ("malformed", test_malformed);
  ADD ("second-join-is-not-heard", test_second_join_is_not_heard);
  ADD ("in-the-clear", test_in_the_clear);
  ADD ("without-a-name", test_without_a_name);
  ADD ("no-member-has-no-desk", test_no_member_has_no_desk);
  ADD ("torn", test_torn);
  ADD ("cut", test_cut);
  ADD ("strangers-are-reported", test_strangers_are_reported);
  return g_test_run ();
}
