import json
import unittest

from harness import TOKYO, Case, automatic, describe, image, instance, manual, snapshot, unique, until, volumes
from template import resource


def tagged(kind, **tags):
    return {"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


class Instances(Case):
    @classmethod
    def setUpClass(cls):
        cls.emulator, cls.key = automatic(), unique("key")
        cls.ec2 = cls.emulator.client("ec2")
        tags = [tagged("instance", **{cls.key: "daily"}), tagged("volume", **{cls.key: "no"})]
        cls.made = [instance(cls.emulator, data_volumes=1, TagSpecifications=tags) for _ in range(7)]

    def found(self, **wanted):
        filters = [{"Name": name.replace("_", "-"), "Values": values} for name, values in wanted.items()]
        pages = self.ec2.get_paginator("describe_instances").paginate(Filters=filters, PaginationConfig={"PageSize": 5})
        return [found["InstanceId"] for page in pages for r in page["Reservations"] for found in r["Instances"]]

    def test_targets_are_found_by_tags_and_state(self):
        self.assertEqual(self.made, self.found(**{"tag:" + self.key: ["daily"]}, instance_state_name=["running", "stopped"]))
        self.assertEqual([], self.found(tag_key=[self.key], instance_state_name=["terminated"]))
        self.assertEqual(self.made[:1], self.found(instance_id=[self.made[0], "i-00000000000000000"]))
        self.assertEqual(self.made[:1], self.found(image_id=[self.shown(self.made[0])["ImageId"]]))
        self.assertEqual(self.made[:1], self.found(tag_key=[self.key], private_ip_address=[self.shown(self.made[0])["PrivateIpAddress"]]))

    def shown(self, instance_id):
        return self.ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]

    def test_unknown_ids_are_refused(self):
        with self.refused("InvalidInstanceID.NotFound"):
            self.ec2.describe_instances(InstanceIds=[self.made[0], "i-00000000000000000"])

    def test_volumes_are_found_by_tags_and_instance_and_in_pages(self):
        wanted = [{"Name": "tag:" + self.key, "Values": ["no"]}]
        pages = list(self.ec2.get_paginator("describe_volumes").paginate(Filters=wanted, PaginationConfig={"PageSize": 10}))
        self.assertEqual([10, 4], [len(page["Volumes"]) for page in pages])
        mine = self.ec2.describe_volumes(Filters=[*wanted, {"Name": "attachment.instance-id", "Values": self.made[:1]}])["Volumes"]
        self.assertEqual(set(volumes(self.emulator, self.made[0])), {volume["VolumeId"] for volume in mine})
        with self.refused("InvalidVolume.NotFound"):
            self.ec2.describe_volumes(VolumeIds=["vol-00000000000000000"])


