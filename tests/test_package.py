"""The wheel and the sdist: what is in them, and what they say of themselves."""

import re
import subprocess
import sys
import tarfile
import zipfile
from configparser import ConfigParser
from email import message_from_bytes
from pathlib import Path
from types import SimpleNamespace

import pytest

import minigan

pytest.importorskip("hatchling")
pytest.importorskip("hatch_fancy_pypi_readme")

ROOT = Path(__file__).parent.parent
INFO = f"minigan-{minigan.__version__}.dist-info"
MADE = {"PKG-INFO"}  # what no file of the project is, in the sdist


def build(project, folder):
    """Both files, built from the project's folder; what is in each, by path, as bytes."""
    command = [
        sys.executable,
        "-m",
        "hatchling",
        "build",
        "-d",
        folder,
        "-t",
        "sdist",
        "-t",
        "wheel",
    ]
    subprocess.run(command, cwd=project, check=True, capture_output=True)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = {name: archive.read(name) for name in archive.namelist()}
    with tarfile.open(sdist) as archive:
        files = [member for member in archive if member.isfile()]
        in_sdist = {m.name.split("/", 1)[1]: archive.extractfile(m).read() for m in files}
    return SimpleNamespace(wheel=in_wheel, sdist=in_sdist)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return build(ROOT, tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="module")
def metadata(built):
    return message_from_bytes(built.wheel[f"{INFO}/METADATA"])


# -- what is in them -------------------------------------------------------------------------------


def listed(*options):
    """The files that git lists, of those that are there."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout: git knows what belongs to the project")
    done = subprocess.run(
        ["git", "ls-files", "-z", *options], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return {name for name in done.stdout.split("\0") if (ROOT / name).is_file()}


def in_the_wheel(names):
    """Where the wheel has the files of the package, and the programs of `minigan train`."""
    ours = {name for name in names if name.startswith(("minigan/", "examples/"))}
    return {re.sub(r"^examples/", "minigan/examples/", name) for name in ours}


def test_each_file_of_the_project_is_shipped_and_none_that_git_ignores(built):
    tracked, known = listed(), listed("--cached", "--others", "--exclude-standard")
    assert "minigan/py.typed" in tracked
    assert tracked <= built.sdist.keys() <= known | MADE
    package = {name for name in built.wheel if not name.startswith(f"{INFO}/")}
    assert in_the_wheel(tracked) <= package <= in_the_wheel(known)


def test_the_sdist_builds_the_same_wheel(built, tmp_path):
    for name, content in built.sdist.items():
        file = tmp_path / "unpacked" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    (tmp_path / "again").mkdir()
    again = build(tmp_path / "unpacked", tmp_path / "again")
    assert again.wheel == built.wheel and again.sdist == built.sdist


def test_the_wheel_is_typed_and_has_the_command(built):
    assert built.wheel["minigan/py.typed"] == b""
    entry_points = ConfigParser()
    entry_points.read_string(built.wheel[f"{INFO}/entry_points.txt"].decode())
    assert dict(entry_points["console_scripts"]) == {"minigan": "minigan.__main__:main"}


# -- what they say of themselves -------------------------------------------------------------------


def test_name_version_and_python(metadata):
    assert (metadata["Name"], metadata["Version"]) == ("minigan", minigan.__version__)
    assert metadata["Requires-Python"] == ">=3.11" and metadata["Author"]
    assert {"Programming Language :: Python :: 3.11", "Typing :: Typed"} <= {
        *metadata.get_all("Classifier")
    }


def test_both_say_the_same(built):
    assert built.sdist["PKG-INFO"] == built.wheel[f"{INFO}/METADATA"]


def test_both_licences_are_named_and_shipped(built, metadata):
    assert metadata["License-Expression"] == "MIT AND CC-BY-SA-3.0"
    assert not [words for words in metadata.get_all("Classifier") if words.startswith("License")]
    ours, digits = metadata.get_all("License-File")
    assert built.wheel[f"{INFO}/licenses/{ours}"].startswith(b"MIT License")
    assert b"(CC-BY-SA-3.0)" in built.wheel[f"{INFO}/licenses/{digits}"]
    assert digits == "minigan/data/digits/LICENSE.md" and digits in built.wheel


def test_the_readme_links_to_files_that_are_there_by_their_address(metadata):
    text = metadata.get_payload()
    links = re.findall(r'\]\(([^)]+)\)|(?:src|href)="([^"]+)"', text)
    links = [markdown or html for markdown, html in links]
    assert [link for link in links if not link.startswith(("https://", "http://", "#"))] == []
    source = address(metadata)
    ours = [link for link in links if link.startswith(source)]
    files = [re.fullmatch(rf"{re.escape(source)}/(?:raw|blob)/main/([^#]+).*", x)[1] for x in ours]
    assert "docs/pytorch.md" in files and "docs/mnist_dense.png" in files
    assert [file for file in files if not (ROOT / file).exists()] == []


def address(metadata):
    """Where the project is at home."""
    urls = dict(url.split(", ") for url in metadata.get_all("Project-URL"))
    return urls["Source"]


def test_one_address_everywhere(metadata):
    source = address(metadata)
    assert all(source in url for url in metadata.get_all("Project-URL"))
    for name in ("CITATION.cff", "CONTRIBUTING.md", "mkdocs.yml"):
        assert source in (ROOT / name).read_text(encoding="utf-8"), name
