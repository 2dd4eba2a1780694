"""A hall small enough to know by heart: what the tests load into the service."""

import csv
import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

HALL = "442000"
WINDOW = "2B12"
OTHER_WINDOW = "2B13"

Staff = tuple[str, str, str, str]
"""A row of clerks.csv: code, name, role, and the serialNumber in the certificate's subject."""

DEPARTMENTS = """\
code,name,full_name
GA,公安局,示例市公安局
RS,人社局,示例市人力资源和社会保障局
SC,市场监管局,示例市市场监督管理局
"""
MATTERS = """\
code,name,department,audience,days,day_unit,category,is_licence,parent,is_parent,suspended
GA-LG,旅馆业特种行业许可,GA,unit,20,working_days,hall_pending,yes,,no,
GA-SF,居民身份证换领,GA,person,60,calendar_days,department_internal,no,,no,
RS-LW,劳务派遣经营许可,RS,unit,20,working_days,hall_pending,yes,,no,
RS-TZ,高温津贴申领,RS,person,0,immediate,hall_pending,no,,no,系统升级，暂停至月底
SC-QY,开办企业一窗,SC,unit,3,working_days,hall_pending,no,,yes,
SC-QY-1,公司设立登记,SC,unit,3,working_days,hall_pending,yes,SC-QY,no,
SC-QY-2,公章刻制备案,SC,unit,1,working_days,hall_pending,no,SC-QY,no,
"""
MATERIALS = """\
matter,name,necessity
GA-LG,消防意见,required
GA-LG,平面图,required
GA-LG,治安制度,deferrable
GA-SF,户口簿,required
GA-SF,旧证,optional
SC-QY-1,公司章程,required
"""
WINDOWS = f"""\
code,name,phone
{WINDOW},2楼B区12号,0760-88880012
{OTHER_WINDOW},2楼B区13号,
"""
APPOINTMENTS = """\
number,day,time,matter,status,applicant_name,outlet
YY0001,{today},09:00-09:30,GA-LG,booked,张三,
YY0002,{today},09:30-10:00,GA-SF,cancelled,李四,
YY0003,{today},10:00-10:30,GA-SF,used,王五,
YY0004,{tomorrow},09:00-09:30,RS-LW,booked,示例商贸有限公司,东区分厅
"""
TICKETS = """\
number,day,status,matters,appointment,priority
A001,{today},used,GA-SF,YY0003,no
A002,{today},cancelled,GA-SF,,no
A003,{today},passed,GA-SF,,no
A023,{today},waiting,GA-LG,YY0001,no
A024,{today},waiting,GA-SF;SC-QY-1,,yes
A025,{today},waiting,RS-TZ,,no
A026,{today},waiting,SC-QY,,no
A023,{tomorrow},waiting,RS-LW,YY0004,no
"""
WORKDAYS = """\
day,kind,note
2026-10-01,holiday,国庆节
2026-10-02,holiday,国庆节
2026-10-10,workday,国庆节调休
"""
CASES = """\
number,matter,applicant_name,document_type,document_number,status,steps,\
received_on,due_on,opinion,result_ready
BJ-001,GA-LG,欧阳·张三,resident_id,11010519491231002X,待补正,\
受理:done:{today};补正:current:{tomorrow};决定:waiting:,{today},{tomorrow},请补交平面图一份,no
BJ-002,GA-SF,李四,passport,E12345678,审批中,,{today},{tomorrow},,no
BJ-003,GA-SF,李四,passport,E12345678,待评价,,{today},{today},,yes
BJ-004,GA-SF,李四,passport,E12345678,已办结,,{today},{today},,yes
BJ-005,GA-SF,李四,passport,E12345678,待提交,,{today},,,no
BJ-006,GA-SF,李四,passport,E12345678,其他,,{today},,,no
"""
BASES = """\
code,name,as_of
hukou,户籍库,{today}
zhengzhao,证照库,{old}
"""
HUKOU = """\
document_type,document_number,姓名,住址,性别
resident_id,11010519491231002X,张三,示例路１号,女
passport,E12345678,Anna Li,,女
"""


def write_small_hall(folder: Path, today: date, clerks: Sequence[Staff]) -> Path:
    """The folder as hall IT would hand it to `load`; answers the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    days = {
        "today": today.isoformat(),
        "tomorrow": (today + timedelta(days=1)).isoformat(),
        "old": (today - timedelta(days=8)).isoformat(),
    }
    tables = {
        "departments": DEPARTMENTS,
        "matters": MATTERS,
        "materials": MATERIALS,
        "windows": WINDOWS,
        "appointments": APPOINTMENTS.format(**days),
        "tickets": TICKETS.format(**days),
        "workdays": WORKDAYS,
        "cases": CASES.format(**days),
        "base_databases": BASES.format(**days),
        "base_hukou": HUKOU,
    }
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    with (folder / "clerks.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("code", "name", "role", "identity"), *clerks])
    hall = {"code": HALL, "name": "示例市政务服务中心", "supervision_phone": "0760-12345"}
    (folder / "hall.json").write_text(json.dumps(hall, ensure_ascii=False), encoding="utf-8")
    return folder
