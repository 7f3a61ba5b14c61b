/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/core/ismb-stanza-error.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-factory.h"
#include "ismb/core/ismb-stanza-private.h"
#include "ismb/core/ismb-tree-reader.h"

#define STANZAS "xmlns='" ISMB_NS_STANZAS "'"

static void
test_conditions (void)
{
  g_autoptr (GEnumClass) klass = g_type_class_ref (ISMB_TYPE_STANZA_ERROR);

  g_assert_cmpuint (klass->n_values, ==, 22); /* RFC 6120, 8.3.3.1 to 8.3.3.22 */
  for (guint i = 0; i < klass->n_values; i++)
    {
      const char *condition = ismb_stanza_error_to_condition (klass->values[i].value);

      g_assert_cmpstr (condition, ==, klass->values[i].value_nick);
      g_assert_cmpint (ismb_stanza_error_from_condition (condition), ==, klass->values[i].value);
    }
  g_assert_cmpint (ismb_stanza_error_from_condition ("of-tomorrow"), ==,
                   ISMB_STANZA_ERROR_UNDEFINED_CONDITION);
  g_assert_cmpint (ismb_stanza_error_from_condition (NULL), ==,
                   ISMB_STANZA_ERROR_UNDEFINED_CONDITION);
}

static void
assert_told (const char *xml, int code, const char *message)
{
  IsmbTree *tree = ismb_tree_read (xml, -1, ISMB_NS_CLIENT, NULL);
  g_autoptr (IsmbStanza) stanza = _ismb_stanza_new_from_tree (tree, NULL);
  g_autoptr (GError) error = ismb_stanza_get_error (stanza);

  g_assert_error (error, ISMB_STANZA_ERROR, code);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_told (void)
{
  assert_told ("<iq type='error'><ping xmlns='urn:xmpp:ping'/><error type='cancel'>"
               "<item-not-found " STANZAS "/><text " STANZAS ">no such %s node</text>"
               "</error></iq>", ISMB_STANZA_ERROR_ITEM_NOT_FOUND, "no such %s node");
  assert_told ("<message type='error'><error><text " STANZAS "/><forbidden " STANZAS "/></error>"
               "</message>", ISMB_STANZA_ERROR_FORBIDDEN, "forbidden");
  assert_told ("<iq type='error'><error><of-tomorrow " STANZAS "/></error></iq>",
               ISMB_STANZA_ERROR_UNDEFINED_CONDITION, "of-tomorrow");
  assert_told ("<presence type='error'/>", ISMB_STANZA_ERROR_UNDEFINED_CONDITION,
               "undefined-condition");
}

static void
test_nothing_told (void)
{
  IsmbTree *tree = ismb_tree_read ("<message><error type='cancel'/></message>", -1, ISMB_NS_CLIENT,
                                   NULL);
  g_autoptr (IsmbStanza) stanza = _ismb_stanza_new_from_tree (tree, NULL);

  g_assert_null (ismb_stanza_get_error (stanza));
}

static void
test_details (void)
{
  g_autoptr (IsmbStanza) moved = ismb_stanza_from_string (
      "<message type='error'><error type='modify' by='leaf2'><redirect " STANZAS ">xmpp:b@leaf3"
      "</redirect></error></message>", NULL);
  g_autoptr (IsmbStanza) none = ismb_stanza_from_string (
      "<message><error type='modify' by='leaf2'><gone " STANZAS ">x</gone></error></message>",
      NULL);
  g_autofree char *address = ismb_stanza_get_error_address (moved);

  g_assert_cmpstr (ismb_stanza_get_error_type (moved), ==, "modify");
  g_assert_cmpstr (ismb_stanza_get_error_by (moved), ==, "leaf2");
  g_assert_cmpstr (address, ==, "xmpp:b@leaf3");
  g_assert_null (ismb_stanza_get_error_type (none));
  g_assert_null (ismb_stanza_get_error_by (none));
  g_assert_null (ismb_stanza_get_error_address (none));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/stanza-error/conditions", test_conditions);
  g_test_add_func ("/stanza-error/told", test_told);
  g_test_add_func ("/stanza-error/nothing-told", test_nothing_told);
  g_test_add_func ("/stanza-error/details", test_details);
  return g_test_run ();
}
