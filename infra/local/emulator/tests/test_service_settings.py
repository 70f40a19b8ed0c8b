import unittest

from harness import SINGAPORE, TOKYO, Case, automatic

THROUGHPUT = "/ssm/parameter-store/high-throughput-enabled"


class ServiceSettings(Case):
    def setting(self, region=TOKYO, setting=THROUGHPUT):
        return automatic().client("ssm", region).get_service_setting(SettingId=setting)["ServiceSetting"]

    def test_a_setting_is_the_default_until_it_is_updated_and_again_after_a_reset(self):
        ssm = automatic().client("ssm")
        self.assertEqual(("false", "Default"), (self.setting()["SettingValue"], self.setting()["Status"]))
        ssm.update_service_setting(SettingId=THROUGHPUT, SettingValue="true")
        self.assertEqual(("true", "Customized"), (self.setting()["SettingValue"], self.setting()["Status"]))
        self.assertEqual("false", self.setting(SINGAPORE)["SettingValue"])
        self.assertEqual("false", ssm.reset_service_setting(SettingId=THROUGHPUT)["ServiceSetting"]["SettingValue"])
        self.assertEqual("Default", self.setting()["Status"])

    def test_a_setting_is_named_by_its_arn_too(self):
        arn = self.setting()["ARN"]
        self.assertEqual(f"arn:aws:ssm:{TOKYO}:123456789012:servicesetting{THROUGHPUT}", arn)
        self.assertEqual(THROUGHPUT, self.setting(setting=arn)["SettingId"])

    def test_what_is_no_setting(self):
        for setting in ("/ssm/parameter-store/high-throughput", "high-throughput-enabled"):
            with self.subTest(setting), self.refused("ServiceSettingNotFound"):
                self.setting(setting=setting)


if __name__ == "__main__":
    unittest.main()
