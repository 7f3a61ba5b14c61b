/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-jid.h"

G_BEGIN_DECLS

typedef enum
{
  SWITCH_DEED_RUN,   /* a command */
  SWITCH_DEED_WRITE, /* a file below the files root */
} SwitchDeed;

/* Who would do what. `words`: the argv that would be executed, none where the engine knows no such
 * command; or the parts of the normalised path. */
typedef struct
{
  IsmbJid *from;
  const char *role;
  const char *vr;
  SwitchDeed deed;
  const char *const *words;
} SwitchPolicyCase;

/* A decision. `why` goes on after "allowed: " or "denied: "; it names the rule and its line, but no
 * folder of this switch, for it is told to strangers. */
typedef struct
{
  gboolean allowed;
  char *why;
  char *file; /* NULL: no file decided */
  char *rule; /* NULL: no rule did */
  guint line; /* of the rule's head, 0 where there is none */
} SwitchVerdict;

SwitchVerdict *switch_verdict_new  (gboolean allowed, const char *why);
void           switch_verdict_free (SwitchVerdict *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SwitchVerdict, switch_verdict_free)

/* The rules of a policy.conf(5), in their order. They never change. */
typedef struct _SwitchPolicyRules SwitchPolicyRules;

#define SWITCH_POLICY_RULES_MAX 1000
#define SWITCH_POLICY_BYTES_MAX (64 * 1024)

/* ISMB_ERROR_BAD_CONFIG begins with `file:line: `. */
SwitchPolicyRules *switch_policy_rules_load  (const char *file, GError **error);
/* `file` is a name for messages. */
SwitchPolicyRules *switch_policy_rules_parse (const char *file, const char *text, gsize length,
                                              GError **error);
void               switch_policy_rules_free  (SwitchPolicyRules *self);
guint              switch_policy_rules_count (const SwitchPolicyRules *self);
/* The first rule that matches decides; what none matches is denied. */
SwitchVerdict     *switch_policy_rules_decide (const SwitchPolicyRules *self,
                                               const SwitchPolicyCase *one);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SwitchPolicyRules, switch_policy_rules_free)

G_END_DECLS
