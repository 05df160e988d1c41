# SPDX-License-Identifier: Apache-2.0
"""What the five examples share."""
import sys

import mesh


def open_home(home, application):
    """A YAML file is a node in this process; anything else is the client socket of a running meshd."""
    if home.endswith(".yaml"):
        return mesh.open_node(home, application=application)
    return mesh.attach(home, application=application)


def run(main, least, usage):
    """Calls `main` with the words of the command line and ends with a sentence when it fails."""
    words = sys.argv[1:]
    if len(words) < least:
        sys.exit(f"usage: {usage}")
    try:
        main(*words)
    except (mesh.MeshError, OSError, ValueError) as error:
        sys.exit(f"{sys.argv[0]}: {error}")


def say(text):
    """Prints at once, also into a pipe."""
    print(text, flush=True)
