"""Where the engine's own types differ from AWS in a way that CDK applications meet."""

from ministack.services import ec2, iam, secretsmanager, ssm

from .resource_type import engine

# https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters-ami.html
AMI_PARAMETERS = {
    "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64": "ami-0a2023a64000000d1",
    "/aws/service/ami-amazon-linux-latest/al2023-ami-minimal-kernel-default-arm64": "ami-0a2023a64000000d2",
    "/aws/service/ami-amazon-linux-latest/al2023-ami-minimal-kernel-default-x86_64": "ami-0a2023864000000d2",
    "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id": "ami-0a2023864000000e1",
    "/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id": "ami-0a2023a64000000e1",
}


def correct():
    known = ssm._PUBLIC_AMI_PARAMETERS
    known.update({name: image for name, image in AMI_PARAMETERS.items() if name not in known})
    correct_ref("AWS::SecretsManager::Secret", lambda attributes: attributes["Arn"], secret_name)
    correct_ref("AWS::IAM::InstanceProfile", lambda attributes: attributes["Arn"].rsplit("/", 1)[-1], instance_profile_arn)
    add_attributes("AWS::EC2::VPC", lambda vpc: {"CidrBlock": ec2._vpcs[vpc]["CidrBlock"]})
    add_attributes("AWS::EC2::VPCEndpoint", lambda endpoint: {"DnsEntries": dns_entries(ec2._vpc_endpoints[endpoint])})
    take_numbers("AWS::ECS::Service", "DesiredCount")
    engine._cw_metric_alarm_record = with_metric_math(engine._cw_metric_alarm_record)


def correct_ref(type_name, ref_of, engine_id_of):
    """Has Ref give what it gives on AWS, while the engine's own handlers go on with their own id."""
    own = dict(engine._RESOURCE_HANDLERS[type_name])

    def create(logical_id, props, stack_name):
        _, attributes = own["create"](logical_id, props, stack_name)
        return ref_of(attributes), attributes

    def update(ref, old, new, stack_name, logical_id=None):
        _, attributes = own["update"](engine_id_of(ref), old, new, stack_name, logical_id)
        return ref_of(attributes), attributes

    def delete(ref, props):
        own["delete"](engine_id_of(ref), props)

    engine._RESOURCE_HANDLERS[type_name] = {**own, "create": create, "update": update, "delete": delete}


def secret_name(arn):
    secret = secretsmanager._resolve(arn)[1]
    return arn if secret is None else secret["Name"]


def instance_profile_arn(name):
    profile = iam._instance_profiles.get(name)
    return name if profile is None else profile["Arn"]


def take_numbers(type_name, *names):
    """Takes a number that came as text, as every parameter does."""
    own = dict(engine._RESOURCE_HANDLERS[type_name])

    def with_numbers(props):
        return {name: int(value) if name in names and isinstance(value, str) else value for name, value in props.items()}

    def create(logical_id, props, stack_name):
        return own["create"](logical_id, with_numbers(props), stack_name)

    def update(physical_id, old, new, *others):
        return own["update"](physical_id, with_numbers(old), with_numbers(new), *others)

    engine._RESOURCE_HANDLERS[type_name] = {**own, "create": create, "update": update}


def add_attributes(type_name, attributes_of):
    """Adds attributes for GetAtt."""
    handlers = engine._RESOURCE_HANDLERS[type_name]

    def adding(handler):
        def with_more(*arguments):
            physical_id, attributes = handler(*arguments)
            return physical_id, {**attributes, **attributes_of(physical_id)}

        return with_more

    engine._RESOURCE_HANDLERS[type_name] = {**handlers, "create": adding(handlers["create"]), "update": adding(handlers["update"])}


def dns_entries(endpoint):
    """Hosted zone and name, as AWS joins them; a gateway has none."""
    if endpoint["VpcEndpointType"] != "Interface":
        return []
    service = endpoint["ServiceName"].removeprefix("com.amazonaws.").split(".", 1)
    return [f"Z00000000000000000000:{endpoint['VpcEndpointId']}.{'.'.join(reversed(service))}.vpce.amazonaws.com"]


def with_metric_math(record_of):
    """Lets an alarm on an expression exist. It is not evaluated: it changes its state by SetAlarmState only."""

    def record(name, props):
        if not props.get("Metrics"):
            return record_of(name, props)
        if "MetricName" in props:
            raise ValueError("An alarm has either Metrics or MetricName")
        single = {key: value for key, value in props.items() if key != "Metrics"}
        # An alarm without a metric's name is not evaluated by the emulator.
        return {**record_of(name, {**single, "MetricName": "-", "Namespace": "-"}), "MetricName": "", "Namespace": "", "Metrics": props["Metrics"]}

    return record
