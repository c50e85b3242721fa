"""Writes a C++ source that holds the API description and its pages as text.

Usage: embed.py OUTPUT OPENAPI PAGE VIEWER_PAGE [SCRIPT STYLE]

SCRIPT and STYLE are the documentation viewer's. Without them, or with empty ones, there is only the
plain page.
"""

import pathlib
import sys

# A literal must not be longer than what every compiler takes; neighbours are joined.
CHUNK = 8000


def function(name, text):
    chunks = [text[at:at + CHUNK] for at in range(0, len(text), CHUNK)] or [""]
    literal = "\n".join(f'R"embedded({chunk})embedded"' for chunk in chunks)
    return f"std::string_view {name}() {{\n  return {literal};\n}}\n\n"


def viewer_page(page, assets):
    """The viewer's page with everything in it: it needs nothing else from anywhere."""
    if not assets or not all(assets):
        return ""
    script, style = assets
    # Nothing in it may end the element that it stands in.
    script = script.replace("</script", "<\\/script")
    return page.replace("@STYLE@", style).replace("@SCRIPT@", script)


def main():
    output = pathlib.Path(sys.argv[1])
    openapi, page, viewer, *assets = [
        pathlib.Path(each).read_text("utf-8") for each in sys.argv[2:]
    ]
    output.write_text(
        '#include "web/embedded.hpp"\n\n'
        "namespace iib::web {\n\n"
        + function("openapi_yaml", openapi)
        + function("plain_page_html", page)
        + function("viewer_page_html", viewer_page(viewer, assets))
        + "}  // namespace iib::web\n",
        "utf-8",
    )


if __name__ == "__main__":
    main()
