"""People with accounts, and how they come in."""

from flask import Flask
from flask.testing import FlaskClient

from server.auth import passwords
from server.store.people.accounts import Account, Role

PASSWORD = "correct horse battery"
FROM_OUR_PAGE = {"Sec-Fetch-Site": "same-origin"}
PASSWORD_HASH = passwords.hash_password(PASSWORD)


def add_member(app: Flask, name: str, role: Role = "user") -> Account:
    """Make an account with the password above."""
    account: Account = app.extensions["chat"].access.accounts.add(name, role, PASSWORD_HASH)
    return account


def sign_in(client: FlaskClient, name: str | None, password: str = PASSWORD, **more: str):
    """Fill in the form, and return the answer."""
    form = {"password": password, **({"username": name} if name is not None else {}), **more}
    return client.post("/login", data=form, headers=FROM_OUR_PAGE)


def member(app: Flask, name: str, role: Role = "user") -> FlaskClient:
    """Return the browser of somebody new who has come in."""
    add_member(app, name, role)
    client = app.test_client()
    assert sign_in(client, name).status_code == 303
    return client


def come_in(app: Flask, name: str, role: Role = "user") -> FlaskClient:
    """Return the browser of somebody new who has a session, without the slow way through the form."""
    access, client = app.extensions["chat"].access, app.test_client()
    token = access.start_session(add_member(app, name, role).id, "127.0.0.1", "A browser")
    client.set_cookie("chat_session", token)
    return client
