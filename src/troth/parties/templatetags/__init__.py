"""What every template can say: ``{% say %}`` and its filters, in the language that is spoken."""
