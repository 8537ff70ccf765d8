"""The room as Django knows it: publishing, new clients and new grants write their entries through it."""

from django.apps import AppConfig


class Room(AppConfig):
    name = "troth.ledger"
    label = "ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.ledger import entries, vocabulary
        from troth.parties import editions, staff, tenancy

        def published(client: str, number: int, whole: bytes, by: str) -> tuple[int, bytes]:
            actor = by if vocabulary.is_hand(by) or by in vocabulary.ACTORS else ""
            entry = entries.append("published", client=client, edition=number, details=whole, actor=actor)
            return entry.number, entry.salt

        def granted(client: str, ref: str, whole: bytes) -> tuple[int, bytes]:
            entry = entries.append("staff-added", client=client, refs={"staff": ref}, details=whole)
            return entry.number, entry.salt

        editions.on_publish(published)
        tenancy.on_add(lambda client: _nothing(entries.append("client-added", client=client)))
        staff.on_grant(granted)
        staff.on_end(lambda client, ref: entries.append("staff-removed", client=client, refs={"staff": ref}).number)
        entries.effects("parties", editions.effects)
        entries.effects("staff", staff.effects)


def _nothing(_entry: object) -> None:
    return None
