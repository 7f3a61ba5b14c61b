/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-facts.h"

#include "ismb/core/ismb-namespaces.h"

void
ismb_facts_version (IsmbTree *reply)
{
  IsmbNode *query = ismb_tree_add (reply, ismb_tree_root (reply), "query", ISMB_NS_VERSION);

  ismb_tree_add_leaf (reply, query, "name", ISMB_NS_VERSION, "ISMB");
  ismb_tree_add_leaf (reply, query, "version", ISMB_NS_VERSION, ISMB_VERSION);
}

void
ismb_facts_time (IsmbTree *reply)
{
  IsmbNode *time = ismb_tree_add (reply, ismb_tree_root (reply), "time", ISMB_NS_TIME);
  g_autoptr (GDateTime) here = g_date_time_new_now_local ();
  g_autoptr (GDateTime) utc = g_date_time_to_utc (here);
  g_autofree char *zone = g_date_time_format (here, "%:z");
  g_autofree char *text = g_date_time_format (utc, "%Y-%m-%dT%H:%M:%SZ");

  ismb_tree_add_leaf (reply, time, "tzo", ISMB_NS_TIME, zone);
  ismb_tree_add_leaf (reply, time, "utc", ISMB_NS_TIME, text);
}
