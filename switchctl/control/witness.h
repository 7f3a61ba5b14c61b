/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-jid.h"

G_BEGIN_DECLS

/* What is refused before policy was asked. */
#define SWITCH_RULE_LIMIT "limit"       /* too many lists at once */
#define SWITCH_RULE_SYNTAX "syntax"     /* no list of commands */
#define SWITCH_RULE_RECEIVER "receiver" /* no name of a file, or too many files at once */

/* What somebody asked Switch Control for, and what was decided. Borrowed for the call; NULL texts
 * are empty. */
typedef struct
{
  const char *kind; /* "commands", "file" */
  IsmbJid *from;
  const char *role; /* as told */
  const char *what; /* as it was sent; the name of a file */
  gint64 size;      /* bytes of a file, else -1 */
  const char *sha256;
  gboolean allowed;
  const char *rule;
} SwitchTestimony;

/* Comes once, in the main context, when the decision is kept, or with what hindered it. */
typedef void (*SwitchWitnessed) (const GError *error, gpointer user_data);

/* Writes down what is asked of Switch Control; the daemon's keeps it in the audit table. */
#define SWITCH_TYPE_WITNESS (switch_witness_get_type ())
G_DECLARE_INTERFACE (SwitchWitness, switch_witness, SWITCH, WITNESS, GObject)

struct _SwitchWitnessInterface
{
  GTypeInterface parent;
  gint64 (*decided) (SwitchWitness *self, const SwitchTestimony *testimony, SwitchWitnessed done,
                     gpointer user_data);
  void   (*ended)   (SwitchWitness *self, gint64 record, const char *outcome);
};

/* `done` is nullable, and never called from within. Returns the record, never 0. */
gint64 switch_witness_decided (SwitchWitness *self, const SwitchTestimony *testimony,
                               SwitchWitnessed done, gpointer user_data);
/* What became of what was allowed. */
void   switch_witness_ended   (SwitchWitness *self, gint64 record, const char *outcome);

G_END_DECLS
