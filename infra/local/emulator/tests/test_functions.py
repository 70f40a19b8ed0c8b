import base64
import hashlib
import unittest
import urllib.request

from harness import TRUST, Case, automatic, code_zip, unique


class Functions(Case):
    def setUp(self):
        self.emulator = automatic()
        self.functions, self.sqs, self.name = self.emulator.client("lambda"), self.emulator.client("sqs"), unique("function")
        role = self.emulator.client("iam").create_role(RoleName=unique("role"), AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        self.code = code_zip()
        self.functions.create_function(
            FunctionName=self.name, Role=role, Runtime="provided.al2023", Handler="bootstrap", Architectures=["arm64"],
            Code={"ZipFile": self.code}, Timeout=60, MemorySize=256, Environment={"Variables": {"A": "b"}},
        )

    def test_code_can_be_downloaded(self):
        found = self.functions.get_function(FunctionName=self.name)
        code = urllib.request.urlopen(found["Code"]["Location"]).read()
        self.assertEqual(self.code, code)
        digest = base64.b64encode(hashlib.sha256(code).digest()).decode()
        self.assertEqual(digest, found["Configuration"]["CodeSha256"])

    def test_configuration(self):
        found = self.functions.get_function_configuration(FunctionName=self.name)
        expected = {"Timeout": 60, "MemorySize": 256, "Runtime": "provided.al2023", "Handler": "bootstrap", "Architectures": ["arm64"]}
        self.assertEqual(expected, {name: found[name] for name in expected})
        self.assertEqual({"A": "b"}, found["Environment"]["Variables"])

    def test_mappings_are_listed_whole_and_nobody_invokes(self):
        url = self.sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        settings = {
            "BatchSize": 100,
            "MaximumBatchingWindowInSeconds": 5,
            "ScalingConfig": {"MaximumConcurrency": 2},
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "FilterCriteria": {"Filters": [{"Pattern": '{"body": {"a": ["b"]}}'}]},
        }
        self.functions.create_event_source_mapping(EventSourceArn=arn, FunctionName=self.name, **settings)
        for name in (self.name, self.functions.get_function(FunctionName=self.name)["Configuration"]["FunctionArn"]):
            found = self.functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"][0]
            self.assertEqual(settings, {name: found[name] for name in settings})
            self.assertEqual(("Enabled", arn), (found["State"], found["EventSourceArn"]))
        self.sqs.send_message(QueueUrl=url, MessageBody="m")
        self.assertEqual("m", self.sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"])


if __name__ == "__main__":
    unittest.main()
