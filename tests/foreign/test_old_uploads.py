"""Images sent by the old library 2.0.0 under Python 3, where all that it sends but plain text is damaged.

The emulator refuses what is no chunk of the image, unless it was told to take the old library's: ``lenient_uploads``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudsigma_emulator import Emulator
from old.uploads import image_of, stored

from .old_library import run

pytestmark = [pytest.mark.foreign, pytest.mark.timeout(600)]

SIZE, CHUNK = 10_000, 4096
SPANS = [(0, 4096), (4096, 5904)]
"""Offset and length of the chunks: the last one takes what is left over."""

ONE_BY_ONE = """
import json, sys
from cloudsigma.resource import Drive
from cloudsigma.resumable_upload import Upload

upload = Upload(sys.argv[1], chunk_size=4096, drive_name='image')
upload.drive_uuid = upload.create(upload.create_data)['uuid']
refusals = []
for number, offset, length in upload.file_chunks():
    try:
        upload.upload_chunk(number, offset, length)
    except Exception as e:
        refusals.append(str(e))
drive = Drive().get(upload.drive_uuid)
print(json.dumps({'refusals': refusals, 'drive': drive, 'size': upload.remote_size}))
"""

WHOLE = """
import json, sys
from cloudsigma.resource import Drive
from cloudsigma.resumable_upload import Upload

progress = []
upload = Upload(
    sys.argv[1], chunk_size=4096, n_threads=2, drive_name='image', drive_media='cdrom',
    progress_callback=lambda *done: progress.append(done), progress_report_interval=0.05)
upload.upload()
drive = Drive().get(upload.drive_uuid)
print(json.dumps({'drive': drive, 'progress': progress[-1]}))
"""

BY_LINKS = """
import json, sys
from cloudsigma.resource import Drive, InitUpload

drives = Drive()
made = InitUpload().create({'media': 'disk'}, image_path=sys.argv[1])
answers = []
for number in range(2):
    link = drives.get_upload_chunk_link(made['uuid'], number, 4096)
    try:
        answers.append(drives.upload_chunk(link, sys.argv[1], number, 4096).status_code)
    except Exception as e:
        answers.append(type(e).__name__)
print(json.dumps({'answers': answers, 'drive': drives.get(made['uuid'])}))
"""

UPLOADER = """
import json, sys
from cloudsigma.conf import config
from cloudsigma.resource import Drive
from cloudsigma.upload_client import CSUploader

before = len(Drive().list())
uploader = CSUploader(config['api_endpoint'], sys.argv[1], 4096, config['username'], config['password'])
try:
    uploader.start()
    problem = None
except Exception as e:
    problem = type(e).__name__
print(json.dumps({'problem': problem, 'made': len(Drive().list()) - before}))
"""


def text(folder: Path, letters: bytes) -> Path:
    """Write an image of text that is ``SIZE`` bytes long."""
    path = folder / "image.txt"
    path.write_bytes((letters * SIZE)[:SIZE])
    return path


def test_damaged_chunks_are_refused(old_python: Path, tmp_path: Path) -> None:
    image = image_of(tmp_path, SIZE)
    with Emulator() as cloud:
        done = run(old_python, cloud, ONE_BY_ONE, str(image))
        assert len(done["refusals"]) == len(SPANS)
        for refusal, (_, length) in zip(done["refusals"], SPANS, strict=True):
            assert refusal.startswith("Wrong status 400 ")
            assert f"This chunk has {length} bytes" in refusal
        assert (done["drive"]["status"], done["drive"]["size"], done["size"]) == ("uploading", SIZE, SIZE)


def test_lenient_uploads_take_damaged_chunks(old_python: Path, tmp_path: Path) -> None:
    image = image_of(tmp_path, SIZE)
    with Emulator(lenient_uploads=True) as cloud:
        done = run(old_python, cloud, WHOLE, str(image))
        drive = done["drive"]
        assert (drive["status"], drive["name"], drive["media"]) == ("unmounted", "image", "cdrom")
        assert done["progress"] == [SIZE, SIZE]
        # What arrived is Python's way to write the bytes of a chunk; as much of it as the chunk is long is stored.
        content = image.read_bytes()
        chunks = [content[offset : offset + length] for offset, length in SPANS]
        arrived = b"".join(str(chunk).encode()[: len(chunk)] for chunk in chunks)
        assert stored(cloud, drive["uuid"], SIZE) == arrived != content


def test_plain_text_arrives_through_links(old_python: Path, tmp_path: Path) -> None:
    image = text(tmp_path, b"0123456789abcdef")
    with Emulator() as cloud:
        done = run(old_python, cloud, BY_LINKS, str(image))
        assert done["answers"] == [200, 200]
        assert done["drive"]["status"] == "unmounted"
        assert stored(cloud, done["drive"]["uuid"], SIZE) == image.read_bytes()


@pytest.mark.parametrize(("lenient", "status"), [(False, "uploading"), (True, "unmounted")])
def test_a_chunk_counted_in_letters(old_python: Path, tmp_path: Path, lenient: bool, status: str) -> None:
    """The old library reads as many letters as a chunk has bytes: too much, but it begins with the right bytes."""
    image = text(tmp_path, "é".encode())
    with Emulator(lenient_uploads=lenient) as cloud:
        done = run(old_python, cloud, BY_LINKS, str(image))
        assert done["answers"] == [200 if lenient else 400, 200]
        assert done["drive"]["status"] == status
        if lenient:
            assert stored(cloud, done["drive"]["uuid"], SIZE) == image.read_bytes()


@pytest.mark.parametrize("lenient", [False, True])
def test_what_the_old_library_cannot_even_send(old_python: Path, tmp_path: Path, lenient: bool) -> None:
    image = image_of(tmp_path, SIZE)
    with Emulator(lenient_uploads=lenient) as cloud:
        done = run(old_python, cloud, BY_LINKS, str(image))
        assert done["answers"] == ["UnicodeDecodeError"] * 2
        assert done["drive"]["status"] == "uploading"
        assert run(old_python, cloud, UPLOADER, str(image)) == {"problem": "TypeError", "made": 0}
