import json
import time
import unittest

from harness import Case, automatic, unique, until


class Fifo(Case):
    def setUp(self):
        self.sqs = automatic().client("sqs")
        self.dead, dead_arn = self.queue()
        self.dead_arn = dead_arn
        policy = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1})
        self.url, _ = self.queue(RedrivePolicy=policy, VisibilityTimeout="30")

    def queue(self, **attributes):
        url = self.sqs.create_queue(QueueName=unique("queue") + ".fifo", Attributes={"FifoQueue": "true", **attributes})["QueueUrl"]
        return url, self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def send(self, dedup_id, group="g", body="m"):
        return self.sqs.send_message(QueueUrl=self.url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=dedup_id)

    def receive(self, url=None, **more):
        answer = self.sqs.receive_message(QueueUrl=url or self.url, MessageSystemAttributeNames=["All"], MaxNumberOfMessages=10, **more)
        return answer.get("Messages", [])

    def delete(self, message):
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])

    def test_a_duplicate_is_accepted_and_dropped_even_after_the_first_is_gone(self):
        first = self.send("a")
        [message] = self.receive()
        self.delete(message)
        again = self.send("a")
        names = ("MessageId", "SequenceNumber")
        self.assertEqual(tuple(first[n] for n in names), tuple(again[n] for n in names))
        self.assertEqual([], self.receive())

    def test_sequence_numbers_grow(self):
        for number in range(5):
            self.send(str(number), group=str(number % 2))
        numbers = [message["Attributes"]["SequenceNumber"] for message in self.receive()]
        self.assertEqual(sorted(numbers), numbers)
        self.assertEqual([20] * 5, [len(number) for number in numbers])

    def test_a_group_waits_for_what_is_in_flight(self):
        self.send("a")
        [first] = self.receive()
        self.send("b")
        self.send("c", group="other")
        self.assertEqual(["other"], [message["Attributes"]["MessageGroupId"] for message in self.receive()])
        self.delete(first)
        self.assertEqual(["b"], [message["Attributes"]["MessageDeduplicationId"] for message in self.receive()])

    def test_a_receipt_ends_with_the_visibility_timeout(self):
        self.send("a")
        [message] = self.receive(VisibilityTimeout=1)
        time.sleep(1.1)
        with self.refused("ReceiptHandleIsInvalid"):
            self.delete(message)

    def test_dead_letters_keep_their_group_and_are_no_duplicates_on_their_way_back(self):
        self.send("a")
        self.receive(VisibilityTimeout=0)
        self.assertEqual([], self.receive())
        [dead] = self.receive(self.dead, VisibilityTimeout=0)
        self.assertEqual("g", dead["Attributes"]["MessageGroupId"])
        self.sqs.start_message_move_task(SourceArn=self.dead_arn)
        self.assertEqual(["a"], [message["Attributes"]["MessageDeduplicationId"] for message in until(self.receive)])


if __name__ == "__main__":
    unittest.main()
