from tests.answer.houses import empty_database, on_disk, shop

__all__ = ["empty_database", "on_disk", "shop"]
