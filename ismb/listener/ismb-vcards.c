/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-vcards.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/listener/ismb-fellows.h"

/* The text is what set () wrote. */
static void
add_card (IsmbTree *reply, const char *text)
{
  g_autoptr (IsmbFrame) frame = ismb_frame_new_text (text, -1);
  g_autoptr (IsmbTree) card = ismb_frame_to_tree (frame);

  ismb_tree_add_copy (reply, ismb_tree_root (reply), ismb_tree_root (card));
}

static gboolean
may_read (IsmbRoutes *routes, const IsmbQuestion *question)
{
  return question->place != ISMB_PLACE_STRANGER
         || ismb_fellows_include_address (routes, question->frame->from);
}

const char *
ismb_vcards_get (IsmbRoutes *routes, IsmbProfiles *profiles, const IsmbQuestion *question,
                 IsmbTree *reply)
{
  const char *card = ismb_profiles_get_card (profiles, question->account);

  if (card != NULL && may_read (routes, question))
    add_card (reply, card);
  else if (question->place == ISMB_PLACE_OWN)
    ismb_tree_add (reply, ismb_tree_root (reply), "vCard", ISMB_NS_VCARD);
  else
    return "service-unavailable";
  return NULL;
}

const char *
ismb_vcards_set (IsmbProfiles *profiles, const IsmbQuestion *question)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (question->place != ISMB_PLACE_OWN)
    return "forbidden";
  ismb_node_write (question->payload, ISMB_NS_CLIENT, text);
  if (text->len > ISMB_PROFILES_CARD_MAX)
    return "not-acceptable";
  return ismb_profiles_set_card (profiles, question->account, text->str) ? NULL
                                                                         : "resource-constraint";
}
