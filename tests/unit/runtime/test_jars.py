"""Kafka's jars come from a lock, and nothing that the lock does not know is ever run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from reftrack_local.jars import LOCK, Jar, JarStore, locked
from reftrack_local.progress import Quiet
from reftrack_local.trouble import Trouble

CONTENT = b"what the lock knows"
JAR = Jar("org/example/thing/1.0/thing-1.0.jar", hashlib.sha256(CONTENT).hexdigest())

Served = Callable[..., list[str]]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Served:
    """Answer every request with this content or status; gives the addresses asked for."""

    def serve(content: bytes = CONTENT, status: int = 200, down: bool = False) -> list[str]:
        asked: list[str] = []

        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(str(request.url))
            if down:
                raise httpx.ConnectError("no route to host", request=request)
            return httpx.Response(status, content=content)

        plain = httpx.Client
        monkeypatch.setattr(httpx, "Client", lambda **_: plain(transport=httpx.MockTransport(answer)))
        monkeypatch.setattr("reftrack_local.jars.time.sleep", lambda _: None)
        return asked

    return serve


def test_every_jar_of_the_committed_lock_has_a_checksum_and_the_lock_names_no_registry() -> None:
    jars = locked()
    assert len(jars) > 50
    assert all(len(jar.sha256) == 64 for jar in jars)
    assert "://" not in LOCK.read_text()


def test_a_jar_is_fetched_once_and_then_taken_from_the_cache(served: Served, tmp_path: Path) -> None:
    asked = served()
    store = JarStore(tmp_path, "https://repository.example/maven2")
    assert store.class_path([JAR], Quiet()) == [tmp_path / JAR.place]
    assert store.class_path([JAR], Quiet()) == [tmp_path / JAR.place]
    assert asked == [f"https://repository.example/maven2/{JAR.place}"]


def test_a_jar_that_was_tampered_with_on_its_way_is_refused_and_not_kept(
    served: Served, tmp_path: Path
) -> None:
    served(CONTENT + b"!")
    with pytest.raises(Trouble, match=r"thing-1\.0\.jar .*SHA-256 differs.*refused"):
        JarStore(tmp_path, "https://repository.example").class_path([JAR], Quiet())
    assert not (tmp_path / JAR.place).exists()


def test_a_jar_that_was_tampered_with_in_the_cache_is_fetched_again(served: Served, tmp_path: Path) -> None:
    served()
    store = JarStore(tmp_path, "https://repository.example")
    (path,) = store.class_path([JAR], Quiet())
    path.write_bytes(b"something else")
    reporter = Quiet()
    store.class_path([JAR], reporter)
    assert path.read_bytes() == CONTENT
    assert any("not what the lock says" in said for said in reporter.said)


def test_without_network_a_tampered_jar_is_not_used_either(served: Served, tmp_path: Path) -> None:
    (tmp_path / JAR.place).parent.mkdir(parents=True)
    (tmp_path / JAR.place).write_bytes(b"something else")
    served(down=True)
    with pytest.raises(Trouble, match=r"Cannot fetch thing-1\.0\.jar"):
        JarStore(tmp_path, "https://repository.example").class_path([JAR], Quiet())


def test_without_network_the_first_run_says_what_it_needs_after_three_attempts(
    served: Served, tmp_path: Path
) -> None:
    asked = served(down=True)
    with pytest.raises(Trouble, match="no route to host") as trouble:
        JarStore(tmp_path, "https://repository.example").class_path([JAR], Quiet())
    assert "first run needs the network" in trouble.value.remedy
    assert len(asked) == 3


def test_a_jar_that_the_repository_does_not_have_is_named(served: Served, tmp_path: Path) -> None:
    served(status=404)
    with pytest.raises(Trouble, match=r"thing-1\.0\.jar.*answer 404"):
        JarStore(tmp_path, "https://repository.example").class_path([JAR], Quiet())


def test_a_mirror_can_be_named(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFTRACK_MAVEN_REPOSITORY", "https://mirror.example/maven2/")
    asked = served()
    JarStore(tmp_path).class_path([JAR], Quiet())
    assert asked == [f"https://mirror.example/maven2/{JAR.place}"]
