"""The usual recipe: when an image is created, its id goes into a parameter named like the instance."""

import boto3

ssm = boto3.client("ssm")


def handler(event, context):
    detail = event["detail"]
    instance_id = detail["requestParameters"]["instanceId"]
    image_id = detail["responseElements"]["imageId"]
    try:
        ssm.delete_parameter(Name=instance_id)
    except ssm.exceptions.ParameterNotFound:
        pass
    ssm.put_parameter(Name=instance_id, Type="String", Value=image_id)
    return {"instanceId": instance_id, "imageId": image_id}
