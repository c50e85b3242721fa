"""Writes a C++ source that holds the API description and the page as text.

Usage: embed.py OUTPUT OPENAPI PAGE
"""

import pathlib
import sys

# A literal must not be longer than what every compiler takes; neighbours are joined.
CHUNK = 8000


def function(name, path):
    text = path.read_text("utf-8")
    chunks = [text[at:at + CHUNK] for at in range(0, len(text), CHUNK)]
    literal = "\n".join(f'R"embedded({chunk})embedded"' for chunk in chunks)
    return f"std::string_view {name}() {{\n  return {literal};\n}}\n\n"


def main():
    output, openapi, page = map(pathlib.Path, sys.argv[1:])
    output.write_text(
        '#include "web/embedded.hpp"\n\n'
        "namespace iib::web {\n\n"
        + function("openapi_yaml", openapi)
        + function("page_html", page)
        + "}  // namespace iib::web\n",
        "utf-8",
    )


if __name__ == "__main__":
    main()
