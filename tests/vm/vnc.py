"""A VNC client as small as can be (RFC 6143): password, one picture, uncompressed."""

from __future__ import annotations

import socket
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Picture:
    width: int
    height: int
    data: bytes

    def pixels(self) -> Iterator[tuple[int, int, int]]:
        for at in range(0, len(self.data), 4):
            yield self.data[at + 2], self.data[at + 1], self.data[at]

    def save(self, path: Path) -> None:
        body = bytes(value for pixel in self.pixels() for value in pixel)
        path.write_bytes(f"P6 {self.width} {self.height} 255\n".encode() + body)


def _exactly(peer: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = peer.recv(size - len(data))
        assert piece, "the VNC server hung up"
        data += piece
    return data


def _response(challenge: bytes, password: str) -> bytes:
    """DES with the password as key, each byte of it mirrored; one key of triple DES three times is DES."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
        from cryptography.hazmat.primitives.ciphers import Cipher, modes

        key = bytes(int(f"{byte:08b}"[::-1], 2) for byte in password.encode()[:8].ljust(8, b"\0"))
        encryptor = Cipher(TripleDES(key * 3), modes.ECB()).encryptor()
        return encryptor.update(challenge)


def enter(peer: socket.socket, password: str, *, shared: bool = True) -> tuple[int, int]:
    """Begin a session; return the width and height of the screen. Raises PermissionError for a wrong password."""
    assert _exactly(peer, 12) == b"RFB 003.008\n"
    peer.sendall(b"RFB 003.008\n")
    kinds = _exactly(peer, _exactly(peer, 1)[0])
    assert kinds == b"\x02", kinds  # VNC authentication and nothing else
    peer.sendall(b"\x02")
    peer.sendall(_response(_exactly(peer, 16), password))
    if struct.unpack(">I", _exactly(peer, 4))[0]:
        raise PermissionError("wrong password")
    peer.sendall(bytes([shared]))
    width, height = struct.unpack(">HH", _exactly(peer, 4))
    _exactly(peer, 16)
    _exactly(peer, struct.unpack(">I", _exactly(peer, 4))[0])
    return width, height


def screenshot(place: tuple[str, int], password: str) -> Picture:
    """Return the screen. Raises PermissionError for a wrong password."""
    with socket.create_connection(place, 30) as peer:
        width, height = enter(peer, password)
        # 32 bits, little-endian, blue lowest; then raw encoding only.
        peer.sendall(struct.pack(">Bxxx BBBBHHHBBBxxx", 0, 32, 24, 0, 1, 255, 255, 255, 16, 8, 0))
        peer.sendall(struct.pack(">BxHi", 2, 1, 0))
        peer.sendall(struct.pack(">BBHHHH", 3, 0, 0, 0, width, height))
        screen = bytearray(width * height * 4)
        seen = 0
        while seen < width * height:
            assert _exactly(peer, 1) == b"\0"
            (count,) = struct.unpack(">xH", _exactly(peer, 3))
            for _ in range(count):
                x, y, wide, high, encoding = struct.unpack(">HHHHi", _exactly(peer, 12))
                assert encoding == 0
                data = _exactly(peer, wide * high * 4)
                for row in range(high):
                    at = ((y + row) * width + x) * 4
                    screen[at : at + wide * 4] = data[row * wide * 4 : (row + 1) * wide * 4]
                seen += wide * high
        return Picture(width, height, bytes(screen))
