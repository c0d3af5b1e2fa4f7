"""Model fields of the house."""

from typing import TYPE_CHECKING, Any

from django.db import models

from accounts import phones

if TYPE_CHECKING:
    TextField = models.CharField[str, str]
else:
    TextField = models.CharField


class PhoneField(TextField):
    """A phone number, kept in the shapes of `accounts.phones`, whatever path it comes by (T2).

    Not in `save`, which imports, `update`, `bulk_create` and `bulk_update` pass by. Looking numbers up takes them
    as typed, too. To the database, and so to migrations, it is a CharField.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": phones.MAX_LENGTH, **kwargs})

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return phones.normalize(text) if isinstance(text, str) else text

    def get_prep_value(self, value: Any) -> Any:
        return self.to_python(super().get_prep_value(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = super().pre_save(model_instance, add)
        if isinstance(value, str):
            value = self.to_python(value)
            setattr(model_instance, self.attname, value)
        return value
