/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A switch of no fabric, a member that is no registrar, and a registrar: who is let in, and by
 * what. */
#include "config.h"

#include <glib/gstdio.h>

#include "joining-lab.h"

/* A message goes each way between the joiner and somebody who was there before. */
static void
assert_belongs (LabSwitch *joiner, LabSwitch *other, const char *account, const char *to)
{
  g_autoptr (XmppClient) eve = lab_switch_sign_in (joiner, "eve", "desk");
  g_autoptr (XmppClient) ada = lab_switch_sign_in (other, account, "desk");
  g_autofree char *message = g_strdup_printf ("<message to='%s'><body>let in</body></message>", to);

  xmpp_client_send (eve, message);
  g_free (xmpp_client_expect (ada, "<body>let in</body>"));
  xmpp_client_send (ada, "<message to='eve@" JOINER "/desk'><body>welcome</body></message>");
  g_free (xmpp_client_expect (eve, "<body>welcome</body>"));
}

static void
test_token_by_registrar (JoiningLab *lab, gconstpointer data)
{
  g_autoptr (IsmbToken) token = joining_lab_invite (lab->registrar, 1, joining_lab_now () + HOUR);
  g_autofree char *id = ismb_token_dup_id (token);
  g_autofree char *line =
      g_strdup_printf ("join " JOINER " allowed token %s: joined the fabric\n", id);

  lab_switch_tell (lab->joiner, lab->registrar);
  joining_lab_assert_joins (lab->joiner, lab->registrar, token);
  joining_lab_assert_reported (lab, line);
  assert_belongs (lab->joiner, lab->registrar, "ada", "ada@" REGISTRAR "/desk");
}

/* The joiner has never heard of the registrar. */
static void
test_token_by_referral (JoiningLab *lab, gconstpointer data)
{
  g_autoptr (IsmbToken) token = joining_lab_invite (lab->registrar, 1, joining_lab_now () + HOUR);

  lab_switch_tell (lab->joiner, lab->member);
  joining_lab_assert_joins (lab->joiner, lab->registrar, token);
  assert_belongs (lab->joiner, lab->member, "bob", "bob@" MEMBER "/desk");
}

/* A member that wants a new certificate gets it as any other. */
static void
test_member_joins_anew (JoiningLab *lab, gconstpointer data)
{
  g_autoptr (IsmbToken) token = joining_lab_invite (lab->registrar, 1, joining_lab_now () + HOUR);

  joining_lab_assert_joins (lab->member, lab->registrar, token);
}

/* Whose certificate was lost on the way may come once more; nobody else. */
static void
test_used_up (JoiningLab *lab, gconstpointer data)
{
  g_autoptr (IsmbToken) token = joining_lab_invite (lab->registrar, 1, joining_lab_now () + HOUR);
  LabSwitch *other = lab_switch_new ("leaf3.0a1b2e");

  lab_switch_start (other, "eve");
  lab_switch_tell (other, lab->registrar);
  lab_switch_tell (lab->joiner, lab->registrar);
  joining_lab_assert_joins (other, lab->registrar, token);
  joining_lab_assert_joins (other, lab->registrar, token);
  joining_lab_assert_refused (lab->joiner, lab->registrar, token, ISMB_ERROR_NOT_ALLOWED,
                              "used up");
  lab_switch_free (other);
}

static void
test_expired (JoiningLab *lab, gconstpointer data)
{
  g_autoptr (IsmbToken) token = joining_lab_invite (lab->registrar, 1, joining_lab_now () - HOUR);

  lab_switch_tell (lab->joiner, lab->registrar);
  joining_lab_assert_refused (lab->joiner, lab->registrar, token, ISMB_ERROR_TIMEOUT, "expired");
}

static void
test_unknown_token (JoiningLab *lab, gconstpointer data)
{
  g_autoptr (IsmbToken) token = ismb_token_new ("lab", joining_lab_get_ca_hash (lab->registrar));

  lab_switch_tell (lab->joiner, lab->member);
  joining_lab_assert_refused (lab->joiner, lab->registrar, token, ISMB_ERROR_AUTH_FAILED,
                              "invitation");
  joining_lab_assert_reported (lab, "join " JOINER " refused token ");
}

static void
test_approved_before (JoiningLab *lab, gconstpointer data)
{
  joining_lab_approve (lab->registrar, lab->joiner);
  lab_switch_tell (lab->joiner, lab->member);
  joining_lab_assert_joins (lab->joiner, lab->registrar, NULL);
  joining_lab_assert_reported (lab, "join " JOINER " allowed approved: joined the fabric\n");
}

static void
test_approved_after (JoiningLab *lab, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  lab_switch_tell (lab->joiner, lab->member);
  g_assert_false (
      joining_lab_join (lab->joiner, joining_lab_get_ca_hash (lab->registrar), NULL, &error));
  g_assert_no_error (error);
  g_assert_false (joining_lab_is_member (lab->joiner));
  joining_lab_assert_reported (lab, "join " JOINER " refused pending: waits for an approval\n");
  joining_lab_approve (lab->registrar, lab->joiner);
  joining_lab_assert_joins (lab->joiner, lab->registrar, NULL);
}

