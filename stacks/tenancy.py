"""Builds who a department is at a site: project, quotas, the account that builds in it, access by duty."""

from __future__ import annotations

import secrets

import pulumi
from pulumi_openstack import Provider, blockstorage, compute, identity, networking

from stacks import inputs
from stacks.access import SiteAccess
from stacks.duties import BUILDER_ROLE
from stacks.foundation_outputs import output_of


class Tenancy(pulumi.ComponentResource):
    """`site` acts as the site's administrator, `own` as the department's builder, who can do nothing elsewhere."""

    def __init__(self, spec: inputs.DepartmentInputs, foundation: pulumi.StackReference, reach: SiteAccess) -> None:
        super().__init__("govcloud:stacks:Tenancy", spec.department)
        self.site = Provider(spec.site, cloud=spec.openstack, opts=pulumi.ResourceOptions(parent=self))
        self._options = pulumi.ResourceOptions(parent=self, provider=self.site)
        self._roles = output_of(foundation, "roles")
        self.project = identity.Project(
            spec.department,
            name=spec.department,
            description=f"govcloud {spec.cloud} {spec.department}",
            tags=["govcloud", spec.cloud],
            opts=self._options,
        )
        quotas = self._quotas(spec)
        self._people(spec, output_of(foundation, "groups"))
        self.own = self._builder(spec, reach, quotas)
        self.register_outputs({"project": self.project.id})

    def _quotas(self, spec: inputs.DepartmentInputs) -> list[pulumi.Resource]:
        quota = spec.quota
        return [
            compute.QuotaSetV2(
                spec.department,
                project_id=self.project.id,
                cores=quota.cores,
                ram=quota.ram_mb,
                instances=quota.servers,
                opts=self._options,
            ),
            blockstorage.QuoteSetV3(
                spec.department,
                project_id=self.project.id,
                volumes=quota.volumes,
                gigabytes=quota.disk_gb,
                opts=self._options,
            ),
            networking.QuotaV2(
                spec.department,
                project_id=self.project.id,
                network=quota.networks,
                subnet=quota.networks,
                router=quota.networks,
                port=quota.ports,
                floatingip=quota.floating_addresses,
                security_group=quota.security_groups,
                security_group_rule=quota.security_group_rules,
                opts=self._options,
            ),
        ]

    def _people(self, spec: inputs.DepartmentInputs, groups: pulumi.Output[dict[str, str]]) -> None:
        own = spec.own_access
        users = identity.GroupV3(
            own.group, name=own.group, description=f"govcloud {spec.cloud} {spec.department}", opts=self._options
        )
        self._grant(own, users.id)
        for access in spec.access:
            self._grant(access, groups[access.group])

    def _grant(self, access: inputs.Access, group_id: pulumi.Output[str]) -> None:
        identity.RoleAssignment(
            f"{access.group}-{access.role}",
            project_id=self.project.id,
            group_id=group_id,
            role_id=self._roles[access.role],
            opts=self._options,
        )

    def _builder(self, spec: inputs.DepartmentInputs, reach: SiteAccess, quotas: list[pulumi.Resource]) -> Provider:
        """Return a provider that acts as the department's own account.

        A provider that names an entry of clouds.yaml ignores `tenant_id` and would build in the administrator's
        project, so `cloud` is empty even where OS_CLOUD is set; an account of its own also keeps the administrator's
        password out of every state. The account is told by name and domain: the provider adds its default domain to
        an id, and then refuses both.
        """
        name = f"{spec.department}-builder"
        once = pulumi.ResourceOptions(ignore_changes=["password"])
        user = identity.User(
            name,
            name=name,
            description=f"govcloud {spec.cloud} {spec.department}",
            password=pulumi.Output.secret(secrets.token_urlsafe(32)),
            default_project_id=self.project.id,
            ignore_change_password_upon_first_use=True,
            ignore_password_expiry=True,
            opts=pulumi.ResourceOptions.merge(self._options, once),
        )
        grant = identity.RoleAssignment(
            f"{name}-{BUILDER_ROLE}",
            project_id=self.project.id,
            user_id=user.id,
            role_id=self._roles[BUILDER_ROLE],
            opts=self._options,
        )
        return Provider(
            spec.department,
            cloud="",
            auth_url=reach.auth_url,
            region=reach.region,
            cacert_file=reach.ca_file,
            insecure=reach.insecure,
            endpoint_type=reach.endpoint_type,
            user_name=user.name,
            user_domain_id=user.domain_id,
            password=user.password,
            tenant_id=self.project.id,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[grant, *quotas]),
        )
