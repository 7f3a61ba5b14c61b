#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Usage: hunt.py SOURCE BUILD TARGET...

Builds the fuzz targets with clang, libFuzzer and the sanitizers in BUILD, and runs each for ISMB_FUZZ_SECONDS
(300) from its corpus. What it finds is left beside them. Ends with 77 where clang or its libFuzzer is missing."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SETTINGS = ["-Dfuzzers=true", "-Dintrospection=false", "-Ddocs=false", "-Db_sanitize=address,undefined",
            "-Db_lundef=false"]


def has_libfuzzer(clang):
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "try.c")
        source.write_text("int LLVMFuzzerTestOneInput (const char *d, unsigned long n) { return 0; }\n")
        command = [clang, "-fsanitize=fuzzer,address", source, "-o", source.with_suffix("")]
        return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0


def build(source, folder, clang, targets):
    if not (folder / "build.ninja").exists():
        subprocess.run(["meson", "setup", folder, source, *SETTINGS], check=True, stdout=subprocess.DEVNULL,
                       env={**os.environ, "CC": clang})
    names = [f"tests/fuzz/fuzz-{target}" for target in targets]
    subprocess.run(["ninja", "-C", folder, *names], check=True, stdout=subprocess.DEVNULL)


def hunt(source, folder, target, seconds):
    found = folder / f"corpus-{target}"
    found.mkdir(exist_ok=True)
    command = [folder / "tests/fuzz" / f"fuzz-{target}", f"-max_total_time={seconds}", "-max_len=8192", "-timeout=10",
               "-print_final_stats=1", found, source / "tests/fuzz" / f"corpus-{target}"]
    # What the store keeps for the life of the process is no leak, and looked for in the normal run.
    run = subprocess.run(command, cwd=folder, stderr=subprocess.PIPE, errors="replace",
                         env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
    count = re.search(r"number_of_executed_units: (\d+)", run.stderr)
    print(f"{target}: {count[1] if count else '?'} runs in {seconds} s", flush=True)
    if run.returncode != 0:
        print(run.stderr[-4000:])
    return run.returncode == 0


def main():
    source, folder, targets = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), sys.argv[3:]
    clang = shutil.which("clang")
    if clang is None or not has_libfuzzer(clang):
        print("clang with libFuzzer is not installed (Debian: clang, libclang-rt-14-dev)")
        sys.exit(77)
    build(source, folder, clang, targets)
    seconds = int(os.environ.get("ISMB_FUZZ_SECONDS", "300"))
    sys.exit(not all([hunt(source, folder, target, seconds) for target in targets]))


main()
