"""docs/settings.md is what the settings classes say."""

import settings_doc


def test_it_is_what_the_code_says() -> None:
    written = settings_doc.DOCUMENT.read_text(encoding="utf-8")
    assert written == settings_doc.document(), "run `make settings-doc`"


def test_it_has_every_service_and_every_variable() -> None:
    written = settings_doc.document()
    for settings in settings_doc.service_classes():
        assert f"\n## {settings.service_name}" in written
        for field in settings.model_fields:
            assert f"`{field.upper()}" in written
    assert len(settings_doc.service_classes()) >= 3