class Images(Case):
    def test_an_image_has_a_snapshot_of_each_volume_but_those_left_out(self):
        emulator = automatic()
        source = instance(emulator, data_volumes=2)
        made = describe(emulator, image(emulator, source=source, BlockDeviceMappings=[{"DeviceName": "/dev/sdg", "NoDevice": ""}]))
        self.assertEqual(["/dev/sda1", "/dev/sdf"], [mapping["DeviceName"] for mapping in made["BlockDeviceMappings"]])
        found = [snapshot(emulator, mapping["Ebs"]["SnapshotId"]) for mapping in made["BlockDeviceMappings"]]
        self.assertEqual(volumes(emulator, source)[:2], [s["VolumeId"] for s in found])
        self.assertEqual(["completed"] * 2, [s["State"] for s in found])
        with self.refused("InvalidBlockDeviceMapping"):
            image(emulator, source=source, BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "NoDevice": ""}])

    def test_its_mappings_name_them_after_a_while(self):
        made = image(manual(), wait=False)
        seen = []
        until(lambda: seen.append(describe(manual(), made).get("BlockDeviceMappings", [])) or "SnapshotId" in str(seen[-1]))
        self.assertEqual([], seen[0])
        self.assertTrue(any(m and "SnapshotId" not in m[0]["Ebs"] for m in seen), "devices come before their snapshots")
        self.assertEqual("pending", snapshot(manual(), seen[-1][0]["Ebs"]["SnapshotId"])["State"])

    def test_a_failed_image_leaves_failed_snapshots(self):
        made = image(manual(), wait=False)
        manual().control("images", {"region": TOKYO, "imageId": made, "state": "failed"})
        left = describe(manual(), made)["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
        self.assertEqual("error", snapshot(manual(), left)["State"])

    def test_snapshots_that_could_not_be_deleted_are_told_and_stay(self):
        emulator = automatic()
        ec2, made = emulator.client("ec2"), image(emulator, source=instance(emulator, data_volumes=2))
        first, second, third = (m["Ebs"]["SnapshotId"] for m in describe(emulator, made)["BlockDeviceMappings"])
        shared = [{"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": second}}]
        ec2.register_image(Name=unique(), RootDeviceName="/dev/sda1", BlockDeviceMappings=shared)
        emulator.control("faults", {"service": "ec2", "action": "DeleteSnapshot", "error": "InternalError"})
        results = ec2.deregister_image(ImageId=made, DeleteAssociatedSnapshots=True)["DeleteSnapshotResults"]
        codes = {result["SnapshotId"]: result["ReturnCode"] for result in results}
        self.assertEqual({first: "internal-error", second: "skipped", third: "success"}, codes)
        ec2.delete_snapshot(SnapshotId=first)
        with self.refused("InvalidSnapshot.InUse"):
            ec2.delete_snapshot(SnapshotId=second)
        with self.refused("InvalidSnapshot.NotFound"):
            ec2.delete_snapshot(SnapshotId=third)

    def test_launching_it_restores_its_volumes(self):
        emulator = automatic()
        made = image(emulator, source=instance(emulator, data_volumes=1))
        root, data = (m["Ebs"]["SnapshotId"] for m in describe(emulator, made)["BlockDeviceMappings"])
        change = [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 99}}]
        started = emulator.client("ec2").run_instances(ImageId=made, MinCount=1, MaxCount=1, BlockDeviceMappings=change)["Instances"][0]
        attached = [{"Name": "attachment.instance-id", "Values": [started["InstanceId"]]}]
        found = emulator.client("ec2").describe_volumes(Filters=attached)["Volumes"]
        self.assertEqual({(root, 99), (data, 20)}, {(volume["SnapshotId"], volume["Size"]) for volume in found})


class Restoring(Case):
    def setUp(self):
        self.emulator = automatic()
        self.ec2, self.source = self.emulator.client("ec2"), instance(self.emulator)
        self.made = [self.ec2.create_snapshot(VolumeId=volumes(self.emulator, self.source)[0])["SnapshotId"] for _ in range(2)]

    def test_a_volume_needs_a_complete_snapshot(self):
        pending = manual().client("ec2").create_snapshot(VolumeId=volumes(manual(), instance(manual()))[0])["SnapshotId"]
        with self.refused("IncorrectState"):
            manual().client("ec2").create_volume(SnapshotId=pending, AvailabilityZone=TOKYO + "a")
        self.emulator.wait_until_idle()
        volume = self.ec2.create_volume(SnapshotId=self.made[0], AvailabilityZone=TOKYO + "a")
        self.assertEqual((self.made[0], 15), (volume["SnapshotId"], volume["Size"]))

    def test_a_stack_s_volume_is_another_when_its_snapshot_is(self):
        self.emulator.wait_until_idle()
        stacks, name = self.emulator.client("cloudformation"), unique("stack")
        stacks.create_stack(StackName=name, TemplateBody=self.template(self.made[0]))
        first = self.volume(name)
        self.assertEqual((self.made[0], 15, "in-use"), (first["SnapshotId"], first["Size"], first["State"]))
        stacks.update_stack(StackName=name, TemplateBody=self.template(self.made[1]))
        second = self.volume(name)
        self.assertEqual(self.made[1], second["SnapshotId"])
        with self.refused("InvalidVolume.NotFound"):
            self.ec2.describe_volumes(VolumeIds=[first["VolumeId"]])
        stacks.delete_stack(StackName=name)
        with self.refused("InvalidVolume.NotFound"):
            self.ec2.describe_volumes(VolumeIds=[second["VolumeId"]])

    def template(self, snapshot_id):
        volume = resource("EC2::Volume", AvailabilityZone=TOKYO + "a", SnapshotId=snapshot_id)
        attachment = resource("EC2::VolumeAttachment", VolumeId={"Ref": "Data"}, InstanceId=self.source, Device="/dev/sdf")
        outputs = {"Id": {"Value": {"Ref": "Data"}}}
        return json.dumps({"Resources": {"Data": volume, "Attached": attachment}, "Outputs": outputs})

    def volume(self, stack):
        described = self.emulator.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        return self.ec2.describe_volumes(VolumeIds=[described["Outputs"][0]["OutputValue"]])["Volumes"][0]


if __name__ == "__main__":
    unittest.main()
