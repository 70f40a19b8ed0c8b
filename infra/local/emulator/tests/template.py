"""A hand-written template with every resource type that lastgood's stacks have."""

import json


def whole(name):
    arn = lambda logical: {"Fn::GetAtt": [logical, "Arn"]}  # noqa: E731
    trust = {"Version": "2012-10-17", "Statement": [statement("sts:AssumeRole", service="lambda.amazonaws.com", resource=None)]}
    may_send = {"Version": "2012-10-17", "Statement": [statement("sqs:SendMessage", service="events.amazonaws.com")]}
    redrive = {"deadLetterTargetArn": arn("Dead"), "maxReceiveCount": 5}
    code = {"S3Bucket": {"Ref": "Bucket"}, "S3Key": "code.zip"}
    resources = {
        "Role": resource("IAM::Role", AssumeRolePolicyDocument=trust),
        "RolePolicy": resource(
            "IAM::Policy", PolicyName="all", Roles=[{"Ref": "Role"}], PolicyDocument={"Version": "2012-10-17", "Statement": [statement("ssm:*")]}
        ),
        "Dead": resource("SQS::Queue", SqsManagedSseEnabled=True, MessageRetentionPeriod=1209600),
        "Queue": resource("SQS::Queue", VisibilityTimeout=360, RedrivePolicy=redrive, SqsManagedSseEnabled=True),
        "QueuePolicy": resource("SQS::QueuePolicy", Queues=[{"Ref": "Queue"}, {"Ref": "Dead"}], PolicyDocument=may_send),
        "Logs": resource("Logs::LogGroup", LogGroupName={"Fn::Join": ["", ["/aws/lambda/", name]]}, RetentionInDays=90),
        "Function": resource(
            "Lambda::Function", FunctionName=name, Code=code, Handler="bootstrap", Runtime="provided.al2023", Architectures=["arm64"],
            Role=arn("Role"), Timeout=60, MemorySize=256, Environment={"Variables": {"QUEUE": {"Ref": "Queue"}}},
            Tags=[{"Key": "a", "Value": "b"}], LoggingConfig={"LogGroup": {"Ref": "Logs"}},
        ),
        "Mapping": resource(
            "Lambda::EventSourceMapping", EventSourceArn=arn("Queue"), FunctionName={"Ref": "Function"}, BatchSize=100,
            MaximumBatchingWindowInSeconds=5, ScalingConfig={"MaximumConcurrency": 2},
            FunctionResponseTypes=["ReportBatchItemFailures"],
        ),
        "Rule": resource(
            "Events::Rule", EventPattern={"source": [name]}, State="ENABLED",
            Targets=[{"Id": "Target0", "Arn": arn("Queue"), "DeadLetterConfig": {"Arn": arn("Dead")}}],
        ),
        "Clock": resource("Events::Rule", ScheduleExpression="rate(15 minutes)", Targets=[{"Id": "Target0", "Arn": arn("Queue")}]),
        "Schedule": resource(
            "Scheduler::Schedule", Name=name, ScheduleExpression="rate(15 minutes)", FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": arn("Queue"), "RoleArn": arn("Role"), "Input": "{}", "DeadLetterConfig": {"Arn": arn("Dead")}},
        ),
        "Key": resource(
            "KMS::Key", KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC", KeyPolicy={"Version": "2012-10-17", "Statement": []}
        ),
        "Alias": resource("KMS::Alias", AliasName=f"alias/{name}", TargetKeyId=arn("Key")),
        "Parameter": resource("SSM::Parameter", Name=f"/{name}/settings", Type="String", Value="{}"),
        "Trails": resource("S3::Bucket"),
        "TrailsPolicy": resource("S3::BucketPolicy", Bucket={"Ref": "Trails"}, PolicyDocument={"Statement": []}),
        "Trail": resource("CloudTrail::Trail", S3BucketName={"Ref": "Trails"}, IsLogging=True),
        "Alarm": resource("CloudWatch::Alarm", AlarmName=f"{name}-dead", MetricName="m"),
        "Alarms": resource("CloudWatch::CompositeAlarm", AlarmRule={"Fn::Sub": "ALARM(${Alarm.Arn})"}),
        "TopicKey": resource("KMS::Key", EnableKeyRotation=True, KeyPolicy={"Version": "2012-10-17", "Statement": []}),
        "Topic": resource("SNS::Topic", TopicName=f"{name}-alarms", KmsMasterKeyId=arn("TopicKey")),
        "TopicPolicy": resource("SNS::TopicPolicy", Topics=[{"Ref": "Topic"}], PolicyDocument={"Statement": []}),
        "Mail": resource("SNS::Subscription", TopicArn={"Ref": "Topic"}, Protocol="email", Endpoint="oncall@example.com"),
        "Actions": resource("CloudWatch::Alarm", AlarmName=f"{name}-told", MetricName="m", AlarmActions=[{"Ref": "Topic"}]),
        "Dashboard": resource("CloudWatch::Dashboard", DashboardName=name, DashboardBody=json.dumps({"widgets": []})),
    }
    return {
        "Parameters": {"Bucket": {"Type": "String"}},
        "Resources": resources,
        "Outputs": {logical: {"Value": {"Ref": logical}} for logical in ("Function", "Queue", "Key", "Alias", "Trail")},
    }


def resource(kind, **properties):
    return {"Type": f"AWS::{kind}", "Properties": properties}


def statement(action, service=None, resource="*"):
    made = {"Effect": "Allow", "Action": action}
    if service:
        made["Principal"] = {"Service": service}
    if resource:
        made["Resource"] = resource
    return made
