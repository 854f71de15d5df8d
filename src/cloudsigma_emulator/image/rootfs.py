"""The files of a guest: Debian packages from the machine's own apt sources, the library, and the image's own files."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from .contents import EARLY_FILES, Variant

SUITE = "bookworm"
_PYTHON = "3.11"
_SITE = f"usr/local/lib/python{_PYTHON}/dist-packages"
_LIBRARY = "cloudsigma"


class BuildFailed(Exception):
    """A guest image could not be made; the message says which step failed and what it said last."""


def run(command: Sequence[str | Path], step: str, given: str | None = None) -> str:
    """Run a program; return what it wrote. Raises ``BuildFailed``."""
    environment = {**os.environ, "LC_ALL": "C", "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"}
    try:
        done = subprocess.run(  # noqa: S603 - programs and arguments are ours
            [str(word) for word in command],
            input=given,
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )
    except OSError as error:
        raise BuildFailed(f"{step} could not be started: {error}") from error
    if done.returncode:
        last = "\n".join((done.stderr or done.stdout).strip().splitlines()[-8:])
        raise BuildFailed(f"{step} failed:\n{last}")
    return done.stdout


def sources() -> list[str]:
    """Return apt's lines for Debian as this machine has them. Raises ``BuildFailed`` when it has none."""
    found = _debian_indexes()
    if not found:
        # Machines made from images often have no lists; what they would say is fetched, but not kept.
        with tempfile.TemporaryDirectory(prefix="cloudsigma-image-") as folder:
            Path(folder).chmod(0o755)
            lists = ("-o", f"Dir::State::lists={folder}")
            run(["apt-get", *lists, "-o", "APT::Sandbox::User=", "update"], "apt-get update")
            found = _debian_indexes(*lists)
    if not any(suite == SUITE for _, suite in found):
        raise BuildFailed(
            f"this machine's package sources have no Debian {SUITE}, which the guest is made of: add it to them"
        )
    keyring = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
    signed = f"[signed-by={keyring}] " if keyring.exists() else ""
    return [
        f"deb {signed}{place} {suite} {' '.join(dict.fromkeys(parts))}"
        for (place, suite), parts in found.items()
    ]


def _debian_indexes(*options: str) -> dict[tuple[str, str], list[str]]:
    """Return the components of each Debian suite that the guest may be made of, by place and suite."""
    form = "$(REPO_URI)|$(CODENAME)|$(COMPONENT)|$(ORIGIN)"
    command = ["apt-get", *options, "indextargets", "--format", form, "Identifier: Packages"]
    found: dict[tuple[str, str], list[str]] = {}
    for line in run(command, "apt-get indextargets").splitlines():
        place, suite, component, origin = line.split("|")
        if origin == "Debian" and re.fullmatch(rf"{SUITE}(-security|-updates)?", suite):
            found.setdefault((place, suite), []).append(component)
    return found


def make_packages(variant: Variant, target: Path) -> None:
    """Make a tar file of the variant's packages, set up. Raises ``BuildFailed``."""
    with tempfile.TemporaryDirectory(prefix="cloudsigma-image-") as folder:
        early = Path(folder)
        early.chmod(0o755)
        write_files(early / "early", EARLY_FILES)
        listing = early / "sources.list"
        listing.write_text("\n".join(sources()) + "\n", encoding="ascii")
        run(
            [
                "mmdebstrap", "--mode=root", "--variant=minbase", "--format=tar", f"--include={','.join(variant.packages)}",
                f"--setup-hook=copy-in {early}/early/etc {early}/early/usr /",
                "--customize-hook=rm -rf $1/var/cache/apt/* $1/var/lib/apt/lists/* $1/usr/share/locale/*",
                SUITE, target, listing,
            ],
            "mmdebstrap",
        )  # fmt: skip


def unpack(packages: Path, folder: Path, variant: Variant, root_password: str) -> None:
    """Lay out a whole guest in a folder: packages, library, files, host keys, password."""
    run(["tar", "-C", folder, "--numeric-owner", "-xpf", packages], "tar")
    install_library(folder)
    write_files(folder, variant.files)
    (folder / "etc/machine-id").write_text("", encoding="ascii")
    # Made once, here: making keys takes an emulated processor longer than booting.
    run(["chroot", folder, "ssh-keygen", "-A"], "ssh-keygen")
    run(["chroot", folder, "chpasswd"], "chpasswd", f"root:{root_password}\n")
    run(["chroot", folder, "sh", "-c", variant.commands], "setting up the image")


def write_files(folder: Path, files: dict[str, str]) -> None:
    """Write files below a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def library_files() -> Iterator[Path]:
    """Give the files of the library as it is installed here, in order."""
    found = importlib.util.find_spec(_LIBRARY)
    if found is None or not found.submodule_search_locations:
        raise BuildFailed("the library is not installed beside the emulator")
    for path in sorted(Path(found.submodule_search_locations[0]).rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            yield path


def install_library(folder: Path) -> None:
    """Install the library as it is here, with what it needs, for the guest's own Python."""
    site = folder / _SITE
    site.mkdir(parents=True, exist_ok=True)
    needed = [text for text in importlib.metadata.requires(_LIBRARY) or [] if "extra ==" not in text]
    run(
        [
            sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-warn-conflicts",
            "--target", site, "--python-version", _PYTHON, "--implementation", "cp", "--only-binary=:all:",
            "--platform", "manylinux_2_28_x86_64", "--platform", "manylinux2014_x86_64", "--platform", "any", *needed,
        ],
        "pip",
    )  # fmt: skip
    files = list(library_files())
    top = next(path for path in files if path.name == "__init__.py" and path.parent.name == _LIBRARY).parent
    for path in files:
        place = site / _LIBRARY / path.relative_to(top)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    version = importlib.metadata.version(_LIBRARY)
    described = site / f"{_LIBRARY}-{version}.dist-info"
    described.mkdir(exist_ok=True)
    (described / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {_LIBRARY}\nVersion: {version}\n", encoding="ascii"
    )
    command = folder / "usr/local/bin" / _LIBRARY
    command.parent.mkdir(parents=True, exist_ok=True)
    command.write_text(
        "#!/usr/bin/python3\nimport sys\nfrom cloudsigma.cli.main import main\nsys.exit(main())\n",
        encoding="ascii",
    )
    command.chmod(0o755)
