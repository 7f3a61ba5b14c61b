/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-message.h"
#include "ismb/core/ismb-stanza-error.h"
#include "ismb/plugins/ismb-form.h"

static IsmbForm *
read_form (const char *xml)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbElement) element = ismb_element_new_from_string (xml, &error);

  g_assert_no_error (error);
  return g_object_new (ISMB_TYPE_FORM, "element", element, NULL);
}

static char *
write_form (IsmbForm *form)
{
  return ismb_element_to_string (ismb_payload_get_element (ISMB_PAYLOAD (form)));
}

static IsmbForm *
make_form (void)
{
  IsmbForm *form = ismb_form_new ("form");
  g_autoptr (IsmbFormField) port = NULL;
  g_autoptr (IsmbFormField) tags = NULL;
  g_autoptr (IsmbFormField) admin = NULL;

  ismb_form_set_title (form, "A port");
  ismb_form_set_instructions (form, "Choose.\nThen send.");
  ismb_form_set_form_type (form, "urn:example:port");
  port = ismb_form_add_field (form, "port", "list-single", "Port", NULL);
  ismb_form_field_add_option (port, "1", "uplink");
  ismb_form_field_add_option (port, "2", NULL);
  ismb_form_field_set_required (port, TRUE);
  tags = ismb_form_add_field (form, "tags", "text-multi", NULL, "a\nb");
  admin = ismb_form_add_field (form, "admin", "jid-single", NULL, NULL);
  ismb_form_field_set_desc (admin, "Who looks after it");
  g_object_unref (ismb_form_add_field (form, "up", "boolean", NULL, "1"));
  g_object_unref (ismb_form_add_field (form, NULL, "fixed", NULL, "only to be read"));
  return form;
}

static void
test_stands_in_a_stanza (void)
{
  g_autoptr (IsmbMessage) message = ismb_message_new (NULL, NULL);
  g_autoptr (IsmbForm) form = make_form ();
  g_autoptr (IsmbForm) read = NULL;
  g_autofree char *xml = NULL;

  ismb_stanza_add_payload (ISMB_STANZA (message), ISMB_PAYLOAD (form));
  read = ISMB_FORM (ismb_stanza_get_payload (ISMB_STANZA (message), ISMB_TYPE_FORM));
  xml = write_form (read);
  g_assert_cmpstr (
      xml, ==,
      "<x xmlns='jabber:x:data' type='form'><title>A port</title>"
      "<instructions>Choose.</instructions><instructions>Then send.</instructions>"
      "<field var='FORM_TYPE' type='hidden'><value>urn:example:port</value></field>"
      "<field var='port' type='list-single' label='Port'>"
      "<option label='uplink'><value>1</value></option><option><value>2</value></option>"
      "<required/></field>"
      "<field var='tags' type='text-multi'><value>a</value><value>b</value></field>"
      "<field var='admin' type='jid-single'><desc>Who looks after it</desc></field>"
      "<field var='up' type='boolean'><value>1</value></field>"
      "<field type='fixed'><value>only to be read</value></field></x>");
}

static void
test_is_read (void)
{
  g_autoptr (IsmbForm) form = make_form ();
  g_autoptr (IsmbFormField) port = ismb_form_get_field (form, "port");
  g_autofree char *title = ismb_form_get_title (form);
  g_autofree char *instructions = ismb_form_get_instructions (form);
  g_autofree char *type = ismb_form_get_form_type (form);
  g_auto (GStrv) options = ismb_form_field_list_options (port);
  g_autofree char *first = ismb_form_field_get_option_label (port, "1");
  g_autofree char *second = ismb_form_field_get_option_label (port, "2");
  g_autolist (IsmbFormField) fields = ismb_form_list_fields (form);

  g_assert_cmpstr (title, ==, "A port");
  g_assert_cmpstr (instructions, ==, "Choose.\nThen send.");
  g_assert_cmpstr (type, ==, "urn:example:port");
  g_assert_cmpstr (ismb_form_field_get_label (port), ==, "Port");
  g_assert_true (ismb_form_field_get_required (port));
  g_assert_cmpstrv (options, ((const char *const[]){ "1", "2", NULL }));
  g_assert_cmpstr (first, ==, "uplink");
  g_assert_cmpstr (second, ==, "2");
  g_assert_null (ismb_form_field_get_option_label (port, "3"));
  g_assert_cmpuint (g_list_length (fields), ==, 6);
  g_assert_true (ismb_form_remove_field (form, "port"));
  g_assert_false (ismb_form_remove_field (form, "port"));
}

