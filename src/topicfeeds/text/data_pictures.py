"""Pictures in `data:` addresses: small ones are kept if they are what they claim to be."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error

MAX_DATA_PICTURE_BYTES = 8192
_DATA = re.compile(r"data:image/(png|jpe?g|gif|webp);base64,([A-Za-z0-9+/=\s]+)", re.IGNORECASE)
_SIGNATURES = {"png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff", "gif": b"GIF8", "webp": b"RIFF"}


def keep_data_picture(address: str) -> str | None:
    """Return the address of a picture that is small and has the right signature, or None."""
    found = _DATA.fullmatch(address.strip()) if len(address) < 2 * MAX_DATA_PICTURE_BYTES else None
    if not found:
        return None
    kind = found[1].lower().replace("jpg", "jpeg")
    try:
        content = b64decode("".join(found[2].split()), validate=True)
    except Error:
        return None
    is_sound = content.startswith(_SIGNATURES[kind]) and (kind != "webp" or content[8:12] == b"WEBP")
    if len(content) > MAX_DATA_PICTURE_BYTES or not is_sound:
        return None
    return f"data:image/{kind};base64,{b64encode(content).decode()}"
