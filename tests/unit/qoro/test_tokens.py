"""Where the API key is looked for, and what cannot be one."""

import pytest
import requests

from support.cloud import TOKEN
from vivace.backends import QoroService
from vivace.errors import ConfigError


def write_env(folder, text):
    (folder / ".env").write_text(text)


@pytest.mark.parametrize("line", ["QORO_API_KEY\n", "QORO_API_KEY=\n", "OTHER=1\n"])
def test_an_empty_entry_in_the_env_file_hides_nothing(cloud, tmp_path, monkeypatch, line):
    """Upstream lets the first hide the environment, and sends an empty token for the second."""
    write_env(tmp_path, line)
    monkeypatch.setenv("QORO_API_KEY", TOKEN)
    with QoroService(base_url=cloud.url, journal=None) as service:
        assert service.auth_token == f"Bearer {TOKEN}"


def test_the_env_file_is_found_upward_and_wins_over_the_environment(cloud, tmp_path, monkeypatch):
    write_env(tmp_path, f"QORO_API_KEY={TOKEN}\n")
    (tmp_path / "deeper").mkdir()
    monkeypatch.chdir(tmp_path / "deeper")
    monkeypatch.setenv("QORO_API_KEY", "other")
    monkeypatch.setenv("QORO_API_URL", cloud.url)
    with QoroService(journal=None) as service:
        assert service.base_url == cloud.url


def test_without_a_token_nothing_is_asked():
    with pytest.raises(
        ValueError,
        match="^Qoro API key not provided nor found in a .env file or QORO_API_KEY environment variable.$",
    ):
        QoroService(journal=None)


@pytest.mark.parametrize("token", ["", " ", "a b", "a\nb", "schlüssel"])
def test_what_cannot_be_a_token_is_refused(token):
    with pytest.raises(ConfigError, match="The Qoro API key is empty, or has characters"):
        QoroService(token, journal=None)


def test_a_bad_token_fails_when_the_service_is_built(connect):
    with pytest.raises(requests.HTTPError, match="401 Unauthorized"):
        connect(auth_token="wrong")


def test_a_file_of_keys_that_is_no_text_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes(b"QORO_API_KEY=\xff\n")
    with pytest.raises(ConfigError) as caught:
        QoroService(journal=None)
    assert str(caught.value) == f"{tmp_path / '.env'} is not text in UTF-8."