static void
test_name_taken (JoiningLab *lab, gconstpointer data)
{
  g_autoptr (IsmbToken) token = joining_lab_invite (lab->registrar, 1, joining_lab_now () + HOUR);
  LabSwitch *other = lab_switch_new (MEMBER);

  lab_switch_start (other, "eve");
  lab_switch_tell (other, lab->registrar);
  joining_lab_assert_refused (other, lab->registrar, token, ISMB_ERROR_EXISTS, MEMBER);
  lab_switch_free (other);
}

static void
test_revoked (JoiningLab *lab, gconstpointer data)
{
  g_autoptr (IsmbToken) token = joining_lab_invite (lab->registrar, 1, joining_lab_now () + HOUR);
  g_autoptr (GError) error = NULL;

  ismb_fabric_revoke (lab_switch_get_fabric (lab->registrar),
                      lab_switch_get_device_id (lab->joiner), &error);
  g_assert_no_error (error);
  lab_switch_tell (lab->joiner, lab->registrar);
  joining_lab_assert_refused (lab->joiner, lab->registrar, token, ISMB_ERROR_NOT_ALLOWED,
                              "revoked");
}

/* It knows so at once, and not when it has asked: who is out might come in between. */
static void
test_knows_who_is_out (JoiningLab *lab, gconstpointer data)
{
  g_autoptr (IsmbToken) token = joining_lab_invite (lab->registrar, 1, joining_lab_now () + HOUR);
  g_autoptr (GError) error = NULL;
  const char *member = lab_switch_get_device_id (lab->member);

  ismb_fabric_revoke (lab_switch_get_fabric (lab->registrar), member, &error);
  g_assert_no_error (error);
  lab_switch_tell (lab->joiner, lab->registrar);
  joining_lab_assert_joins (lab->joiner, lab->registrar, token);
  g_assert_true (ismb_fabric_is_revoked (lab_switch_get_fabric (lab->joiner), member));
}

/* What the registrar cannot write down it does not say. */
static void
test_registrar_cannot_write (JoiningLab *lab, gconstpointer data)
{
  g_autoptr (IsmbToken) token = joining_lab_invite (lab->registrar, 1, joining_lab_now () + HOUR);
  g_autofree char *ledger =
      g_build_filename (lab_switch_get_folder (lab->registrar), "issued", NULL);
  g_autofree char *aside = g_strconcat (ledger, ".aside", NULL);

  lab_switch_tell (lab->joiner, lab->registrar);
  g_assert_cmpint (g_rename (ledger, aside), ==, 0);
  g_assert_cmpint (g_mkdir (ledger, 0700), ==, 0);
  g_test_expect_message ("ismb.trust.authority", G_LOG_LEVEL_WARNING, "*could not be let in*");
  g_test_expect_message ("ismb.listener.joining", G_LOG_LEVEL_WARNING, "*cannot be let in*");
  joining_lab_assert_refused (lab->joiner, lab->registrar, token, ISMB_ERROR_FAILED, "its log");
  g_test_assert_expected_messages ();
  g_assert_cmpint (g_rmdir (ledger), ==, 0);
  g_assert_cmpint (g_rename (aside, ledger), ==, 0);
  joining_lab_assert_joins (lab->joiner, lab->registrar, token);
}

/* Nobody there */

static void
test_nobody_is_known (JoiningLab *lab, gconstpointer data)
{
  joining_lab_assert_refused (lab->joiner, lab->registrar, NULL, ISMB_ERROR_NOT_FOUND, "nobody");
}

static void
test_registrar_is_gone (JoiningLab *lab, gconstpointer data)
{
  lab_switch_stop (lab->registrar);
  lab_switch_tell (lab->joiner, lab->member);
  joining_lab_assert_refused (lab->joiner, lab->member, NULL, ISMB_ERROR_NOT_FOUND, "no registrar");
}

/* A member of another fabric is of no use, and hears nothing. */
static void
test_other_fabric (JoiningLab *lab, gconstpointer data)
{
  g_autoptr (IsmbToken) token = NULL;
  LabSwitch *other = lab_switch_new ("leaf3.0a1b2e");

  lab_switch_found (other);
  lab_switch_start (other, "eve");
  token = joining_lab_invite (other, 1, joining_lab_now () + HOUR);
  lab_switch_tell (lab->joiner, lab->registrar);
  lab_switch_tell (lab->joiner, lab->member);
  joining_lab_assert_refused (lab->joiner, other, token, ISMB_ERROR_NOT_FOUND, "not believed");
  g_assert_null (strstr (lab->reports->str, "join "));
  lab_switch_free (other);
}

static void
test_not_running (JoiningLab *lab, gconstpointer data)
{
  g_autoptr (IsmbListener) listener = ismb_listener_new ("blue");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  _ismb_listener_join_async (listener, joining_lab_get_ca_hash (lab->member), NULL, NULL,
                             joining_lab_on_joined, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (_ismb_listener_join_finish (listener, result, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED);
}

#define ADD(name, test)                                                                            \
  g_test_add ("/joining/" name, JoiningLab, NULL, joining_lab_set_up, test, joining_lab_tear_down)

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
  ADD ("knows-who-is-out", test_knows_who_is_out);
  ADD ("registrar-cannot-write", test_registrar_cannot_write);
  ADD ("nobody-is-known", test_nobody_is_known);
  ADD ("registrar-is-gone", test_registrar_is_gone);
  ADD ("other-fabric", test_other_fabric);
  ADD ("not-running", test_not_running);
  return g_test_run ();
}
