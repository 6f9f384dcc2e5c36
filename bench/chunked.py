"""Decodes a chunked HTTP body."""


class Dechunker:
    """Takes bytes cut anywhere; returns the payload of complete chunks.

    Source: https://www.rfc-editor.org/rfc/rfc9112#name-chunked-transfer-coding
    """

    def __init__(self) -> None:
        self.ended = False
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        """Return the payload completed so far. After the last chunk, `ended` is true."""
        data = self._rest + data
        payload = []
        at = 0
        while (line_end := data.find(b"\r\n", at)) >= 0:
            size = int(data[at:line_end], 16)
            chunk_end = line_end + 2 + size
            if len(data) < chunk_end + 2:
                break
            payload.append(data[line_end + 2 : chunk_end])
            at = chunk_end + 2
            if size == 0:
                self.ended = True
                break
        self._rest = data[at:]
        return b"".join(payload)
