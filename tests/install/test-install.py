#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `meson install` puts into a DESTDIR is usable by somebody who has nothing else: a C program builds against
ismb-1.pc, Python and Lua load the typelib, the daemon and the tool start, the man pages are there."""

import os
import subprocess
import sys
import tempfile

SOURCE, BUILD = os.environ["ISMB_SOURCE"], os.environ["ISMB_BUILD"]
sys.path.insert(0, os.path.join(SOURCE, "tests/support"))
import tap  # noqa: E402

PROGRAM = """
#include <ismb/ismb.h>
int main (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbJid) jid = ismb_jid_new ("Example@sw1.001122/one", &error);
  g_autoptr (IsmbClient) client = ismb_client_new ("example", "secret", "VR-Mgmt");
  g_autoptr (IsmbListener) listener = ismb_listener_new ("VR-Mgmt");
  g_print ("%s %s\\n", ismb_jid_get_full (jid), ismb_client_get_vr (client));
  return 0;
}
"""


def run(*argv, **keywords):
    result = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240, **keywords)
    assert result.returncode == 0, f"{' '.join(argv)}: exit {result.returncode}\n{result.stdout}"
    return result.stdout


def find(root, name):
    for folder, _, names in os.walk(root):
        if name in names:
            return folder
    raise AssertionError(f"{name} is nowhere below {root}")


def test_install(root):
    run("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", env={**os.environ, "DESTDIR": root})
    for name in ("switchctl", "switchctld", "libismb-1.so", "ismb-1.pc", "ismb-1.vapi", "Ismb-1.gir", "switchctl.1",
                 "switchctld.8", "switchctld.conf.5", "switchctld.service", "switchctld.conf.example"):
        find(root, name)


def environment(root):
    library = find(root, "libismb-1.so")
    return {**os.environ, "LD_LIBRARY_PATH": library, "GI_TYPELIB_PATH": find(root, "Ismb-1.typelib"),
            "PKG_CONFIG_PATH": find(root, "ismb-1.pc"), "PKG_CONFIG_SYSROOT_DIR": "", "PKG_CONFIG_ALLOW_SYSTEM_LIBS": "1"}


def move(flag, root):
    """A folder of ours is below the DESTDIR; GLib's are where they were, also where both have the prefix /usr."""
    folder = root + flag[2:]
    return flag[:2] + folder if flag[:2] in ("-I", "-L") and os.path.isdir(folder) else flag


def build_program(root, env, source):
    flags = [move(flag, root) for flag in run("pkg-config", "--cflags", "--libs", "ismb-1", env=env).split()]
    program = os.path.join(root, "program")
    run("cc", "-Wall", "-Werror", "-o", program, source, *flags, env=env)
    return program


def test_a_program_in_C(root):
    env = environment(root)
    with open(os.path.join(root, "program.c"), "w") as file:
        file.write(PROGRAM)
    program = build_program(root, env, os.path.join(root, "program.c"))
    assert run(program, env=env) == "example@sw1.001122/one VR-Mgmt\n"


def test_the_example_listener(root):
    """As its first lines say: with pkg-config alone."""
    env = environment(root)
    program = build_program(root, env, os.path.join(SOURCE, "examples/listener.c"))
    process = subprocess.Popen([program], env=env, stdout=subprocess.PIPE, text=True)
    with process:
        line = process.stdout.readline()
        process.kill()
    assert line.startswith("localhost, port "), line


def test_only_public_symbols_show(root):
    symbols = {line.split()[-1].split("@")[0] for line in
               run("nm", "-D", "--defined-only", os.path.join(find(root, "libismb-1.so"), "libismb-1.so")).splitlines()}
    assert {"ismb_client_new", "ismb_get_domain_part", "ismb_listener_start"} <= symbols, symbols
    private = {name for name in symbols if name.startswith(("_ismb_", "ismb_poller_", "ismb_store_", "ismb_tree_"))}
    assert not private, private


def test_python_and_lua(root):
    env = environment(root)
    python = "import gi; gi.require_version('Ismb', '1'); from gi.repository import Ismb; print(Ismb.Jid.new('a@b/c').get_bare())"
    assert run("/usr/bin/python3", "-c", python, env=env) == "a@b\n"
    lua = "local Ismb = require('lgi').require('Ismb', '1'); print(Ismb.Jid.new('a@b/c'):get_bare())"
    assert run("lua5.3", "-e", lua, env=env) == "a@b\n"


def test_programs_start(root):
    assert run(os.path.join(find(root, "switchctl"), "switchctl"), "--version").startswith("switchctl ")
    assert run(os.path.join(find(root, "switchctld"), "switchctld"), "--version").startswith("switchctld ")
    folder = find(root, "switchctld.conf.example")
    run(os.path.join(find(root, "switchctld"), "switchctld"), "--check", "--config", os.path.join(folder, "switchctld.conf.example"))


def test_uninstalled_shell(root):
    out = run("meson", "devenv", "-C", BUILD, "sh", "-c",
              "switchctl --version && switchctld --version && /usr/bin/python3 -c "
              "\"import gi; gi.require_version('Ismb', '1'); from gi.repository import Ismb; print(Ismb.Jid.new('a@b').get_full())\"")
    assert "switchctld " in out and out.endswith("a@b\n"), out


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        tap.main(sys.modules[__name__], folder)
