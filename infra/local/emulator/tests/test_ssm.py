import unittest

from harness import TOKYO, Case, automatic, image, received, subscribe, unique, until

IMAGE = "aws:ec2:image"


class WithParameters(Case):
    def setUp(self):
        self.emulator = automatic()
        self.ssm = self.emulator.client("ssm")

    def value(self, name):
        try:
            return self.ssm.get_parameter(Name=name)["Parameter"]["Value"]
        except self.ssm.exceptions.ParameterNotFound:
            return None


class Parameters(WithParameters):
    def test_name_with_and_without_slash_is_one_parameter(self):
        name = unique("i")
        self.ssm.put_parameter(Name="/" + name, Type="String", Value="1")
        self.assertEqual("1", self.value(name))
        with self.refused("ParameterAlreadyExists"):
            self.ssm.put_parameter(Name=name, Type="String", Value="2")
        self.ssm.delete_parameter(Name=name)
        self.assertIsNone(self.value("/" + name))

    def test_overwriting_needs_permission_and_makes_a_version(self):
        name = unique()
        self.ssm.put_parameter(Name=name, Type="String", Value="1")
        with self.refused("ParameterAlreadyExists"):
            self.ssm.put_parameter(Name=name, Type="String", Value="2")
        self.assertEqual(2, self.ssm.put_parameter(Name=name, Type="String", Value="2", Overwrite=True)["Version"])
        self.assertEqual("1", self.value(f"{name}:1"))

    def test_versions_start_again_after_deletion(self):
        name = unique()
        for _ in range(2):
            self.assertEqual(1, self.ssm.put_parameter(Name=name, Type="String", Value="1")["Version"])
            self.ssm.delete_parameter(Name=name)
        with self.refused("ParameterNotFound"):
            self.ssm.delete_parameter(Name=name)

    def test_tags_and_overwrite_exclude_each_other(self):
        with self.refused("ValidationException"):
            self.ssm.put_parameter(Name=unique(), Type="String", Value="1", Overwrite=True, Tags=[{"Key": "a", "Value": "b"}])

    def test_pages(self):
        path = f"/{unique('path')}"
        names = sorted(f"{path}/{number:02d}" for number in range(23))
        for name in names:
            self.ssm.put_parameter(Name=name, Type="String", Value="v")
        with self.refused("ValidationException"):
            self.ssm.get_parameters_by_path(Path=path, MaxResults=11)
        by_path = list(self.ssm.get_paginator("get_parameters_by_path").paginate(Path=path))
        self.assertEqual([10, 10, 3], [len(page["Parameters"]) for page in by_path])
        begins = [{"Key": "Name", "Option": "BeginsWith", "Values": [path]}]
        pages = list(self.ssm.get_paginator("describe_parameters").paginate(ParameterFilters=begins, PaginationConfig={"PageSize": 20}))
        self.assertEqual(names, sorted(parameter["Name"] for page in pages for parameter in page["Parameters"]))
        self.assertEqual([20, 3], [len(page["Parameters"]) for page in pages])
        equals = [{"Key": "Name", "Option": "Equals", "Values": [names[0]]}]
        self.assertEqual(1, len(self.ssm.describe_parameters(ParameterFilters=equals)["Parameters"]))


class ImageParameters(WithParameters):
    def put(self, name, value, **more):
        return self.ssm.put_parameter(Name=name, Type="String", DataType=IMAGE, Value=value, **more)["Version"]

    def test_value_appears_after_validation(self):
        name, good = unique(), image(self.emulator)
        self.assertEqual(1, self.put(name, good))
        self.assertIsNone(self.value(name))
        until(lambda: self.value(name) == good)
        self.assertEqual(IMAGE, self.ssm.get_parameter(Name=name)["Parameter"]["DataType"])

    def test_old_value_stays_until_then_and_for_ever_when_the_image_is_wrong(self):
        name, first, second = unique(), image(self.emulator), image(self.emulator)
        self.put(name, first)
        until(lambda: self.value(name) == first)
        self.assertEqual(2, self.put(name, second, Overwrite=True))
        self.assertEqual(first, self.value(name))
        until(lambda: self.value(name) == second)
        queue = subscribe(self.emulator, {"detail-type": ["Parameter Store Change"], "detail": {"name": [name]}})
        self.put(name, "ami-0123456789abcdef0", Overwrite=True)
        detail = received(self.emulator, queue)["detail"]
        self.assertEqual((name, "Update", IMAGE), (detail["name"], detail["operation"], detail["dataType"]))
        self.assertIn("exception", detail)
        self.assertEqual(second, self.value(name))

    def test_what_is_wrong_with_the_request_is_said_at_once(self):
        name = unique()
        self.ssm.put_parameter(Name=name, Type="String", Value="1")
        with self.refused("ParameterAlreadyExists"):
            self.put(name, image(self.emulator))


class Events(Case):
    def test_every_change_is_an_event(self):
        emulator, name = automatic(), "/" + unique() + "/x"
        ssm, queue = emulator.client("ssm"), subscribe(emulator, {"source": ["aws.ssm"], "detail": {"name": [name]}})
        ssm.put_parameter(Name=name, Type="String", Value="1", Description="d")
        ssm.put_parameter(Name=name, Type="String", Value="2", Overwrite=True)
        ssm.delete_parameters(Names=[name])
        events = [received(emulator, queue) for _ in range(3)]
        self.assertEqual(["Create", "Update", "Delete"], [event["detail"]["operation"] for event in events])
        self.assertEqual({"operation": "Create", "name": name, "type": "String", "description": "d"}, events[0]["detail"])
        self.assertEqual([f"arn:aws:ssm:{TOKYO}:123456789012:parameter{name}"], events[0]["resources"])


if __name__ == "__main__":
    unittest.main()
