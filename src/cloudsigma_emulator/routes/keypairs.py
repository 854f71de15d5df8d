"""``/keypairs/`` with the private keys, and ``/pubkeys/``, the same pairs without them."""

from __future__ import annotations

from typing import Any

from ..domain import fields, keypairs
from ..domain.audit import without_secrets
from ..domain.permissions import DELETE, EDIT, LIST
from ..domain.refusal import Refusal
from ..domain.relations import PUBKEY
from ..engine import ssh_keys
from ..engine.attachments import require_own_tags
from .listing import list_answer, single_answer
from .objects import fetch
from .rendering import render_keypairs, render_pubkeys
from .route import Answer, Call, Route

Doc = dict[str, Any]


def list_keypairs(call: Call) -> Answer:
    """Answer the caller's pairs; the plain list has every key already."""
    return list_answer(call, "keypairs", render_keypairs)


def get_keypair(call: Call) -> Answer:
    """Answer one pair."""
    return single_answer(call, _shown(call, fetch(call, "keypairs", LIST)))


def list_pubkeys(call: Call) -> Answer:
    """Answer the caller's pairs without the private keys."""
    return list_answer(call, "keypairs", render_pubkeys)


def get_pubkey(call: Call) -> Answer:
    """Answer one pair without its private key."""
    return single_answer(call, render_pubkeys(call.tx, [fetch(call, "keypairs", LIST)], call)[0])


def create_keypairs(call: Call) -> Answer:
    """Import or make one pair or many, all or none."""
    tx = call.tx
    bodies = call.objects("keypair to create")
    given = [keypairs.read_keypair(body) for body in bodies]
    if sum(not (values["public_key"] or values["private_key"]) for values in given) > keypairs.MOST_GENERATED:
        raise Refusal.validation(f"At most {keypairs.MOST_GENERATED} keypairs can be made at once", "objects")
    stored = []
    for body, values in zip(bodies, given, strict=True):
        require_own_tags(tx, call.user_uuid, values["tags"])
        keypair = {
            "uuid": tx.new_uuid(),
            "owner": call.user_uuid,
            "name": values["name"],
            "meta": values["meta"],
            "tags": values["tags"],
            **_material(values),
        }
        tx.insert("keypairs", keypair)
        tx.audit("Keypairs", "create", keypair["uuid"], details=without_secrets(body))
        stored.append(keypair)
    return Answer(201, {"objects": render_keypairs(tx, stored, call)})


def _material(values: Doc) -> Doc:
    public, private = values["public_key"], values["private_key"]
    if public is None and private is None:
        key = ssh_keys.generate(values["algorithm_type"])
    else:
        key = ssh_keys.accept(public, private)
    return {"public_key": key.public_key, "private_key": key.private_key, "fingerprint": key.fingerprint}


def update_keypair(call: Call) -> Answer:
    """Rename a pair, or change its meta and tags; the keys stay as they are."""
    tx = call.tx
    keypair = fetch(call, "keypairs", EDIT)
    body = fields.body_object(call.object())
    values = keypairs.read_change(body, keypair)
    if keypair["owner"] != call.user_uuid:
        values["tags"] = keypair["tags"]
    require_own_tags(tx, call.user_uuid, values["tags"], keypair["tags"])
    keypair.update(values)
    tx.update("keypairs", keypair)
    tx.audit("Keypairs", "update", keypair["uuid"], details=without_secrets(body), owner=keypair["owner"])
    return Answer(200, _shown(call, keypair))


def delete_keypair(call: Call) -> Answer:
    """Delete a pair; servers that had its public key lose it."""
    tx = call.tx
    uuid = fetch(call, "keypairs", DELETE)["uuid"]
    servers = [server for _, server in tx.sources(PUBKEY, "keypairs", [uuid])[uuid]]
    for server in tx.find("servers", uuids=servers) if servers else ():
        server["pubkeys"] = [key for key in server["pubkeys"] if key != uuid]
        tx.update("servers", server)
    tx.remove("keypairs", uuid)
    tx.audit("Keypairs", "delete", uuid)
    return Answer(204)


def _shown(call: Call, keypair: Doc) -> Doc:
    return render_keypairs(call.tx, [keypair], call)[0]


ROUTES: list[Route] = [
    Route("GET", "/keypairs/", list_keypairs, id="keypairs.list"),
    Route("POST", "/keypairs/", create_keypairs, id="keypairs.create"),
    Route("GET", "/keypairs/{uuid}/", get_keypair, id="keypairs.get"),
    Route("PUT", "/keypairs/{uuid}/", update_keypair, id="keypairs.update"),
    Route("DELETE", "/keypairs/{uuid}/", delete_keypair, id="keypairs.delete"),
    Route("GET", "/pubkeys/", list_pubkeys, id="pubkeys.list"),
    Route("GET", "/pubkeys/{uuid}/", get_pubkey, id="pubkeys.get"),
]
