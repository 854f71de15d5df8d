"""What resumable.js sends with a chunk: the fields that name it, and the form around its bytes (RFC 7578)."""

from __future__ import annotations

from collections.abc import Mapping


def resumable_fields(chunk_number: int, chunk_size: int, total_size: int, filename: str) -> dict[str, str]:
    """Return the fields that name a chunk.

    Arguments: ``chunk_number``, from 1; ``chunk_size`` (the same for all chunks) and ``total_size`` (of the image) in
    bytes; ``filename``, the base name of the image.
    """
    return {
        "resumableChunkNumber": str(chunk_number),
        "resumableChunkSize": str(chunk_size),
        "resumableTotalSize": str(total_size),
        "resumableIdentifier": filename,
        "resumableFilename": filename,
    }


def form_edges(boundary: str, fields: Mapping[str, str], filename: str) -> tuple[bytes, bytes]:
    """Return what comes before and after the bytes of the part ``file`` in a multipart/form-data body."""
    lines = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    shown = filename.replace("\\", "%5C").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    lines.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{shown}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return "".join(lines).encode(), f"\r\n--{boundary}--\r\n".encode()
