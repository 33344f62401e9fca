"""Says what this machine has: engines, cameras, virtual cameras, decoders, encoders, and how fast it would paint."""

import argparse
import json
import os
import platform
from typing import Any

from pipelines import options

HELP = "say what this machine can do, and what is missing"
SIZE = (1280, 720)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--style", metavar="NAME", help="the style to try")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: Any) -> int:
    from engines.cache import cache_folder

    report = {
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "processor": _processor(),
        "cores": _cores(),
        "engines": _engines(),
        "auto": _tried(arguments.style),
        "cameras": _cameras(),
        "virtual_camera": _virtual(),
        "decoders": _decoders(),
        "encoders": _encoders(),
        "cache": str(cache_folder()),
    }
    print(json.dumps(report, ensure_ascii=False) if arguments.json else _text(report))
    return 0


def _cores() -> int:
    """The cores that this process may use: in a container fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    from engines.choice import availabilities

    named = [one.device for one in availabilities() if one.backend == "openvino" and one.device]
    return named[0] if named else platform.processor() or platform.machine()


def _engines() -> list[dict[str, Any]]:
    from engines.choice import availabilities

    return [
        {"name": one.backend, "device": one.device, "precisions": list(one.precisions), "reason": one.reason}
        for one in availabilities()
    ]


def _tried(style: str | None) -> dict[str, Any]:
    """What `auto` opens for a 720p picture, measured for a second."""
    from engines.choice import open_engine
    from engines.foreign import load_style
    from engines.timing import milliseconds
    from streamstyle import library
    from streamstyle.canvas import canvas
    from streamstyle.errors import StreamStyleError
    from streamstyle.frames import Colour

    shipped = library.styles()
    name = style or (options.DEFAULT_STYLE if options.DEFAULT_STYLE in shipped else next(iter(shipped), None))
    if name is None:
        return {"reason": "there are no styles to try"}
    try:
        pack = load_style(name)
        inner = canvas(*SIZE, pack.manifest.short_side, 1.0, 1.0, pack.manifest.stride).bordered
        engine = open_engine(pack, *inner, Colour("bt709"))
    except StreamStyleError as error:
        return {"style": name, "reason": str(error)}
    try:
        each = milliseconds(engine, seconds=1.0)
    finally:
        engine.close()
    spec = engine.spec
    chosen = {"style": name, "engine": spec.backend, "device": spec.device, "precision": spec.precision}
    return {**chosen, "milliseconds": round(each, 2), "reason": None}


def _cameras() -> dict[str, Any]:
    from streamstyle.errors import StreamStyleError

    try:
        from streamstyle.cameras.listing import cameras

        return {"found": [f"{device.name} ({device.path})" for device in cameras()], "reason": None}
    except (StreamStyleError, ImportError, OSError) as error:
        return {"found": [], "reason": str(error)}


def _virtual() -> dict[str, Any]:
    """Opens one and closes it: whether it works cannot be known otherwise."""
    from fractions import Fraction

    from streamstyle.errors import StreamStyleError
    from streamstyle.frames import MediaInfo

    try:
        from streamstyle.screens.virtual import VirtualSink

        with VirtualSink(MediaInfo(*SIZE, Fraction(30))) as sink:
            return {"device": sink.device, "reason": None}
    except (StreamStyleError, ImportError) as error:
        return {"device": None, "reason": str(error)}


def _decoders() -> dict[str, str | None]:
    """By device, why it does not decode here; None where it opens."""
    from streamstyle.media.decoders import DEVICES, refusal

    return {device: refusal(device) for device in DEVICES}


def _encoders() -> dict[str, list[str]]:
    """By codec, the encoders that open here, the preferred one first."""
    from fractions import Fraction

    from streamstyle.frames import MediaInfo
    from streamstyle.media.codecs import FAMILIES, opens

    info = MediaInfo(*SIZE, Fraction(30))
    return {family: [name for name in names if opens(name, info)] for family, names in FAMILIES.items()}


def _text(report: dict[str, Any]) -> str:
    lines = [
        f"{report['system']}",
        f"{report['processor']}, {report['cores']} cores",
        "",
        "engines, in the order of auto:",
    ]
    for engine in report["engines"]:
        can = f"{engine['device']}: {', '.join(engine['precisions'])}"
        lines.append(f"  {engine['name']:<10} {'no: ' + engine['reason'] if engine['reason'] else can}")
    auto = report["auto"]
    if auto["reason"]:
        lines.append(f"  auto: nothing ({auto['reason']})")
    else:
        each = auto["milliseconds"]
        lines.append(
            f"  auto: {auto['engine']} in {auto['precision']}; {auto['style']} for a 720p picture takes "
            f"{each:.1f} ms, {1000 / each:.0f} a second, before decoding and encoding"
        )
    cameras, virtual = report["cameras"], report["virtual_camera"]
    lines += ["", "cameras:", *(f"  {name}" for name in cameras["found"])]
    if not cameras["found"]:
        lines.append(f"  none{': ' + cameras['reason'] if cameras['reason'] else ''}")
    lines += [
        "",
        "virtual camera:",
        f"  {virtual['device'] or 'none: ' + virtual['reason']}",
        "",
        "hardware decoders (software is always there):",
        *(f"  {device:<12} {'no: ' + reason if reason else 'opens'}" for device, reason in report["decoders"].items()),
        "",
        "encoders that open:",
    ]
    for family, names in report["encoders"].items():
        lines.append(f"  {family:<8} {', '.join(names) or 'none'}")
    return "\n".join([*lines, "", f"compiled engines are kept in {report['cache']}"])
