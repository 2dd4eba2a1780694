"""README's first command, as a newcomer without a display runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.helpers.station import text_of


def test_the_demo_accepts_one_client_by_each_look_up_and_leaves_the_papers(tmp_path: Path) -> None:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "SOFTHSM2_CONF")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    folder, output = tmp_path / "演示 demo", tmp_path / "out"
    command = [sys.executable, "-m", "clerk_client", "demo"]
    command += ["--folder", str(folder), "--output", str(output)]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads((output / "summary.json").read_text(encoding="utf-8"))
    assert [row["look_up"] for row in summary["accepted"]] == [
        "二维码扫描",
        "按预约编号",
        "按服务事项查询",
    ]
    assert len({row["number"] for row in summary["accepted"]}) == 3
    assert summary["problems"] == []
    papers = "".join(text_of(paper) for paper in output.glob("*.pdf"))
    assert all(row["name"] in papers for row in summary["accepted"])
    assert len(list(output.glob("*.png"))) > 10
