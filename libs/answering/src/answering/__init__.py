"""How an owner answers an agency's event: carried out, deferred or refused; commands take the same road."""

from answering.aggregate import Answering, refused
from answering.posting import Posting

__all__ = ["Answering", "Posting", "refused"]
