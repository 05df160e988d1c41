#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does what a page of the documentation says, in an empty folder: files named before a block are written, blocks of
shell are run. Usage: tutorial.py PAGE REPOSITORY EXPECTED"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

page, repository, expected = Path(sys.argv[1]), Path(sys.argv[2]).resolve(), sys.argv[3]
# A line that ends with ":" and has one name of a file, then a block; or a block of shell.
BLOCK = re.compile(r"(?:^`([\w./]+)`[^\n]*:\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Nodes of the page find plugins where packages put them; here they are in the tree.
PLUGINS = f"plugins: {{ directories: [{repository}/build/plugins], trust: any }}\n"

with tempfile.TemporaryDirectory() as folder:
    output = ""
    for name, language, text in BLOCK.findall(page.read_text()):
        if name:
            path = Path(folder, name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text.replace("REPOSITORY", str(repository)) + (PLUGINS if language == "yaml" else ""))
        elif language == "sh":
            done = subprocess.run(["timeout", "60", "bash", "-euo", "pipefail", "-c", text], cwd=folder,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            output += done.stdout
            if done.returncode != 0:
                sys.exit(f"{page}: ended with {done.returncode}:\n{text}\n{done.stdout}")
    missing = [line for line in expected.split("|") if line not in output.splitlines()]
    if missing:
        sys.exit(f"{page}: {missing} is not in the output:\n{output}")
