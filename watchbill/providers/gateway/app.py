"""The gateway's HTTP side: who comes with a valid token is let through, in whichever vendor's words they ask."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from watchbill.providers.gateway.forward import Answer, Forwarder, refused
from watchbill.providers.gateway.passes import Pass
from watchbill.providers.gateway.wires import (
    MESSAGES,
    WIRES,
    NotAllowed,
    Shape,
    Wire,
    allowed_model,
    model_list,
    read_object,
)

BODY_BYTES = 32_000_000  # the most that a vendor takes
COUNT = f"{MESSAGES.path}/count_tokens"

Handler = Callable[[Request], Awaitable[Response]]


def create_app(forwarder: Forwarder) -> FastAPI:
    """Nothing else of it answers: no documentation, no redirect."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    for wire in WIRES:
        app.add_api_route(wire.path, _paid(forwarder, wire), methods=["POST"], response_model=None)
    app.add_api_route(COUNT, _counted(forwarder), methods=["POST"], response_model=None)
    app.add_api_route("/v1/models", _listed(forwarder), methods=["GET"], response_model=None)
    return app


def _paid(forwarder: Forwarder, wire: Wire) -> Handler:
    async def post(request: Request) -> Response:
        try:
            door = _door(forwarder, request, wire.shape)
            body = await _body(request)
        except NotAllowed as refusal:
            return _response(refused(wire.shape, refusal))
        return _response(await forwarder.send(door, wire, body, dict(request.headers)))

    return post


def _counted(forwarder: Forwarder) -> Handler:
    async def post(request: Request) -> Response:
        try:
            door = _door(forwarder, request, Shape.ANTHROPIC)
            body = await _body(request)
            allowed_model(read_object(body), door.house.models)
        except NotAllowed as refusal:
            return _response(refused(Shape.ANTHROPIC, refusal))
        return _response(await forwarder.ask_free(door, COUNT, body, dict(request.headers)))

    return post


def _listed(forwarder: Forwarder) -> Handler:
    async def get(request: Request) -> Response:
        shape = Shape.ANTHROPIC if "anthropic-version" in request.headers else Shape.OPENAI
        try:
            door = _door(forwarder, request, None)
        except NotAllowed as refusal:
            return _response(refused(shape, refusal))
        body = model_list(door.house.shape, door.house.models)
        return _response(Answer(status=200, headers={"content-type": "application/json"}, body=body))

    return get


def _door(forwarder: Forwarder, request: Request, shape: Shape | None) -> Pass:
    """The pass that the request shows. Raises NotAllowed without a valid one, or at another vendor's door."""
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    door = forwarder.passes.find(request.headers.get("x-api-key") or bearer)
    if door is None:
        code = "authentication_error" if shape is Shape.ANTHROPIC else "invalid_api_key"
        raise NotAllowed("no run has this token, or it has ended", status=401, code=code)
    if shape not in (None, door.house.shape):
        raise NotAllowed(f"this run's vendor is spoken to as {door.house.shape} is", status=404, code="not_found_error")
    return door


async def _body(request: Request) -> bytes:
    """Raises NotAllowed for what is packed or too big: its bytes have to bound its price."""
    if request.headers.get("content-encoding", "identity") != "identity":
        raise NotAllowed("packed bodies are not taken: their bytes do not bound their price", status=415)
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_BYTES:
            raise NotAllowed(f"a body of more than {BODY_BYTES} bytes", status=413, code="request_too_large")
    return bytes(body)


def _response(answer: Answer) -> Response:
    if answer.stream is not None:
        return StreamingResponse(answer.stream, status_code=answer.status, headers=dict(answer.headers))
    return Response(answer.body, status_code=answer.status, headers=dict(answer.headers))
