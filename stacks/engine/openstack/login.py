"""How to log in to a site: an entry of clouds.yaml, or the inputs of the provider resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stacks.engine.openstack.answers import NotReached
from stacks.engine.provider import Unsupported

_AUTH = {
    "authUrl": "auth_url",
    "userName": "username",
    "userId": "user_id",
    "password": "password",
    "tenantId": "project_id",
    "tenantName": "project_name",
    "userDomainName": "user_domain_name",
    "userDomainId": "user_domain_id",
    "projectDomainName": "project_domain_name",
    "projectDomainId": "project_domain_id",
    "domainId": "domain_id",
    "domainName": "domain_name",
    "token": "token",
    "applicationCredentialId": "application_credential_id",
    "applicationCredentialName": "application_credential_name",
    "applicationCredentialSecret": "application_credential_secret",
}
_OTHER = frozenset({"cloud", "region", "insecure", "cacertFile", "cert", "key", "endpointType", "endpointOverrides"})
_WITHOUT_EFFECT = frozenset(
    {"allowReauth", "delayedAuth", "disableNoCacheHeader", "maxRetries", "enableLogging", "defaultDomain", "version"}
)
_SCOPE = ("project_id", "project_name", "tenant_id", "tenant_name", "domain_id", "domain_name", "system_scope")


@dataclass(frozen=True)
class Login:
    """Everything keystoneauth and the connections need; `auth` holds secrets and is never shown."""

    method: str
    auth: Mapping[str, Any] = field(repr=False)
    region: str = ""
    interface: str = "public"
    verify: bool | str = True
    cert: tuple[str, str] | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)

    @property
    def auth_url(self) -> str:
        return str(self.auth.get("auth_url", "")).rstrip("/")


def check_inputs(inputs: Mapping[str, Any]) -> None:
    """Raise Unsupported for provider inputs that are not known or do not say where to log in. No I/O."""
    given = {key for key, value in inputs.items() if value not in {None, "", "false"} and not key.startswith("__")}
    unknown = sorted(given - _AUTH.keys() - _OTHER - _WITHOUT_EFFECT)
    if unknown:
        raise Unsupported(f"pulumi:providers:openstack: input {', '.join(unknown)} is not supported")
    if not given & {"cloud", "authUrl"}:
        raise Unsupported("pulumi:providers:openstack: give `cloud` (an entry of clouds.yaml) or `authUrl`")


def login_of(inputs: Mapping[str, Any]) -> Login:
    """Return how these provider inputs log in; reads clouds.yaml for `cloud`. Raises NotReached if it has no entry."""
    return _from_clouds_yaml(inputs) if inputs.get("cloud") else _from_inputs(inputs)


def _from_inputs(inputs: Mapping[str, Any]) -> Login:
    auth = {api: inputs[name] for name, api in _AUTH.items() if inputs.get(name)}
    default = inputs.get("defaultDomain") or "default"
    if "username" in auth and not {"user_domain_id", "user_domain_name"} & auth.keys():
        auth["user_domain_id"] = default
    if "project_name" in auth and not {"project_domain_id", "project_domain_name"} & auth.keys():
        auth["project_domain_id"] = default
    cert, key = inputs.get("cert"), inputs.get("key")
    return Login(
        method=_method(auth),
        auth=auth,
        region=inputs.get("region") or "",
        interface=(inputs.get("endpointType") or "public").removesuffix("URL"),
        verify=False if inputs.get("insecure") in {True, "true"} else inputs.get("cacertFile") or True,
        cert=(cert, key) if cert and key else None,
        overrides=inputs.get("endpointOverrides") or {},
    )


def _method(auth: Mapping[str, Any]) -> str:
    if "application_credential_secret" in auth:
        return "v3applicationcredential"
    return "v3token" if "token" in auth else "v3password"


def _from_clouds_yaml(inputs: Mapping[str, Any]) -> Login:
    import openstack.config  # noqa: PLC0415 - half a second, only when a site is first used
    from keystoneauth1.exceptions import ClientException  # noqa: PLC0415 - as above
    from openstack.exceptions import ConfigException  # noqa: PLC0415 - as above

    entry = inputs["cloud"]
    try:
        cloud = openstack.config.OpenStackConfig().get_one(cloud=entry, region_name=inputs.get("region") or None)
    except (ConfigException, ClientException) as error:
        raise NotReached(f"site {entry}: clouds.yaml has no usable entry of this name: {error}") from error
    verify, cert = cloud.get_requests_verify_args()
    services = ("identity", "network", "compute", "image", "block-storage")
    named = {service: cloud.get_endpoint(service) for service in services}
    return Login(
        method=_plain_method(cloud.config),
        auth=_scoped(cloud.config["auth"], inputs),
        region=inputs.get("region") or cloud.region_name or "",
        interface=str(cloud.get_interface() or "public"),
        verify=True if verify is None else verify,
        cert=cert if isinstance(cert, tuple) else None,
        overrides={service: url for service, url in named.items() if url},
    )


def _plain_method(config: Mapping[str, Any]) -> str:
    """Return the plug-in's name; with a versioned address the generic one would only add a discovery call."""
    method = str(config.get("auth_type") or "password")
    versioned = str(config["auth"].get("auth_url", "")).rstrip("/").endswith("/v3")
    return f"v3{method}" if versioned and method in {"password", "token"} else method


def _scoped(auth: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry's own auth, or the same account in another project when the inputs name one."""
    wanted = {"project_id": inputs.get("tenantId"), "project_name": inputs.get("tenantName")}
    if not any(wanted.values()):
        return dict(auth)
    kept = {key: value for key, value in auth.items() if key not in _SCOPE}
    return kept | {key: value for key, value in wanted.items() if value}
