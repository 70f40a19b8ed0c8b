"""The HTTP server around moto.

cheroot instead of moto's own server: it keeps connections alive and has a fixed set of workers, where werkzeug's development
server closes each connection after one response and loses a call now and then.
"""

import argparse
import json
import logging
import os
import signal
import sys
import threading
import warnings

from cheroot.wsgi import Server

from . import change_sets, clock, cloudtrail, cloudtrail_lookup, control, describe_ec2, describe_images, documents
from . import events, filters, functions, groups, hosts, image_snapshots, images, instances, kms, launch_configurations
from . import launch_templates, moto_calls, protection, queues, references, refreshes_api, remembered, run_command, run_command_api, schedules, service_settings
from . import snapshot_events, snapshots, ssm, stack_resources, stack_rollback, tags, template_parameters, volumes
from .gateway import Gateway

# Long polls on queues hold a worker each, so there are many more workers than cores.
WORKERS = 120


def options(arguments=None):
    parser = argparse.ArgumentParser(prog="emulator", description="A local AWS for lastgood.")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 picks a free one")
    parser.add_argument(
        "--image-seconds", type=float, default=2.0, help="how long images stay pending; -1: until the control API says so"
    )
    parser.add_argument(
        "--mapping-seconds", type=float, default=0.5, help="how long images keep the ids of their snapshots to themselves while pending"
    )
    parser.add_argument(
        "--snapshot-seconds", type=float, default=2.0, help="how long snapshots stay pending; -1: until the control API says so"
    )
    parser.add_argument(
        "--refresh-seconds", type=float, default=2.0, help="how long an instance refresh takes; -1: until the control API ends it"
    )
    parser.add_argument(
        "--validation-seconds", type=float, default=0.5, help="how long the validation of an aws:ec2:image parameter takes"
    )
    return parser.parse_args(arguments)


def install(settings):
    """Extends moto. Order matters only for moto_calls, which everything else builds on."""
    moto_calls.install()
    remembered.install()
    tags.install()
    filters.install()
    images.install(settings.image_seconds)
    image_snapshots.install(settings.mapping_seconds)
    describe_images.install()
    snapshots.install(settings.snapshot_seconds)
    snapshot_events.install()
    describe_ec2.install()
    volumes.install()
    instances.install()
    launch_templates.install()
    launch_configurations.install()
    groups.install()
    refreshes_api.install(settings.refresh_seconds)
    protection.install()
    references.install()
    queues.install()
    events.install()
    cloudtrail.install()
    cloudtrail_lookup.install()
    functions.install()
    kms.install()
    ssm.install(settings.validation_seconds)
    documents.install()
    run_command.install()
    run_command_api.install()
    service_settings.install()
    schedules.install()
    template_parameters.install()
    change_sets.install()
    stack_resources.install()
    stack_rollback.install()


def main():
    settings = options()
    end_on_signals()
    # moto warns about every resource type and every filter it ignores; what matters here is extended or refused instead.
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    install(settings)

    server = Server(("127.0.0.1", settings.port), None, numthreads=WORKERS, request_queue_size=1024, timeout=300)
    server.nodelay = True
    server.keep_alive_conn_limit = None  # cheroot closes all but ten of them by itself
    server.prepare()
    endpoint = f"http://localhost:{server.bind_addr[1]}"
    functions.serve_code_at(endpoint)
    server.wsgi_app = Gateway(control.routes())

    clock.start()
    events.start()
    threading.Thread(target=server.serve, daemon=True).start()
    print(json.dumps({"endpoint": endpoint}), flush=True)
    wait_for_end_of_input()


def end_on_signals():
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end())


def wait_for_end_of_input():
    """Whoever started this process holds its standard input open; when they close it, or die, the process ends."""
    while sys.stdin.buffer.read(4096):
        pass
    end()


def end():
    hosts.close()
    os._exit(0)
