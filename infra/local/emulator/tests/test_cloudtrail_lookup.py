import json
import unittest
from datetime import UTC, datetime, timedelta

from harness import SINGAPORE, TOKYO, Case, automatic, image, instance, received, subscribe, unique, volumes


class Lookup(Case):
    @classmethod
    def setUpClass(cls):
        cls.emulator = automatic()
        cls.trail = cls.emulator.client("cloudtrail", SINGAPORE)
        made = cls.emulator.client("ec2").create_snapshot(VolumeId=volumes(cls.emulator, instance(cls.emulator))[0])
        cls.original = made["SnapshotId"]
        cls.emulator.wait_until_idle()
        pattern = {"detail": {"eventName": ["CopySnapshot"], "requestParameters": {"sourceSnapshotId": [cls.original]}}}
        cls.queue = subscribe(cls.emulator, pattern, SINGAPORE)
        there = cls.emulator.client("ec2", SINGAPORE)
        copies = [there.copy_snapshot(SourceRegion=TOKYO, SourceSnapshotId=cls.original) for _ in range(3)]
        cls.copies = [copy["SnapshotId"] for copy in copies]

    def found(self, name, value, **more):
        return self.trail.lookup_events(LookupAttributes=[{"AttributeKey": name, "AttributeValue": value}], **more)["Events"]

    def test_a_copy_of_a_snapshot_is_found_by_its_id(self):
        [event] = self.found("ResourceName", self.copies[0])
        self.assertEqual(("CopySnapshot", "ec2.amazonaws.com"), (event["EventName"], event["EventSource"]))
        resources = [{"ResourceType": "AWS::EC2::Snapshot", "ResourceName": name} for name in (self.original, self.copies[0])]
        self.assertEqual(resources, event["Resources"])
        record = json.loads(event["CloudTrailEvent"])
        self.assertEqual((TOKYO, self.original), tuple(record["requestParameters"][n] for n in ("sourceRegion", "sourceSnapshotId")))
        self.assertEqual(self.copies[0], record["responseElements"]["snapshotId"])
        self.assertEqual((event["EventId"], SINGAPORE), (record["eventID"], record["awsRegion"]))

    def test_and_is_an_event(self):
        detail = received(self.emulator, self.queue, SINGAPORE)["detail"]
        self.assertEqual(self.copies[0], detail["responseElements"]["snapshotId"])

    def test_the_newest_come_first_in_pages(self):
        wanted = [{"AttributeKey": "ResourceName", "AttributeValue": self.original}]
        pages = list(self.trail.get_paginator("lookup_events").paginate(LookupAttributes=wanted, PaginationConfig={"PageSize": 2}))
        self.assertEqual([2, 1], [len(page["Events"]) for page in pages])
        made = [json.loads(event["CloudTrailEvent"])["responseElements"]["snapshotId"] for page in pages for event in page["Events"]]
        self.assertEqual(list(reversed(self.copies)), made)

    def test_each_region_has_its_own_history_and_time_limits_hold(self):
        here = self.emulator.client("cloudtrail")
        self.assertEqual([], here.lookup_events(LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": self.copies[0]}])["Events"])
        self.assertEqual([], self.found("ResourceName", self.original, StartTime=datetime.now(UTC) + timedelta(hours=1)))
        self.assertEqual([], self.found("ResourceName", self.original, EndTime=datetime.now(UTC) - timedelta(hours=1)))
        self.assertEqual(3, len(self.found("ResourceName", self.original, StartTime=datetime.now(UTC) - timedelta(hours=1))))

    def test_images_are_found_too_and_failures(self):
        source = instance(self.emulator)
        made, here = image(self.emulator, source=source), self.emulator.client("cloudtrail")
        with self.refused("DryRunOperation"):
            self.emulator.client("ec2").create_image(InstanceId=source, Name=unique(), DryRun=True)
        events = here.lookup_events(LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": source}])["Events"]
        codes = [json.loads(event["CloudTrailEvent"]).get("errorCode") for event in events]
        self.assertEqual(["Client.DryRunOperation", None], codes)
        self.assertIn(made, [resource["ResourceName"] for resource in events[1]["Resources"]])

    def test_one_attribute_at_most(self):
        two = [{"AttributeKey": "EventName", "AttributeValue": "CopySnapshot"}, {"AttributeKey": "ResourceName", "AttributeValue": "x"}]
        with self.refused("InvalidLookupAttributesException"):
            self.trail.lookup_events(LookupAttributes=two)


if __name__ == "__main__":
    unittest.main()
