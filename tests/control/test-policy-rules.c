/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/control/policy-file.h"

#include <glib/gstdio.h>
#include <string.h>

#include "ismb/core/ismb-error.h"
#include "switchctl/control/policy-pattern.h"

#define FILE_NAME "/etc/ismb/policy.conf"

static SwitchPolicyRules *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  SwitchPolicyRules *rules = switch_policy_rules_parse (FILE_NAME, text, strlen (text), &error);

  g_assert_no_error (error);
  return rules;
}

/* `words` with a vertical bar between: an argv, or a path's parts. */
static SwitchVerdict *
decide (const SwitchPolicyRules *rules, const char *jid, const char *role, SwitchDeed deed,
        const char *words)
{
  g_autoptr (IsmbJid) from = ismb_jid_new (jid, NULL);
  g_auto (GStrv) split = g_strsplit (words, "|", -1);
  const SwitchPolicyCase one = {
    .from = from,
    .role = role,
    .vr = "VR-Mgmt",
    .deed = deed,
    .words = (const char *const *) split,
  };

  g_assert_nonnull (from);
  return switch_policy_rules_decide (rules, &one);
}

static void
test_patterns (void)
{
  static const struct
  {
    const char *pattern, *text;
    gboolean matches;
  } cases[] = {
    { "ip", "ip", TRUE },
    { "ip", "ip2", FALSE },
    { "ip2", "ip", FALSE },
    { "*", "", TRUE },
    { "*", "any thing", TRUE },
    { "eth*", "eth", TRUE },
    { "*0", "eth00", TRUE },
    { "e*h*0", "ethh10", TRUE },
    { "e*h*0", "ethh1", FALSE },
    { "a*b*c", "abcabc", TRUE },
    { "?", "\303\244", TRUE },
    { "?", "", FALSE },
    { "*?", "\303\244", TRUE },
    { "??", "\303\244", FALSE },
    { "\\*", "*", TRUE },
    { "\\*", "x", FALSE },
    { "a\\?", "a?", TRUE },
    { "a\\?", "ab", FALSE },
    { "a\\ b", "a b", TRUE },
    { "\\\\", "\\", TRUE },
    { "*\\*", "ab*", TRUE },
    { "*\\*", "ab", FALSE },
    { "IP", "ip", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s on %s", cases[i].pattern, cases[i].text);
      g_assert_cmpint (switch_pattern_match (cases[i].pattern, cases[i].text), ==,
                       cases[i].matches);
    }
}

/* It must end: with a way back for each star it would not within the life of the machine. */
static void
test_hostile_text (void)
{
  g_autofree char *text = g_strnfill (100000, 'a');
  GString *pattern = g_string_new (NULL);

  for (guint i = 0; i < 100; i++)
    g_string_append (pattern, "a*");
  g_string_append_c (pattern, 'b');
  g_assert_false (switch_pattern_match (pattern->str, text));
  g_string_free (pattern, TRUE);
}

#define OPS "[rule ops]\naction=allow\nrole=operator\n"

static void
test_commands (void)
{
  static const struct
  {
    const char *pattern, *words;
    gboolean allowed;
  } cases[] = {
    { "/sbin/ip link **", "/sbin/ip|link", TRUE },
    { "/sbin/ip link **", "/sbin/ip|link|show|dev|eth0", TRUE },
    { "/sbin/ip   link\t**", "/sbin/ip|link|show", TRUE },
    { "/sbin/ip link **", "/sbin/ip|linkage", FALSE },
    { "/sbin/ip link **", "/sbin/ip|li|show", FALSE },          /* an abbreviation */
    { "/sbin/ip link **", "/sbin/ip|-batch|/x|link", FALSE },   /* a word in front */
    { "/sbin/ip link **", "/sbin/ip|link show", FALSE },        /* one word with a blank in it */
    { "/sbin/ip link **", "/sbin/ip;|link", FALSE },            /* a separator */
    { "/sbin/ip link **", "/sbin/ip\n|link", FALSE },
    { "/sbin/ip link **", "/tmp/sbin/ip|link", FALSE },
    { "/sbin/ip link **", "/sbin/../sbin/ip|link", FALSE },
    { "/sbin/ip link show", "/sbin/ip|link|show|dev", FALSE },  /* all words, not the first */
    { "/sbin/ip link show", "/sbin/ip|link|show", TRUE },
    { "/sbin/ip link show *", "/sbin/ip|link|show", FALSE },
    { "/sbin/ip link show *", "/sbin/ip|link|show|a b;c", TRUE },
    { "/sbin/ip link show *", "/sbin/ip|link|show|dev|eth0", FALSE },
    { "/sbin/ip link show eth?", "/sbin/ip|link|show|eth0", TRUE },
    { "/sbin/ip link show eth?", "/sbin/ip|link|show|eth10", FALSE },
    { "/bin/echo a\\;b", "/bin/echo|a;b", TRUE },
    { "/bin/echo a\\ b", "/bin/echo|a b", TRUE },
    { "/bin/echo a\\ b", "/bin/echo|a|b", FALSE },
    { "/bin/echo a; /bin/true", "/bin/true", TRUE },
    { "/bin/echo a; /bin/true;", "/bin/echo|a", TRUE },
    { "/bin/echo \\**", "/bin/echo|*x", TRUE },
    { "/bin/echo \\**", "/bin/echo|x", FALSE },
    { "*/ip **", "/usr/sbin/ip|a", TRUE },
    { "*", "/usr/sbin/ip", TRUE },
    { "*", "/usr/sbin/ip|a", FALSE },
    { "**", "/usr/sbin/ip|a|b", TRUE },
    { "*", "", FALSE }, /* what the engine does not know has no words */
    { "**", "", TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strdup_printf (OPS "command=%s\n", cases[i].pattern);
      g_autoptr (SwitchPolicyRules) rules = parse (text);
      g_autoptr (SwitchVerdict) run
        = decide (rules, "a@sw1", "operator", SWITCH_DEED_RUN, cases[i].words);
      g_autoptr (SwitchVerdict) write
        = decide (rules, "a@sw1", "operator", SWITCH_DEED_WRITE, "x");

      g_test_message ("%s on %s", cases[i].pattern, cases[i].words);
      g_assert_cmpint (run->allowed, ==, cases[i].allowed);
      g_assert_false (write->allowed);
    }
}

static void
test_paths (void)
{
  static const struct
  {
    const char *pattern, *path;
    gboolean allowed;
  } cases[] = {
    { "images/**", "images|a", TRUE },
    { "images/**", "images|a|b", TRUE },
    { "images/**", "image|a", FALSE },
    { "images/**", "imagesx|a", FALSE },
    { "images/*", "images|a", TRUE },
    { "images/*", "images|a|b", FALSE },
    { "*.bin", "new.bin", TRUE },
    { "*.bin", "etc|new.bin", FALSE },
    { "my images/*", "my images|a", TRUE },
    { "**", "a|b|c", TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strdup_printf (OPS "path=%s\n", cases[i].pattern);
      g_autoptr (SwitchPolicyRules) rules = parse (text);
      g_autoptr (SwitchVerdict) write
        = decide (rules, "a@sw1", "operator", SWITCH_DEED_WRITE, cases[i].path);
      g_autoptr (SwitchVerdict) run
        = decide (rules, "a@sw1", "operator", SWITCH_DEED_RUN, cases[i].path);

      g_test_message ("%s on %s", cases[i].pattern, cases[i].path);
      g_assert_cmpint (write->allowed, ==, cases[i].allowed);
      g_assert_false (run->allowed);
    }
}

static void
test_addresses (void)
{
  static const struct
  {
    const char *pattern, *jid;
    gboolean allowed;
  } cases[] = {
    { "noc@sw1.001122", "noc@sw1.001122/desk", TRUE },
    { "NOC@SW1.001122", "noc@sw1.001122", TRUE },
    { "Stra\303\237e@sw1", "strasse@sw1", TRUE },
    { "noc@sw1.*", "noc@sw1.001122", TRUE },
    { "NOC@SW?.*", "noc@sw2.001122", TRUE },
    { "noc@*", "noc2@sw1", FALSE },
    { "noc*@sw1", "noc2@sw1", TRUE },
    { "*@sw1", "a@sw1.evil", FALSE },
    { "*@sw1", "a@sw1", TRUE },
    { "*@sw1", "sw1", TRUE },
    { "a@*", "b@a", FALSE },
    { "noc@sw1;ops@sw2", "ops@sw2", TRUE },
    { "noc@sw1;ops@sw2", "ops@sw1", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strdup_printf (OPS "jid=%s\n", cases[i].pattern);
      g_autoptr (SwitchPolicyRules) rules = parse (text);
      g_autoptr (SwitchVerdict) verdict
        = decide (rules, cases[i].jid, "operator", SWITCH_DEED_RUN, "/bin/true");

      g_test_message ("%s on %s", cases[i].pattern, cases[i].jid);
      g_assert_cmpint (verdict->allowed, ==, cases[i].allowed);
    }
}

static void
test_first_match (void)
{
  g_autoptr (SwitchPolicyRules) rules
    = parse ("# who may what\n"
             "[rule no-reboot]\naction = deny\ncommand = */reboot **\n\n"
             "[rule switches]\r\naction=allow\r\nrole=switch;operator\r\nvr=VR-*\r\n"
             "[rule elsewhere]\naction=allow\nvr=blue\n");
  static const struct
  {
    const char *role, *words;
    gboolean allowed;
    const char *rule;
    guint line;
    const char *why;
  } cases[] = {
    { "operator", "/sbin/reboot", FALSE, "no-reboot", 2,
      "policy.conf:2: [rule no-reboot] denies it" },
    { "operator", "/bin/true", TRUE, "switches", 6, "policy.conf:6: [rule switches] allows it" },
    { "switch", "/bin/true", TRUE, "switches", 6, "policy.conf:6: [rule switches] allows it" },
    { "client", "/bin/true", FALSE, NULL, 0, "no rule of policy.conf allows it" },
    { "none", "/bin/true", FALSE, NULL, 0, "no rule of policy.conf allows it" },
  };

  g_assert_cmpuint (switch_policy_rules_count (rules), ==, 3);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (SwitchVerdict) verdict
        = decide (rules, "a@sw1", cases[i].role, SWITCH_DEED_RUN, cases[i].words);

      g_assert_cmpint (verdict->allowed, ==, cases[i].allowed);
      g_assert_cmpstr (verdict->rule, ==, cases[i].rule);
      g_assert_cmpuint (verdict->line, ==, cases[i].line);
      g_assert_cmpstr (verdict->why, ==, cases[i].why);
      g_assert_cmpstr (verdict->file, ==, FILE_NAME);
    }
}

static void
test_empty_denies (void)
{
  g_autoptr (SwitchPolicyRules) rules = parse ("");
  g_autoptr (SwitchVerdict) verdict
    = decide (rules, "a@sw1", "operator", SWITCH_DEED_RUN, "/bin/true");

  g_assert_false (verdict->allowed);
}

#define RULE "[rule x]\naction=allow\n"

static void
test_errors (void)
{
  static const struct
  {
    const char *text;
    guint line;
    const char *says;
  } cases[] = {
    { "action=allow\n", 1, "stands before the first rule" },
    { "[rule]\n", 1, "expected [rule NAME]" },
    { "[rule ]\n", 1, "expected [rule NAME]" },
    { "[rule x\n", 1, "expected [rule NAME]" },
    { "[deny x]\n", 1, "expected [rule NAME]" },
    { "[rule x]\naction=deny\n[rule x]\n", 3, "a rule of that name above" },
    { "\n[rule x]\nrole=client\n", 2, "[rule x] lacks action=" },
    { "[rule x]\naction=permit\n", 2, "action=: `permit`: expected allow or deny" },
    { "[rule x]\naction=\n", 2, "expected allow or deny" },
    { RULE "action=deny\n", 3, "given twice" },
    { RULE "role=client\nrole=switch\n", 4, "given twice" },
    { RULE "user=me\n", 3, "user=: unknown key" },
    { RULE "nonsense\n", 3, "neither key=value" },
    { RULE "role=root\n", 3, "operator, switch or client" },
    { RULE "role=\n", 3, "operator, switch or client" },
    { RULE "role=*\n", 3, "operator, switch or client" },
    { RULE "role=client;;switch\n", 3, "operator, switch or client" },
    { RULE "jid=\n", 3, "an address" },
    { RULE "jid=sw1\n", 3, "an address" },
    { RULE "jid=@sw1\n", 3, "an address" },
    { RULE "jid=a@\n", 3, "an address" },
    { RULE "jid=a@b@c\n", 3, "an address" },
    { RULE "jid=a@sw1/desk\n", 3, "without resource" },
    { RULE "jid=**@sw1\n", 3, "an address" },
    { RULE "jid=a@**\n", 3, "an address" },
    { RULE "jid=a b@sw1\n", 3, "an address" },
    { RULE "jid=a@b\303\244r.*\n", 3, "ASCII" },
    { RULE "vr=\n", 3, "a virtual router's name" },
    { RULE "vr=a b\n", 3, "a virtual router's name" },
    { RULE "vr=**\n", 3, "a virtual router's name" },
    { RULE "command=\n", 3, "the absolute path of a program" },
    { RULE "command=ip link\n", 3, "the absolute path of a program" },
    { RULE "command=/sbin/ip;\\;\n", 3, "the absolute path of a program" },
    { RULE "command=/sbin/ip ** link\n", 3, "as a last word of its own" },
    { RULE "command=/sbin/ip link**\n", 3, "as a last word of its own" },
    { RULE "command=/sbin/ip \"link\"\n", 3, "brackets and quotes" },
    { RULE "command=/sbin/ip eth[0-9]\n", 3, "brackets and quotes" },
    { RULE "command=/sbin/ip \\d\n", 3, "a backslash stands before" },
    { RULE "command=/sbin/ip x\\\n", 3, "a backslash stands before" },
    { RULE "path=\n", 3, "relative to the files root" },
    { RULE "path=/etc/passwd\n", 3, "relative to the files root" },
    { RULE "path=images/../**\n", 3, "relative to the files root" },
    { RULE "path=images//a\n", 3, "relative to the files root" },
    { RULE "path=images/**/a\n", 3, "as a last word of its own" },
    { "[rule x]\naction=\xff\n", 1, "UTF-8" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *where = g_strdup_printf (FILE_NAME ":%u: ", cases[i].line);
      SwitchPolicyRules *rules
        = switch_policy_rules_parse (FILE_NAME, cases[i].text, strlen (cases[i].text), &error);

      g_test_message ("%s", error != NULL ? error->message : "no error");
      g_assert_null (rules);
      g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG);
      g_assert_true (g_str_has_prefix (error->message, where));
      g_assert_nonnull (strstr (error->message, cases[i].says));
    }
}

static void
assert_refused (const char *text, gsize length, const char *says)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (switch_policy_rules_parse (FILE_NAME, text, length, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG);
  g_assert_nonnull (strstr (error->message, says));
}

static void
test_bounds (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (SwitchPolicyRules) most = NULL;
  g_autofree char *remark = g_strnfill (64 * 1024 + 1, '#');
  g_autofree char *word = g_strnfill (1024, 'x');
  g_autofree char *long_pattern = g_strdup_printf (RULE "path=%s\n", word);
  g_autofree char *longer_pattern = g_strdup_printf (RULE "path=%sx\n", word);
  g_autoptr (SwitchPolicyRules) longest = parse (long_pattern);

  for (guint i = 0; i < SWITCH_POLICY_RULES_MAX; i++)
    g_string_append_printf (text, "[rule %u]\naction=deny\n", i);
  most = parse (text->str);
  g_assert_cmpuint (switch_policy_rules_count (most), ==, SWITCH_POLICY_RULES_MAX);
  g_string_append (text, "[rule last]\naction=allow\n");
  assert_refused (text->str, text->len, ":2001: [rule last]: more than 1000 rules");
  assert_refused (remark, strlen (remark), "at most 64 kB");
  assert_refused (longer_pattern, strlen (longer_pattern), ":3: path=: a pattern of more than");
  assert_refused (RULE "path=a\0b\n", sizeof (RULE "path=a\0b\n") - 1, "UTF-8");
}

static void
assert_allows (SwitchPolicyFile *file, gboolean allowed)
{
  g_autoptr (SwitchVerdict) verdict = decide (switch_policy_file_get_rules (file), "a@sw1",
                                              "operator", SWITCH_DEED_RUN, "/bin/true");

  g_assert_cmpint (verdict->allowed, ==, allowed);
}

static void
write_file (const char *path, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

/* A file gone bad, too large or away leaves the last good rules in force. */
static void
test_reload (void)
{
  g_autofree char *folder = g_dir_make_tmp ("ismb-policy-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "policy.conf", NULL);
  g_autofree char *large = g_strnfill (64 * 1024 + 1, '\n');
  const char *const bad[] = { "[rule x]\nbad\n", large, NULL };
  g_autoptr (SwitchPolicyFile) file = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (switch_policy_file_new (path, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG);
  g_clear_error (&error);
  write_file (path, RULE);
  file = switch_policy_file_new (path, &error);
  g_assert_no_error (error);
  assert_allows (file, TRUE);
  for (gsize i = 0; bad[i] != NULL; i++)
    {
      write_file (path, bad[i]);
      g_assert_false (switch_policy_file_reload (file, &error));
      g_assert_cmpstr (switch_policy_file_get_complaint (file), ==, error->message);
      g_clear_error (&error);
      assert_allows (file, TRUE);
    }
  g_unlink (path);
  g_assert_false (switch_policy_file_reload (file, NULL));
  assert_allows (file, TRUE);
  write_file (path, "[rule x]\naction=deny\n");
  g_assert_true (switch_policy_file_reload (file, NULL));
  g_assert_null (switch_policy_file_get_complaint (file));
  assert_allows (file, FALSE);
  g_unlink (path);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/control/policy-rules/patterns", test_patterns);
  g_test_add_func ("/control/policy-rules/hostile-text", test_hostile_text);
  g_test_add_func ("/control/policy-rules/commands", test_commands);
  g_test_add_func ("/control/policy-rules/paths", test_paths);
  g_test_add_func ("/control/policy-rules/addresses", test_addresses);
  g_test_add_func ("/control/policy-rules/first-match", test_first_match);
  g_test_add_func ("/control/policy-rules/empty-denies", test_empty_denies);
  g_test_add_func ("/control/policy-rules/errors", test_errors);
  g_test_add_func ("/control/policy-rules/bounds", test_bounds);
  g_test_add_func ("/control/policy-rules/reload", test_reload);
  return g_test_run ();
}
