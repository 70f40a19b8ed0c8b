"""SQS: messages wait for their poller, and no two receivers get the same message.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
"""

import threading
import time
import uuid

from moto.core.responses import ActionResult
from moto.sqs import models
from moto.sqs.exceptions import SQSException
from moto.sqs.models import Queue, SQSBackend
from moto.sqs.responses import SQSResponse

from . import fifo, regions
from .lock import MOTO
from .moto_calls import ConnectionLost

# Woken whenever a message may have become receivable.
_arrived = threading.Condition(MOTO)


def install():
    _leave_invoking_to_the_poller()
    _wait_without_the_lock()
    _keep_policy()
    _look_at_the_clock_once()
    _count_only_for_those_who_ask()
    fifo.install(_arrived)
    SQSResponse.start_message_move_task = _start_message_move_task
    SQSResponse.list_message_move_tasks = _list_message_move_tasks


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
                if regions.is_down(self.region_name):
                    raise ConnectionLost(104, f"{self.region_name} is down")
                messages = original(self, queue_name, count, 0, visibility_timeout, message_attribute_names)
                left = deadline - time.monotonic()
                if messages or left <= 0:
                    return messages
                # Also looks by itself: a message becomes visible again without anybody sending one.
                _arrived.wait(min(left, 0.2))

    SQSBackend.receive_message = receive_message


def _keep_policy():
    original = Queue._set_attributes

    # moto forgets a queue's policy whenever another attribute is set.
    def _set_attributes(self, attributes, now=None):
        kept = getattr(self, "_policy_json", None)
        original(self, attributes, now)
        if kept and "Policy" not in attributes:
            self._policy_json = kept

    Queue._set_attributes = _set_attributes


def _look_at_the_clock_once():
    """moto asks for the time several times for each message of a queue in each call: with 2,000 messages, minutes."""

    def messages(self):
        now = _milliseconds()
        return [message for message in self._messages if now > message.visible_at and now >= message.delayed_until]

    models.unix_time_millis = _milliseconds
    Queue.messages = property(messages)
    Queue.approximate_number_of_messages_delayed = property(_count(lambda message, now: now < message.delayed_until))
    Queue.approximate_number_of_messages_not_visible = property(_count(lambda message, now: now <= message.visible_at))


def _count_only_for_those_who_ask():
    """moto counts a queue's messages several times for each message that is sent or received."""
    attributes, get = Queue.attributes.fget, SQSBackend.get_queue_attributes
    counts = {name for name in Queue.BASE_ATTRIBUTES if name.startswith("ApproximateNumberOf")}

    def without_counts(self):
        self.BASE_ATTRIBUTES = [name for name in Queue.BASE_ATTRIBUTES if name not in counts]
        try:
            return attributes(self)
        finally:
            del self.BASE_ATTRIBUTES

    def get_queue_attributes(self, queue_name, attribute_names):
        queue = self.get_queue(queue_name)
        if "All" in attribute_names:
            return attributes(queue)
        if counts.isdisjoint(attribute_names):
            return get(self, queue_name, attribute_names)
        others = [name for name in attribute_names if name not in counts]
        asked = {name: getattr(queue, models.camelcase_to_underscores(name)) for name in attribute_names if name in counts}
        return asked | get(self, queue_name, others)

    Queue.attributes = property(without_counts)
    SQSBackend.get_queue_attributes = get_queue_attributes


def _milliseconds():
    return time.time() * 1000


def _count(counts):
    def number(self):
        now = _milliseconds()
        return sum(counts(message, now) for message in self._messages)

    return number


def _start_message_move_task(self):
    """Moves everything at once: to the queue named, or back to where the messages came from (the first queue that dies here)."""
    source_arn = self._get_param("SourceArn")
    queues = {queue.queue_arn: queue for queue in self.sqs_backend.queues.values()}
    source = queues.get(source_arn)
    origins = [queue for queue in queues.values() if source is not None and queue.dead_letter_queue is source]
    if not origins:
        raise SQSException("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
    destination = queues[self._get_param("DestinationArn")] if self._get_param("DestinationArn") else origins[0]
    messages, source._messages = source._messages, []
    source._pending_messages.clear()
    for message in messages:
        message.approximate_receive_count, message.visible_at = 0, 0.0
        destination.add_message(message)
    task = {
        "TaskHandle": str(uuid.uuid4()),
        "Status": "COMPLETED",
        "SourceArn": source_arn,
        "DestinationArn": destination.queue_arn,
        "ApproximateNumberOfMessagesMoved": len(messages),
        "ApproximateNumberOfMessagesToMove": len(messages),
        "StartedTimestamp": int(time.time() * 1000),
    }
    source.__dict__.setdefault("move_tasks", []).insert(0, task)
    return ActionResult({"TaskHandle": task["TaskHandle"]})


def _list_message_move_tasks(self):
    source_arn, limit = self._get_param("SourceArn"), self._get_param("MaxResults", 1)
    queue = next((queue for queue in self.sqs_backend.queues.values() if queue.queue_arn == source_arn), None)
    return ActionResult({"Results": getattr(queue, "move_tasks", [])[:limit]})
