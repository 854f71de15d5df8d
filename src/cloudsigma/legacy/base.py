"""The base of the old resource classes: one API root, plain data in and out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from ..core.references import uuid_of
from ..generic import GenericClient, get_client

Params: TypeAlias = Mapping[str, Any] | None


class ResourceBase:
    """One root of the API. Arguments are those of ``cloudsigma.generic.GenericClient``.

    ``c`` is the client; ``c.resp`` the last answer that the calling thread got. Objects are dictionaries. Where the
    API answers with a list of one, the object itself is returned, except by ``list`` and ``list_detail``.

    A ``uuid`` may also be a resource_uri or an object that has one. All methods raise the errors that
    ``cloudsigma.generic.GenericClient.get`` lists.
    """

    resource_name: str | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.c: GenericClient = get_client()(*args, **kwargs)

    @property
    def client(self) -> GenericClient:
        """The same as ``c``."""
        return self.c

    def attach_response_hook(self, func: Callable[..., Any]) -> None:
        """Have ``func`` called with each answer."""
        self.c.response_hook = func

    def detach_response_hook(self) -> None:
        """Undo ``attach_response_hook``."""
        self.c.response_hook = None

    def _get_url(self) -> str:
        if not self.resource_name:
            raise TypeError(f"{type(self).__name__} must set resource_name")
        return f"/{self.resource_name}/"

    def _object_url(self, uuid: Any) -> str:
        url = self._get_url()
        if isinstance(uuid, bytes):
            uuid = uuid.decode("utf-8", "replace")
        elif isinstance(uuid, int) or type(uuid).__module__ == "uuid":
            uuid = str(uuid)
        # Nothing that could change the path gets through: DELETE of "" would be the address for deleting many.
        return f"{url}{uuid_of(uuid, self.resource_name, 'uuid')}/"

    def get(self, uuid: Any = None) -> Any:
        """Return one object, or without ``uuid`` the first page of all."""
        url = self._get_url() if uuid is None else self._object_url(uuid)
        return self.c.get(url, return_list=False)

    def get_schema(self) -> Any:
        """Return the API's schema of this resource."""
        return self.c.get(self._get_url() + "schema/")

    def get_from_url(self, url: str) -> Any:
        """Return what is at a resource_uri."""
        return self.c.get(url, return_list=False)

    def list(self, query_params: Params = None) -> Any:
        """Return all objects, each with the few fields of a plain list; ``query_params`` are filters and ``fields``."""
        return self.c.get(
            self._get_url(), query_params={"limit": 0, **(query_params or {})}, return_list=True
        )

    def list_detail(self, query_params: Params = None) -> Any:
        """Return all objects with all fields; ``query_params`` are filters and ``fields``."""
        url = self._get_url() + "detail/"
        return self.c.get(url, query_params={"limit": 0, **(query_params or {})}, return_list=True)

    def create(self, data: Any, query_params: Params = None) -> Any:
        """Create one object from a dictionary, or several from a list of them."""
        return self.c.post(self._get_url(), _enveloped(data), return_list=False, query_params=query_params)

    def update(self, uuid: Any, data: Any) -> Any:
        """Write an object's new definition and return it as it is now."""
        return self.c.put(self._object_url(uuid), data, return_list=False)

    def delete(self, uuid: Any, query_params: Params = None) -> Any:
        """Delete one object."""
        return self.c.delete(self._object_url(uuid), query_params=query_params)

    def _action(self, uuid: Any, action: str, data: Any = None, query_params: Params = None) -> Any:
        """Run an action of one object, or of the whole resource when ``uuid`` is None."""
        if uuid is not None:
            return self._object_action(uuid, action, data, query_params)
        return self._post_action(self._get_url(), action, data, query_params)

    def _object_action(self, uuid: Any, action: str, data: Any = None, query_params: Params = None) -> Any:
        return self._post_action(self._object_url(uuid), action, data, query_params)

    def _post_action(self, url: str, action: str, data: Any, query_params: Params) -> Any:
        # The API wants a body with every action, be it an empty object.
        return self.c.post(
            f"{url}action/",
            {} if data is None else data,
            query_params={"do": action, **(query_params or {})},
            return_list=False,
        )


def _enveloped(data: Any) -> Any:
    if isinstance(data, (list, tuple)):
        return {"objects": list(data)}
    if isinstance(data, Mapping):
        return data if "objects" in data else {"objects": [data]}
    raise TypeError(f"the data must be a dictionary or a list of them, not {type(data).__name__}")


def avoiding(avoid: str | Iterable[str] | None) -> dict[str, str]:
    """Return the query for ``avoid``: uuids of drives or servers whose storage hosts are to be avoided."""
    if not avoid:
        return {}
    return {"avoid": avoid if isinstance(avoid, str) else ",".join(avoid)}
