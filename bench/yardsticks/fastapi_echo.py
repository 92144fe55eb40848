"""A bare FastAPI application that gives back the bytes it got: `python -m bench.yardsticks.fastapi_echo PORT`."""

import sys

import uvicorn
from fastapi import FastAPI, Request, Response

app = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False})


@app.post("/echo")
async def echo(request: Request) -> Response:
    """The same body."""
    return Response(await request.body(), media_type="application/json")


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
