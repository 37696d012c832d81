"""Types of AWS Secrets Manager."""

import json

from ministack.services import secretsmanager

from .resource_type import ResourceType, accepted, accepted_json


def create_rotation_schedule(name, props):
    secret = secret_of(props["SecretId"])
    if secret is None:
        raise ValueError("Secrets Manager can't find the specified secret.")
    set_schedule(secret, props)
    return secret["ARN"], {}


def update_rotation_schedule(arn, props):
    set_schedule(secret_of(arn), props)
    return {}


def delete_rotation_schedule(arn, props):
    secret = secret_of(arn)
    if secret is not None:
        secret["RotationEnabled"] = False
        for name in ("RotationLambdaARN", "RotationRules"):
            secret.pop(name, None)


def set_schedule(secret, props):
    """Keeps the schedule where DescribeSecret shows it. Nothing is rotated."""
    secret["RotationEnabled"] = True
    for name in ("RotationLambdaARN", "RotationRules"):
        if name in props:
            secret[name] = props[name]


def secret_of(secret_id):
    return secretsmanager._resolve(secret_id)[1]


def create_resource_policy(name, props):
    policy = props["ResourcePolicy"]
    document = policy if isinstance(policy, str) else json.dumps(policy)
    arn = accepted_json(secretsmanager._put_resource_policy({"SecretId": props["SecretId"], "ResourcePolicy": document}))["ARN"]
    return arn, {"Id": arn}


def update_resource_policy(arn, props):
    return create_resource_policy(arn, props)[1]


def delete_resource_policy(arn, props):
    if secret_of(arn) is not None:
        accepted(secretsmanager._delete_resource_policy({"SecretId": arn}))


TYPES = {
    "AWS::SecretsManager::RotationSchedule": ResourceType(
        create_rotation_schedule,
        delete_rotation_schedule,
        update_rotation_schedule,
        mutable=["ExternalSecretRotationMetadata", "HostedRotationLambda", "RotateImmediatelyOnUpdate", "RotationLambdaARN", "RotationRules"],
        required=["SecretId"],
    ),
    "AWS::SecretsManager::ResourcePolicy": ResourceType(
        create_resource_policy,
        delete_resource_policy,
        update_resource_policy,
        mutable=["BlockPublicPolicy", "ResourcePolicy"],
        required=["SecretId", "ResourcePolicy"],
    ),
}
