"""How an owner answers an agency's event: carried out, deferred or refused; commands take the same road."""

from answering.aggregate import Answering, deferred, refused
from answering.posting import Posting

__all__ = ["Answering", "Posting", "deferred", "refused"]
