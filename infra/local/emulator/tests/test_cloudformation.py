import json
import unittest
import urllib.request

from harness import SINGAPORE, TOKYO, Case, automatic, code_zip, image, received, subscribe, unique
from template import whole


class Stacks(Case):
    def setUp(self):
        self.emulator, self.name = automatic(), unique("stack")

    def stack(self, template, region=TOKYO, **parameters):
        cloudformation = self.emulator.client("cloudformation", region)
        given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
        cloudformation.create_stack(StackName=self.name, TemplateBody=json.dumps(template), Parameters=given)
        return self.describe(region)

    def describe(self, region=TOKYO):
        return self.emulator.client("cloudformation", region).describe_stacks(StackName=self.name)["Stacks"][0]

    def outputs(self, region=TOKYO):
        return {output["OutputKey"]: output["OutputValue"] for output in self.describe(region)["Outputs"]}

    def image_of(self, instance_id):
        found = self.emulator.client("ec2").describe_instances(InstanceIds=[instance_id])
        return found["Reservations"][0]["Instances"][0]["ImageId"]


class WholeStack(Stacks):
    def test_everything_a_lastgood_stack_has_works_in_both_regions(self):
        for region in (TOKYO, SINGAPORE):
            with self.subTest(region):
                self.check(region)

    def check(self, region):
        bucket = unique("assets")
        s3 = self.emulator.client("s3", region)
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
        s3.put_object(Bucket=bucket, Key="code.zip", Body=code_zip())
        self.assertEqual("CREATE_COMPLETE", self.stack(whole(self.name), region, Bucket=bucket)["StackStatus"])
        outputs = self.outputs(region)

        functions = self.emulator.client("lambda", region)
        found = functions.get_function(FunctionName=outputs["Function"])
        self.assertEqual(["arm64"], found["Configuration"]["Architectures"])
        self.assertEqual(code_zip()[:4], urllib.request.urlopen(found["Code"]["Location"]).read()[:4])
        mapping = functions.list_event_source_mappings(FunctionName=outputs["Function"])["EventSourceMappings"][0]
        self.assertEqual((100, 5), (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]))
        self.assertEqual({"MaximumConcurrency": 2}, mapping["ScalingConfig"])
        self.assertEqual(["ReportBatchItemFailures"], mapping["FunctionResponseTypes"])

        event = {"source": self.name, "detail": {}}
        self.emulator.control("events/put", {"region": region, "event": event})
        self.assertEqual(event, received(self.emulator, outputs["Queue"], region))
        self.check_mac(self.emulator.client("kms", region), outputs)

    def check_mac(self, kms, outputs):
        arn = kms.describe_key(KeyId=outputs["Key"])["KeyMetadata"]["Arn"]
        for key in (outputs["Key"], outputs["Alias"], arn):
            mac = kms.generate_mac(KeyId=key, Message=b"m", MacAlgorithm="HMAC_SHA_256")
            self.assertEqual(arn, mac["KeyId"])
            arguments = {"KeyId": outputs["Alias"], "MacAlgorithm": "HMAC_SHA_256", "Mac": mac["Mac"]}
            self.assertTrue(kms.verify_mac(Message=b"m", **arguments)["MacValid"])
            with self.refused("KMSInvalidMacException"):
                kms.verify_mac(Message=b"other", **arguments)

    def test_a_parameter_that_was_never_given_keeps_its_default(self):
        def template(description):
            slot = {"Type": "String", "Default": self.name}
            logs = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": {"Ref": "Name"}}}
            outputs = {"Name": {"Value": {"Ref": "Name"}}}
            return {"Description": description, "Parameters": {"Name": slot}, "Resources": {"Logs": logs}, "Outputs": outputs}

        self.stack(template("first"))
        previous = [{"ParameterKey": "Name", "UsePreviousValue": True}]
        changed = json.dumps(template("second"))
        self.emulator.client("cloudformation").update_stack(StackName=self.name, TemplateBody=changed, Parameters=previous)
        self.assertEqual("UPDATE_COMPLETE", self.describe()["StackStatus"])
        self.assertEqual({"Name": self.name}, self.outputs())

    def test_deleting_leaves_nothing(self):
        bucket = unique("assets")
        self.emulator.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": TOKYO})
        self.emulator.client("s3").put_object(Bucket=bucket, Key="code.zip", Body=code_zip())
        self.stack(whole(self.name), Bucket=bucket)
        function = self.outputs()["Function"]
        self.emulator.client("cloudformation").delete_stack(StackName=self.name)
        with self.refused("ResourceNotFoundException"):
            self.emulator.client("lambda").get_function(FunctionName=function)


class ChangeSets(Stacks):
    def test_a_change_set_is_an_update_and_may_use_the_previous_template(self):
        parameter = {"Type": "AWS::SSM::Parameter", "Properties": {"Name": self.name, "Type": "String", "Value": {"Ref": "Given"}}}
        self.stack({"Parameters": {"Given": {"Type": "String"}}, "Resources": {"Parameter": parameter}}, Given="1")
        cloudformation, named = self.emulator.client("cloudformation"), {"StackName": self.name, "ChangeSetName": "second"}
        given = [{"ParameterKey": "Given", "ParameterValue": "2"}]
        cloudformation.create_change_set(**named, UsePreviousTemplate=True, Parameters=given)
        cloudformation.execute_change_set(**named)
        self.assertEqual("2", self.emulator.client("ssm").get_parameter(Name=self.name)["Parameter"]["Value"])

    def test_a_change_set_of_no_stack_fails(self):
        with self.refused("ValidationError"):
            self.emulator.client("cloudformation").create_change_set(StackName=self.name, ChangeSetName="first", TemplateBody="{}")


