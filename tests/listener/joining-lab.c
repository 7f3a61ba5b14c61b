/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "joining-lab.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-key-file.h"

static void
on_report (const IsmbReport *report, gpointer user_data)
{
  JoiningLab *lab = user_data;

  g_assert_nonnull (report->source != NULL ? report->source : report->who);
  g_string_append_printf (lab->reports, "%s %s %s %s: %s\n at %s device %s\n", report->what,
                          report->who != NULL ? report->who : "-",
                          report->allowed ? "allowed" : "refused", report->rule, report->outcome,
                          report->source != NULL ? report->source : "-",
                          report->device != NULL ? report->device : "-");
}

static LabSwitch *
make_switch (JoiningLab *lab, const char *domain)
{
  LabSwitch *self = lab_switch_new (domain);

  lab_switch_set_reporter (self, on_report, lab);
  return self;
}

void
joining_lab_set_up (JoiningLab *lab, gconstpointer data)
{
  lab->reports = g_string_new (NULL);
  lab->registrar = make_switch (lab, REGISTRAR);
  lab->member = make_switch (lab, MEMBER);
  lab->joiner = lab_switch_new (JOINER);
  lab_switch_found (lab->registrar);
  lab_switch_join (lab->member, lab->registrar);
  lab_switch_start (lab->registrar, "ada");
  lab_switch_start (lab->member, "bob");
  lab_switch_start (lab->joiner, "eve");
  lab_switch_tell (lab->member, lab->registrar);
  lab_switch_wait_for (lab->member, lab->registrar, ISMB_TRUST_MEMBER, ISMB_LINK_STATE_UP);
}

void
joining_lab_tear_down (JoiningLab *lab, gconstpointer data)
{
  lab_switch_free (lab->joiner);
  lab_switch_free (lab->member);
  lab_switch_free (lab->registrar);
  g_string_free (lab->reports, TRUE);
}

gint64
joining_lab_now (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

static IsmbAdmissions *
admissions_of (LabSwitch *registrar)
{
  return ismb_authority_get_admissions (
      ismb_fabric_get_authority (lab_switch_get_fabric (registrar)));
}

const char *
joining_lab_get_ca_hash (LabSwitch *self)
{
  return ismb_fabric_get_id (lab_switch_get_fabric (self));
}

IsmbToken *
joining_lab_invite (LabSwitch *registrar, guint uses, gint64 expiry)
{
  IsmbToken *token = ismb_token_new ("lab", joining_lab_get_ca_hash (registrar));
  g_autoptr (GError) error = NULL;

  ismb_admissions_invite (admissions_of (registrar), token, uses, expiry,
                          joining_lab_now () - 2 * HOUR, &error);
  g_assert_no_error (error);
  return token;
}

void
joining_lab_approve (LabSwitch *registrar, LabSwitch *joiner)
{
  g_autoptr (GError) error = NULL;

  ismb_admissions_approve (admissions_of (registrar), lab_switch_get_device_id (joiner),
                           joining_lab_now () + HOUR, joining_lab_now (), &error);
  g_assert_no_error (error);
}

gboolean
joining_lab_is_member (LabSwitch *self)
{
  return ismb_fabric_is_member (lab_switch_get_fabric (self));
}

void
joining_lab_on_joined (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **slot = user_data;

  *slot = g_object_ref (result);
}

gboolean
joining_lab_join (LabSwitch *self, const char *ca_hash, const IsmbToken *token, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  _ismb_listener_join_async (lab_switch_get_listener (self), ca_hash, token, NULL,
                             joining_lab_on_joined, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return _ismb_listener_join_finish (lab_switch_get_listener (self), result, error);
}

void
joining_lab_assert_joins (LabSwitch *self, LabSwitch *registrar, const IsmbToken *token)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (joining_lab_join (self, joining_lab_get_ca_hash (registrar), token, &error));
  g_assert_no_error (error);
  g_assert_true (joining_lab_is_member (self));
  g_assert_cmpstr (joining_lab_get_ca_hash (self), ==, joining_lab_get_ca_hash (registrar));
}

void
joining_lab_assert_reported (JoiningLab *lab, const char *line)
{
  if (strstr (lab->reports->str, line) == NULL)
    g_error ("“%s” is missing in “%s”", line, lab->reports->str);
}

void
joining_lab_await_report (JoiningLab *lab, const char *line)
{
  while (strstr (lab->reports->str, line) == NULL)
    g_main_context_iteration (NULL, TRUE);
}

IsmbTlsContext *
joining_lab_make_tls (LabSwitch *self, const char *chain)
{
  char *key = ismb_identity_dup_key_pem (ismb_fabric_get_identity (lab_switch_get_fabric (self)));
  g_autoptr (GError) error = NULL;
  IsmbTlsContext *tls = ismb_tls_context_new (ISMB_TLS_PEERS, key, chain, &error);

  g_assert_no_error (error);
  ismb_key_file_wipe (key);
  return tls;
}

IsmbTlsContext *
joining_lab_make_own_tls (LabSwitch *self)
{
  g_autofree char *chain = ismb_fabric_dup_chain_pem (lab_switch_get_fabric (self));

  return joining_lab_make_tls (self, chain);
}

void
joining_lab_assert_refused (LabSwitch *self, LabSwitch *registrar, const IsmbToken *token,
                            IsmbError code, const char *word)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (joining_lab_join (self, joining_lab_get_ca_hash (registrar), token, &error));
  g_assert_error (error, ISMB_ERROR, (int) code);
  if (strstr (error->message, word) == NULL)
    g_error ("“%s” is missing in “%s”", word, error->message);
  g_assert_false (joining_lab_is_member (self));
}
