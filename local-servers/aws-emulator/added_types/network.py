"""Types of Amazon EC2."""

import re
import uuid

from ministack.services import ec2

from .resource_type import ResourceType, accepted, engine


def element(xml, name):
    return re.search(rf"<{name}>([^<]*)</{name}>", xml).group(1)


def create_eip(name, props):
    xml = accepted(ec2._allocate_address({"Domain": props.get("Domain", "vpc")}))
    address = element(xml, "publicIp")
    return address, update_eip(address, props)


def update_eip(address, props):
    allocation = allocation_of(address)
    engine._ec2_apply_tags(allocation, props)
    return {"PublicIp": address, "AllocationId": allocation}


def delete_eip(address, props):
    allocation = allocation_of(address)
    if allocation is not None:
        accepted(ec2._release_address({"AllocationId": allocation}))


def allocation_of(address):
    return next((allocation for allocation, record in ec2._addresses.items() if record["PublicIp"] == address), None)


def create_nat_gateway(name, props):
    connectivity = props.get("ConnectivityType", "public")
    allocation = props.get("AllocationId", "")
    if props["SubnetId"] not in ec2._subnets:
        raise ValueError(f"The subnet ID '{props['SubnetId']}' does not exist")
    if connectivity == "public" and allocation not in ec2._addresses:
        raise ValueError(f"The allocation ID '{allocation}' does not exist")
    request = {"SubnetId": props["SubnetId"], "AllocationId": allocation, "ConnectivityType": connectivity}
    gateway = element(accepted(ec2._create_nat_gateway(request)), "natGatewayId")
    return gateway, update_nat_gateway(gateway, props)


def update_nat_gateway(gateway, props):
    engine._ec2_apply_tags(gateway, props)
    return {"NatGatewayId": gateway}


def delete_nat_gateway(gateway, props):
    # The API keeps a deleted gateway in its list, as AWS does for an hour; a stack that is gone leaves nothing here.
    ec2._nat_gateways.pop(gateway, None)
    ec2._tags.pop(gateway, None)


def create_flow_log(name, props):
    taken = ("ResourceType", "TrafficType", "LogDestinationType", "LogDestination", "LogGroupName")
    request = {name: props[name] for name in taken if name in props}
    flow_log = element(accepted(ec2._create_flow_logs({**request, "ResourceId.1": props["ResourceId"]})), "item")
    return flow_log, update_flow_log(flow_log, props)


def update_flow_log(flow_log, props):
    engine._ec2_apply_tags(flow_log, props)
    return {"Id": flow_log}


def delete_flow_log(flow_log, props):
    ec2._flow_logs.pop(flow_log, None)
    ec2._tags.pop(flow_log, None)


def security_group_rule(direction):
    """A rule that the template declares apart from its group."""

    def create(name, props):
        group = ec2._security_groups.get(props["GroupId"])
        if group is None:
            raise ValueError(f"The security group '{props['GroupId']}' does not exist")
        [rule] = engine._ec2_sg_permissions([props])
        if not any(rule[peers] for peers in ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs")):
            raise ValueError("A rule names an address range, a prefix list or a security group")
        rule["SecurityGroupRuleId"] = f"sgr-{uuid.uuid4().hex[:17]}"
        group[direction].append(rule)
        return rule["SecurityGroupRuleId"], {"Id": rule["SecurityGroupRuleId"]}

    def delete(rule_id, props):
        group = ec2._security_groups.get(props["GroupId"])
        if group is not None:
            group[direction] = [rule for rule in group[direction] if rule.get("SecurityGroupRuleId") != rule_id]

    return ResourceType(create, delete, required=("GroupId", "IpProtocol"))


TYPES = {
    "AWS::EC2::EIP": ResourceType(create_eip, delete_eip, update_eip, mutable=["Tags"]),
    "AWS::EC2::NatGateway": ResourceType(
        create_nat_gateway, delete_nat_gateway, update_nat_gateway, mutable=["Tags"], required=["SubnetId"]
    ),
    "AWS::EC2::FlowLog": ResourceType(
        create_flow_log, delete_flow_log, update_flow_log, mutable=["Tags"], required=["ResourceId", "ResourceType"]
    ),
    "AWS::EC2::SecurityGroupIngress": security_group_rule("IpPermissions"),
    "AWS::EC2::SecurityGroupEgress": security_group_rule("IpPermissionsEgress"),
}
