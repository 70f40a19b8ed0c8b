import http.client
import threading
import time
import unittest
import urllib.request

from botocore.exceptions import ConnectionClosedError
from harness import SINGAPORE, TOKYO, Case, alone, automatic, image, instance, unique


class Calls(Case):
    def test_every_call_is_logged_with_its_caller_and_outcome(self):
        emulator, key = automatic(), "AKIALOGGEDLOGGED0001"
        before = emulator.control("calls")["calls"][-1:]
        emulator.client("ssm", key=key).put_parameter(Name=unique(), Type="String", Value="v")
        emulator.client("lambda", SINGAPORE, key=key).list_functions()
        emulator.client("s3", key=key).list_buckets()
        emulator.client("sqs", key=key).list_queues()
        with self.refused("InvalidInstanceID.NotFound"):
            emulator.client("ec2", key=key).create_image(InstanceId="i-0123456789abcdef0", Name=unique())
        since = before[0]["sequence"] if before else 0
        mine = [c for c in emulator.control(f"calls?since={since}")["calls"] if c["accessKey"] == key]
        self.assertEqual(
            [
                ("ssm", "PutParameter", TOKYO, 200, ""),
                ("lambda", "ListFunctions", SINGAPORE, 200, ""),
                ("s3", "ListAllMyBuckets", TOKYO, 200, ""),
                ("sqs", "ListQueues", TOKYO, 200, ""),
                ("ec2", "CreateImage", TOKYO, 400, "InvalidInstanceID.NotFound"),
            ],
            [(c["service"], c["action"], c["region"], c["status"], c["error"]) for c in mine],
        )

    def test_what_is_missing_here_is_an_error_of_the_service(self):
        with self.refused("NotImplemented"):
            automatic().client("ec2").describe_image_usage_reports()


class Faults(Case):
    def setUp(self):
        self.emulator, self.key = automatic(), "AKIAFAULTYFAULTY0001"

    def order(self, **fault):
        self.emulator.control("faults", {"accessKey": self.key, **fault})

    def tearDown(self):
        self.emulator.control("faults", method="DELETE")

    def test_next_calls_fail_without_effect_then_succeed(self):
        ssm, name = self.emulator.client("ssm", key=self.key), unique()
        self.order(service="ssm", action="PutParameter", error="ThrottlingException", times=2)
        for _ in range(2):
            with self.refused("ThrottlingException"):
                ssm.put_parameter(Name=name, Type="String", Value="v")
        self.assertEqual(1, ssm.put_parameter(Name=name, Type="String", Value="v")["Version"])

    def test_failure_after_the_effect(self):
        ssm, name = self.emulator.client("ssm", key=self.key), unique()
        self.order(service="ssm", action="PutParameter", error="InternalServerError", afterEffect=True)
        with self.refused("InternalServerError"):
            ssm.put_parameter(Name=name, Type="String", Value="v")
        self.assertEqual("v", ssm.get_parameter(Name=name)["Parameter"]["Value"])

    def test_lost_response(self):
        ec2, name, source = self.emulator.client("ec2", key=self.key), unique(), instance(self.emulator)
        self.order(service="ec2", action="CreateImage", error="ConnectionLost", afterEffect=True)
        with self.assertRaises(ConnectionClosedError):
            ec2.create_image(InstanceId=source, Name=name)
        recorded = [e["envelope"]["detail"] for e in self.emulator.control("events")["events"] if name in str(e["envelope"])]
        self.assertIsNotNone(recorded[0]["responseElements"])
        logged = [c for c in self.emulator.control("calls")["calls"] if c["accessKey"] == self.key][-1]
        self.assertEqual(("CreateImage", 0, "ConnectionLost"), (logged["action"], logged["status"], logged["error"]))
        self.assertEqual(1, len(ec2.describe_images(Filters=[{"Name": "name", "Values": [name]}])["Images"]))

    def test_every_protocol_has_its_errors(self):
        for service, action, call in (
            ("ec2", "DescribeImages", lambda client: client.describe_images()),
            ("lambda", "ListFunctions", lambda client: client.list_functions()),
            ("sqs", "ListQueues", lambda client: client.list_queues()),
            ("kms", "ListKeys", lambda client: client.list_keys()),
            ("cloudwatch", "ListMetrics", lambda client: client.list_metrics()),
            ("sts", "GetCallerIdentity", lambda client: client.get_caller_identity()),
        ):
            service_name = "monitoring" if service == "cloudwatch" else service
            self.order(service=service_name, action=action, error="RequestLimitExceeded")
            with self.subTest(service), self.refused("RequestLimitExceeded"):
                call(self.emulator.client(service, key=self.key))

    def test_other_callers_and_regions_are_spared(self):
        self.order(service="ssm", action="GetParameter", error="ThrottlingException", region=SINGAPORE)
        with self.refused("ParameterNotFound"):
            self.emulator.client("ssm", TOKYO, key=self.key).get_parameter(Name="absent")


class Regions(Case):
    def setUp(self):
        self.emulator = alone()

    def tearDown(self):
        self.emulator.control("regions", {"region": TOKYO, "up": True})

    def test_region_that_is_down_closes_the_connection(self):
        self.emulator.control("regions", {"region": TOKYO, "up": False})
        started = time.monotonic()
        with self.assertRaises(ConnectionClosedError):
            self.emulator.client("ec2", TOKYO).describe_images()
        self.assertLess(time.monotonic() - started, 1)
        self.emulator.client("ec2", SINGAPORE).describe_images()
        self.emulator.control("regions", {"region": TOKYO, "up": True})
        self.emulator.client("ec2", TOKYO).describe_images()

    def test_long_polls_end_with_it(self):
        sqs, failed = self.emulator.client("sqs"), []
        url = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]

        def poll():
            try:
                sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10)
            except ConnectionClosedError as error:
                failed.append(error)

        thread = threading.Thread(target=poll)
        thread.start()
        time.sleep(0.2)
        self.emulator.control("regions", {"region": TOKYO, "up": False})
        thread.join(2)
        self.assertEqual(1, len(failed))

    def test_presigned_requests_count_too(self):
        url = self.emulator.client("s3", TOKYO, signature_version="s3v4").generate_presigned_url("list_buckets")
        self.emulator.control("regions", {"region": TOKYO, "up": False})
        with self.assertRaises((http.client.RemoteDisconnected, ConnectionResetError)):
            urllib.request.urlopen(url)

    def test_nothing_can_be_copied_from_it(self):
        source = image(self.emulator, TOKYO)
        self.emulator.control("regions", {"region": TOKYO, "up": False})
        with self.refused("Unavailable"):
            self.emulator.client("ec2", SINGAPORE).copy_image(SourceImageId=source, SourceRegion=TOKYO, Name=unique())


if __name__ == "__main__":
    unittest.main()
