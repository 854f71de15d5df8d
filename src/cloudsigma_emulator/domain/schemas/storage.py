"""The schemas of drives, library drives and jobs."""

from __future__ import annotations

from .build import NAMED, NO, F, Schema

LICENSES = F(
    "licenses",
    "related",
    [],
    fields=(
        F("amount", "integer", 1),
        F("license", "related", NO, "required"),
        F("user", "related"),
    ),
)
MEDIA = F("media", "string", None, "required", choices=("cdrom", "disk"))

DRIVES = Schema(
    ["get", "put", "delete", "post"],
    ["get", "put", "delete"],
    (
        F("affinities", "list", [], choices=("ssd",)),
        F("allow_multimount", "boolean", False),
        F("backup_scheduler", "related", NO, "readonly"),
        F("grantees", "list", NO),
        F("iops", "integer"),
        F("jobs", "related", NO, "readonly required"),
        LICENSES,
        MEDIA,
        F("meta", "dict", {}),
        F("mounted_on", "related", NO, "readonly"),
        F("name", "string", None, "required"),
        F("owner", "related", None, "readonly"),
        F("permissions", "list", NO),
        F("remote_snapshots", "related", NO, "readonly"),
        F("resource_uri", "string", NO, "readonly required"),
        F(
            "runtime",
            "related",
            NO,
            "readonly",
            fields=(
                F("is_downloadable", "boolean", NO, "readonly required"),
                F("is_ephemeral", "boolean", NO, "readonly required"),
                F("is_snapshotable", "boolean", NO, "readonly required"),
                F("snapshots_allocated_size", "integer", NO, "readonly required"),
                F("storage_type", "string", NO, "readonly required"),
            ),
        ),
        F("size", "integer", None, "required"),
        F("snapshots", "related", NO, "readonly"),
        F("status", "string", NO, "readonly required"),
        F(
            "storage_type",
            "string",
            choices=(
                "magnetic",
                "ssd",
                "dssd",
                "zadara",
                "nvme",
                "local_nvme",
            ),
        ),
        F("tags", "related", NO),
        F("uuid", "string", None, "readonly required"),
    ),
    filtering=NAMED,
    ordering=["uuid", "name"],
)


LIBDRIVES = Schema(
    ["get"],
    ["get"],
    (
        F("affinities", "list", [], choices=("ssd",)),
        F("allow_multimount", "boolean", False),
        F("arch", "string", None, "required"),
        F("category", "list", []),
        F("description", "string"),
        F("distribution", "string"),
        F("favourite", "boolean", None, "required"),
        F("image_type", "string", None, "required"),
        F("install_notes", "string"),
        F("jobs", "related", NO, "readonly required"),
        LICENSES,
        MEDIA,
        F("meta", "dict", {}),
        F("mounted_on", "related", NO, "readonly"),
        F("name", "string", None, "required"),
        F("os", "string", None, "required"),
        F("owner", "related", None, "readonly"),
        F("paid", "boolean", None, "required"),
        F("resource_uri", "string", NO, "readonly required"),
        F("size", "integer", None, "required"),
        F("status", "string", NO, "readonly required"),
        F("storage_type", "string", NO, "required"),
        F("tags", "related", NO),
        F("url", "string"),
        F("uuid", "string", None, "readonly required"),
        F("version", "string"),
    ),
    filtering={
        "arch": "exact",
        "category": "exact",
        "distribution": "exact",
        "image_type": "exact",
        "name": "exact",
        "name__icontains": "exact",
        "os": "exact",
        "uuid": "exact",
        "version": "exact",
    },
)


JOBS = Schema(
    ["get"],
    ["get"],
    (
        F("children", "related", NO, "nullable"),
        F("created", "datetime", "2014-06-05T09:46:41.793232+00:00"),
        F("data", "object", NO, "nullable"),
        F("last_modified", "datetime", "2014-06-05T09:46:41.793249+00:00"),
        F("operation", "string", NO, "nullable"),
        F("resource_uri", "string", NO, "readonly"),
        F("resources", "list", NO, "nullable"),
        F("state", "string", "started"),
        F("uuid", "string", NO, "unique"),
    ),
    filtering={"state": 1},
    ordering=["-last_modified"],
    old=True,
)
