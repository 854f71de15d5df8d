"""The files of a guest: Debian packages from the machine's own apt sources, the library, and the image's own files."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from .contents import EARLY_FILES, Variant
from .programs import BuildFailed, run, workplace

SUITE = "bookworm"
_PYTHON = "3.11"
_SITE = f"usr/local/lib/python{_PYTHON}/dist-packages"
_LIBRARY = "cloudsigma"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
"""With what Debian signs its archives."""


def sources(mirror: str | None = None) -> list[str]:
    """Return apt's lines for the Debian that the guest is made of.

    :param mirror: the address of a Debian archive; by default this machine's own package sources tell one.
    :raises BuildFailed: when they do not.
    """
    signed = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
    if mirror is not None:
        return [f"deb {signed}{mirror} {SUITE} main"]
    found = _debian_indexes()
    if not found:
        # Machines made from images often have no lists; what they would say is fetched, but not kept.
        with workplace() as folder:
            (folder / "lists").mkdir()
            lists = ("-o", f"Dir::State::lists={folder / 'lists'}")
            run(["apt-get", *lists, "-o", "APT::Sandbox::User=", "update"], "apt-get update")
            found = _debian_indexes(*lists)
    if not any(suite == SUITE for _, suite in found):
        raise BuildFailed(
            f"this machine's package sources have no Debian, of whose {SUITE} the guest is made: "
            "name an archive of it with --mirror"
        )
    return [
        f"deb {signed}{place} {suite} {' '.join(dict.fromkeys(parts))}"
        for (place, suite), parts in found.items()
    ]


def _debian_indexes(*options: str) -> dict[tuple[str, str], list[str]]:
    """Return the components of each Debian suite that the guest may be made of, by place and suite.

    An archive of another release has the guest's too.
    """
    form = "$(REPO_URI)|$(CODENAME)|$(COMPONENT)|$(ORIGIN)"
    command = ["apt-get", *options, "indextargets", "--format", form, "Identifier: Packages"]
    own: dict[tuple[str, str], list[str]] = {}
    other: dict[tuple[str, str], list[str]] = {}
    for line in run(command, "apt-get indextargets").splitlines():
        place, suite, component, origin = line.split("|")
        release = re.fullmatch(r"([a-z]+)(-security|-updates)?", suite)
        if origin == "Debian" and release is not None:
            name, part = release.groups(default="")
            (own if name == SUITE else other).setdefault((place, SUITE + part), []).append(component)
    return own or other


def make_packages(variant: Variant, target: Path, mirror: str | None = None) -> None:
    """Make a tar file of the variant's packages, set up. Raises ``BuildFailed``."""
    with workplace() as folder:
        write_files(folder / "early", EARLY_FILES)
        listing = folder / "sources.list"
        listing.write_text("\n".join(sources(mirror)) + "\n", encoding="ascii")
        run(
            [
                "mmdebstrap", "--mode=root", "--variant=minbase", "--format=tar", f"--include={','.join(variant.packages)}",
                f"--setup-hook=copy-in {folder}/early/etc {folder}/early/usr /",
                "--customize-hook=rm -rf $1/var/cache/apt/* $1/var/lib/apt/lists/* $1/usr/share/locale/*",
                SUITE, target, listing,
            ],
            "mmdebstrap",
            isolated=True,
            folder=folder,
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
