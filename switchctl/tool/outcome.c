/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/tool/outcome.h"

#include "switchctl/tool/output.h"

static void
tell_json (const char *domain, const char *outcome, GVariant *more)
{
  GVariantDict object;

  g_variant_dict_init (&object, more);
  g_variant_dict_insert (&object, "domain", "s", domain);
  g_variant_dict_insert (&object, "outcome", "s", outcome);
  output_json (g_variant_dict_end (&object), FALSE);
}

void
outcome_tell (OutcomeReport *report, const char *domain, const char *outcome, gboolean well,
              const char *detail, GVariant *more)
{
  g_autoptr (GVariant) owned = more != NULL ? g_variant_ref_sink (more) : NULL;

  if (well)
    report->well++;
  else
    report->failed++;
  if (report->json)
    {
      tell_json (domain, outcome, owned);
      return;
    }
  g_print ("%s: %s\n", domain, outcome);
  if (detail != NULL)
    output_text (detail, "  ");
}

void
outcome_close (OutcomeReport *report)
{
  if (!report->json && report->well + report->failed > 1)
    g_print ("%u well, %u not\n", report->well, report->failed);
}
