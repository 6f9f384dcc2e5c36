"""The WSGI application: which views there are, and what every request passes through."""

import asyncio
import os
from pathlib import Path

from flask import Flask

from g4f_lite.config.load import load
from g4f_lite.providers import KINDS
from server.api import websocket
from server.api.conversations import conversations
from server.api.export import export
from server.api.freegpt import freegpt
from server.api.health_checks import health_checks
from server.api.messages import messages
from server.api.metrics import metrics
from server.api.models import models
from server.api.openapi import openapi
from server.api.presets import presets
from server.api.search import search
from server.api.turns import turns
from server.auth.first_administrator import log_setup_link
from server.compat.anthropic.routes import anthropic
from server.compat.openai.routes import openai
from server.config.site import Config
from server.current.open_stream_limits import limit_open
from server.current.rate_limits import limit_requests
from server.current.same_origin import require_same_origin
from server.current.services import Services
from server.current.sign_in import require_sign_in
from server.error_handlers import handle_errors
from server.lifecycle import Lifecycle
from server.ops.logs import set_up_logging
from server.ops.loop_thread import loop_in_thread, run_before_exit
from server.pages.account import account
from server.pages.admin import admin
from server.pages.api_keys import api_keys
from server.pages.chat import chat
from server.pages.error_texts import install_error_texts
from server.pages.login import login
from server.pages.message_info import message_info
from server.pages.no_script import no_script
from server.pages.oidc_login import oidc
from server.pages.one_time_link import one_time_link
from server.pages.parts import parts
from server.pages.search import search_page
from server.pages.settings import settings
from server.pages.web_manifest import web_manifest
from server.web.assets import assets_blueprint
from server.web.body_limits import limit_bodies
from server.web.compression import compress_responses
from server.web.hashing_threads import OwnThreads
from server.web.i18n import translate_templates
from server.web.security_headers import add_security_headers
from server.web.tracing import trace

PAGES = (chat, no_script, parts, message_info, search_page, settings, web_manifest, assets_blueprint)
SIGNING_IN = (login, oidc, one_time_link, account, admin, api_keys)
API = (turns, conversations, messages, models, presets, search, export, websocket.blueprint, openapi)
OTHER_APIS = (openai, anthropic, freegpt)
MONITORING = (health_checks, metrics)
BLUEPRINTS = (*PAGES, *SIGNING_IN, *API, *OTHER_APIS, *MONITORING)

TEMPLATES = Path(__file__).parents[1] / "client" / "templates"


def create_app(config: Config | None = None, *, loop: asyncio.AbstractEventLoop | None = None) -> Flask:
    """Return the application, with its `Services` in `extensions["chat"]` and their `Lifecycle` in `["lifecycle"]`.

    config: by default, config.json beside the package.
    loop: runs the turns and writes the streams; its owner starts and closes the lifecycle. By default a thread runs a
        loop until the process ends, for WSGI servers without one:
        `gunicorn -k gthread --threads 64 'server:create_app()'`.
    Raises: ConfigError; Problem if the store cannot be opened.
    """
    config = config or load(None, Config, os.environ, KINDS)
    lifecycle = Lifecycle(Services(config, loop)) if loop else _started(config)
    app = with_views(config)
    app.wsgi_app = OwnThreads(app, app.wsgi_app)  # type: ignore[method-assign]
    app.extensions["chat"], app.extensions["lifecycle"] = lifecycle.services, lifecycle
    return app


def with_views(config: Config) -> Flask:
    """Return the application with all its views, but without services."""
    app = Flask(__name__, static_folder=None, template_folder=TEMPLATES)
    app.config.update(PROVIDE_AUTOMATIC_OPTIONS=False, SOCK_SERVER_OPTIONS=websocket.OPTIONS)
    trace(app)
    require_same_origin(app, config.site_config.allowed_hosts)
    add_security_headers(app)
    limit_requests(app)
    require_sign_in(app)
    limit_open(app)
    limit_bodies(app, config.url_prefix)
    translate_templates(app)
    install_error_texts(app)
    compress_responses(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint, url_prefix=config.url_prefix + (blueprint.url_prefix or ""))
    handle_errors(app)
    return app


def _started(config: Config) -> Lifecycle:
    """Start the services on a loop in a thread, and close them when the process ends."""
    set_up_logging(config)
    lifecycle = Lifecycle(Services(config, loop_in_thread()))
    loop = lifecycle.services.loop
    asyncio.run_coroutine_threadsafe(lifecycle.start(), loop).result()
    run_before_exit(loop, lifecycle.close)
    log_setup_link(lifecycle.services.access, config, config.site_config.port)
    return lifecycle
