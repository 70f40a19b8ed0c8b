import unittest

from harness import SINGAPORE, TOKYO, Case, automatic, instance, manual, received, snapshot, subscribe, unique, until, volumes

ACCOUNT = "123456789012"


def tagged(**tags):
    return [{"ResourceType": "snapshot", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]


def tags_of(found):
    return {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}


def finish(snapshot_id, state="completed", region=TOKYO, **more):
    manual().control("snapshots", {"region": region, "snapshotId": snapshot_id, "state": state, **more})


class One(Case):
    def test_it_is_pending_first_and_completes_in_time(self):
        emulator = automatic()
        volume = volumes(emulator, instance(emulator))[0]
        made = emulator.client("ec2").create_snapshot(VolumeId=volume, Description="d", TagSpecifications=tagged(a="1"))
        self.assertEqual(("pending", volume, {"a": "1"}), (made["State"], made["VolumeId"], tags_of(made)))
        found = until(lambda: (s := snapshot(emulator, made["SnapshotId"]))["State"] == "completed" and s)
        expected = ("100%", "standard", "d", ACCOUNT, 15, made["StartTime"])
        self.assertEqual(expected, tuple(found[n] for n in ("Progress", "StorageTier", "Description", "OwnerId", "VolumeSize", "StartTime")))

    def test_it_ends_when_and_as_the_control_api_says(self):
        ec2, volume = manual().client("ec2"), volumes(manual(), instance(manual()))[0]
        made = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
        self.assertEqual("pending", snapshot(manual(), made)["State"])
        finish(made, "error", reason="no key")
        self.assertEqual(("error", "no key"), (snapshot(manual(), made)["State"], snapshot(manual(), made)["StateMessage"]))

    def test_five_may_be_pending_per_volume(self):
        ec2, source = manual().client("ec2"), instance(manual(), data_volumes=1)
        root = volumes(manual(), source)[0]
        made = [ec2.create_snapshot(VolumeId=root)["SnapshotId"] for _ in range(5)]
        for refused in (lambda: ec2.create_snapshot(VolumeId=root), lambda: ec2.create_snapshots(InstanceSpecification={"InstanceId": source})):
            with self.refused("ConcurrentSnapshotLimitExceeded"):
                refused()
        finish(made[0])
        ec2.create_snapshot(VolumeId=root)

    def test_unknown_things_and_dry_runs(self):
        ec2, volume = manual().client("ec2"), volumes(manual(), instance(manual()))[0]
        with self.refused("InvalidVolume.NotFound"):
            ec2.create_snapshot(VolumeId="vol-0123456789abcdef0")
        with self.refused("InvalidSnapshot.NotFound"):
            ec2.delete_snapshot(SnapshotId="snap-0123456789abcdef0")
        with self.refused("DryRunOperation"):
            ec2.create_snapshot(VolumeId=volume, DryRun=True)
        self.assertEqual([], ec2.describe_snapshots(Filters=[{"Name": "volume-id", "Values": [volume]}])["Snapshots"])


class Sets(Case):
    def setUp(self):
        self.ec2, self.source = manual().client("ec2"), instance(manual(), data_volumes=3)
        self.volumes = volumes(manual(), self.source)

    def create(self, **arguments):
        wanted = {"InstanceId": self.source, **arguments.pop("of", {})}
        return self.ec2.create_snapshots(InstanceSpecification=wanted, **arguments)["Snapshots"]

    def test_all_volumes_at_one_moment(self):
        made = self.create(Description="set", TagSpecifications=tagged(run="r"))
        self.assertEqual(self.volumes, sorted((s["VolumeId"] for s in made), key=self.volumes.index))
        found = [snapshot(manual(), s["SnapshotId"]) for s in made]
        self.assertEqual(1, len({s["StartTime"] for s in found}))
        self.assertEqual([("pending", {"run": "r"}, "set")] * 4, [(s["State"], tags_of(s), s["Description"]) for s in found])

    def test_volumes_are_left_out(self):
        root, first, second, third = self.volumes
        made = self.create(of={"ExcludeBootVolume": True, "ExcludeDataVolumeIds": [second]})
        self.assertEqual({first, third}, {s["VolumeId"] for s in made})
        with self.refused("InvalidParameterValue"):
            self.create(of={"ExcludeDataVolumeIds": [root]})
        with self.refused("InvalidParameterValue"):
            self.create(of={"ExcludeBootVolume": True, "ExcludeDataVolumeIds": [first, second, third]})

    def test_tags_of_volumes_are_copied_when_asked(self):
        self.ec2.create_tags(Resources=self.volumes, Tags=[{"Key": "team", "Value": "web"}, {"Key": "run", "Value": "old"}])
        made = self.create(CopyTagsFromSource="volume", TagSpecifications=tagged(run="r"))
        self.assertEqual([{"team": "web", "run": "r"}] * 4, [tags_of(s) for s in made])
        self.assertEqual([{"run": "r"}] * 4, [tags_of(s) for s in self.create(TagSpecifications=tagged(run="r"))])

    def test_an_instance_that_is_gone(self):
        self.ec2.terminate_instances(InstanceIds=[self.source])
        with self.refused("IncorrectInstanceState"):
            self.create()
        with self.refused("InvalidInstanceID.NotFound"):
            self.create(of={"InstanceId": "i-0123456789abcdef0"})


class Copies(Case):
    def setUp(self):
        made = manual().client("ec2").create_snapshot(VolumeId=volumes(manual(), instance(manual()))[0], TagSpecifications=tagged(a="1"))
        self.original, self.there = made["SnapshotId"], manual().client("ec2", SINGAPORE)

    def copy(self, **arguments):
        return self.there.copy_snapshot(SourceRegion=TOKYO, SourceSnapshotId=self.original, **arguments)["SnapshotId"]

    def test_a_copy_is_another_snapshot_with_its_own_tags(self):
        with self.refused("IncorrectState"):
            self.copy()
        finish(self.original)
        made = snapshot(manual(), self.copy(TagSpecifications=tagged(b="2"), Encrypted=True, KmsKeyId="alias/k"), SINGAPORE)
        expected = ("vol-ffffffff", "pending", True, "alias/k", 15)
        self.assertEqual(expected, tuple(made[n] for n in ("VolumeId", "State", "Encrypted", "KmsKeyId", "VolumeSize")))
        self.assertEqual({"b": "2"}, tags_of(made))
        finish(made["SnapshotId"], region=SINGAPORE)
        with self.refused("InvalidParameterDependency"):
            self.copy(KmsKeyId="alias/k")

    def test_twenty_may_be_pending_per_region(self):
        finish(self.original)
        made = []
        with self.refused("ResourceLimitExceeded"):
            while len(made) < 21:
                made.append(self.copy())
        self.assertEqual(20, len(made))
        for copy in made:
            finish(copy, region=SINGAPORE)
        finish(self.copy(), region=SINGAPORE)

    def test_the_original_must_exist(self):
        self.original = "snap-0123456789abcdef0"
        with self.refused("InvalidSnapshot.NotFound"):
            self.copy()


class Listing(Case):
    @classmethod
    def setUpClass(cls):
        cls.ec2, cls.key = automatic().client("ec2"), unique("key")
        cls.volumes = volumes(automatic(), instance(automatic(), data_volumes=1))
        cls.made = [cls.ec2.create_snapshot(VolumeId=cls.volumes[n % 2], TagSpecifications=tagged(**{cls.key: str(n)}))["SnapshotId"] for n in range(8)]
        automatic().wait_until_idle()

    def found(self, **wanted):
        filters = [{"Name": name.replace("_", "-"), "Values": values} for name, values in wanted.items()]
        return [s["SnapshotId"] for s in self.ec2.describe_snapshots(OwnerIds=["self"], Filters=filters)["Snapshots"]]

    def test_filters(self):
        self.assertEqual(self.made, self.found(tag_key=[self.key]))
        self.assertEqual(self.made[:2], self.found(**{"tag:" + self.key: ["0", "1"]}))
        self.assertEqual(self.made[0::2], self.found(volume_id=[self.volumes[0]], status=["completed"]))
        self.assertEqual(self.made[3:4], self.found(snapshot_id=[self.made[3], "snap-00000000000000000"]))
        self.assertEqual([], self.found(tag_key=[self.key], storage_tier=["archive"]))
        with self.refused("InvalidParameterValue"):
            self.found(colour=["red"])

    def test_pages_survive_deletion(self):
        arguments = {"Filters": [{"Name": "tag-key", "Values": [self.key]}], "MaxResults": 5}
        first = self.ec2.describe_snapshots(**arguments)
        self.assertEqual(self.made[:5], [s["SnapshotId"] for s in first["Snapshots"]])
        spare = self.ec2.create_snapshot(VolumeId=self.volumes[0], TagSpecifications=tagged(**{self.key: "x"}))["SnapshotId"]
        second = self.ec2.describe_snapshots(NextToken=first["NextToken"], **arguments)
        self.assertEqual([*self.made[5:], spare], [s["SnapshotId"] for s in second["Snapshots"]])
        self.assertNotIn("NextToken", second)
        self.ec2.delete_snapshot(SnapshotId=spare)
        with self.refused("InvalidParameterCombination"):
            self.ec2.describe_snapshots(SnapshotIds=self.made, MaxResults=5)


class Events(Case):
    def setUp(self):
        self.ec2, self.source = manual().client("ec2"), instance(manual(), data_volumes=1)
        self.volumes = volumes(manual(), self.source)

    def arn(self, kind, resource, region=TOKYO):
        return f"arn:aws:ec2::{region}:{kind}/{resource}"

    def test_one(self):
        queue = subscribe(manual(), {"detail-type": ["EBS Snapshot Notification"], "detail": {"event": ["createSnapshot"]}})
        answer = self.ec2.create_snapshot(VolumeId=self.volumes[0])
        made = answer["SnapshotId"]
        finish(made)
        event = received(manual(), queue)
        self.assertEqual(("aws.ec2", [self.arn("snapshot", made)]), (event["source"], event["resources"]))
        detail = event["detail"]
        self.assertRegex(detail.pop("endTime"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        expected = {
            "event": "createSnapshot", "result": "succeeded", "cause": "", "request-id": answer["ResponseMetadata"]["RequestId"],
            "snapshot_id": self.arn("snapshot", made), "source": self.arn("volume", self.volumes[0]),
            "startTime": f"{answer['StartTime']:%Y-%m-%dT%H:%M:%SZ}",
        }
        self.assertEqual(expected, detail)
        finish(made := self.ec2.create_snapshot(VolumeId=self.volumes[0])["SnapshotId"], "error", reason="no key")
        detail = received(manual(), queue)["detail"]
        self.assertEqual(("failed", "no key"), (detail["result"], detail["cause"]))

    def test_a_set_tells_when_its_last_member_is_done(self):
        queue = subscribe(manual(), {"detail-type": ["EBS Multi-Volume Snapshots Completion Status"]})
        one, other = (s["SnapshotId"] for s in self.ec2.create_snapshots(InstanceSpecification={"InstanceId": self.source})["Snapshots"])
        finish(other)
        self.assertIsNone(received(manual(), queue, wait=0))
        finish(one, "error")
        event = received(manual(), queue)
        arns = [self.arn("snapshot", s) for s in (one, other)]
        detail = event["detail"]
        self.assertEqual((arns, "createSnapshots", "failed"), (event["resources"], detail["event"], detail["result"]))
        self.assertEqual(f"Snapshot {one} is in status error", detail["cause"])
        members = zip(arns, self.volumes, ("error", "completed"), strict=True)
        self.assertEqual([{"snapshot_id": a, "source": self.arn("volume", v), "status": s} for a, v, s in members], detail["snapshots"])

    def test_a_member_deleted_early_fails_its_set(self):
        queue = subscribe(manual(), {"detail-type": ["EBS Multi-Volume Snapshots Completion Status"]})
        one, other = (s["SnapshotId"] for s in self.ec2.create_snapshots(InstanceSpecification={"InstanceId": self.source})["Snapshots"])
        self.ec2.delete_snapshot(SnapshotId=one)
        finish(other)
        self.assertEqual(f"Snapshot {one} is in status deleted", received(manual(), queue)["detail"]["cause"])

    def test_a_copy_tells_where_it_is(self):
        finish(original := self.ec2.create_snapshot(VolumeId=self.volumes[0])["SnapshotId"])
        queue = subscribe(manual(), {"detail-type": ["EBS Snapshot Notification"]}, SINGAPORE)
        there = manual().client("ec2", SINGAPORE)
        copy = there.copy_snapshot(SourceRegion=TOKYO, SourceSnapshotId=original)["SnapshotId"]
        finish(copy, region=SINGAPORE)
        event = received(manual(), queue, SINGAPORE)
        detail = event["detail"]
        self.assertEqual(("copySnapshot", SINGAPORE), (detail["event"], event["region"]))
        self.assertEqual((self.arn("snapshot", copy, SINGAPORE), self.arn("snapshot", original)), (detail["snapshot_id"], detail["source"]))


if __name__ == "__main__":
    unittest.main()
