"""Reads a history from what the recommender has stored."""

from __future__ import annotations

from recommender import messages
from recommender.evaluation.history import Declared, History
from recommender.storage.stored_outfits import StoredOutfits
from recommender.storage.stored_people import StoredPeople
from servicekit.mongo import Database
from servicekit.photostore import PhotoStore
from snsfashion.recommender.v1.recommender_pb2 import Outfit


async def read(db: Database) -> History:
    """Return all outfits, profiles and feedback of the recommender's database. Raise StartError if version 0.1 wrote it."""
    history = History()
    photos = PhotoStore(db)
    await photos.check_format()
    for stored in await StoredOutfits(photos).find_all():
        message = Outfit.FromString(stored.payload)
        history.outfits.append(messages.outfit(message, stored.site, stored.author_key))
    people = StoredPeople(db)
    async for user_id, declared in people.all_profiles():
        history.declared[user_id] = Declared(frozenset(declared.styles), declared.personal_color)
    async for user_id, event in people.all_feedback():
        history.feedback[user_id].append(event)
    return history
