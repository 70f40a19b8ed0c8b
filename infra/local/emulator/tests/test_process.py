import unittest

from harness import Case, alone, manual


class Process(Case):
    """Ends emulators that earlier tests used, or starts them only for that."""

    def test_it_ends_with_its_standard_input(self):
        alone().stop()
        self.assertEqual(0, alone().process.returncode)
        alone.cache_clear()

    def test_it_ends_on_sigterm(self):
        manual().process.terminate()
        self.assertEqual(0, manual().process.wait(3))
        manual().stop()
        manual.cache_clear()


if __name__ == "__main__":
    unittest.main()
