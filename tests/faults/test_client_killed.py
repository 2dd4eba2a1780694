from pathlib import Path
from tests.faults.town import a_town, forms
from tests.faults.ledger import ensure_exactly_once
from collections import Counter
import time
def test_try(tmp_path: Path) -> None:
    with a_town(tmp_path) as town:
        w = town.windows[0]
        t=time.time()
        code = w.live([*forms(3, prints=2), ["deliver"]])
        print(code, w.said, time.time()-t)
        noted = tmp_path/"n"
        t=time.time()
        acts=[*forms(3, prints=2), ["deliver"]]
        code = w.live(acts, noted=str(noted))
        print(code, time.time()-t)
        rows = noted.read_text().splitlines()
        print(len(rows)); print("\n".join(f"{n} {r}" for r,n in Counter(rows).items()))
        town.finish()
        print(ensure_exactly_once(town))
        assert 0
