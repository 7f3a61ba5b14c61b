# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the functions of a module whose names begin with test_, in the order they stand there, and tells in TAP."""

import traceback


class Skip(Exception):
    """A test that cannot run here, and why."""


def explain(error):
    """The reason comes first, then where it was: of much, a record shows the beginning."""
    while error is not None:
        yield from "".join(traceback.format_exception_only(error)).splitlines()
        for frame in traceback.extract_tb(error.__traceback__):
            yield f"  {frame.filename}:{frame.lineno}, {frame.name}: {frame.line}"
        error = error.__cause__ or error.__context__


def main(module, *arguments):
    tests = [(name, function) for name, function in vars(module).items() if name.startswith("test_") and callable(function)]
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    for number, (name, function) in enumerate(tests, 1):
        title = name[5:].replace("_", " ")
        try:
            function(*arguments)
            print(f"ok {number} - {title}", flush=True)
        except Skip as reason:
            print(f"ok {number} - {title} # SKIP {reason}", flush=True)
        except Exception as error:  # whatever it was, it is this test's failure, and the next is tried
            failed += 1
            print(f"not ok {number} - {title}", flush=True)
            for line in explain(error):
                print(f"# {line}", flush=True)
    return failed
