"""A server that costs almost nothing: each request gets the same bytes. Run as a process of its own, it prints its port."""

from __future__ import annotations

import json
import os
import socket
import ssl
import sys
import threading
import time

FAR_SECONDS = 0.01  # what lies below /far/ answers as late as a cloud some hundred kilometres away

SERVER = {
    "auto_start": False,
    "context": True,
    "cpu": 2000,
    "cpu_model": None,
    "cpu_type": "amd",
    "cpus_instead_of_cores": False,
    "drives": [
        {
            "boot_order": 1,
            "dev_channel": "0:0",
            "device": "virtio",
            "drive": {
                "resource_uri": f"/api/2.0/drives/{n:08d}-aaaa-4bbb-8ccc-dddddddddddd/",
                "uuid": f"{n:08d}-aaaa",
            },
            "runtime": {"io": {"bytes_read": n, "bytes_written": n, "count_read": n, "count_written": n}},
        }
        for n in range(2)
    ],
    "enable_numa": False,
    "grantees": [],
    "hv_relaxed": False,
    "hv_tsc": False,
    "jobs": [],
    "mem": 2147483648,
    "meta": {"description": "a machine", "ssh_public_key": "ssh-ed25519 AAAA" + "x" * 200},
    "name": "web",
    "nics": [
        {
            "boot_order": None,
            "firewall_policy": None,
            "ip_v4_conf": {"conf": "dhcp", "ip": None},
            "ip_v6_conf": None,
            "mac": "22:aa:bb:cc:dd:ee",
            "model": "virtio",
            "runtime": {"interface_type": "public", "io": {"bytes_recv": 1, "bytes_sent": 2}},
            "vlan": None,
        }
    ],
    "owner": {"resource_uri": "/api/2.0/user/5b4a69a3-8e78-4c45-a8ba-8b13f0895e23/", "uuid": "5b4a69a3"},
    "permissions": ["CLONE", "CLOSE_VNC", "EDIT", "LIST", "OPEN_VNC", "START", "STOP"],
    "requirements": [],
    "resource_uri": "/api/2.0/servers/472835d5-2bbb-4d87-9d08-7364bc373692/",
    "runtime": None,
    "smp": 1,
    "status": "stopped",
    "tags": [],
    "uuid": "472835d5-2bbb-4d87-9d08-7364bc373692",
    "vnc_password": "testserver",
}


def answer(document: object) -> bytes:
    """Return a whole HTTP answer with a JSON document."""
    body = json.dumps(document).encode()
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n"
        f"X-REQUEST-ID: 0c5b3e5e\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def serve(connection: socket.socket, canned: bytes, large: bytes) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    buffer = b""
    try:
        while data := connection.recv(65536):
            buffer += data
            while (end := buffer.find(b"\r\n\r\n")) >= 0:
                request, buffer = buffer[:end], buffer[end + 4 :]
                if b"/far/" in request:
                    time.sleep(FAR_SECONDS)
                connection.sendall(large if b"/detail/" in request else canned)
    except OSError:
        pass
    finally:
        connection.close()


def main() -> None:
    """Serve until the parent closes standard input: ``canned_server.py [CERTIFICATE | -] [OBJECTS OF THE LIST]``."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    context = None
    if len(sys.argv) > 1 and sys.argv[1] != "-":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    canned = answer(SERVER)
    objects = [{**SERVER, "uuid": f"{n:08d}-2bbb-4d87-9d08-7364bc373692"} for n in range(count)]
    large = answer({"meta": {"limit": 0, "offset": 0, "total_count": count}, "objects": objects})
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    print(listener.getsockname()[1], flush=True)

    def accept() -> None:
        while True:
            connection, _ = listener.accept()
            if context is not None:
                connection = context.wrap_socket(connection, server_side=True)
            threading.Thread(target=serve, args=(connection, canned, large), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