static void
assert_values (GVariant *values, const char *expected)
{
  g_autoptr (GVariant) held = values;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) wanted =
      g_variant_parse (G_VARIANT_TYPE_VARDICT, expected, NULL, NULL, &error);
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_n_children (held), ==, g_variant_n_children (wanted));
  g_variant_iter_init (&iter, wanted);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    {
      g_autoptr (GVariant) got = g_variant_lookup_value (held, key, NULL);

      g_assert_nonnull (got);
      g_assert_cmpvariant (got, value);
    }
}

static void
test_values (void)
{
  g_autoptr (IsmbForm) form = make_form ();

  assert_values (ismb_form_get_values (form),
                 "{'FORM_TYPE': <'urn:example:port'>, 'tags': <['a', 'b']>, 'up': <true>}");
  ismb_form_set_values (
      form, g_variant_new_parsed ("{'up': <false>, 'tags': <'c\\nd'>, 'port': <2>, 'new': <'x'>}"));
  assert_values (ismb_form_get_values (form),
                 "{'FORM_TYPE': <'urn:example:port'>, 'tags': <['c', 'd']>, 'up': <false>,"
                 " 'port': <'2'>, 'new': <'x'>}");
}

static void
test_is_answered (void)
{
  g_autoptr (IsmbForm) form = make_form ();
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbForm) answer = ismb_form_submit (
      form, g_variant_new_parsed ("{'port': <'1'>, 'admin': <'ann@switch.test'>}"), &error);
  g_autoptr (IsmbForm) cancelled = ismb_form_cancel (form);
  g_autofree char *xml = NULL;
  g_autofree char *cancel_xml = write_form (cancelled);

  g_assert_no_error (error);
  xml = write_form (answer);
  g_assert_cmpstr (xml, ==,
                   "<x xmlns='jabber:x:data' type='submit'>"
                   "<field var='FORM_TYPE' type='hidden'><value>urn:example:port</value></field>"
                   "<field var='port' type='list-single'><value>1</value></field>"
                   "<field var='tags' type='text-multi'><value>a</value><value>b</value></field>"
                   "<field var='admin' type='jid-single'><value>ann@switch.test</value></field>"
                   "<field var='up' type='boolean'><value>1</value></field></x>");
  g_assert_cmpstr (cancel_xml, ==, "<x xmlns='jabber:x:data' type='cancel'/>");
}

static void
test_wrong_answers (void)
{
  static const struct
  {
    const char *values, *message;
  } wrong[] = {
    { "@a{sv} {}", "the field port is required, and has no value" },
    { "{'port': <''>}", "the field port is required, and has no value" },
    { "{'port': <'3'>}", "the field port has a value that is none of its options" },
    { "{'port': <['1', '2']>}", "the field port takes one value, not several" },
    { "{'port': <'1'>, 'up': <'maybe'>}", "the field up takes 1, 0, true or false" },
    { "{'port': <'1'>, 'admin': <'@'>}", "the field admin has a value that is no address" },
    { "{'port': <{'a': 1}>}", "a value of type a{si} is none for the field port" },
  };
  g_autoptr (IsmbForm) form = make_form ();

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (ismb_form_submit (form, g_variant_new_parsed (wrong[i].values), &error));
      g_assert_error (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_NOT_ACCEPTABLE);
      g_assert_cmpstr (error->message, ==, wrong[i].message);
    }
}

