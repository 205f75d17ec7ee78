"""TLS by two settings, and what is counted."""

from __future__ import annotations

import datetime
from pathlib import Path

import grpc
import pytest
from chassis.rpc.auth import Authenticator
from chassis.rpc.server import RpcServer, Tls
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from google.protobuf.wrappers_pb2 import StringValue
from prometheus_client import REGISTRY

from tests.integration.rpc.conftest import World
from tests.integration.rpc.example import NAME, RULES
from tests.unit.chassis.tokens import Issuer


@pytest.fixture
def tls(tmp_path: Path) -> Tls:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (tmp_path / "cert.pem").write_bytes(certificate.public_bytes(pem))
    (tmp_path / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return Tls(tmp_path / "cert.pem", tmp_path / "key.pem")


async def test_with_certificate_and_key_the_server_speaks_tls_only(
    world: World, tls: Tls, issuer: Issuer
) -> None:
    server = RpcServer(
        [world.library.register],
        rules=RULES,
        authenticator=Authenticator(issuer.jwks),
        tls=tls,
        host="127.0.0.1",
    )
    await server.start()
    trusted = grpc.ssl_channel_credentials(tls.cert.read_bytes())
    options = (("grpc.ssl_target_name_override", "localhost"),)
    address = f"127.0.0.1:{server.port}"

    async def who(channel: grpc.aio.Channel) -> str:
        call = channel.unary_unary(f"/{NAME}/Who", StringValue.SerializeToString, StringValue.FromString)
        return str((await call(StringValue(), **world.options("operator", timeout=30))).value)

    async with grpc.aio.secure_channel(address, trusted, options) as channel:
        assert (await who(channel)).startswith("cap-bo-de/hoa/")
    async with grpc.aio.insecure_channel(address) as channel:
        with pytest.raises(grpc.aio.AioRpcError):
            await who(channel)
    await server.stop(0)


def counted(method: str, code: str) -> float:
    return (
        REGISTRY.get_sample_value("reftrack_rpc_seconds_count", {"method": f"{NAME}/{method}", "code": code})
        or 0
    )


async def test_calls_are_counted_by_method_and_code(world: World) -> None:
    before = (
        counted("Who", "OK"),
        counted("Fail", "INTERNAL"),
        counted("Fail", "DATA_LOSS"),
        counted("Count", "OK"),
    )
    await world.call("Who")
    for kind in ("bug", "abort"):
        with pytest.raises(grpc.aio.AioRpcError):
            await world.call("Fail", kind)
    assert [message.value async for message in world.stream("Count")] == ["0", "1", "2"]
    after = (
        counted("Who", "OK"),
        counted("Fail", "INTERNAL"),
        counted("Fail", "DATA_LOSS"),
        counted("Count", "OK"),
    )
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 1, 1, 1]


async def test_a_stream_that_its_caller_leaves_is_counted_as_cancelled(world: World) -> None:
    before = counted("Watch", "CANCELLED")
    watch = world.stream("Watch", timeout=None)
    await watch.read()
    watch.cancel()
    await world.call("Sleep", "0.2")
    assert counted("Watch", "CANCELLED") == before + 1
    active = REGISTRY.get_sample_value("reftrack_rpc_active", {"method": f"{NAME}/Watch"})
    assert active == 0
