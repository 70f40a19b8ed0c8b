import threading
import time
import unittest

from harness import SINGAPORE, TOKYO, Case, automatic, base_image, describe, image, instance, manual, unique, until


class Creation(Case):
    def test_image_is_pending_first_and_available_after_the_delay(self):
        emulator = automatic()
        source = instance(emulator)
        created = image(emulator, source=source, wait=False)
        until(lambda: describe(emulator, created)["State"] == "available")
        self.assertEqual(source, describe(emulator, created)["SourceInstanceId"])

    def test_manual_mode_keeps_it_pending_until_told(self):
        emulator = manual()
        good, bad = (image(emulator, wait=False) for _ in range(2))
        time.sleep(0.1)
        self.assertEqual("pending", describe(emulator, good)["State"])
        emulator.control("images", {"region": TOKYO, "imageId": good, "state": "available"})
        emulator.control("images", {"region": TOKYO, "imageId": bad, "state": "failed", "reason": "no space"})
        self.assertEqual("available", describe(emulator, good)["State"])
        failed = describe(emulator, bad)
        self.assertEqual(("failed", "no space"), (failed["State"], failed["StateReason"]["Message"]))

    def test_the_instance_must_exist(self):
        with self.refused("InvalidInstanceID.NotFound"):
            automatic().client("ec2").create_image(InstanceId="i-0123456789abcdef0", Name=unique())

    def test_what_it_runs_on_is_that_of_the_image_before(self):
        emulator = automatic()
        ec2 = emulator.client("ec2")
        base = ec2.register_image(Name=unique(), Architecture="arm64", VirtualizationType="hvm")["ImageId"]
        source = ec2.run_instances(ImageId=base, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
        for made in (base, image(emulator, source=source)):
            self.assertEqual(("arm64", "hvm"), (describe(emulator, made)["Architecture"], describe(emulator, made)["VirtualizationType"]))

    def test_names_are_unique(self):
        emulator = automatic()
        name = describe(emulator, image(emulator))["Name"]
        with self.refused("InvalidAMIName.Duplicate"):
            emulator.client("ec2").create_image(InstanceId=instance(emulator), Name=name)

    def test_dry_run_creates_nothing(self):
        emulator = automatic()
        name = unique()
        with self.refused("DryRunOperation"):
            emulator.client("ec2").create_image(InstanceId=instance(emulator), Name=name, DryRun=True)
        found = emulator.client("ec2").describe_images(Filters=[{"Name": "name", "Values": [name]}])
        self.assertEqual([], found["Images"])

    def test_creation_dates_increase_strictly_and_have_milliseconds(self):
        emulator = automatic()
        source, made = instance(emulator), []
        threads = [threading.Thread(target=lambda: made.append(image(emulator, source=source, wait=False))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        dates = [describe(emulator, image_id)["CreationDate"] for image_id in made]
        self.assertEqual(8, len(set(dates)))
        self.assertRegex(dates[0], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_tag_specifications_are_honoured(self):
        emulator = automatic()
        tags = [{"ResourceType": kind, "Tags": [{"Key": "for", "Value": kind}]} for kind in ("image", "snapshot")]
        created = describe(emulator, image(emulator, TagSpecifications=tags))
        self.assertEqual([{"Key": "for", "Value": "image"}], created["Tags"])
        snapshot = created["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
        found = emulator.client("ec2").describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]
        self.assertEqual([{"Key": "for", "Value": "snapshot"}], found["Tags"])


class Copying(Case):
    def copy(self, source, region=SINGAPORE, **arguments):
        arguments.setdefault("Name", unique("copy"))
        ec2 = automatic().client("ec2", region)
        return ec2.copy_image(SourceImageId=source, SourceRegion=TOKYO, **arguments)["ImageId"]

    def test_copy_names_its_original_and_no_instance(self):
        source = image(automatic())
        copied = self.copy(source)
        self.assertEqual("pending", describe(automatic(), copied, SINGAPORE)["State"])
        until(lambda: describe(automatic(), copied, SINGAPORE)["State"] == "available")
        found = describe(automatic(), copied, SINGAPORE)
        self.assertEqual((source, TOKYO), (found["SourceImageId"], found["SourceImageRegion"]))
        self.assertNotIn("SourceInstanceId", found)
        self.assertEqual(describe(automatic(), source)["OwnerId"], found["OwnerId"])

    def test_tags_are_copied_only_when_asked_and_never_those_of_aws(self):
        source = image(automatic(), TagSpecifications=[{"ResourceType": "image", "Tags": [{"Key": "team", "Value": "web"}]}])
        automatic().control("tags", {"region": TOKYO, "imageId": source, "tags": {"aws:backup:source-resource": "arn"}})
        own = [{"ResourceType": "image", "Tags": [{"Key": "own", "Value": "1"}]}]
        plain = describe(automatic(), self.copy(source), SINGAPORE)
        tagged = describe(automatic(), self.copy(source, CopyImageTags=True, TagSpecifications=own), SINGAPORE)
        self.assertNotIn("Tags", {name for name, value in plain.items() if value})
        self.assertEqual({"team": "web", "own": "1"}, {tag["Key"]: tag["Value"] for tag in tagged["Tags"]})

    def test_client_token_makes_it_idempotent(self):
        source, token, name = image(automatic()), unique(), unique("copy")
        first = self.copy(source, ClientToken=token, Name=name)
        self.assertEqual(first, self.copy(source, ClientToken=token, Name=name))
        with self.refused("IdempotentParameterMismatch"):
            self.copy(source, ClientToken=token, Name=unique("other"))

    def test_original_must_exist(self):
        with self.refused("InvalidAMIID.NotFound"):
            self.copy("ami-0123456789abcdef0")


class EndOfLife(Case):
    def test_disabled_images_are_hidden_until_asked_for_or_enabled(self):
        emulator = automatic()
        ec2, created = emulator.client("ec2"), image(emulator)
        wanted = [{"Name": "image-id", "Values": [created]}]
        ec2.disable_image(ImageId=created)
        self.assertEqual([], ec2.describe_images(Filters=wanted)["Images"])
        self.assertEqual("disabled", ec2.describe_images(Filters=wanted, IncludeDisabled=True)["Images"][0]["State"])
        ec2.enable_image(ImageId=created)
        self.assertEqual("available", ec2.describe_images(Filters=wanted)["Images"][0]["State"])

    def test_deregistered_images_are_gone(self):
        emulator = automatic()
        ec2, created = emulator.client("ec2"), image(emulator)
        ec2.deregister_image(ImageId=created)
        self.assertEqual([], ec2.describe_images(Filters=[{"Name": "image-id", "Values": [created]}])["Images"])
        with self.refused("InvalidAMIID.NotFound"):
            ec2.describe_images(ImageIds=[created])
        with self.refused("InvalidAMIID.Unavailable"):
            ec2.deregister_image(ImageId=created)

    def test_snapshots_go_with_it_when_asked(self):
        emulator = automatic()
        ec2, created = emulator.client("ec2"), image(emulator)
        snapshot = describe(emulator, created)["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
        with self.refused("InvalidSnapshot.InUse"):
            ec2.delete_snapshot(SnapshotId=snapshot)
        ec2.deregister_image(ImageId=created, DeleteAssociatedSnapshots=True)
        with self.refused("InvalidSnapshot.NotFound"):
            ec2.describe_snapshots(SnapshotIds=[snapshot])


class Launching(Case):
    def launch(self, region=TOKYO, **arguments):
        return automatic().client("ec2", region).run_instances(MinCount=1, MaxCount=1, **arguments)["Instances"][0]

    def test_image_must_exist_in_the_region(self):
        with self.refused("InvalidAMIID.NotFound"):
            self.launch(SINGAPORE, ImageId=base_image(automatic(), TOKYO))

    def test_image_must_be_available(self):
        created = image(automatic())
        automatic().client("ec2").disable_image(ImageId=created)
        with self.refused("InvalidAMIID.Unavailable"):
            self.launch(ImageId=created)

    def test_launch_template_resolves_a_parameter(self):
        emulator, name = automatic(), "/" + unique("pointer") + "/web"
        ssm, ec2, created = emulator.client("ssm"), emulator.client("ec2"), image(emulator)
        template = ec2.create_launch_template(
            LaunchTemplateName=unique("template"), LaunchTemplateData={"ImageId": f"resolve:ssm:{name}"}
        )["LaunchTemplate"]["LaunchTemplateId"]
        ssm.put_parameter(Name=name, Type="String", DataType="aws:ec2:image", Value=created)
        emulator.wait_until_idle()
        self.assertEqual(created, self.launch(LaunchTemplate={"LaunchTemplateId": template})["ImageId"])


if __name__ == "__main__":
    unittest.main()
