"""Writes a C++ source that holds the schema and the migrations as text.

Usage: embed_sql.py OUTPUT SCHEMA MIGRATION...
"""

import pathlib
import re
import sys

# A literal must not be longer than what every compiler takes; neighbours are joined.
CHUNK = 8000


def literal(text):
    chunks = [text[at:at + CHUNK] for at in range(0, len(text), CHUNK)]
    return "\n".join(f'R"embedded({chunk})embedded"' for chunk in chunks)


def migration(path):
    match = re.fullmatch(r"(\d{3})-([a-z0-9-]+)\.sql", path.name)
    if not match:
        sys.exit(f"{path}: a migration is named NNN-what-it-does.sql")
    number, name = match.groups()
    return f'    {{{int(number)}, "{name}",\n{literal(path.read_text("utf-8"))}}},\n'


def main():
    output, schema, *migrations = map(pathlib.Path, sys.argv[1:])
    output.write_text(
        '#include "store/embedded_sql.hpp"\n\n'
        "namespace iib::store {\n\n"
        "std::string_view schema_sql() {\n"
        f"  return {literal(schema.read_text('utf-8'))};\n"
        "}\n\n"
        "std::span<const Migration> migrations() {\n"
        "  static const Migration all[] = {\n"
        f"{''.join(migration(path) for path in sorted(migrations))}"
        "  };\n"
        "  return all;\n"
        "}\n\n"
        "}  // namespace iib::store\n",
        "utf-8",
    )


if __name__ == "__main__":
    main()
