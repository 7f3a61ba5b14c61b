/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whom one who wants to join believes, and what he makes of what he hears. */
#include "config.h"

#include <string.h>

#include "fake-member.h"
#include "joining-lab.h"

/* Fake members */

/* Whoever speaks as `domain` and is no member of the fabric hears not one byte. */
static void
assert_hears_nothing (JoiningLab *lab, IsmbTlsContext *tls, const char *domain, const char *ca_hash)
{
  g_autoptr (FakeMember) fake = fake_member_new (domain, tls, "<wait " NS "/>");
  g_autoptr (IsmbToken) token = ismb_token_new ("lab", ca_hash);
  g_autoptr (GError) error = NULL;

  lab_switch_tell_of (lab->joiner, domain, fake_member_get_port (fake));
  g_assert_false (joining_lab_join (lab->joiner, ca_hash, token, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND);
  while (fake_member_count_streams (fake) == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (fake_member_count_bytes (fake), ==, 0);
  g_assert_cmpuint (fake_member_count_joins (fake), ==, 0);
}

static void
test_wrong_hash_hears_nothing (JoiningLab *lab, gconstpointer data)
{
  g_autoptr (IsmbTlsContext) tls = joining_lab_make_own_tls (lab->member);
  g_autofree char *hash = g_strnfill (64, 'a');

  assert_hears_nothing (lab, tls, MEMBER, hash);
}

/* The fabric's own CA behind a certificate that it has not signed. */
static void
test_rogue_hears_nothing (JoiningLab *lab, gconstpointer data)
{
  const char *ca = ismb_fabric_get_ca_pem (lab_switch_get_fabric (lab->registrar));
  LabSwitch *rogue = lab_switch_new ("leaf3.0a1b2e");
  g_autofree char *own = ismb_fabric_dup_chain_pem (lab_switch_get_fabric (rogue));
  g_autofree char *chain = g_strconcat (own, ca, NULL);
  g_autofree char *member_chain = ismb_fabric_dup_chain_pem (lab_switch_get_fabric (lab->member));
  g_autofree char *mixed = g_strconcat (own, member_chain, NULL);
  g_autoptr (IsmbTlsContext) tls = joining_lab_make_tls (rogue, chain);
  g_autoptr (IsmbTlsContext) mixed_tls = joining_lab_make_tls (rogue, mixed);

  assert_hears_nothing (lab, tls, "leaf3.0a1b2e", joining_lab_get_ca_hash (lab->registrar));
  assert_hears_nothing (lab, mixed_tls, MEMBER, joining_lab_get_ca_hash (lab->registrar));
  lab_switch_free (rogue);
}

/* A member that answers in another's name is believed as little. */
static void
test_other_name_hears_nothing (JoiningLab *lab, gconstpointer data)
{
  g_autoptr (IsmbTlsContext) tls = joining_lab_make_own_tls (lab->member);

  assert_hears_nothing (lab, tls, "leaf3.0a1b2e", joining_lab_get_ca_hash (lab->registrar));
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
test_false_referral (JoiningLab *lab, gconstpointer data)
{
  g_autoptr (IsmbTlsContext) tls = joining_lab_make_own_tls (lab->member);
  g_autoptr (FakeMember) fake = fake_member_new (MEMBER, tls, NULL);
  g_autofree char *to_self = refer_to (JOINER, lab_switch_get_s2s_port (lab->joiner));
  g_autofree char *to_other_name =
      refer_to ("spine2.0d0e0f", lab_switch_get_s2s_port (lab->registrar));
  LabSwitch *other = lab_switch_new ("leaf3.0a1b2e");
  g_autofree char *to_member = NULL;

  lab_switch_join (other, lab->registrar);
  lab_switch_start (other, "eve");
  to_member = refer_to ("leaf3.0a1b2e", lab_switch_get_s2s_port (other));
  lab_switch_tell_of (lab->joiner, MEMBER, fake_member_get_port (fake));
  fake_member_set_answer (fake, to_self);
  joining_lab_assert_refused (lab->joiner, lab->registrar, NULL, ISMB_ERROR_NOT_FOUND,
                              "no registrar");
  fake_member_set_answer (fake, to_other_name);
  joining_lab_assert_refused (lab->joiner, lab->registrar, NULL, ISMB_ERROR_NOT_FOUND,
                              "its certificate is for " REGISTRAR);
  fake_member_set_answer (fake, to_member);
  joining_lab_assert_refused (lab->joiner, lab->registrar, NULL, ISMB_ERROR_NOT_FOUND,
                              "it is no registrar");
  g_assert_cmpuint (fake_member_count_joins (fake), ==, 3);
  lab_switch_free (other);
}

/* What it says of joining is a registrar's to say. */
static void
test_member_decides_nothing (JoiningLab *lab, gconstpointer data)
{
  static const char *const answers[] = { "<refused " NS " reason='expired'>no</refused>",
                                         "<wait " NS "/>", "<joined " NS "><bundle/></joined>" };
  g_autoptr (IsmbTlsContext) tls = joining_lab_make_own_tls (lab->member);
  g_autoptr (FakeMember) fake = fake_member_new (MEMBER, tls, NULL);
  g_autoptr (IsmbToken) token = joining_lab_invite (lab->registrar, 1, joining_lab_now () + HOUR);

  lab_switch_tell_of (lab->joiner, MEMBER, fake_member_get_port (fake));
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      fake_member_set_answer (fake, answers[i]);
      joining_lab_assert_refused (lab->joiner, lab->registrar, token, ISMB_ERROR_NOT_FOUND,
                                  "is no registrar");
    }
  g_assert_cmpuint (fake_member_count_joins (fake), ==, G_N_ELEMENTS (answers));
  fake_member_set_answer (fake, answers[0]);
  lab_switch_tell (lab->joiner, lab->registrar);
  joining_lab_assert_joins (lab->joiner, lab->registrar, token);
}

/* A switch that says it is a registrar, by its certificate. */
static FakeMember *
make_fake_registrar (JoiningLab *lab, LabSwitch *self, const char *answer)
{
  IsmbFabric *fabric = lab_switch_get_fabric (self);
  g_autoptr (GError) error = NULL;
  g_autofree char *request = ismb_fabric_request (fabric, &error);
  g_autofree char *bundle = ismb_authority_certify_registrar (
      ismb_fabric_get_authority (lab_switch_get_fabric (lab->registrar)), request, &error);
  g_autoptr (IsmbTlsContext) tls = NULL;

  g_assert_no_error (error);
  tls = joining_lab_make_tls (self, bundle);
  return fake_member_new (lab_switch_get_domain (self), tls, answer);
}

/* One sends to the next; behind four hops nobody is asked any more. */
static void
test_hops_end (JoiningLab *lab, gconstpointer data)
{
  LabSwitch *switches[6];
  FakeMember *fakes[6];

  for (gsize i = G_N_ELEMENTS (fakes); i-- > 0;)
    {
      g_autofree char *domain = g_strdup_printf ("spine%zu.0d0e0f", i + 2);
      g_autofree char *answer = i + 1 < G_N_ELEMENTS (fakes)
                                    ? refer_to (lab_switch_get_domain (switches[i + 1]),
                                                fake_member_get_port (fakes[i + 1]))
                                    : g_strdup ("<wait " NS "/>");

      switches[i] = lab_switch_new (domain);
      fakes[i] = make_fake_registrar (lab, switches[i], answer);
    }
  lab_switch_tell_of (lab->joiner, lab_switch_get_domain (switches[0]),
                      fake_member_get_port (fakes[0]));
  joining_lab_assert_refused (lab->joiner, lab->registrar, NULL, ISMB_ERROR_NOT_FOUND,
                              "no registrar");
  for (gsize i = 0; i < G_N_ELEMENTS (fakes); i++)
    {
      g_assert_cmpuint (fake_member_count_joins (fakes[i]), ==, i <= 4 ? 1 : 0);
      fake_member_free (fakes[i]);
      lab_switch_free (switches[i]);
    }
}

/* What a registrar says is final, and what it sends is checked again. */
static void
test_answers (JoiningLab *lab, gconstpointer data)
{
  LabSwitch *other = lab_switch_new ("spine2.0d0e0f");
  g_autoptr (FakeMember) fake = make_fake_registrar (lab, other, NULL);
  g_autofree char *bundle = ismb_fabric_dup_chain_pem (lab_switch_get_fabric (lab->member));
  g_autofree char *of_another =
      g_strdup_printf ("<joined " NS "><bundle>%s</bundle></joined>", bundle);
  g_autofree char *filling = g_strnfill (40000, 'a');
  g_autofree char *too_long =
      g_strdup_printf ("<joined " NS "><bundle>%s</bundle></joined>", filling);
  g_autoptr (IsmbToken) token = ismb_token_new ("lab", joining_lab_get_ca_hash (lab->registrar));

  lab_switch_tell_of (lab->joiner, "spine2.0d0e0f", fake_member_get_port (fake));
  fake_member_set_answer (fake, of_another);
  joining_lab_assert_refused (lab->joiner, lab->registrar, token, ISMB_ERROR_UNTRUSTED, MEMBER);
  g_assert_nonnull (strstr (fake_member_get_heard (fake), "proof="));
  fake_member_set_answer (fake, "<joined " NS "><bundle>none</bundle></joined>");
  joining_lab_assert_refused (lab->joiner, lab->registrar, token, ISMB_ERROR_UNTRUSTED, "");
  fake_member_set_answer (fake, "<refused " NS " reason='expired'>look\n&#x202e;here</refused>");
  joining_lab_assert_refused (lab->joiner, lab->registrar, token, ISMB_ERROR_TIMEOUT, "look  here");
  fake_member_set_answer (fake, too_long);
  joining_lab_assert_refused (lab->joiner, lab->registrar, token, ISMB_ERROR_NOT_FOUND,
                              "policy-violation");
  fake_member_set_answer (fake, "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
  joining_lab_assert_refused (lab->joiner, lab->registrar, token, ISMB_ERROR_NOT_FOUND,
                              "no answer");
  lab_switch_free (other);
}

/* One registrar does not know the token, and the other one does. */
static void
test_second_registrar_knows (JoiningLab *lab, gconstpointer data)
{
  g_autoptr (IsmbToken) token = joining_lab_invite (lab->registrar, 1, joining_lab_now () + HOUR);
  LabSwitch *other = lab_switch_new ("spine2.0d0e0f");
  g_autoptr (FakeMember) fake =
      make_fake_registrar (lab, other, "<refused " NS " reason='unknown-token'/>");

  lab_switch_tell_of (lab->joiner, "spine2.0d0e0f", fake_member_get_port (fake));
  lab_switch_tell (lab->joiner, lab->member);
  joining_lab_assert_joins (lab->joiner, lab->registrar, token);
  lab_switch_free (other);
}

/* A registrar with several addresses is asked once. */
static void
test_many_addresses (JoiningLab *lab, gconstpointer data)
{
  static const char *const here[] = { "127.0.0.1", "127.0.0.2", "127.0.0.3", NULL };
  LabSwitch *other = lab_switch_new ("spine2.0d0e0f");
  g_autoptr (FakeMember) fake = make_fake_registrar (lab, other, "<wait " NS "/>");
  g_autoptr (GError) error = NULL;

  ismb_listener_add_peer (lab_switch_get_listener (lab->joiner), "spine2.0d0e0f", here,
                          fake_member_get_port (fake), NULL);
  g_assert_false (
      joining_lab_join (lab->joiner, joining_lab_get_ca_hash (lab->registrar), NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (fake_member_count_joins (fake), ==, 1);
  lab_switch_free (other);
}

/* Whoever announces other ways in a member's name is passed by. */
static void
test_forged_ways (JoiningLab *lab, gconstpointer data)
{
  g_autoptr (IsmbToken) token = joining_lab_invite (lab->registrar, 1, joining_lab_now () + HOUR);
  g_autoptr (IsmbTlsContext) tls = joining_lab_make_own_tls (lab->joiner);
  g_autoptr (FakeMember) forger = fake_member_new (REGISTRAR, tls, "<wait " NS "/>");

  lab_switch_tell_of (lab->joiner, REGISTRAR, fake_member_get_port (forger));
  lab_switch_tell (lab->joiner, lab->registrar);
  joining_lab_assert_joins (lab->joiner, lab->registrar, token);
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
begin_in_vain (JoiningLab *lab, LabSwitch *other, Attempt *attempt)
{
  attempt->fake = make_fake_registrar (lab, other, NULL);
  attempt->cancellable = g_cancellable_new ();
  lab_switch_tell_of (lab->joiner, lab_switch_get_domain (other),
                      fake_member_get_port (attempt->fake));
  _ismb_listener_join_async (lab_switch_get_listener (lab->joiner),
                             joining_lab_get_ca_hash (lab->registrar), NULL, attempt->cancellable,
                             joining_lab_on_joined, &attempt->result);
  while (fake_member_count_joins (attempt->fake) == 0)
    g_main_context_iteration (NULL, TRUE);
}

static void
end_attempt (JoiningLab *lab, Attempt *attempt, GQuark domain, int code)
{
  g_autoptr (GError) error = NULL;

  while (attempt->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (
      _ismb_listener_join_finish (lab_switch_get_listener (lab->joiner), attempt->result, &error));
  g_assert_error (error, domain, code);
  g_object_unref (attempt->result);
  g_object_unref (attempt->cancellable);
  fake_member_free (attempt->fake);
}

static void
test_cancelled (JoiningLab *lab, gconstpointer data)
{
  LabSwitch *other = lab_switch_new ("spine2.0d0e0f");
  Attempt attempt = { NULL };

  begin_in_vain (lab, other, &attempt);
  g_cancellable_cancel (attempt.cancellable);
  end_attempt (lab, &attempt, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  lab_switch_free (other);
}

static void
test_stopped_meanwhile (JoiningLab *lab, gconstpointer data)
{
  LabSwitch *other = lab_switch_new ("spine2.0d0e0f");
  Attempt attempt = { NULL };

  begin_in_vain (lab, other, &attempt);
  ismb_listener_stop (lab_switch_get_listener (lab->joiner));
  end_attempt (lab, &attempt, ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED);
  lab_switch_free (other);
}

#define ADD(name, test)                                                                            \
  g_test_add ("/applicant/" name, JoiningLab, NULL, joining_lab_set_up, test, joining_lab_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("wrong-hash-hears-nothing", test_wrong_hash_hears_nothing);
  ADD ("rogue-hears-nothing", test_rogue_hears_nothing);
  ADD ("other-name-hears-nothing", test_other_name_hears_nothing);
  ADD ("false-referral", test_false_referral);
  ADD ("member-decides-nothing", test_member_decides_nothing);
  ADD ("hops-end", test_hops_end);
  ADD ("answers", test_answers);
  ADD ("second-registrar-knows", test_second_registrar_knows);
  ADD ("many-addresses", test_many_addresses);
  ADD ("forged-ways", test_forged_ways);
  ADD ("cancelled", test_cancelled);
  ADD ("stopped-meanwhile", test_stopped_meanwhile);
  return g_test_run ();
}
