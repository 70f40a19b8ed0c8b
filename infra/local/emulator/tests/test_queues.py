import json
import threading
import time
import unittest

from harness import Case, automatic, unique, until


class Queues(Case):
    def setUp(self):
        self.sqs = automatic().client("sqs")
        self.dead, self.dead_arn = self.queue()
        policy = json.dumps({"deadLetterTargetArn": self.dead_arn, "maxReceiveCount": 2})
        self.url, self.arn = self.queue(RedrivePolicy=policy, VisibilityTimeout="1")

    def queue(self, **attributes):
        url = self.sqs.create_queue(QueueName=unique("queue"), Attributes=attributes)["QueueUrl"]
        return url, self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def receive(self, url=None, **more):
        answer = self.sqs.receive_message(
            QueueUrl=url or self.url, MessageSystemAttributeNames=["ApproximateReceiveCount"], **more
        )
        return answer.get("Messages", [])

    def test_messages_are_invisible_until_the_timeout_and_then_die(self):
        self.sqs.send_message(QueueUrl=self.url, MessageBody="m")
        self.assertEqual("1", self.receive()[0]["Attributes"]["ApproximateReceiveCount"])
        self.assertEqual([], self.receive())
        again = self.receive(WaitTimeSeconds=3, VisibilityTimeout=0)[0]
        self.assertEqual("2", again["Attributes"]["ApproximateReceiveCount"])
        self.assertEqual([], self.receive())
        self.assertEqual("m", self.receive(self.dead)[0]["Body"])

    def test_dead_letters_can_be_moved_back(self):
        self.sqs.send_message(QueueUrl=self.url, MessageBody="m")
        for _ in range(2):
            self.receive(VisibilityTimeout=0)
        self.receive()
        self.sqs.start_message_move_task(SourceArn=self.dead_arn)
        back = until(lambda: self.receive(VisibilityTimeout=0))[0]
        self.assertEqual(("m", "1"), (back["Body"], back["Attributes"]["ApproximateReceiveCount"]))
        self.assertEqual("COMPLETED", self.sqs.list_message_move_tasks(SourceArn=self.dead_arn)["Results"][0]["Status"])

    def test_other_attributes_leave_the_policy_alone(self):
        policy = '{"Version": "2012-10-17", "Statement": [{"Sid": "a"}]}'
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": policy})
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"VisibilityTimeout": "7"})
        found = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])["Attributes"]
        self.assertEqual(("7", json.loads(policy)), (found["VisibilityTimeout"], json.loads(found["Policy"])))

    def test_long_poll_answers_when_a_message_comes_and_blocks_nobody(self):
        found = []
        poll = threading.Thread(target=lambda: found.extend(self.receive(WaitTimeSeconds=5)))
        started = time.monotonic()
        poll.start()
        time.sleep(0.1)
        self.sqs.send_message(QueueUrl=self.url, MessageBody="m")
        poll.join()
        self.assertEqual("m", found[0]["Body"])
        self.assertLess(time.monotonic() - started, 2)

    def test_no_message_has_two_receivers(self):
        for number in range(20):
            self.sqs.send_message(QueueUrl=self.url, MessageBody=str(number))
        found = []

        def drain():
            while messages := self.receive(MaxNumberOfMessages=3, VisibilityTimeout=60):
                found.extend(message["Body"] for message in messages)

        threads = [threading.Thread(target=drain) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(map(str, range(20))), sorted(found))


if __name__ == "__main__":
    unittest.main()