static void
test_unknown_field (void)
{
  g_autoptr (IsmbForm) form = make_form ();
  g_autoptr (GError) error = NULL;

  g_assert_null (
      ismb_form_submit (form, g_variant_new_parsed ("{'port': <'1'>, 'prot': <'2'>}"), &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND);
}

/* As they come from others: without types, with more than was asked for. */
static void
test_answers_of_others (void)
{
  g_autoptr (IsmbForm) form = make_form ();
  g_autoptr (IsmbForm) good = read_form (
      "<x xmlns='jabber:x:data' type='submit'><field var='port'><value>2</value></field>"
      "<field var='other'><value>1</value><value>2</value></field><field/><field var='up'/></x>");
  g_autoptr (IsmbForm) bad = read_form ("<x xmlns='jabber:x:data' type='submit'/>");
  g_autoptr (GError) error = NULL;

  g_assert_true (ismb_form_validate (form, good, &error));
  g_assert_no_error (error);
  assert_values (ismb_form_get_values (good), "{'port': <'2'>, 'other': <['1', '2']>}");
  g_assert_false (ismb_form_validate (form, bad, &error));
  g_assert_error (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_NOT_ACCEPTABLE);
}

static void
test_table (void)
{
  g_autoptr (IsmbForm) form = ismb_form_new ("result");
  g_autoptr (GVariant) items = NULL;
  g_autofree char *printed = NULL;
  g_autolist (IsmbFormField) columns = NULL;

  g_object_unref (ismb_form_add_reported (form, "port", "text-single", "Port"));
  g_object_unref (ismb_form_add_reported (form, "up", "boolean", NULL));
  ismb_form_add_item (form, g_variant_new_parsed ("{'port': <1>, 'up': <true>}"));
  ismb_form_add_item (form, g_variant_new_parsed ("{'port': <'2'>, 'up': <false>}"));
  columns = ismb_form_list_reported (form);
  g_assert_cmpuint (g_list_length (columns), ==, 2);
  g_assert_cmpstr (ismb_form_field_get_label (columns->data), ==, "Port");
  items = ismb_form_list_items (form);
  g_assert_cmpuint (g_variant_n_children (items), ==, 2);
  assert_values (g_variant_get_child_value (items, 0), "{'port': <'1'>, 'up': <true>}");
  assert_values (g_variant_get_child_value (items, 1), "{'port': <'2'>, 'up': <false>}");
}

/* A stranger's form is read without a word, whatever is in it. */
static void
test_nonsense (void)
{
  g_autoptr (IsmbForm) form = read_form (
      "<x xmlns='jabber:x:data' type='odd'><field var='a' type='odd'><value/></field>"
      "<field var='a'><value>2</value></field><field type='boolean' var='b'><value>x</value></field>"
      "<reported/><item><field var='q'/></item><item/><field xmlns='urn:other' var='c'/></x>");
  g_autoptr (IsmbFormField) field = ismb_form_get_field (form, "a");
  g_autoptr (GVariant) items = ismb_form_list_items (form);

  g_assert_cmpstr (ismb_form_get_kind (form), ==, "form");
  g_assert_cmpstr (ismb_form_field_get_field_type (field), ==, "text-single");
  g_assert_cmpuint (g_variant_n_children (items), ==, 2);
  assert_values (ismb_form_get_values (form), "{'a': <''>, 'b': <false>}");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/form/stands-in-a-stanza", test_stands_in_a_stanza);
  g_test_add_func ("/form/is-read", test_is_read);
  g_test_add_func ("/form/values", test_values);
  g_test_add_func ("/form/is-answered", test_is_answered);
  g_test_add_func ("/form/wrong-answers", test_wrong_answers);
  g_test_add_func ("/form/unknown-field", test_unknown_field);
  g_test_add_func ("/form/answers-of-others", test_answers_of_others);
  g_test_add_func ("/form/table", test_table);
  g_test_add_func ("/form/nonsense", test_nonsense);
  return g_test_run ();
}
