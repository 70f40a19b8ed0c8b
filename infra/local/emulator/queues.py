"""SQS: messages wait for their poller, and no two receivers get the same message.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
"""

import threading
import time

from moto.sqs.models import Queue, SQSBackend

from .lock import MOTO

# Woken whenever a message may have become receivable.
_arrived = threading.Condition(MOTO)


def install():
    _leave_invoking_to_the_poller()
    _wait_without_the_lock()


def _leave_invoking_to_the_poller():
    original = Queue.add_message

    # moto invokes, in a container, every function that is mapped to the queue; here a poller of our own does that.
    def add_message(self, message):
        mapped, self.lambda_event_source_mappings = self.lambda_event_source_mappings, {}
        try:
            original(self, message)
        finally:
            self.lambda_event_source_mappings = mapped
        with _arrived:
            _arrived.notify_all()

    Queue.add_message = add_message


def _wait_without_the_lock():
    original = SQSBackend.receive_message

    def receive_message(self, queue_name, count, wait_seconds_timeout, visibility_timeout, message_attribute_names=None):
        deadline = time.monotonic() + wait_seconds_timeout
        while True:
            with _arrived:
                messages = original(self, queue_name, count, 0, visibility_timeout, message_attribute_names)
                left = deadline - time.monotonic()
                if messages or left <= 0:
                    return messages
                # Also looks by itself: a message becomes visible again without anybody sending one.
                _arrived.wait(min(left, 0.2))

    SQSBackend.receive_message = receive_message
