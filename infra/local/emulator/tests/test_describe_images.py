import time
import unittest

from harness import TOKYO, Case, automatic, describe, image, instance, unique


class Filters(Case):
    @classmethod
    def setUpClass(cls):
        cls.emulator = automatic()
        cls.ec2 = cls.emulator.client("ec2")
        cls.key = unique("key")
        cls.source = instance(cls.emulator)
        tags = [{"ResourceType": "image", "Tags": [{"Key": cls.key, "Value": "v[1]*"}]}]
        cls.image = image(cls.emulator, source=cls.source, TagSpecifications=tags)
        cls.other = image(cls.emulator)
        cls.copy = cls.ec2.copy_image(SourceImageId=cls.image, SourceRegion=TOKYO, Name=unique("copy"))["ImageId"]
        cls.emulator.wait_until_idle()

    def found(self, **filters):
        names = [{"Name": name.replace("_", "-"), "Values": values} for name, values in filters.items()]
        return [found["ImageId"] for found in self.ec2.describe_images(Owners=["self"], Filters=names)["Images"]]

    def test_unknown_ids_are_absent_from_the_filter_and_an_error_as_argument(self):
        self.assertEqual([self.image], self.found(image_id=[self.image, "ami-00000000000000000"]))
        with self.refused("InvalidAMIID.NotFound"):
            self.ec2.describe_images(ImageIds=[self.image, "ami-00000000000000000"])

    def test_source_instance(self):
        self.assertEqual([self.image], self.found(source_instance_id=[self.source]))

    def test_source_image(self):
        self.assertEqual([self.copy], self.found(source_image_id=[self.image]))

    def test_tags(self):
        self.assertEqual([self.image], self.found(tag_key=[self.key]))
        self.assertEqual([self.image], self.found(**{"tag:" + self.key: ["v[1]\\*"]}))
        self.assertEqual([self.image], self.found(**{"tag:" + self.key: ["v[?]*"]}))
        self.assertEqual([], self.found(**{"tag:" + self.key: ["v1*"]}))

    def test_names_with_wildcards(self):
        name = describe(self.emulator, self.image)["Name"]
        self.assertEqual([self.image], self.found(name=[name]))
        self.assertEqual([self.image], self.found(name=["*" + name[6:]]))
        self.assertEqual([self.image], self.found(name=[name[:-1] + "?"]))

    def test_filters_all_hold(self):
        self.assertEqual([self.image], self.found(state=["available"], source_instance_id=[self.source]))
        self.assertEqual([], self.found(state=["failed"], source_instance_id=[self.source]))

    def test_other_owners_have_no_images_here(self):
        self.assertEqual([], self.ec2.describe_images(Owners=["amazon"])["Images"])

    def test_unknown_filters_are_refused(self):
        with self.refused("InvalidParameterValue"):
            self.found(colour=["red"])


class Paging(Case):
    def test_pages_follow_each_other_without_gaps_or_repetitions(self):
        emulator, key = automatic(), unique("page")
        source = instance(emulator)
        tags = [{"ResourceType": "image", "Tags": [{"Key": key, "Value": ""}]}]
        made = [image(emulator, source=source, wait=False, TagSpecifications=tags) for _ in range(7)]
        pages = emulator.client("ec2").get_paginator("describe_images").paginate(
            Filters=[{"Name": "tag-key", "Values": [key]}], PaginationConfig={"PageSize": 3}
        )
        ids = [[found["ImageId"] for found in page["Images"]] for page in pages]
        self.assertEqual([3, 3, 1], [len(page) for page in ids])
        self.assertEqual(made, sum(ids, []))

    def test_a_page_has_at_most_a_thousand(self):
        with self.refused("InvalidParameterValue"):
            automatic().client("ec2").describe_images(MaxResults=1001)

    def test_time_grows_with_the_images_and_not_with_their_square(self):
        emulator = automatic()
        ec2, key = emulator.client("ec2", "eu-west-1"), unique("many")
        tags = [{"ResourceType": "image", "Tags": [{"Key": key, "Value": "x"}]}]
        source = image(emulator, "eu-west-1", TagSpecifications=tags)
        for _ in range(200):
            ec2.copy_image(SourceImageId=source, SourceRegion="eu-west-1", Name=unique(), TagSpecifications=tags)
        started = time.monotonic()
        found = ec2.describe_images(Owners=["self"], Filters=[{"Name": "tag-key", "Values": [key]}], MaxResults=1000)["Images"]
        self.assertEqual(201, len(found))
        self.assertLess(time.monotonic() - started, 3)


class Tags(Case):
    def test_only_aws_writes_tags_that_begin_with_aws(self):
        emulator = automatic()
        created, tag = image(emulator), {"Key": "aws:backup:source-resource", "Value": "arn:aws:ec2:::instance/i-1"}
        with self.refused("InvalidParameterValue"):
            emulator.client("ec2").create_tags(Resources=[created], Tags=[tag])
        emulator.control("tags", {"region": TOKYO, "imageId": created, "tags": {tag["Key"]: tag["Value"]}})
        self.assertEqual([tag], describe(emulator, created)["Tags"])
        with self.refused("InvalidParameterValue"):
            emulator.client("ec2").delete_tags(Resources=[created], Tags=[tag])

    def test_images_that_are_gone_cannot_be_tagged(self):
        emulator = automatic()
        created = image(emulator)
        emulator.client("ec2").deregister_image(ImageId=created)
        with self.refused("InvalidAMIID.NotFound"):
            emulator.client("ec2").create_tags(Resources=[created], Tags=[{"Key": "a", "Value": "b"}])


if __name__ == "__main__":
    unittest.main()
