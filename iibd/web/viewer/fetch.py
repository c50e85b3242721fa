"""Brings the documentation viewer's assets from the npm registry.

Usage: fetch.py NPM REQUIRED LOCK_DIRECTORY WORK_DIRECTORY SCRIPT STYLE

Without a registry the files SCRIPT and STYLE are empty, and the build goes on with the plain page,
unless REQUIRED is `true`. No script of a package is run.
"""

import pathlib
import shutil
import subprocess
import sys

LIMIT_SECONDS = 300
PACKAGE = "node_modules/swagger-ui-dist"


def install(npm, locks, work):
    work.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(locks / name, work / name)
    subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=work,
        check=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
    )


def main():
    npm, required = sys.argv[1:3]
    locks, work, script, style = map(pathlib.Path, sys.argv[3:])
    try:
        install(npm, locks, work)
        shutil.copy(work / PACKAGE / "swagger-ui-bundle.js", script)
        shutil.copy(work / PACKAGE / "swagger-ui.css", style)
    except (subprocess.SubprocessError, OSError) as error:
        told = getattr(error, "stderr", None) or error
        text = f"the documentation viewer cannot be brought from the npm registry: {told}"
        if required == "true":
            sys.exit(text)
        print(f"warning: {text}\nwarning: the plain page is built in its place", file=sys.stderr)
        script.write_text("")
        style.write_text("")


if __name__ == "__main__":
    main()
