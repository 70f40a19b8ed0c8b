"""FIFO queues: duplicates of the last five minutes, growing sequence numbers, receipt handles that expire.

moto keeps the order and one batch per message group in flight.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-exactly-once-processing.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
"""

import itertools
import time

from moto.sqs.exceptions import ReceiptHandleIsInvalid
from moto.sqs.models import DEDUPLICATION_TIME_IN_SECONDS, Queue

_numbers = itertools.count(18_000_000_000_000_000_000)


def install(arrived):
    """arrived is notified of messages that can be received."""
    _recognize_duplicates(arrived)
    _let_receipts_expire(arrived)


def _recognize_duplicates(arrived):
    original = Queue.add_message

    def add_message(self, message):
        if not self.fifo_queue:
            original(self, message)
            return
        # What comes from another queue, a dead letter or on its way back, is no duplicate.
        if getattr(message, "is_accepted", False):
            self._messages.append(message)
        elif not _answer_as_before(self, message):
            message.sequence_number, message.is_accepted = str(next(_numbers)), True
            _sent(self)[message.deduplication_id] = (time.monotonic(), message.id, message.sequence_number)
            self._messages.append(message)
        with arrived:
            arrived.notify_all()

    Queue.add_message = add_message


def _answer_as_before(queue, message):
    """A message with a known id is accepted, told by its first sending, and not kept. It stays known when it was received and deleted."""
    moment, message_id, sequence_number = _sent(queue).get(message.deduplication_id, (0, "", ""))
    if not message_id or time.monotonic() - moment > DEDUPLICATION_TIME_IN_SECONDS:
        return False
    message.id, message.sequence_number = message_id, sequence_number
    return True


def _sent(queue):
    return queue.__dict__.setdefault("sent_within_the_interval", {})


def _let_receipts_expire(arrived):
    original = Queue.delete_message

    def delete_message(self, receipt_handle):
        if self.fifo_queue and receipt_handle not in self.deleted_messages:
            held = any(message.receipt_handle == receipt_handle and not message.visible for message in self._messages)
            if not held:
                raise ReceiptHandleIsInvalid()
        original(self, receipt_handle)
        # The next message of its group can be received.
        with arrived:
            arrived.notify_all()

    Queue.delete_message = delete_message
