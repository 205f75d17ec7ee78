"""What a person is told when a service refuses: in their language, with what to do next."""

from __future__ import annotations

import json as jsonlib
from typing import Any

import grpc
from contracts import catalogue, phrases
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from reftrack_local import speaking
from reftrack_local.trouble import Trouble
from rich.console import Console


def tell(err: Console, error: grpc.RpcError, service: str, language: str, *, json: bool) -> None:
    """Write why not, in words; with `json` a document that also has the words of both languages.

    Raises the error itself if it is no answer of a server: that is a fault of ours.
    """
    if not isinstance(error, grpc.Call):
        raise error
    told = _read(error, service)
    if json:
        err.print(jsonlib.dumps({"error": told}, ensure_ascii=False), soft_wrap=True, markup=False)
        return
    words = told["message"]
    err.print(words.get(language) or words["en"], style="red", markup=False, soft_wrap=True)
    if told["reason"]:
        correlation = told["detail"].get("correlation_id", "")
        err.print(f"({told['status']} {told['reason']} {correlation})", style="dim", markup=False)


def tell_trouble(err: Console, trouble: Trouble, *, json: bool) -> None:
    """Write what keeps the tool from asking at all."""
    if json:
        words = {"vi": phrases.messages().instead_of(trouble.what) or trouble.what, "en": trouble.what}
        told = {"status": "", "reason": "", "message": words, "remedy": trouble.remedy}
        err.print(jsonlib.dumps({"error": told}, ensure_ascii=False), soft_wrap=True, markup=False)
    else:
        for line in filter(None, (trouble.what, trouble.remedy)):
            err.print(speaking.told(line), style="red", markup=False, soft_wrap=True)


def _read(error: Any, service: str) -> dict[str, Any]:
    """The parts of a refusal: `status`, `reason`, `detail`, `fields`, `message` by language."""
    code: grpc.StatusCode = error.code()
    told: dict[str, Any] = {"status": code.name, "reason": "", "detail": {}, "fields": {}, "message": {}}
    for part in _details(error):
        info = error_details_pb2.ErrorInfo()
        request = error_details_pb2.BadRequest()
        words = error_details_pb2.LocalizedMessage()
        if part.Unpack(info):
            told["reason"], told["detail"] = info.reason.lower(), dict(info.metadata)
        elif part.Unpack(request):
            told["fields"] = {each.field: each.reason.lower() for each in request.field_violations}
        elif part.Unpack(words):
            told["message"][words.locale] = words.message
    if not told["message"]:
        told["message"] = _words_of_ours(code, error.details() or code.name, service, bool(told["reason"]))
    return told


def _words_of_ours(code: grpc.StatusCode, text: str, service: str, answered: bool) -> dict[str, str]:
    if code is grpc.StatusCode.UNAVAILABLE and not answered:
        return {
            language: catalogue.name_in("Screen", "no_answer", language).format(service=service)
            for language in catalogue.LANGS
        }
    return {"en": text}


def _details(error: Any) -> Any:
    try:
        status = rpc_status.from_call(error)
    except (ValueError, DecodeError):
        return ()
    return status.details if status else ()
