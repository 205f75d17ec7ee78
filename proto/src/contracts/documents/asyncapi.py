"""The AsyncAPI 3 document: which topics there are, what stands on them, who writes and who reads."""

from __future__ import annotations

from typing import Any

from contracts.base import Payload
from contracts.documents.schemas import short_name
from contracts.receipt import Receipt
from contracts.registry import POSTABLE, RECORDED_BY

Part = dict[str, Any]
_AGENCY = {"agency": {"description": "Id of the organisation in the directory, such as `cap-bo-de`."}}
_TEXT = {"type": "string"}


def document() -> Part:
    """AsyncAPI 3.0.0, from the point of view of reftrack: it receives agencies' events and sends the rest."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "reftrack",
            "version": "1.0.0",
            "description": "Agencies' events, their receipts, the logs of the services. CloudEvents 1.0.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": "{bootstrap}",
                "protocol": "kafka",
                "variables": {"bootstrap": {"default": "127.0.0.1:9092", "description": "Kafka bootstrap."}},
            }
        },
        "channels": _channels(),
        "operations": _operations(),
        "components": {"messages": _messages(), "messageTraits": _traits()},
    }


def _channels() -> Part:
    events = {
        _key("posted", name): {"$ref": f"#/components/messages/{_key('posted', name)}"} for name in POSTABLE
    }
    receipt = _key("recorded", Receipt.TYPE)
    channels: Part = {
        "agencyEvents": {
            "address": "agency.{agency}.events.v1",
            "title": "Events that one agency posts",
            "description": "Only that agency may write here. One partition: its order is the order of "
            "sending. The key is the agency's own reference. Kept 7 days.",
            "parameters": _AGENCY,
            "messages": events,
            "bindings": {"kafka": {"partitions": 1}},
        },
        "agencyReceipts": {
            "address": "agency.{agency}.receipts.v1",
            "title": "Receipts for one agency",
            "description": "One for each delivery, and one more when what waited is decided. Kept 90 days.",
            "parameters": _AGENCY,
            "messages": {receipt: {"$ref": f"#/components/messages/{receipt}"}},
            "bindings": {"kafka": {"partitions": 1}},
        },
    }
    for owner, payloads in RECORDED_BY.items():
        channels[f"{owner}Events"] = _log(str(owner), payloads)
    return channels


def _log(owner: str, payloads: tuple[type[Payload], ...]) -> Part:
    keys = [_key("recorded", payload.TYPE) for payload in payloads]
    return {
        "address": f"{owner}.events.v1",
        "title": f"The log of {owner}",
        "description": "Everything the service recorded, byte for byte, in order within a case. The key "
        "is the case. Kept for ever. Read committed.",
        "messages": {key: {"$ref": f"#/components/messages/{key}"} for key in keys},
    }


def _operations() -> Part:
    operations: Part = {
        "receiveAgencyEvents": _operation("receive", "agencyEvents", "intake reads what agencies post"),
        "sendReceipts": _operation("send", "agencyReceipts", "intake answers each delivery"),
    }
    for owner in RECORDED_BY:
        name = f"send{owner.capitalize()}Events"
        operations[name] = _operation("send", f"{owner}Events", f"{owner} publishes what it recorded")
    return operations


def _operation(action: str, channel: str, summary: str) -> Part:
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "summary": summary}


def _messages() -> Part:
    messages = {
        _key("posted", name): _message("posted", postable.model, "agencyHeaders")
        for name, postable in POSTABLE.items()
    }
    for payloads in RECORDED_BY.values():
        for payload in payloads:
            messages[_key("recorded", payload.TYPE)] = _message("recorded", payload, "logHeaders")
    messages[_key("recorded", Receipt.TYPE)] = _message("recorded", Receipt, "receiptHeaders")
    return messages


def _message(form: str, payload: type[Payload], headers: str) -> Part:
    return {
        "name": payload.TYPE,
        "title": f"{payload.TITLE.vi} · {payload.TITLE.en}",
        "contentType": "application/json",
        "traits": [{"$ref": f"#/components/messageTraits/{headers}"}],
        "payload": {"$ref": f"./schemas/{form}/{short_name(payload.TYPE)}.json"},
    }


def _traits() -> Part:
    required = {"ce_specversion": {"const": "1.0"}, "ce_id": _TEXT, "ce_source": _TEXT, "ce_type": _TEXT}
    instant = {"ce_time": {"type": "string", "format": "date-time", "description": "RFC 3339 with its zone."}}
    log = {
        "ce_subject": {"type": "string", "format": "uuid", "description": "The case."},
        "partitionkey": {"type": "string", "format": "uuid"},
        "ce_recordedat": {"type": "string", "format": "date-time"},
        "ce_position": {"type": "string", "pattern": "^[0-9]+$", "description": "Position in the log."},
        "content-type": {"const": "application/json"},
    }
    trace = {"traceparent": {"type": "string"}}
    structured = (
        "CloudEvents binary mode. Structured mode is accepted too: content-type "
        "application/cloudevents+json, the attributes without `ce_` and `data` in one JSON object."
    )
    return {
        "agencyHeaders": {
            "description": structured,
            "headers": _headers({**required, **instant}, {"ce_subject": _TEXT, **trace}),
        },
        "receiptHeaders": {"headers": _headers({**required, **instant}, {"content-type": _TEXT})},
        "logHeaders": {"headers": _headers({**required, **instant, **log}, trace)},
    }


def _headers(required: Part, optional: Part) -> Part:
    return {"type": "object", "required": list(required), "properties": {**required, **optional}}


def _key(form: str, type_name: str) -> str:
    """A key that every tool takes: `posted-client-contacted-v1`."""
    return f"{form}-{short_name(type_name).replace('.', '-')}"
