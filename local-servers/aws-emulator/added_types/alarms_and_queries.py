"""Types of Amazon CloudWatch and CloudWatch Logs."""

import uuid

from ministack.services import cloudwatch

from .resource_type import ResourceType, accepted, tag_map


def create_composite_alarm(name, props):
    name = props.get("AlarmName", name)
    return name, put_composite_alarm(name, props)


def put_composite_alarm(name, props):
    request = {key: value for key, value in props.items() if key != "Tags"}
    accepted(cloudwatch._put_composite_alarm({}, {**request, "AlarmName": name}, False, is_json=True))
    arn = cloudwatch._composite_alarms[name]["AlarmArn"]
    cloudwatch._resource_tags[arn] = tag_map(props)
    return {"Arn": arn}


def delete_composite_alarm(name, props):
    alarm = cloudwatch._composite_alarms.pop(name, None)
    if alarm is not None:
        cloudwatch._resource_tags.pop(alarm["AlarmArn"], None)


def create_query_definition(name, props):
    definition = str(uuid.uuid4())
    return definition, {"QueryDefinitionId": definition}


TYPES = {
    "AWS::CloudWatch::CompositeAlarm": ResourceType(
        create_composite_alarm,
        delete_composite_alarm,
        put_composite_alarm,
        mutable=[
            "ActionsEnabled",
            "ActionsSuppressor",
            "ActionsSuppressorExtensionPeriod",
            "ActionsSuppressorWaitPeriod",
            "AlarmActions",
            "AlarmDescription",
            "AlarmRule",
            "InsufficientDataActions",
            "OKActions",
            "Tags",
        ],
        required=["AlarmRule"],
    ),
    # The emulator has no API for saved queries: one lives in its stack only.
    "AWS::Logs::QueryDefinition": ResourceType(
        create_query_definition,
        lambda definition, props: None,
        lambda definition, props: {"QueryDefinitionId": definition},
        mutable=["LogGroupNames", "Name", "Parameters", "QueryLanguage", "QueryString"],
        required=["Name", "QueryString"],
    ),
}
