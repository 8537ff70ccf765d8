"""The room as Django knows it."""

from django.apps import AppConfig


class Room(AppConfig):
    name = "troth.web"
    label = "web"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.answer import weighing  # noqa: F401  (its import registers who mails what staff decided)
        from troth.keep import sweep
        from troth.web import entering  # and who mails links to staff

        sweep.also("sign-ins", entering.tidy)
