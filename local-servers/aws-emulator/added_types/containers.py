"""Types of Amazon ECS and Amazon EKS."""

from ministack.services import ecs, eks

from .resource_type import ResourceType, accepted, accepted_json, camel, engine, tag_map


def create_capacity_provider(name, props):
    name = props.get("Name", name)
    accepted(ecs._create_capacity_provider({"name": name, **camel(props, "AutoScalingGroupProvider")}))
    return name, tag_capacity_provider(name, props)


def update_capacity_provider(name, props):
    accepted(ecs._update_capacity_provider({"name": name, **camel(props, "AutoScalingGroupProvider")}))
    return tag_capacity_provider(name, props)


def tag_capacity_provider(name, props):
    provider = ecs._capacity_providers[name]
    provider["tags"] = [{"key": key, "value": value} for key, value in tag_map(props).items()]
    ecs._tags[provider["capacityProviderArn"]] = provider["tags"]
    return {}


def delete_capacity_provider(name, props):
    if name in ecs._capacity_providers:
        accepted(ecs._delete_capacity_provider({"capacityProvider": name}))


def create_associations(name, props):
    return props["Cluster"], update_associations(props["Cluster"], props)


def update_associations(cluster, props):
    wanted = camel(props, "CapacityProviders", "DefaultCapacityProviderStrategy")
    accepted(ecs._put_cluster_capacity_providers({"cluster": cluster, **wanted}))
    return {}


def delete_associations(cluster, props):
    if ecs._resolve_cluster_name(cluster) in ecs._clusters:
        update_associations(cluster, {})


def create_pod_identity_association(name, props):
    wanted = camel(props, "Namespace", "ServiceAccount", "RoleArn", "TargetRoleArn", "DisableSessionTags", "Policy")
    answer = eks._create_pod_identity_association(props["ClusterName"], {**wanted, "tags": tag_map(props)})
    attributes = pod_identity_attributes(answer)
    return attributes["AssociationArn"], attributes


def update_pod_identity_association(arn, props):
    wanted = camel(props, "RoleArn", "TargetRoleArn", "DisableSessionTags", "Policy")
    answer = eks._update_pod_identity_association(props["ClusterName"], association_id(arn), wanted)
    retag(eks._pod_identity_associations[eks._pia_key(props["ClusterName"], association_id(arn))], arn, props)
    return pod_identity_attributes(answer)


def delete_pod_identity_association(arn, props):
    if eks._pia_key(props["ClusterName"], association_id(arn)) in eks._pod_identity_associations:
        accepted(eks._delete_pod_identity_association(props["ClusterName"], association_id(arn)))


def association_id(arn):
    return arn.rsplit("/", 1)[-1]


def pod_identity_attributes(answer):
    association = accepted_json(answer)["association"]
    return {
        "AssociationArn": association["associationArn"],
        "AssociationId": association["associationId"],
        "ExternalId": association.get("externalId", ""),
    }


def create_addon(name, props):
    accepted(eks._create_addon(props["ClusterName"], {**addon(props), "tags": tag_map(props)}))
    return f"{props['ClusterName']}|{props['AddonName']}", addon_attributes(props)


def update_addon(name, props):
    accepted(eks._update_addon(props["ClusterName"], props["AddonName"], addon(props)))
    attributes = addon_attributes(props)
    retag(eks._addons[f"{props['ClusterName']}/{props['AddonName']}"], attributes["Arn"], props)
    return attributes


def delete_addon(name, props):
    if f"{props['ClusterName']}/{props['AddonName']}" in eks._addons:
        accepted(eks._delete_addon(props["ClusterName"], props["AddonName"]))


def addon(props):
    return camel(props, "AddonName", "AddonVersion", "ServiceAccountRoleArn", "ConfigurationValues", "PodIdentityAssociations")


def addon_attributes(props):
    return {"Arn": eks._addons[f"{props['ClusterName']}/{props['AddonName']}"]["addonArn"]}


def create_access_entry(name, props):
    wanted = {**camel(props, "PrincipalArn", "KubernetesGroups", "Username", "Type"), "tags": tag_map(props)}
    accepted(eks._create_access_entry(props["ClusterName"], wanted))
    associate_access_policies(props)
    return f"{props['PrincipalArn']}|{props['ClusterName']}", access_entry_attributes(props)


def update_access_entry(name, props):
    accepted(eks._update_access_entry(props["ClusterName"], props["PrincipalArn"], camel(props, "KubernetesGroups", "Username")))
    associate_access_policies(props)
    attributes = access_entry_attributes(props)
    retag(eks._access_entries[eks._ae_key(props["ClusterName"], props["PrincipalArn"])], attributes["AccessEntryArn"], props)
    return attributes


def delete_access_entry(name, props):
    if eks._ae_key(props["ClusterName"], props["PrincipalArn"]) in eks._access_entries:
        accepted(eks._delete_access_entry(props["ClusterName"], props["PrincipalArn"]))


def access_entry_attributes(props):
    entry = eks._access_entries[eks._ae_key(props["ClusterName"], props["PrincipalArn"])]
    return {"AccessEntryArn": entry["accessEntryArn"]}


def associate_access_policies(props):
    cluster, principal = props["ClusterName"], props["PrincipalArn"]
    wanted = {policy["PolicyArn"]: policy for policy in props.get("AccessPolicies", [])}
    prefix = eks._ap_key(cluster, principal, "")
    associated = [key.removeprefix(prefix) for key in eks._access_policies if key.startswith(prefix)]
    for policy_arn in associated:
        if policy_arn not in wanted:
            accepted(eks._disassociate_access_policy(cluster, principal, policy_arn))
    for policy in wanted.values():
        accepted(eks._associate_access_policy(cluster, principal, engine._pascal_to_camel(policy)))


def retag(record, arn, props):
    record["tags"] = tag_map(props)
    eks._tags[arn] = dict(record["tags"])


TYPES = {
    "AWS::ECS::CapacityProvider": ResourceType(
        create_capacity_provider, delete_capacity_provider, update_capacity_provider, mutable=["AutoScalingGroupProvider", "Tags"]
    ),
    "AWS::ECS::ClusterCapacityProviderAssociations": ResourceType(
        create_associations,
        delete_associations,
        update_associations,
        mutable=["CapacityProviders", "DefaultCapacityProviderStrategy"],
        required=["Cluster"],
    ),
    "AWS::EKS::PodIdentityAssociation": ResourceType(
        create_pod_identity_association,
        delete_pod_identity_association,
        update_pod_identity_association,
        mutable=["RoleArn", "TargetRoleArn", "DisableSessionTags", "Policy", "Tags"],
        required=["ClusterName", "Namespace", "ServiceAccount", "RoleArn"],
    ),
    "AWS::EKS::Addon": ResourceType(
        create_addon,
        delete_addon,
        update_addon,
        mutable=["AddonVersion", "ServiceAccountRoleArn", "ConfigurationValues", "PodIdentityAssociations", "ResolveConflicts", "Tags"],
        required=["ClusterName", "AddonName"],
    ),
    "AWS::EKS::AccessEntry": ResourceType(
        create_access_entry,
        delete_access_entry,
        update_access_entry,
        mutable=["KubernetesGroups", "Username", "AccessPolicies", "Tags"],
        required=["ClusterName", "PrincipalArn"],
    ),
}