class Restoring(Stacks):
    """The three ways a template consumes a pointer."""

    def setUp(self):
        super().setUp()
        self.ssm, self.pointer = self.emulator.client("ssm"), f"/lastgood/{unique('i')}"
        self.first, self.second = image(self.emulator), image(self.emulator)
        self.ssm.put_parameter(Name=self.pointer, Type="String", Value=self.first)

    def move(self):
        self.ssm.put_parameter(Name=self.pointer, Type="String", Value=self.second, Overwrite=True)

    def template(self, image_id, **more):
        server = {"Type": "AWS::EC2::Instance", "Properties": {"ImageId": image_id, "InstanceType": "t3.micro"}}
        return {"Resources": {"Server": server}, "Outputs": {"Server": {"Value": {"Ref": "Server"}}}, **more}

    def typed(self):
        slot = {"Type": "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", "Default": self.pointer}
        return self.template({"Ref": "Image"}, Parameters={"Image": slot})

    def test_typed_parameter_is_read_again_at_every_update(self):
        self.stack(self.typed())
        before = self.outputs()["Server"]
        self.assertEqual(self.first, self.image_of(before))
        self.move()
        arguments = {"StackName": self.name, "TemplateBody": json.dumps(self.typed())}
        self.emulator.client("cloudformation").update_stack(**arguments)
        after = self.outputs()["Server"]
        self.assertEqual(self.second, self.image_of(after))
        self.assertNotEqual(before, after)
        with self.refused("ValidationError"):
            self.emulator.client("cloudformation").update_stack(**arguments)

    def test_dynamic_references_with_and_without_version(self):
        self.stack(self.template(f"{{{{resolve:ssm:{self.pointer}}}}}"))
        self.assertEqual(self.first, self.image_of(self.outputs()["Server"]))
        self.move()
        self.name = unique("stack")
        self.stack(self.template(f"{{{{resolve:ssm:{self.pointer}:1}}}}"))
        self.assertEqual(self.first, self.image_of(self.outputs()["Server"]))

    def test_dynamic_reference_alone_is_no_update(self):
        template = self.template(f"{{{{resolve:ssm:{self.pointer}}}}}")
        self.stack(template)
        self.move()
        with self.refused("ValidationError"):
            self.emulator.client("cloudformation").update_stack(StackName=self.name, TemplateBody=json.dumps(template))

    def test_launch_template_resolves_at_launch(self):
        pointer = self.pointer + "-image"
        self.ssm.put_parameter(Name=pointer, Type="String", DataType="aws:ec2:image", Value=self.first)
        self.emulator.wait_until_idle()
        data = {"ImageId": f"resolve:ssm:{pointer}", "InstanceType": "t3.micro"}
        version = {"Fn::GetAtt": ["Template", "LatestVersionNumber"]}
        launch = {"LaunchTemplateId": {"Ref": "Template"}, "Version": version}
        self.stack(
            {
                "Resources": {
                    "Template": {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": data}},
                    "Server": {"Type": "AWS::EC2::Instance", "Properties": {"LaunchTemplate": launch}},
                },
                "Outputs": {"Server": {"Value": {"Ref": "Server"}}},
            }
        )
        self.assertEqual(self.first, self.image_of(self.outputs()["Server"]))

    def test_missing_parameter_fails(self):
        with self.refused("ValidationError"):
            self.stack(self.template({"Ref": "Image"}, Parameters={"Image": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/no"}}))
        self.assertEqual("ROLLBACK_COMPLETE", self.stack(self.template("{{resolve:ssm:/no}}"))["StackStatus"])

    def test_image_that_is_not_there_rolls_the_stack_back(self):
        self.ssm.put_parameter(Name=self.pointer, Type="String", Value="ami-0123456789abcdef0", Overwrite=True)
        self.assertEqual("ROLLBACK_COMPLETE", self.stack(self.typed())["StackStatus"])
        events = self.emulator.client("cloudformation").describe_stack_events(StackName=self.name)["StackEvents"]
        failed = next(event for event in events if event["ResourceStatus"] == "CREATE_FAILED")
        self.assertEqual("Server", failed["LogicalResourceId"])
        self.assertIn("InvalidAMIID.NotFound", failed["ResourceStatusReason"])

    def test_failed_update_goes_back_to_what_was(self):
        self.stack(self.typed())
        self.ssm.put_parameter(Name=self.pointer, Type="String", Value="ami-0123456789abcdef0", Overwrite=True)
        cloudformation = self.emulator.client("cloudformation")
        cloudformation.update_stack(StackName=self.name, TemplateBody=json.dumps(self.typed()))
        self.assertEqual("UPDATE_ROLLBACK_COMPLETE", self.describe()["StackStatus"])
        self.assertEqual(self.first, self.image_of(self.outputs()["Server"]))


if __name__ == "__main__":
    unittest.main()
